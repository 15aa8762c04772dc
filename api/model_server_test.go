package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/internal/judge"
)

// modelFault is what happens to a request. By default it takes effect and is answered.
type modelFault struct {
	methods string        // it is for these only; empty: for all
	final   bool          // a call may end without success because of it
	unsent  error         // there is no connection
	before  time.Duration // at most, until the request arrives
	after   time.Duration // at most, until it is answered
	late    time.Duration // at most, until it takes effect, after its response was lost
	lost    bool          // it does not take effect
	twice   bool          // a proxy sends it a second time
	lag     int           // how many of the latest effects a list does not show
	end     string        // the response is missing (hang, reset) or incomplete (stall, cut)
	status  int           // another response
	body    string
	retry   string // its Retry-After
}

func modelFaults() []modelFault {
	const acts, slow = "POST DELETE", 30 * time.Second
	dial := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	all := []modelFault{
		{unsent: dial(syscall.ECONNREFUSED)}, {unsent: dial(&net.DNSError{Err: "no such host", Name: "api.test"})},
		{end: "reset"}, {end: "reset", lost: true}, {end: "hang"}, {end: "hang", lost: true},
		{end: "cut"}, {end: "stall"},
		{before: slow}, {after: slow}, {before: slow, lost: true, end: "hang"},
		{methods: acts, late: time.Second, end: "reset"}, {methods: acts, late: time.Minute, end: "reset"},
		{methods: acts, twice: true}, {methods: acts, twice: true, end: "reset"},
		{methods: "GET", lag: 1}, {methods: "GET", lag: 3},
		{methods: "DELETE", status: 404, lost: true}, {methods: "DELETE", status: 410, lost: true},
		{methods: "GET", status: 302, final: true}, {status: 501, lost: true, final: true},
		{status: 429, lost: true, retry: "61", final: true},
		{status: 503, lost: true, retry: "99999999999", final: true},
	}
	for _, retry := range []string{"", "1", "60", "soon"} {
		all = append(all, modelFault{status: 429, lost: true, retry: retry},
			modelFault{status: 503, lost: true, retry: retry})
	}
	for _, status := range []int{408, 500, 502, 504, 599} {
		all = append(all, modelFault{status: status, body: "<html>"}, modelFault{status: status, lost: true})
	}
	for _, status := range []int{200, 202, 206, 301, 303} {
		all = append(all, modelFault{methods: acts, status: status},
			modelFault{methods: acts, status: status, lost: true})
	}
	for _, body := range []string{"", "{}", "null", "<html>", `{"id":`, `{"results":null}`, `{"results":[{}]}`,
		`{"id":"00000000-0000-0000-0000-000000000000","key":"KEY0","scope":"JOB"}`,
		`{"id":"11111111-1111-1111-1111-111111111111","key":"OTHER","scope":"JOB"}`} {
		all = append(all, modelFault{methods: acts, status: 201, body: body},
			modelFault{methods: "GET", status: 200, body: body, final: true})
	}
	for _, status := range []int{300, 304, 307, 308, 400, 401, 403, 404, 405, 410, 422} {
		all = append(all, modelFault{status: status, lost: true, final: true})
		if status != http.StatusUnauthorized {
			all = append(all, modelFault{methods: "DELETE", status: status, final: true})
		}
	}
	return all
}

func drawFault(intN func(int) int, faults []modelFault, method string) modelFault {
	for {
		f := faults[intN(len(faults))]
		if f.methods == "" || strings.Contains(f.methods, method) {
			return f
		}
	}
}

func (f *modelFault) String() string {
	return fmt.Sprintf("fault: lost %t, late %s, twice %t, lag %d, end %q, status %d, Retry-After %q",
		f.lost, f.late, f.twice, f.lag, f.end, f.status, f.retry)
}

// serve has next handle a request as the fault says, and reports whether the response is
// complete. A late effect is one of the group.
func (f *modelFault) serve(
	next http.Handler, w http.ResponseWriter, r *http.Request, body []byte, late *sync.WaitGroup,
) bool {
	handle := func() *httptest.ResponseRecorder {
		again := r.WithContext(context.WithoutCancel(r.Context()))
		again.Body = io.NopCloser(bytes.NewReader(body))
		response := httptest.NewRecorder()
		next.ServeHTTP(response, again)
		return response
	}
	there := modelSleep(r.Context(), f.before)
	var response *httptest.ResponseRecorder
	switch {
	case f.late > 0:
		late.Add(1)
		time.AfterFunc(f.late, func() {
			handle()
			late.Done()
		})
	case !f.lost:
		response = handle()
		if f.twice {
			response = handle()
		}
	}
	there = modelSleep(r.Context(), f.after) && there
	if f.end == "hang" {
		<-r.Context().Done()
	}
	switch {
	case !there, f.end == "hang", f.end == "reset":
		return false
	case f.status == 0:
		return f.pass(w, response)
	case f.retry != "":
		w.Header().Set("Retry-After", f.retry)
	}
	w.WriteHeader(f.status)
	io.WriteString(w, f.body)
	return true
}

// pass sends the server's response, a success perhaps only in part.
func (f *modelFault) pass(w http.ResponseWriter, response *httptest.ResponseRecorder) bool {
	maps.Copy(w.Header(), response.Header())
	body := response.Body.Bytes()
	if f.end == "" || response.Code >= http.StatusNoContent {
		w.WriteHeader(response.Code)
		w.Write(body)
		return true
	}
	w.Header().Set("Content-Length", fmt.Sprint(len(body)))
	w.WriteHeader(response.Code)
	w.Write(body[:len(body)/2])
	http.NewResponseController(w).Flush()
	return false
}

// modelSleep reports whether all of d passed before the end of ctx.
func modelSleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// modelServer is a transport with a server behind it, in memory.
type modelServer struct {
	*scene
	seed        uint64
	hideTargets bool // lists do not tell what an alias points to
	faults      []modelFault
	percent     int // of the requests that have a fault
	budget      int // how many faults a call meets at most

	mu        sync.Mutex
	lists     [][]api.Secret // after so many effects
	exchanges []*exchange
	drawn     map[string]int
	late      sync.WaitGroup
}

// exchange is a request and its response.
type exchange struct {
	call       int
	method     string
	key        string // of an alias to create
	fault      modelFault
	start, end time.Time
	status     int
	whole      bool // the response is the server's, and complete
	shows      int  // how many effects a list shows
	list       []api.Secret
	err        error // of the transport
}

type exchangeKey struct{}

// RoundTrip implements http.RoundTripper.
func (m *modelServer) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
		r.Body.Close()
	}
	var asked api.AliasRequest
	json.Unmarshal(body, &asked)
	x := m.begin(&exchange{call: judge.CallOf(r), method: r.Method, key: asked.Key, start: time.Now()})
	resp, err := m.send(r, x, body)
	x.end, x.err = time.Now(), err
	return resp, err
}

// begin decides what happens to a request, whatever other requests there are.
func (m *modelServer) begin(x *exchange) *exchange {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.exchanges = append(m.exchanges, x)
	name, faults := fmt.Sprint(x.call, x.method, x.key), fmt.Sprint("faults of ", x.call)
	m.drawn[name]++
	hash := fnv.New64()
	fmt.Fprint(hash, name, m.drawn[name])
	rng := rand.New(rand.NewPCG(m.seed, hash.Sum64()))
	if rng.IntN(100) < m.percent && m.drawn[faults] < m.budget {
		m.drawn[faults]++
		x.fault = drawFault(rng.IntN, m.faults, x.method)
	}
	x.fault.before = upTo(rng, max(x.fault.before, 50*time.Millisecond))
	x.fault.after = upTo(rng, max(x.fault.after, 50*time.Millisecond))
	if x.fault.late > 0 {
		x.fault.late = upTo(rng, x.fault.late)
	}
	return x
}

func (m *modelServer) send(r *http.Request, x *exchange, body []byte) (*http.Response, error) {
	ctx, w := r.Context(), httptest.NewRecorder()
	if x.fault.unsent != nil {
		modelSleep(ctx, x.fault.before)
		return nil, x.fault.unsent
	}
	r = r.WithContext(context.WithValue(ctx, exchangeKey{}, x))
	complete := x.fault.serve(http.HandlerFunc(m.handle), w, r, body, &m.late)
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case !complete && !w.Flushed:
		return nil, &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	}
	resp := w.Result()
	x.status, x.whole = resp.StatusCode, x.fault.status == 0 && complete
	if !complete {
		resp.Body = io.NopCloser(io.MultiReader(resp.Body, readerFunc(func([]byte) (int, error) {
			if x.fault.end == "cut" {
				return 0, io.ErrUnexpectedEOF
			}
			<-ctx.Done()
			x.end = time.Now()
			return 0, context.Cause(ctx)
		})))
	}
	return resp, nil
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// handle has the server handle a request.
func (m *modelServer) handle(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	x := r.Context().Value(exchangeKey{}).(*exchange)
	switch {
	case r.Method == http.MethodGet:
		x.shows = max(0, len(m.lists)-1-x.fault.lag)
		x.list = m.lists[x.shows]
		json.NewEncoder(w).Encode(map[string]any{"results": x.list})
	case x.key == variable:
		http.Error(w, `{"status":409,"detail":"Variable already exists"}`, http.StatusConflict)
	default:
		m.history.ServeHTTP(w, r)
		if m.history.Now() == len(m.lists) {
			m.lists = append(m.lists, m.list())
		}
	}
}

// list returns what a list of the secrets shows.
func (m *modelServer) list() []api.Secret {
	secrets := m.fake.Secrets(m.job)
	for i := range secrets {
		if m.hideTargets {
			secrets[i].AliasedSecret = nil
		}
	}
	return secrets
}
