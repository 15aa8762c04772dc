package apitest

// The three operations, on the routes made from the specification.

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/generated"
	"github.com/qovery-alias/qovery-alias-go/generated/server"
)

var _ server.ServerInterface = (*store)(nil)

func (st *store) CreateJobSecretAlias(w http.ResponseWriter, r *http.Request, jobID, secretID uuid.UUID) {
	req, p := aliasRequest(r)
	if p != nil {
		p.reply(w)
		return
	}
	s, p := st.addAlias(jobID, secretID, req)
	if p != nil {
		p.reply(w)
		return
	}
	reply(w, http.StatusCreated, s)
}

func (st *store) ListJobSecrets(w http.ResponseWriter, _ *http.Request, jobID uuid.UUID) {
	secrets, p := st.list(jobID)
	if p != nil {
		p.reply(w)
		return
	}
	reply(w, http.StatusOK, map[string][]*secret{"results": secrets})
}

func (st *store) DeleteJobSecret(w http.ResponseWriter, _ *http.Request, jobID, secretID uuid.UUID) {
	if p := st.remove(jobID, secretID); p != nil {
		p.reply(w)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func malformedPath(w http.ResponseWriter, _ *http.Request, err error) {
	refuse(http.StatusBadRequest, "%v", err).reply(w)
}

// aliasRequest reads the fields one by one, so that names are matched exactly and
// the one at fault can be told.
func aliasRequest(r *http.Request) (req generated.SecretAliasRequest, p *problem) {
	bad := func(format string, args ...any) (generated.SecretAliasRequest, *problem) {
		return req, refuse(http.StatusBadRequest, format, args...)
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return req, refuse(http.StatusUnsupportedMediaType, "the body has to be application/json")
	}
	body, err := io.ReadAll(r.Body)
	if err != nil || len(body) > maxBody {
		return bad("the body is larger than %d bytes", maxBody)
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil || fields == nil {
		return bad("the body is not a JSON object")
	}
	for _, field := range []struct {
		name, kind string
		value      any
	}{
		{"key", "a string", &req.Key},
		{"description", "a string or null", &req.Description},
		{"enable_interpolation_in_file", "a boolean or null", &req.EnableInterpolationInFile},
	} {
		if raw, ok := fields[field.name]; ok && json.Unmarshal(raw, field.value) != nil {
			return bad("%s has to be %s", field.name, field.kind)
		}
	}
	if req.Key == "" {
		return bad("key is required and must not be empty")
	}
	if req.Description != nil && utf8.RuneCountInString(*req.Description) > 255 {
		return bad("description must not exceed 255 characters")
	}
	return req, nil
}
