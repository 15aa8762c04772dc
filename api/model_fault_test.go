package api_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// fault is what happens to a request. Its zero value is that it takes effect and is answered.
type fault struct {
	name   string
	unsent error         // there is no connection to send it on
	before time.Duration // until it arrives
	after  time.Duration // until it is answered
	late   time.Duration // it takes effect that long after its response was lost
	lost   bool          // it takes no effect
	twice  bool          // a proxy sends it a second time
	lag    int           // how many effects a list does not show yet

	end    string // of the response: hang, reset, cut, stall; empty: it is complete
	status int    // of a response that is not the server's
	body   string
	header http.Header
}

// pick returns one of some values.
func pick[T any](rng *rand.Rand, some ...T) T { return some[rng.IntN(len(some))] }

// drawFault returns a fault. A transient one leaves a call without a deadline that may repeat
// requests able to find out what happened.
func drawFault(rng *rand.Rand, method string, transient bool) fault {
	f := fault{lost: rng.IntN(2) == 0}
	names := []string{"refused", "dns", "reset", "hang", "stall", "cut", "5xx", "429", "slow"}
	switch {
	case method == http.MethodGet && !transient:
		names = append(names, "lag", "garbage", "odd", "4xx")
	case method == http.MethodGet:
		names = append(names, "lag")
	case transient:
		names = append(names, "late", "twice", "garbage", "odd")
	default:
		names = append(names, "late", "twice", "garbage", "odd", "4xx")
	}
	f.name = pick(rng, names...)
	switch f.name {
	case "refused":
		f.unsent = &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	case "dns":
		f.unsent = &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "api.test"}}
	case "reset", "hang":
		f.end = f.name
	case "stall", "cut":
		f.end, f.lost = f.name, false
	case "late":
		f.late, f.end = time.Duration(rng.Int64N(int64(time.Minute))), "reset"
	case "twice":
		f.twice, f.lost = true, false
		f.end = pick(rng, "", "reset")
	case "slow":
		f.before, f.after, f.lost = seconds(rng, 25), seconds(rng, 25), false
	case "lag":
		f.lag, f.lost = 1+rng.IntN(3), false
	case "5xx":
		f.status = pick(rng, 408, 500, 502, 503, 504, 599)
		f.header = retryAfter(rng, transient)
		f.body = "<html>"
	case "429":
		f.status, f.lost = 429, true
		f.header = retryAfter(rng, transient)
	case "odd":
		f.status = pick(rng, 200, 202, 203, 206, 301, 302, 303)
		if method == http.MethodGet && f.status == 200 || method == http.MethodDelete {
			f.status = 207
		}
	case "garbage":
		f.status = pick(rng, 200, 201)
		f.body = pick(rng, "", "{}", "null", "<html>", `{"id":`, `{"results":null}`, `{"results":[{}]}`)
	case "4xx":
		f.status = pick(rng, 300, 304, 307, 308, 400, 401, 403, 404, 405, 410, 422, 501)
		f.lost = f.lost || method != http.MethodDelete || f.status == 401
	}
	return f
}

func seconds(rng *rand.Rand, most int) time.Duration {
	return time.Duration(rng.Int64N(int64(most) * int64(time.Second)))
}

func retryAfter(rng *rand.Rand, transient bool) http.Header {
	switch n := rng.IntN(12); {
	case n < 3:
		return http.Header{"Retry-After": {strconv.Itoa(pick(rng, 0, 1, 5, 60))}}
	case n == 3 && !transient:
		return http.Header{"Retry-After": {pick(rng, "61", "900", "99999999999999999999", "soon")}}
	}
	return nil
}

// serve has next handle a request as the fault says. Where the response breaks off, it panics
// with http.ErrAbortHandler.
func (f *fault) serve(next http.Handler, w http.ResponseWriter, r *http.Request, body []byte, late *sync.WaitGroup) {
	handle := func() *httptest.ResponseRecorder {
		again := r.WithContext(context.WithoutCancel(r.Context()))
		again.Body = io.NopCloser(bytes.NewReader(body))
		response := httptest.NewRecorder()
		next.ServeHTTP(response, again)
		return response
	}
	left := !pause(r.Context(), f.before)
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
	if left || !pause(r.Context(), f.after) {
		panic(http.ErrAbortHandler)
	}
	switch {
	case f.end == "hang":
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case f.end == "reset":
		panic(http.ErrAbortHandler)
	case f.status != 0:
		f.respond(w)
	default:
		f.pass(w, response)
	}
}

func (f *fault) respond(w http.ResponseWriter) {
	for name, values := range f.header {
		w.Header()[name] = values
	}
	w.WriteHeader(f.status)
	io.WriteString(w, f.body)
}

// pass sends the server's response, which may be cut if it is a success.
func (f *fault) pass(w http.ResponseWriter, response *httptest.ResponseRecorder) {
	for name, values := range response.Header() {
		w.Header()[name] = values
	}
	body := response.Body.Bytes()
	if response.Code != http.StatusNoContent {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(response.Code)
	if f.end == "cut" && response.Code < 300 && len(body) > 0 {
		w.Write(body[:len(body)/2])
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	w.Write(body)
}

// pause reports whether all of d passed before the end of ctx.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// aborts reports whether f panics with http.ErrAbortHandler.
func aborts(f func()) (aborted bool) {
	defer func() {
		if p := recover(); p != nil {
			if err, ok := p.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
				panic(p)
			}
			aborted = true
		}
	}()
	f()
	return false
}
