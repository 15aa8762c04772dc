package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/internal/judge"
)

// exchange is a request and its response.
type exchange struct {
	Call        int
	Method, Key string // Key is that of an alias to create
	Fault       fault
	Start, End  time.Time
	Status      int       // 0: there is no response
	Whole       bool      // the response is the server's, and complete
	AsOf        time.Time // of what a list shows
	List        secretList
}

type secretList []api.Secret

func (l secretList) String() (text string) {
	for _, s := range l {
		text += fmt.Sprint(s.Key, " ", s.ID, " ")
	}
	return text
}

// RoundTrip implements http.RoundTripper.
func (m *model) RoundTrip(r *http.Request) (*http.Response, error) {
	var asked api.AliasRequest
	body := []byte(read(r))
	json.Unmarshal(body, &asked)
	x := &exchange{Call: judge.CallOf(r), Method: r.Method, Key: asked.Key, Start: time.Now()}
	m.begin(x)
	w, ctx, whole := httptest.NewRecorder(), r.Context(), false
	if x.connects() {
		whole = x.Fault.serve(w, r, body, &m.late, func(r *http.Request) *httptest.ResponseRecorder {
			return m.handle(r, x)
		})
	}
	x.End = time.Now()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case !whole && !w.Flushed:
		return nil, ends[x.Fault.End]
	}
	resp := w.Result()
	x.Status, x.Whole = resp.StatusCode, whole && x.Fault.Status == nil
	if !whole {
		resp.Body = x.cut(ctx, resp.Body)
	}
	return resp, nil
}

// cut returns a body that breaks off behind what there is, at once or when ctx is over.
func (x *exchange) cut(ctx context.Context, body io.Reader) io.ReadCloser {
	r, w := io.Pipe()
	go func() {
		io.Copy(w, body)
		if x.Fault.End == "stall" {
			<-ctx.Done()
		}
		x.End = time.Now()
		w.CloseWithError(io.ErrUnexpectedEOF)
	}()
	return r
}

// begin decides what happens to a request, whatever other requests there are.
func (m *model) begin(x *exchange) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.exchanges = append(m.exchanges, x)
	name, faults := fmt.Sprint(x.Call, x.Method, x.Key), fmt.Sprint("faults of ", x.Call)
	m.drawn[name]++
	var seed [32]byte
	copy(seed[:], fmt.Sprint(m.seed, name, m.drawn[name]))
	rng, f := rand.New(rand.NewChaCha8(seed)), &x.Fault
	if rng.IntN(100) < m.percent && m.drawn[faults] < m.most {
		m.drawn[faults]++
		*f = drawFault(rng, m.faults, x.Method)
	}
	f.Before = upTo(rng, max(f.Before, 50*time.Millisecond))
	f.After = upTo(rng, max(f.After, 50*time.Millisecond))
	f.Late = min(f.Late, upTo(rng, max(f.Late, 1)))
	f.Lag = min(f.Lag, upTo(rng, max(f.Lag, 1)))
}

// handle has the server handle a request.
func (m *model) handle(r *http.Request, x *exchange) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	switch {
	case x.Method == http.MethodGet:
		x.AsOf = time.Now().Add(-x.Fault.Lag)
		x.List = m.history.At(m.job, x.AsOf)
		for i := range x.List {
			if m.hideTargets {
				x.List[i].AliasedSecret = nil
			}
		}
		json.NewEncoder(w).Encode(map[string]any{"results": x.List})
	case x.Key == variable:
		w.WriteHeader(http.StatusConflict)
	default:
		return m.history.Do(r)
	}
	return w
}
