package apitest

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/generated"
	"github.com/qovery-alias/qovery-alias-go/internal/limits"
)

// store contains the jobs and their secrets, and enforces the rules for them.
type store struct {
	mu   sync.Mutex
	jobs map[uuid.UUID]*job
}

type job struct {
	id      uuid.UUID
	name    string
	secrets []*secret // in the order in which they were added
}

// secret is a secret as Qovery sends it. The types of package generated cannot send null where the
// specification does not allow it. A secret never changes.
type secret struct {
	common
	CreatedAt        string                 `json:"created_at"`
	UpdatedAt        string                 `json:"updated_at"`
	AliasedSecret    *reference             `json:"aliased_secret"`
	OverriddenSecret *reference             `json:"overridden_secret"`
	ServiceID        *uuid.UUID             `json:"service_id"`
	ServiceName      *string                `json:"service_name"`
	ServiceType      *generated.ServiceType `json:"service_type"`
	OwnedBy          string                 `json:"owned_by"`
}

type reference struct {
	common
	MountPath *string `json:"mount_path"`
}

// common has the fields of both a secret and a reference to it.
type common struct {
	ID                        uuid.UUID               `json:"id"`
	Key                       string                  `json:"key"`
	Scope                     generated.VariableScope `json:"scope"`
	VariableType              generated.VariableType  `json:"variable_type"`
	Description               string                  `json:"description"`
	EnableInterpolationInFile *bool                   `json:"enable_interpolation_in_file"`
}

// problem is the body of an error response, and the error of the store.
type problem struct {
	Status int    `json:"status"`
	Detail string `json:"detail"`
}

func refuse(status int, format string, args ...any) *problem {
	return &problem{status, fmt.Sprintf(format, args...)}
}

func (st *store) addJob(name string) uuid.UUID {
	j := &job{id: uuid.New(), name: name}
	st.mu.Lock()
	defer st.mu.Unlock()
	st.jobs[j.id] = j
	return j.id
}

func (st *store) addSecret(jobID uuid.UUID, key string, scope generated.VariableScope) (*secret, *problem) {
	fields := common{Key: key, Scope: scope, VariableType: generated.VariableTypeValue}
	if scope == generated.VariableScopeBuiltIn {
		fields.VariableType = generated.VariableTypeBuiltIn
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	j, p := st.job(jobID)
	if p != nil {
		return nil, p
	}
	isThere := func(s *secret) bool { return s.Key == key && s.Scope == scope }
	if scope == generated.VariableScopeJob && slices.ContainsFunc(j.secrets, isThere) {
		return nil, refuse(http.StatusConflict, "Variable already exists: %s", key)
	}
	return j.add(fields, nil), nil
}

func (st *store) addAlias(jobID, targetID uuid.UUID, req generated.SecretAliasRequest) (*secret, *problem) {
	fields := common{Key: req.Key, Scope: generated.VariableScopeJob, VariableType: generated.VariableTypeAlias,
		EnableInterpolationInFile: req.EnableInterpolationInFile}
	if req.Description != nil {
		fields.Description = *req.Description
	}
	if req.Key == "" {
		return nil, refuse(http.StatusBadRequest, "key is required and must not be empty")
	}
	if err := limits.CheckSecretAliasRequest(req); err != nil {
		return nil, refuse(http.StatusBadRequest, "%v", err)
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	j, target, p := st.secret(jobID, targetID)
	switch {
	case p != nil:
		return nil, p
	case target.VariableType == generated.VariableTypeAlias:
		return nil, refuse(http.StatusBadRequest, "secret %s is an alias itself", targetID)
	case slices.ContainsFunc(j.secrets, func(s *secret) bool { return s.Key == req.Key }):
		return nil, refuse(http.StatusConflict, "Variable already exists: %s", req.Key)
	}
	return j.add(fields, &reference{common: target.common}), nil
}

// list returns a new slice, which is never nil.
func (st *store) list(jobID uuid.UUID) ([]*secret, *problem) {
	st.mu.Lock()
	defer st.mu.Unlock()
	j, p := st.job(jobID)
	if p != nil {
		return nil, p
	}
	return append([]*secret{}, j.secrets...), nil
}

// remove removes a secret and its aliases.
func (st *store) remove(jobID, secretID uuid.UUID) *problem {
	st.mu.Lock()
	defer st.mu.Unlock()
	j, target, p := st.secret(jobID, secretID)
	switch {
	case p != nil:
		return p
	case target.Scope == generated.VariableScopeBuiltIn:
		return refuse(http.StatusForbidden, "secret %s is built in and cannot be deleted", secretID)
	}
	j.secrets = slices.DeleteFunc(j.secrets, func(s *secret) bool {
		return s == target || s.AliasedSecret != nil && s.AliasedSecret.ID == secretID
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
	i := slices.IndexFunc(j.secrets, func(s *secret) bool { return s.ID == id })
	if i < 0 {
		return nil, nil, refuse(http.StatusNotFound, "secret %s does not exist", id)
	}
	return j, j.secrets[i], nil
}

// add sets the fields that follow from the job and the others.
func (j *job) add(fields common, target *reference) *secret {
	fields.ID = uuid.New()
	now := time.Now().UTC().Format("2006-01-02T15:04:05.000000Z")
	s := &secret{common: fields, CreatedAt: now, UpdatedAt: now, AliasedSecret: target, OwnedBy: "QOVERY"}
	if s.Scope == generated.VariableScopeJob {
		serviceType := generated.ServiceTypeJob
		s.ServiceID, s.ServiceName, s.ServiceType = &j.id, &j.name, &serviceType
	}
	j.secrets = append(j.secrets, s)
	return s
}
