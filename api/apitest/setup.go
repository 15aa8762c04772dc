package apitest

// Filling the server, and looking into it.

import (
	"encoding/json"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/generated"
)

// AddJob adds a job without secrets and returns its id. Names need not differ.
func (s *Server) AddJob(name string) uuid.UUID { return s.store.addJob(name) }

// AddSecret adds a secret that the job sees, of any scope, and returns its id. Its
// type is BUILT_IN if its scope is, else VALUE. An unknown job panics, and so does
// a key that another secret of scope JOB has if this is to be one too.
func (s *Server) AddSecret(job uuid.UUID, key string, scope generated.VariableScope) uuid.UUID {
	return must(s.store.addSecret(job, key, scope)).ID
}

// AddAlias adds an alias as the API would and returns its id. It panics where the
// API would refuse.
func (s *Server) AddAlias(job, target uuid.UUID, key string) uuid.UUID {
	return must(s.store.addAlias(job, target, generated.SecretAliasRequest{Key: key})).ID
}

// Secrets is what a client gets that lists the job's secrets, in the order in which
// they were added, and the caller's own. An unknown job panics.
func (s *Server) Secrets(job uuid.UUID) []generated.Secret {
	secrets := must(s.store.list(job))
	var decoded []generated.Secret
	if err := json.Unmarshal(encode(secrets), &decoded); err != nil {
		panic("apitest: " + err.Error())
	}
	return decoded
}

func must[T any](v T, p *problem) T {
	if p != nil {
		panic("apitest: " + p.Detail)
	}
	return v
}
