package apitest

// Jobs and their secrets, and the rules they obey.

import (
	"net/http"
	"slices"
	"sync"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/generated"
)

type store struct {
	mu   sync.Mutex
	jobs map[uuid.UUID]*job
}

type job struct {
	id      uuid.UUID
	name    string
	secrets []*secret // in order of their addition
	byID    map[uuid.UUID]*secret
	byKey   map[string]*secret // those of scope JOB
}

func newStore() *store { return &store{jobs: map[uuid.UUID]*job{}} }

func (st *store) addJob(name string) uuid.UUID {
	j := &job{id: uuid.New(), name: name, byID: map[uuid.UUID]*secret{}, byKey: map[string]*secret{}}
	st.mu.Lock()
	defer st.mu.Unlock()
	st.jobs[j.id] = j
	return j.id
}

func (st *store) addSecret(jobID uuid.UUID, key string, scope generated.VariableScope) (*secret, *problem) {
	st.mu.Lock()
	defer st.mu.Unlock()
	j, p := st.job(jobID)
	if p != nil {
		return nil, p
	}
	s := &secret{Key: key, Scope: scope, VariableType: generated.VariableTypeValue}
	if scope == generated.VariableScopeBuiltIn {
		s.VariableType = generated.VariableTypeBuiltIn
	}
	return j.add(s)
}

func (st *store) addAlias(jobID, targetID uuid.UUID, req generated.SecretAliasRequest) (*secret, *problem) {
	st.mu.Lock()
	defer st.mu.Unlock()
	j, target, p := st.secret(jobID, targetID)
	switch {
	case p != nil:
		return nil, p
	case target.VariableType == generated.VariableTypeAlias:
		return nil, refuse(http.StatusBadRequest, "secret %s is an alias itself", targetID)
	case target.Scope == generated.VariableScopeJob:
		return nil, refuse(http.StatusBadRequest, "secret %s is not of a higher scope than the alias", targetID)
	}
	return j.add(&secret{
		Key:                       req.Key,
		Scope:                     generated.VariableScopeJob,
		VariableType:              generated.VariableTypeAlias,
		AliasedSecret:             target.reference(),
		Description:               req.Description,
		EnableInterpolationInFile: req.EnableInterpolationInFile,
	})
}

// list returns a slice of its own; secrets never change.
func (st *store) list(jobID uuid.UUID) ([]*secret, *problem) {
	st.mu.Lock()
	defer st.mu.Unlock()
	j, p := st.job(jobID)
	if p != nil {
		return nil, p
	}
	return append([]*secret{}, j.secrets...), nil // never nil, to be sent as []
}

// remove takes the aliases of a secret with it.
func (st *store) remove(jobID, secretID uuid.UUID) *problem {
	st.mu.Lock()
	defer st.mu.Unlock()
	j, s, p := st.secret(jobID, secretID)
	if p != nil {
		return p
	}
	if s.Scope == generated.VariableScopeBuiltIn {
		return refuse(http.StatusForbidden, "secret %s is built in and cannot be deleted", secretID)
	}
	j.secrets = slices.DeleteFunc(j.secrets, func(s *secret) bool {
		gone := s.ID == secretID || s.AliasedSecret != nil && s.AliasedSecret.ID == secretID
		if gone {
			delete(j.byID, s.ID)
			if s.Scope == generated.VariableScopeJob {
				delete(j.byKey, s.Key)
			}
		}
		return gone
	})
	return nil
}

func (st *store) job(id uuid.UUID) (*job, *problem) {
	if j := st.jobs[id]; j != nil {
		return j, nil
	}
	return nil, refuse(http.StatusNotFound, "job %s does not exist", id)
}

func (st *store) secret(jobID, id uuid.UUID) (*job, *secret, *problem) {
	j, p := st.job(jobID)
	if p != nil {
		return nil, nil, p
	}
	if s := j.byID[id]; s != nil {
		return j, s, nil
	}
	return nil, nil, refuse(http.StatusNotFound, "secret %s does not exist", id)
}

// add fills in what follows from the rest.
func (j *job) add(s *secret) (*secret, *problem) {
	s.ID, s.CreatedAt, s.OwnedBy = uuid.New(), now(), "QOVERY"
	s.UpdatedAt = s.CreatedAt
	if s.Scope == generated.VariableScopeJob {
		if j.byKey[s.Key] != nil {
			return nil, refuse(http.StatusConflict, "Variable already exists: %s", s.Key)
		}
		j.byKey[s.Key] = s
		serviceType := generated.ServiceTypeJob
		s.ServiceID, s.ServiceName, s.ServiceType = &j.id, &j.name, &serviceType
	}
	j.byID[s.ID] = s
	j.secrets = append(j.secrets, s)
	return s, nil
}
