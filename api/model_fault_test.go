package api_test

import (
	"bytes"
	"cmp"
	"context"
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
)

// fault is what happens to a request. By default it takes effect and is answered.
type fault struct {
	Methods       string        // it is for these only; empty: for all
	Before, After time.Duration // at most, until the request arrives and until it is answered
	Late          time.Duration // at most, until it takes effect, if not at once
	Lost          bool          // it does not take effect
	Twice         bool          // a proxy sends it a second time
	Lag           time.Duration // at most, by which a list is old
	End           string        // how it ends: one of ends, hang, stall or cut (in half)
	Status        []int         // of another response, one of these
	Body, Retry   []string
}

// ends are errors of a transport. The first two mean that nothing was sent.
var ends = map[string]error{
	"refused": dialed(syscall.ECONNREFUSED),
	"no host": dialed(&net.DNSError{Err: "no such host", Name: "api.test"}),
	"reset":   &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET},
}

var (
	unclearStatuses = []int{408, 500, 502, 504, 599}
	wrongStatuses   = []int{200, 202, 206, 301, 303}
	refusals        = []int{300, 304, 307, 308, 400, 403, 404, 405, 410, 422}
	brokenBodies    = []string{"", "{}", "null", "<html>", `{"id":`, `{"results":null}`, `{"results":[{}]}`,
		`{"id":"00000000-0000-0000-0000-000000000000","key":"KEY0","scope":"JOB"}`,
		`{"id":"11111111-1111-1111-1111-111111111111","key":"OTHER","scope":"JOB"}`}
)

// softFaults are what a call that tries again overcomes, also over real connections.
var softFaults = []fault{
	{End: "reset"}, {End: "reset", Lost: true}, {End: "hang"}, {End: "hang", Lost: true},
	{End: "cut"}, {End: "stall"},
	{Methods: "POST DELETE", Late: time.Second, End: "reset"},
	{Methods: "POST DELETE", Late: time.Minute, End: "reset"},
	{Methods: "DELETE", Status: []int{404, 410}, Lost: true},
	{Status: []int{429, 503}, Lost: true},
	{Status: unclearStatuses, Body: []string{"<html>"}}, {Status: unclearStatuses, Lost: true},
	{Methods: "POST DELETE", Status: wrongStatuses}, {Methods: "POST DELETE", Status: wrongStatuses, Lost: true},
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
	{Methods: "DELETE", Status: refusals},
	{Status: []int{429, 503}, Lost: true, Retry: []string{"61", "99999999999"}},
}

// drawFault returns one for a method, each status or body of a row as likely as other rows.
func drawFault(rng *rand.Rand, faults []fault, method string) fault {
	for {
		f := pick(rng, faults...)
		choices := max(1, len(f.Status), len(f.Body), len(f.Retry)) // at most 10
		if rng.IntN(10) < choices && strings.Contains(cmp.Or(f.Methods, method), method) {
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
