package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"sync"
	"syscall"
	"testing/iotest"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/internal/judge"
)

// modelServer is a transport with a server behind it, in memory. It has one job.
type modelServer struct {
	seed        uint64
	fake        http.Handler
	history     *judge.History
	job         uuid.UUID
	variables   map[string]bool // keys that the job has, and no list shows
	hideTargets bool            // lists do not tell what aliases point to
	faults      int             // percent of the requests that have one
	transient   bool
	budget      int // how many faults a call meets at most

	mu        sync.Mutex
	events    int
	lists     [][]byte // the response to a list after so many effects
	exchanges []*exchange
	drawn     map[string]int
	overrun   context.CancelFunc // called when there are too many requests
	late      sync.WaitGroup
}

const modelMaxRequests = 3000

// exchange is a request and its response as the client saw them.
type exchange struct {
	call         int
	method, key  string // the key of a POST, the id of a DELETE
	fault        fault
	began, ended int // the order of events
	start, end   time.Time
	shows        int // how many effects a list shows

	status int
	body   bytes.Buffer
	whole  bool  // the body was read to its end
	err    error // instead of a response, or of a whole one
}

type exchangeKey struct{}

// RoundTrip implements http.RoundTripper.
func (m *modelServer) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
		r.Body.Close()
	}
	x := m.begin(r, body)
	resp, err := m.send(r, x, body)
	if err != nil {
		m.finish(x, err)
		return nil, err
	}
	x.status = resp.StatusCode
	resp.Body = &modelBody{m, x, resp.Body}
	return resp, nil
}

func (m *modelServer) begin(r *http.Request, body []byte) *exchange {
	x := &exchange{call: judge.CallOf(r), method: r.Method, start: time.Now()}
	switch r.Method {
	case http.MethodPost:
		var asked api.AliasRequest
		json.Unmarshal(body, &asked)
		x.key = asked.Key
	case http.MethodDelete:
		x.key = path.Base(r.URL.Path)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.events++
	x.began = m.events
	m.exchanges = append(m.exchanges, x)
	if len(m.exchanges) > modelMaxRequests {
		m.overrun()
	}
	x.fault = m.draw(x)
	return x
}

// draw decides what happens to a request, whatever other requests there are.
func (m *modelServer) draw(x *exchange) fault {
	name := fmt.Sprint(x.call, x.method)
	if x.method == http.MethodPost {
		name += x.key // that of a DELETE is random
	}
	m.drawn[name]++
	hash := fnv.New64()
	fmt.Fprint(hash, name, m.drawn[name])
	rng := rand.New(rand.NewPCG(m.seed, hash.Sum64()))
	ordinary := fault{before: 1 + seconds(rng, 1)/20, after: 1 + seconds(rng, 1)/20}
	used := fmt.Sprint("faults of ", x.call)
	if rng.IntN(100) >= m.faults || m.drawn[used] >= m.budget {
		return ordinary
	}
	m.drawn[used]++
	f := drawFault(rng, x.method, m.transient)
	f.before += ordinary.before
	f.after += ordinary.after
	return f
}

func (m *modelServer) send(r *http.Request, x *exchange, body []byte) (*http.Response, error) {
	f, ctx := &x.fault, r.Context()
	if f.unsent != nil {
		pause(ctx, f.before)
		return nil, f.unsent
	}
	w := httptest.NewRecorder()
	r = r.WithContext(context.WithValue(ctx, exchangeKey{}, x))
	aborted := aborts(func() { f.serve(http.HandlerFunc(m.handle), w, r, body, &m.late) })
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case aborted && !w.Flushed:
		return nil, &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	}
	resp := w.Result()
	switch {
	case aborted:
		resp.Body = io.NopCloser(io.MultiReader(resp.Body, iotest.ErrReader(io.ErrUnexpectedEOF)))
	case f.end == "stall" && resp.StatusCode < http.StatusNoContent:
		resp.Body = io.NopCloser(readerFunc(func([]byte) (int, error) {
			<-ctx.Done()
			return 0, context.Cause(ctx)
		}))
	}
	return resp, nil
}

// handle has the server handle a request.
func (m *modelServer) handle(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	x := r.Context().Value(exchangeKey{}).(*exchange)
	switch {
	case r.Method == http.MethodGet:
		x.shows = max(0, len(m.lists)-1-x.fault.lag)
		w.Header().Set("Content-Type", "application/json")
		w.Write(m.lists[x.shows])
	case r.Method == http.MethodPost && m.variables[x.key]:
		w.WriteHeader(http.StatusConflict)
		io.WriteString(w, `{"status":409,"detail":"Variable already exists"}`)
	default:
		m.history.ServeHTTP(w, r)
		if m.history.Now() == len(m.lists) {
			m.lists = append(m.lists, m.list(r.Header))
		}
	}
}

// list returns the server's response to a list.
func (m *modelServer) list(header http.Header) []byte {
	r := httptest.NewRequest(http.MethodGet, "/job/"+m.job.String()+"/secret", nil)
	r.Header = header
	w := httptest.NewRecorder()
	m.fake.ServeHTTP(w, r)
	if !m.hideTargets {
		return w.Body.Bytes()
	}
	var list struct {
		Results []map[string]any `json:"results"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil {
		panic(err)
	}
	for _, secret := range list.Results {
		secret["aliased_secret"] = nil
	}
	body, _ := json.Marshal(list)
	return body
}

func (m *modelServer) finish(x *exchange, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if x.ended != 0 {
		return
	}
	m.events++
	x.ended, x.end, x.err = m.events, time.Now(), err
	x.whole = errors.Is(err, io.EOF)
}

// modelBody sees how much of a response its client reads.
type modelBody struct {
	m *modelServer
	x *exchange
	io.ReadCloser
}

func (b *modelBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.x.body.Write(p[:n])
	if err != nil {
		b.m.finish(b.x, err)
	}
	return n, err
}

func (b *modelBody) Close() error {
	b.m.finish(b.x, nil)
	return b.ReadCloser.Close()
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// effect says what the client can know of a request that changes something.
type effect string

const (
	actUnsent  effect = "not sent"
	actRefused effect = "refused"
	actDone    effect = "done"
	actUnclear effect = "unclear"
)

func (x *exchange) effect() effect {
	var alias api.Secret
	switch {
	case x.fault.unsent != nil:
		return actUnsent
	case x.status == 0:
		return actUnclear
	case x.method == http.MethodDelete && x.status == http.StatusNoContent:
		return actDone
	case x.method == http.MethodPost && x.status == http.StatusCreated:
		if x.whole && json.Unmarshal(x.body.Bytes(), &alias) == nil && alias.ID != uuid.Nil && alias.Key == x.key {
			return actDone
		}
	case x.status == http.StatusRequestTimeout:
	case x.status == 300, 304 <= x.status && x.status < 500:
		return actRefused
	}
	return actUnclear
}

// secrets returns the list that a response contains; false: it has none.
func (x *exchange) secrets() ([]api.Secret, bool) {
	var list struct{ Results *[]api.Secret }
	if x.method != http.MethodGet || x.status != http.StatusOK || !x.whole ||
		json.Unmarshal(x.body.Bytes(), &list) != nil || list.Results == nil {
		return nil, false
	}
	for _, s := range *list.Results {
		if s.ID == uuid.Nil {
			return nil, false
		}
	}
	return *list.Results, true
}

// String returns a line of the script.
func (x *exchange) String() string {
	f := x.fault
	var words []string
	add := func(is bool, format string, args ...any) {
		if is {
			words = append(words, fmt.Sprintf(format, args...))
		}
	}
	add(f.name != "", "%s", f.name)
	add(f.lost, "without effect")
	add(f.late > 0, "takes effect %s after that", f.late)
	add(f.twice, "sent twice")
	add(f.lag > 0, "%d effects behind", f.lag)
	add(f.end != "", "response: %s", f.end)
	add(f.header != nil, "%v", f.header)
	add(x.method != http.MethodGet, "to the client %s", x.effect())
	add(x.err != nil && !x.whole, "%v", x.err)
	return fmt.Sprintf("call %d: %s %s: status %d, %s", x.call, x.method, x.key, x.status, strings.Join(words, ", "))
}
