package apitest

// Secrets and errors as Qovery sends them. The types of package generated cannot
// send the nulls it sends where its specification allows none.

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/generated"
)

// secret is both what the server stores and what it sends. It never changes.
type secret struct {
	ID                        uuid.UUID               `json:"id"`
	CreatedAt                 string                  `json:"created_at"`
	UpdatedAt                 string                  `json:"updated_at"`
	Key                       string                  `json:"key"`
	Scope                     generated.VariableScope `json:"scope"`
	VariableType              generated.VariableType  `json:"variable_type"`
	AliasedSecret             *reference              `json:"aliased_secret"`
	OverriddenSecret          *reference              `json:"overridden_secret"`
	ServiceID                 *uuid.UUID              `json:"service_id"`
	ServiceName               *string                 `json:"service_name"`
	ServiceType               *generated.ServiceType  `json:"service_type"`
	OwnedBy                   string                  `json:"owned_by"`
	Description               *string                 `json:"description"`
	EnableInterpolationInFile *bool                   `json:"enable_interpolation_in_file"`
}

type reference struct {
	ID                        uuid.UUID               `json:"id"`
	Key                       string                  `json:"key"`
	MountPath                 *string                 `json:"mount_path"`
	Scope                     generated.VariableScope `json:"scope"`
	VariableType              generated.VariableType  `json:"variable_type"`
	Description               *string                 `json:"description"`
	EnableInterpolationInFile *bool                   `json:"enable_interpolation_in_file"`
}

// problem is an error body, and doubles as the error of the functions here.
type problem struct {
	Status int    `json:"status"`
	Detail string `json:"detail"`
}

// now has the six fractional digits that Qovery gives even to a full second.
func now() string { return time.Now().UTC().Format("2006-01-02T15:04:05.000000Z") }

func (s *secret) reference() *reference {
	return &reference{
		ID:                        s.ID,
		Key:                       s.Key,
		Scope:                     s.Scope,
		VariableType:              s.VariableType,
		Description:               s.Description,
		EnableInterpolationInFile: s.EnableInterpolationInFile,
	}
}

func refuse(status int, format string, args ...any) *problem {
	return &problem{status, fmt.Sprintf(format, args...)}
}

func encode(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic("apitest: " + err.Error()) // nothing sent here can fail
	}
	return data
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(encode(v))
}

func (p *problem) reply(w http.ResponseWriter) { reply(w, p.Status, p) }
