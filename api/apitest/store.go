package apitest

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/generated"
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
	byID    map[uuid.UUID]*secret
	byKey   map[string][]*secret
}

// secret is a secret as Qovery sends it. The types of package generated cannot send
// null where the specification does not allow it. A secret never changes.
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

func (s *secret) isOfJob() bool { return s.Scope == generated.VariableScopeJob }

// problem is the body of an error response, and the error of the store.
type problem struct {
	Status int    `json:"status"`
	Detail string `json:"detail"`
}

func refuse(status int, format string, args ...any) *problem {
	return &problem{status, fmt.Sprintf(format, args...)}
}

func keyExists(key string) *problem {
	return refuse(http.StatusConflict, "Variable already exists: %s", key)
}

func (st *store) addJob(name string) uuid.UUID {
	j := &job{id: uuid.New(), name: name, byID: map[uuid.UUID]*secret{}, byKey: map[string][]*secret{}}
	st.mu.Lock()
	defer st.mu.Unlock()
	st.jobs[j.id] = j
	return j.id
}

func (st *store) addSecret(jobID uuid.UUID, key string, scope generated.VariableScope) (*secret, *problem) {
	s := &secret{common: common{Key: key, Scope: scope, VariableType: generated.VariableTypeValue}}
	if scope == generated.VariableScopeBuiltIn {
		s.VariableType = generated.VariableTypeBuiltIn
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	j, p := st.job(jobID)
	switch {
	case p != nil:
		return nil, p
	case s.isOfJob() && slices.ContainsFunc(j.byKey[key], (*secret).isOfJob):
		return nil, keyExists(key)
	}
	return j.add(s), nil
}

func (st *store) addAlias(jobID, targetID uuid.UUID, req generated.SecretAliasRequest) (*secret, *problem) {
	s := &secret{common: common{
		Key:                       req.Key,
		Scope:                     generated.VariableScopeJob,
		VariableType:              generated.VariableTypeAlias,
		EnableInterpolationInFile: req.EnableInterpolationInFile,
	}}
	if req.Description != nil {
		s.Description = *req.Description
	}
	if s.Key == "" {
		return nil, refuse(http.StatusBadRequest, "key is required and must not be empty")
	}
	if d := req.Description; d != nil && utf8.RuneCountInString(*d) > api.MaxDescriptionLength {
		return nil, refuse(http.StatusBadRequest, "description: has %d characters, at most %d are allowed",
			utf8.RuneCountInString(*d), api.MaxDescriptionLength)
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	j, target, p := st.secret(jobID, targetID)
	switch {
	case p != nil:
		return nil, p
	case target.VariableType == generated.VariableTypeAlias:
		return nil, refuse(http.StatusBadRequest, "secret %s is an alias itself", targetID)
	case len(j.byKey[s.Key]) > 0:
		return nil, keyExists(s.Key)
	}
	s.AliasedSecret = &reference{common: target.common}
	return j.add(s), nil
}

// add sets the fields that follow from the job and the others.
func (j *job) add(s *secret) *secret {
	s.ID, s.OwnedBy = uuid.New(), "QOVERY"
	s.CreatedAt = time.Now().UTC().Format("2006-01-02T15:04:05.000000Z")
	s.UpdatedAt = s.CreatedAt
	if s.isOfJob() {
		serviceType := generated.ServiceTypeJob
		s.ServiceID, s.ServiceName, s.ServiceType = &j.id, &j.name, &serviceType
	}
	j.secrets = append(j.secrets, s)
	j.byID[s.ID] = s
	j.byKey[s.Key] = append(j.byKey[s.Key], s)
	return s
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
	removed := func(s *secret) bool {
		return s == target || s.AliasedSecret != nil && s.AliasedSecret.ID == secretID
	}
	for _, s := range j.secrets {
		if removed(s) {
			delete(j.byID, s.ID)
			j.byKey[s.Key] = slices.DeleteFunc(j.byKey[s.Key], removed)
		}
	}
	j.secrets = slices.DeleteFunc(j.secrets, removed)
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
