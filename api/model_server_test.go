package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
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

// fault is what happens to a request. By default it takes effect and is answered.
type fault struct {
	Methods        string        // it is for these only; empty: for all
	Before, After  time.Duration // at most, until the request arrives and until it is answered
	Late           time.Duration // at most, until it takes effect, if not at once
	Lost, Doubtful bool          // it does not take effect, or only every other time
	Twice          bool          // a proxy sends it a second time
	Lag            time.Duration // at most, by which a list is old
	End            string        // how it ends: one of ends, hang, stall or cut (in half)
	Status         []int         // of another response, one of these
	Body, Retry    []string
}

// ends are errors of a transport. The first two mean that nothing was sent.
var ends = map[string]error{
	"refused": dialed(syscall.ECONNREFUSED),
	"no host": dialed(&net.DNSError{Err: "no such host", Name: "api.test"}),
	"reset":   &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET},
}

var (
	refusals     = []int{300, 304, 307, 308, 400, 403, 404, 405, 410, 422}
	brokenBodies = []string{"", "{}", "null", "<html>", `{"id":`, `{"results":null}`, `{"results":[{}]}`,
		`{"id":"00000000-0000-0000-0000-000000000000","key":"KEY0","scope":"JOB"}`,
		`{"id":"11111111-1111-1111-1111-111111111111","key":"OTHER","scope":"JOB"}`}
)

// softFaults are what a call that tries again overcomes, also over real connections.
var softFaults = []fault{
	{End: "reset", Doubtful: true}, {End: "hang", Doubtful: true}, {End: "cut"}, {End: "stall"},
	{Methods: "POST DELETE", Late: time.Second, End: "reset"},
	{Methods: "POST DELETE", Late: time.Minute, End: "reset"},
	{Methods: "DELETE", Status: []int{404, 410}, Lost: true},
	{Status: []int{429, 503}, Lost: true},
	{Status: []int{408, 500, 502, 504, 599}, Body: []string{"<html>", ""}, Doubtful: true},
	{Methods: "POST DELETE", Status: []int{200, 202, 206, 301, 303}, Doubtful: true},
	{Methods: "POST DELETE", Status: []int{201}, Body: brokenBodies},
}

// slowFaults are further ones that a call overcomes, in virtual time.
var slowFaults = []fault{
	{End: "refused"}, {End: "no host"},
	{Before: 30 * time.Second}, {After: 30 * time.Second}, {Before: 30 * time.Second, Lost: true, End: "hang"},
	{Methods: "POST DELETE", Twice: true}, {Methods: "POST DELETE", Twice: true, End: "reset"},
	{Methods: "GET", Lag: time.Second}, {Methods: "GET", Lag: time.Minute},
	{Status: []int{429, 503}, Lost: true, Retry: []string{"1", "60", "soon"}},
}

// finalFaults may end a call without success.
var finalFaults = []fault{
	{Methods: "GET", Status: []int{302}}, {Methods: "GET", Status: []int{200}, Body: brokenBodies},
	{Status: []int{401, 501}, Lost: true}, {Status: refusals, Lost: true},
	{Methods: "DELETE", Status: refusals, Doubtful: true},
	{Status: []int{429, 503}, Lost: true, Retry: []string{"61", "99999999999"}},
}

// drawFault returns one for a method, each status or body of a row as likely as other rows.
func drawFault(rng *rand.Rand, faults []fault, method string) fault {
	for {
		f := pick(rng, faults...)
		choices := max(1, len(f.Status), len(f.Body), len(f.Retry)) // at most 10
		if f.Doubtful {
			f.Lost = rng.IntN(2) == 0
			choices *= 2
		}
		if rng.IntN(10) < choices && (f.Methods == "" || strings.Contains(f.Methods, method)) {
			f.Status, f.Body, f.Retry = one(rng, f.Status), one(rng, f.Body), one(rng, f.Retry)
			return f
		}
	}
}

// one returns one of some values, if there are any.
func one[T any](rng *rand.Rand, some []T) []T {
	if len(some) > 0 {
		some = some[rng.IntN(len(some)):][:1]
	}
	return some
}

// serve has do handle a request as the fault says, and reports whether the response is complete.
// An effect that comes late is one of the group.
func (f *fault) serve(
	w http.ResponseWriter, r *http.Request, body []byte, late *sync.WaitGroup,
	do func(*http.Request) *httptest.ResponseRecorder,
) bool {
	handle := func() *httptest.ResponseRecorder {
		again := r.WithContext(context.WithoutCancel(r.Context()))
		again.Body = io.NopCloser(bytes.NewReader(body))
		return do(again)
	}
	var response *httptest.ResponseRecorder
	pause(r.Context(), f.Before)
	switch {
	case f.Late > 0:
		late.Go(func() {
			time.Sleep(f.Late)
			handle()
		})
	case !f.Lost:
		response = handle()
		if f.Twice {
			response = handle()
		}
	}
	pause(r.Context(), f.After)
	if f.End == "hang" {
		<-r.Context().Done()
	}
	switch {
	case r.Context().Err() != nil, ends[f.End] != nil:
		return false
	case f.Status != nil:
		reply{f.Status[0], strings.Join(f.Body, ""), http.Header{"Retry-After": f.Retry}}.ServeHTTP(w, r)
		return true
	}
	text, whole := response.Body.Bytes(), f.End == "" || response.Code > http.StatusCreated
	if !whole {
		text = text[:len(text)/2]
	}
	maps.Copy(w.Header(), response.Header())
	w.WriteHeader(response.Code)
	w.Write(text)
	http.NewResponseController(w).Flush()
	return whole
}

// pause waits for d, or until ctx is over.
func pause(ctx context.Context, d time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	<-ctx.Done()
}

// exchange is a request and its response.
type exchange struct {
	Call        int
	Method, Key string // Key is that of an alias to create
	Fault       fault
	Start, End  time.Time
	Status      int       // 0: there is no response
	Whole       bool      // the response is the server's, and complete
	AsOf        time.Time // what there was then is what a list shows
	List        []api.Secret
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
		half, rest := io.Pipe()
		go func(body io.Reader) {
			io.Copy(rest, body)
			if x.Fault.End == "stall" {
				<-ctx.Done()
			}
			x.End = time.Now()
			rest.CloseWithError(io.ErrUnexpectedEOF)
		}(resp.Body)
		resp.Body = half
	}
	return resp, nil
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
	f.Before, f.After = upTo(rng, f.Before+50*time.Millisecond), upTo(rng, f.After+50*time.Millisecond)
	f.Late, f.Lag = upTo(rng, f.Late), upTo(rng, f.Lag)
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
