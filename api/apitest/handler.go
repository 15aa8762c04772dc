package apitest

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api/apitest/internal/server"
	"github.com/qovery-alias/qovery-alias-go/generated"
	"github.com/qovery-alias/qovery-alias-go/internal/token"
)

const maxBody = 1 << 20

// handle records the request, applies its fault, and sends the response.
func (s *Server) handle(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Request-Id", uuid.NewString())
	body, err := readBody(r)
	s.record(r, body)
	if err != nil {
		panic(http.ErrAbortHandler) // the client broke it off: it has no effect
	}
	f := s.takeFault(r.Method)
	completed := s.sleep(r.Context(), f.Delay)
	var regular *httptest.ResponseRecorder
	if f.Apply || completed && f.Status == 0 && !f.Hangup {
		regular = s.respond(r, body)
	}
	switch {
	case !completed:
		panic(http.ErrAbortHandler)
	case f.Status != 0:
		f.respond(w)
	case f.Hangup:
		hangUp(w)
	default:
		send(w, regular, f.Truncate)
	}
}

// readBody reads one byte more than a body may have.
func readBody(r *http.Request) ([]byte, error) {
	if r.Body == nil { // a client's request, passed on by a RoundTripper
		return nil, nil
	}
	return io.ReadAll(io.LimitReader(r.Body, maxBody+1))
}

// respond returns the regular response.
func (s *Server) respond(r *http.Request, body []byte) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	if !s.authorized(r.Header["Authorization"]) {
		refuse(http.StatusUnauthorized, "the token is missing or not valid").reply(w)
		return w
	}
	r = r.WithContext(r.Context()) // a copy: routing sets its path values
	r.Body = io.NopCloser(bytes.NewReader(body))
	s.routes.ServeHTTP(w, r)
	if w.Code == http.StatusNoContent || w.Header().Get("Content-Type") == "application/json" {
		return w
	}
	// No operation: the mux responds in plain text, with a redirect for some paths.
	status := http.StatusNotFound
	refused := httptest.NewRecorder()
	if w.Code == http.StatusMethodNotAllowed {
		status = w.Code
		refused.Header()["Allow"] = w.Header()["Allow"]
	}
	refuse(status, "no such operation: %s %s", r.Method, r.URL.Path).reply(refused)
	return refused
}

// authorized accepts exactly one Authorization header, with either scheme.
func (s *Server) authorized(values []string) bool {
	if len(values) != 1 {
		return false
	}
	scheme, credentials, _ := strings.Cut(values[0], " ")
	switch strings.ToLower(scheme) {
	case "token":
		return credentials == s.token
	case "bearer":
		return token.IsJWT(credentials)
	}
	return false
}

var _ server.ServerInterface = (*store)(nil)

func newRoutes(st *store) http.Handler {
	return server.HandlerFromMux(st, &router{http.NewServeMux()})
}

// router refuses ids in the path that are not in canonical form before the generated
// code parses them: it accepts other forms.
type router struct{ *http.ServeMux }

func (m *router) HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request)) {
	m.ServeMux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		for _, name := range []string{"jobId", "secretId"} {
			text := r.PathValue(name)
			if id, err := uuid.Parse(text); text != "" && (err != nil || id.String() != text) {
				refuse(http.StatusBadRequest, "%s must be a UUID in lower case with dashes", name).reply(w)
				return
			}
		}
		handler(w, r)
	})
}

// CreateJobSecretAlias implements [server.ServerInterface].
func (st *store) CreateJobSecretAlias(w http.ResponseWriter, r *http.Request, jobID, secretID uuid.UUID) {
	req, p := decodeAliasRequest(r)
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

// ListJobSecrets implements [server.ServerInterface].
func (st *store) ListJobSecrets(w http.ResponseWriter, _ *http.Request, jobID uuid.UUID) {
	secrets, p := st.list(jobID)
	if p != nil {
		p.reply(w)
		return
	}
	reply(w, http.StatusOK, map[string][]*secret{"results": secrets})
}

// DeleteJobSecret implements [server.ServerInterface].
func (st *store) DeleteJobSecret(w http.ResponseWriter, _ *http.Request, jobID, secretID uuid.UUID) {
	if p := st.remove(jobID, secretID); p != nil {
		p.reply(w)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// decodeAliasRequest decodes the fields one by one, so that names match exactly and
// an error can name the field.
func decodeAliasRequest(r *http.Request) (req generated.SecretAliasRequest, p *problem) {
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return req, refuse(http.StatusUnsupportedMediaType, "the body must be application/json")
	}
	body, err := io.ReadAll(r.Body)
	if err != nil || len(body) > maxBody {
		return req, refuse(http.StatusBadRequest, "the body is larger than %d bytes", maxBody)
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil || fields == nil {
		return req, refuse(http.StatusBadRequest, "the body is not a JSON object")
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
			return req, refuse(http.StatusBadRequest, "%s must be %s", field.name, field.kind)
		}
	}
	return req, nil
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(encode(v))
}

func (p *problem) reply(w http.ResponseWriter) { reply(w, p.Status, p) }

func encode(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic("apitest: " + err.Error()) // no value that is sent can fail
	}
	return data
}
