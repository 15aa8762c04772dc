package judge

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
)

// History is a handler in front of a fake Qovery. It remembers which request created or deleted
// what, and which call sent it. Requests take effect one at a time, even if their client has left.
type History struct {
	next http.Handler

	mu    sync.Mutex
	clock int // how many requests have taken effect
	jobs  map[uuid.UUID][]*entry
}

// entry is a secret of a job, which has it from one effect until another.
type entry struct {
	api.Secret
	from, to   int // to is 0 while the job has it
	made, gone int // the calls that created and deleted it
}

// NewHistory returns the history of what next serves.
func NewHistory(next http.Handler) *History {
	return &History{next: next, jobs: map[uuid.UUID][]*entry{}}
}

// Add makes known what a job already has. A secret without an id stands for a variable: it has
// a key, and no list shows it.
func (h *History) Add(job uuid.UUID, secrets ...api.Secret) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range secrets {
		h.jobs[job] = append(h.jobs[job], &entry{Secret: s, from: h.clock})
	}
}

// Now returns how many requests have taken effect.
func (h *History) Now() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.clock
}

// ServeHTTP passes a request on whose body is complete.
func (h *History) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	r = r.WithContext(context.WithoutCancel(r.Context()))
	r.Body = io.NopCloser(bytes.NewReader(body))
	response := httptest.NewRecorder()
	h.mu.Lock()
	h.next.ServeHTTP(response, r)
	h.note(r, response)
	h.mu.Unlock()
	maps.Copy(w.Header(), response.Header())
	w.WriteHeader(response.Code)
	w.Write(response.Body.Bytes())
}

func (h *History) note(r *http.Request, response *httptest.ResponseRecorder) {
	job := uuid.MustParse(strings.Split(r.URL.Path, "/")[2])
	switch call := CallOf(r); {
	case r.Method == http.MethodPost && response.Code == http.StatusCreated:
		h.clock++
		e := &entry{from: h.clock, made: call}
		if err := json.Unmarshal(response.Body.Bytes(), &e.Secret); err != nil {
			panic(err)
		}
		h.jobs[job] = append(h.jobs[job], e)
	case r.Method == http.MethodDelete && response.Code == http.StatusNoContent:
		h.clock++
		id := uuid.MustParse(path.Base(r.URL.Path))
		for _, e := range h.jobs[job] {
			if e.to == 0 && (e.ID == id || e.target() == id) {
				e.to, e.gone = h.clock, call
			}
		}
	}
}

// find returns an entry of the call's job that fits; nil: there is none.
func (h *History) find(c *Call, fits func(*entry) bool) *entry {
	if i := slices.IndexFunc(h.jobs[c.Job], fits); i >= 0 {
		return h.jobs[c.Job][i]
	}
	return nil
}

// during reports whether the job had the secret at some time of the call.
func (e *entry) during(c *Call) bool { return e.from <= c.End && (e.to == 0 || e.to > c.Start) }

// made reports whether the call created the alias that it asked for.
func (c *Call) made(e *entry) bool { return e.made == c.ID && e.Key == c.Request.Key }

func (e *entry) target() uuid.UUID {
	if e.AliasedSecret == nil {
		return uuid.Nil
	}
	return e.AliasedSecret.ID
}

// AsAsked reports whether an alias has the description and the interpolation that were set.
func AsAsked(s *api.Secret, asked api.AliasRequest) bool {
	text, want, got := "", asked.EnableInterpolationInFile, s.EnableInterpolationInFile
	if asked.Description != nil {
		text = *asked.Description
	}
	return text == *cmp.Or(s.Description, new(string)) && (want == nil || got != nil && *got == *want)
}

// authorization names a call. It has the shape of a JWT, which the fake accepts.
const authorization = "Bearer e30.%08d.e30"

type callKey struct{}

// In returns a context whose requests are those of a call. Calls are numbered from 1 on.
func In(ctx context.Context, call int) context.Context {
	return context.WithValue(ctx, callKey{}, call)
}

// Auth signs requests with the number of their context's call.
func Auth() api.Auth {
	return api.BearerTokenSource(func(ctx context.Context) (string, error) {
		call, _ := ctx.Value(callKey{}).(int)
		return strings.TrimPrefix(fmt.Sprintf(authorization, call), "Bearer "), nil
	})
}

// CallOf returns the number of the call that sent a request; 0: there is none.
func CallOf(r *http.Request) (call int) {
	fmt.Sscanf(r.Header.Get("Authorization"), authorization, &call)
	return call
}
