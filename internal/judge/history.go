package judge

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
)

// History stands in front of a fake Qovery and remembers which call created or deleted what,
// and when. Requests take effect one at a time.
type History struct {
	next http.Handler
	mu   sync.Mutex
	jobs map[uuid.UUID][]*entry
}

// entry is a secret that a job has, or had.
type entry struct {
	api.Secret
	from, to       time.Time // to is zero while the job has it
	madeBy, goneBy int       // the calls that created and deleted it
}

// NewHistory returns the history of what next serves.
func NewHistory(next http.Handler) *History {
	return &History{next: next, jobs: map[uuid.UUID][]*entry{}}
}

// Add makes known what a job has from the beginning. A secret without an id stands for a
// variable: it has a key, and no list shows it.
func (h *History) Add(job uuid.UUID, secrets ...api.Secret) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range secrets {
		h.jobs[job] = append(h.jobs[job], &entry{Secret: s})
	}
}

// Do has the server handle a request, and returns the response.
func (h *History) Do(r *http.Request) *httptest.ResponseRecorder {
	h.mu.Lock()
	defer h.mu.Unlock()
	response := httptest.NewRecorder()
	h.next.ServeHTTP(response, r)
	path := strings.Split(r.URL.Path, "/") // of /job/{jobId}/secret/{secretId}
	job := uuid.MustParse(path[2])
	switch response.Code {
	case http.StatusCreated:
		e := &entry{from: time.Now(), madeBy: CallOf(r)}
		json.Unmarshal(response.Body.Bytes(), &e.Secret)
		h.jobs[job] = append(h.jobs[job], e)
	case http.StatusNoContent:
		id := uuid.MustParse(path[4])
		for _, e := range h.jobs[job] {
			if e.to.IsZero() && (e.ID == id || e.target() == id) {
				e.to, e.goneBy = time.Now(), CallOf(r)
			}
		}
	}
	return response
}

// At returns the secrets that a job had at some time, in the order of a list.
func (h *History) At(job uuid.UUID, t time.Time) (secrets []api.Secret) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range h.jobs[job] {
		if e.ID != uuid.Nil && e.during(t, t) {
			secrets = append(secrets, e.Secret)
		}
	}
	return secrets
}

// during reports whether the job had the secret at some time from start to end.
func (e *entry) during(start, end time.Time) bool {
	return !e.from.After(end) && (e.to.IsZero() || e.to.After(start))
}

// target returns the id of the secret that an alias points to.
func (e *entry) target() uuid.UUID { return cmp.Or(e.AliasedSecret, &api.SecretReference{}).ID }
