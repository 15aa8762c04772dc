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

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
	"github.com/qovery-alias/qovery-alias-go/internal/judge"
)

// modelFault is what happens to a request. By default it takes effect and is answered.
type modelFault struct {
	methods string        // it is for these only; empty: for all
	final   bool          // what happened may remain unknown
	unsent  error         // there is no connection
	before  time.Duration // at most, until the request arrives
	after   time.Duration // at most, until it is answered
	late    time.Duration // at most, until it takes effect, after its response was lost
	lost    bool          // it does not take effect
	twice   bool          // a proxy sends it a second time
	lag     int           // the latest effects that a list does not show
	end     string        // there is no response (hang, reset) or only a part of it (stall, cut)
	status  int           // another response
	body    string
	retry   string // its Retry-After
}

const acts = "POST DELETE"

func modelFaults() []modelFault {
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	noHost := &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "api.test"}}
	all := []modelFault{
		{unsent: refused}, {unsent: noHost},
		{end: "reset"}, {end: "reset", lost: true}, {end: "reset"}, {end: "reset", lost: true},
		{end: "hang"}, {end: "hang", lost: true}, {end: "cut"}, {end: "stall"},
		{before: 30 * time.Second}, {after: 30 * time.Second}, {before: 30 * time.Second, lost: true, end: "hang"},
		{methods: acts, late: time.Second, end: "reset"}, {methods: acts, late: time.Minute, end: "reset"},
		{methods: acts, twice: true}, {methods: acts, twice: true, end: "reset"},
		{methods: "GET", lag: 1}, {methods: "GET", lag: 3},
		{status: 429, lost: true, retry: "61", final: true}, {status: 503, lost: true, retry: "99999999999", final: true},
		{status: 501, lost: true, final: true}, {methods: "GET", status: 302, final: true},
	}
	for _, retry := range []string{"", "", "1", "60", "soon"} {
		all = append(all, modelFault{status: 429, lost: true, retry: retry}, modelFault{status: 503, lost: true, retry: retry})
	}
	for _, status := range []int{408, 500, 502, 504, 599} {
		all = append(all, modelFault{status: status, body: "<html>"}, modelFault{status: status, lost: true})
	}
	for _, status := range []int{200, 202, 206, 301, 303} {
		all = append(all, modelFault{methods: acts, status: status}, modelFault{methods: acts, status: status, lost: true})
	}
	for _, body := range []string{"", "{}", "null", "<html>", `{"id":`, `{"results":null}`, `{"results":[{}]}`} {
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

// upTo returns a random duration.
func upTo(rng *rand.Rand, most time.Duration) time.Duration {
	return time.Duration(1 + rng.Int64N(1+int64(most)))
}

// pick returns one of some values.
func pick[T any](rng *rand.Rand, some ...T) T { return some[rng.IntN(len(some))] }

// serve has next handle a request as the fault says. Where the response breaks off, it panics
// with http.ErrAbortHandler. A late effect is part of the group.
func (f *modelFault) serve(next http.Handler, w http.ResponseWriter, r *http.Request, body []byte, late *sync.WaitGroup) {
	handle := func() *httptest.ResponseRecorder {
		again := r.WithContext(context.WithoutCancel(r.Context()))
		again.Body = io.NopCloser(bytes.NewReader(body))
		response := httptest.NewRecorder()
		next.ServeHTTP(response, again)
		return response
	}
	left := !modelSleep(r.Context(), f.before)
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
	left = left || !modelSleep(r.Context(), f.after)
	if f.end == "hang" {
		<-r.Context().Done()
	}
	if left || f.end == "hang" || f.end == "reset" {
		panic(http.ErrAbortHandler)
	}
	if f.status == 0 {
		f.pass(w, response)
		return
	}
	if f.retry != "" {
		w.Header().Set("Retry-After", f.retry)
	}
	w.WriteHeader(f.status)
	io.WriteString(w, f.body)
}

// pass sends the server's response, a success perhaps only in part.
func (f *modelFault) pass(w http.ResponseWriter, response *httptest.ResponseRecorder) {
	maps.Copy(w.Header(), response.Header())
	body := response.Body.Bytes()
	if response.Code < http.StatusNoContent && f.end != "" {
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		body = body[:len(body)/2]
	}
	w.WriteHeader(response.Code)
	w.Write(body)
	if response.Code < http.StatusNoContent && f.end != "" {
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
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

// modelServer is a transport with a server behind it, in memory. The server has one job.
type modelServer struct {
	seed        uint64
	srv         *apitest.Server
	history     *judge.History
	job         uuid.UUID
	variables   map[string]bool // keys that the job has and no list shows
	hideTargets bool            // lists do not tell what an alias points to
	faults      []modelFault
	percent     int // of the requests that have a fault
	budget      int // how many faults a call meets at most
	overrun     context.CancelFunc

	mu        sync.Mutex
	lists     [][]api.Secret // after so many effects
	exchanges []*exchange
	drawn     map[string]int
	unclosed  int // responses
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
	shows      int  // the effects that a list shows
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
	m.mu.Lock()
	defer m.mu.Unlock()
	x.end, x.err = time.Now(), err
	if err == nil {
		m.unclosed++
	}
	return resp, err
}

// begin decides what happens to a request, whatever other requests there are.
func (m *modelServer) begin(x *exchange) *exchange {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.exchanges = append(m.exchanges, x); len(m.exchanges) > modelMaxRequests {
		m.overrun()
	}
	name, faults := fmt.Sprint(x.call, x.method, x.key), fmt.Sprint("faults of ", x.call)
	m.drawn[name]++
	hash := fnv.New64()
	fmt.Fprint(hash, name, m.drawn[name])
	rng := rand.New(rand.NewPCG(m.seed, hash.Sum64()))
	if rng.IntN(100) < m.percent && m.drawn[faults] < m.budget {
		m.drawn[faults]++
		x.fault = drawFault(rng.IntN, m.faults, x.method)
	}
	for _, d := range []*time.Duration{&x.fault.before, &x.fault.after, &x.fault.late} {
		if *d == 0 && d != &x.fault.late {
			*d = 50 * time.Millisecond
		}
		if *d > 0 {
			*d = upTo(rng, *d)
		}
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
	aborted := aborts(func() { x.fault.serve(http.HandlerFunc(m.handle), w, r, body, &m.late) })
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case aborted && !w.Flushed:
		return nil, &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	}
	resp := w.Result()
	x.status, x.whole = resp.StatusCode, x.fault.status == 0 && !aborted
	resp.Body = &modelBody{Reader: resp.Body, ctx: ctx, m: m, x: x, aborted: aborted}
	return resp, nil
}

// modelBody is the body of a response.
type modelBody struct {
	io.Reader
	ctx     context.Context
	m       *modelServer
	x       *exchange
	aborted bool
}

func (b *modelBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if n > 0 || !b.aborted {
		return n, err
	}
	if b.x.fault.end == "cut" {
		return 0, io.ErrUnexpectedEOF
	}
	<-b.ctx.Done()
	b.x.end = time.Now()
	return 0, context.Cause(b.ctx)
}

func (b *modelBody) Close() error {
	b.m.mu.Lock()
	defer b.m.mu.Unlock()
	b.m.unclosed--
	return nil
}

// aborts reports whether f panics with http.ErrAbortHandler.
func aborts(f func()) (aborted bool) {
	defer func() {
		switch p := recover(); p {
		case nil:
		case http.ErrAbortHandler:
			aborted = true
		default:
			panic(p)
		}
	}()
	f()
	return false
}

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
	case m.variables[x.key]:
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
	secrets := m.srv.Secrets(m.job)
	for i := range secrets {
		if m.hideTargets {
			secrets[i].AliasedSecret = nil
		}
	}
	return secrets
}

// effect is what a response says of its request.
type effect string

const (
	actUnsent  effect = "not sent"
	actRefused effect = "refused"
	actDone    effect = "done"
	actUnclear effect = "may have taken effect"
)

func (x *exchange) effect() effect {
	switch {
	case x.fault.unsent != nil:
		return actUnsent
	case x.status == 0, x.status == http.StatusRequestTimeout:
		return actUnclear
	case x.status < 300 && x.whole:
		return actDone
	case x.status == 300, 304 <= x.status && x.status < 500:
		return actRefused
	}
	return actUnclear
}

// after reports whether x began when another request had ended.
func (x *exchange) after(other *exchange) bool { return !x.start.Before(other.end) }
