package apitest

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"

	"github.com/google/uuid"

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
	if p := s.overLimit(); p != nil {
		p.reply(w)
		return
	}
	f := s.takeFault(r.Method)
	completed := f.Delay <= 0 || sleep(r.Context(), f.Delay)
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
	status := w.Code
	if status == http.StatusNoContent || w.Header().Get("Content-Type") == "application/json" {
		return w
	}
	// The router refuses in plain text, and redirects for some paths.
	if status != http.StatusBadRequest && status != http.StatusMethodNotAllowed {
		status = http.StatusNotFound
	}
	w = httptest.NewRecorder()
	refuse(status, "%s: %s %s", http.StatusText(status), r.Method, r.URL.Path).reply(w)
	return w
}

// authorized accepts exactly one Authorization header, with either scheme.
func (s *Server) authorized(values []string) bool {
	if len(values) != 1 {
		return false
	}
	scheme, credentials, _ := strings.Cut(values[0], " ")
	return strings.EqualFold(scheme, "Token") && credentials == s.token ||
		strings.EqualFold(scheme, "Bearer") && token.IsJWT(credentials)
}

// The operations of [server.ServerInterface].

func (st *store) CreateJobSecretAlias(w http.ResponseWriter, r *http.Request, jobID, secretID uuid.UUID) {
	req, p := decodeAliasRequest(r)
	var s *secret
	if p == nil {
		s, p = st.addAlias(jobID, secretID, req)
	}
	reply(w, http.StatusCreated, s, p)
}

func (st *store) ListJobSecrets(w http.ResponseWriter, _ *http.Request, jobID uuid.UUID) {
	secrets, p := st.list(jobID)
	reply(w, http.StatusOK, map[string][]*secret{"results": secrets}, p)
}

func (st *store) DeleteJobSecret(w http.ResponseWriter, _ *http.Request, jobID, secretID uuid.UUID) {
	reply(w, http.StatusNoContent, nil, st.remove(jobID, secretID))
}

// decodeAliasRequest decodes the fields one by one, so that names match exactly and an error can name the
// field.
func decodeAliasRequest(r *http.Request) (req generated.SecretAliasRequest, p *problem) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" {
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
	for name, value := range map[string]any{
		"key":                          &req.Key,
		"description":                  &req.Description,
		"enable_interpolation_in_file": &req.EnableInterpolationInFile,
	} {
		if raw, ok := fields[name]; ok && json.Unmarshal(raw, value) != nil {
			return req, refuse(http.StatusBadRequest, "%s has a value of the wrong type", name)
		}
	}
	return req, nil
}

// reply sends a value as JSON, or the problem if there is one; nil has no body.
func reply(w http.ResponseWriter, status int, v any, p *problem) {
	if p != nil {
		status, v = p.Status, p
	}
	if v == nil {
		w.WriteHeader(status)
		return
	}
	body, _ := json.Marshal(v) // every value that is sent can be encoded
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	w.Write(body)
}

func (p *problem) reply(w http.ResponseWriter) { reply(w, p.Status, nil, p) }
