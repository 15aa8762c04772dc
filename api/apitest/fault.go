package apitest

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"time"
)

// Fault replaces the regular response to a request. The zero Fault changes nothing. If more than one of
// Status, Hangup and Truncate is set, the first of them applies. Without Status and Hangup a request
// takes effect also without Apply, unless the client gives up during Delay. Note that net/http repeats
// some requests by itself, such as a GET on a reused connection that is reset: that is another request.
type Fault struct {
	Method   string        // only requests of this method; empty: any
	Delay    time.Duration // before anything else; it ends early when the client gives up, or by Close
	Apply    bool          // the request takes effect, if the server accepts it, before the fault shows
	Status   int           // from 200 to 999: respond with this status …
	Header   http.Header   // … these headers (X-Request-Id without values: none) …
	Body     string        // … and this body, as application/json if it is JSON and Header has no type
	Hangup   bool          // reset the connection, or the stream alone with HTTP/2
	Truncate int           // send only so many bytes of the body, with the Content-Length of the whole
	Times    int           // how many requests the fault is for; 0: one
}

// Inject queues a fault. It applies to the first requests of its method for which no fault was queued
// before it, as many as Times says. An invalid Status and a negative Truncate or Times panic.
func (s *Server) Inject(f Fault) {
	if f.Status != 0 && (f.Status < 200 || f.Status > 999) || f.Truncate < 0 || f.Times < 0 {
		panic(fmt.Sprintf("apitest: invalid fault: %+v", f))
	}
	f.Header, f.Times = f.Header.Clone(), max(1, f.Times)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, f)
}

// takeFault returns the fault for a request, the zero Fault if there is none.
func (s *Server) takeFault(method string) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.faults, func(f Fault) bool { return f.Method == "" || f.Method == method })
	if i < 0 {
		return Fault{}
	}
	f := s.faults[i]
	s.faults[i].Times--
	if f.Times == 1 {
		s.faults = slices.Delete(s.faults, i, i+1)
	}
	return f
}

// sleep reports whether all of d passed before ctx ended.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// RateLimit refuses requests above perSecond with a status, 429 or 503: each that arrives less than
// 1/perSecond s after the latest one that was let through. 0 ends the limit. Any other status, and a
// negative perSecond, panic. A refused request is among those that Requests returns, and takes no fault.
// The time is that of time.Now, in a testing/synctest bubble too.
func (s *Server) RateLimit(perSecond int, status int) {
	if perSecond < 0 || perSecond > 0 && status != 429 && status != 503 {
		panic(fmt.Sprintf("apitest: invalid rate limit: %d a second, status %d", perSecond, status))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.interval, s.limitStatus = 0, status
	if perSecond > 0 {
		s.interval = time.Second / time.Duration(perSecond)
	}
}

// overLimit refuses a request that arrives too early; nil: it is let through.
func (s *Server) overLimit() *problem {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	// Below zero is the time since a request outside of this testing/synctest bubble.
	if since := now.Sub(s.latest); since >= 0 && since < s.interval {
		return refuse(s.limitStatus, "too many requests")
	}
	s.latest = now
	return nil
}

// respond sends Status, Header and Body.
func (f Fault) respond(w http.ResponseWriter) {
	if json.Valid([]byte(f.Body)) {
		w.Header().Set("Content-Type", "application/json")
	}
	for name, values := range f.Header {
		w.Header()[http.CanonicalHeaderKey(name)] = values
	}
	w.WriteHeader(f.Status)
	io.WriteString(w, f.Body)
}

// hangUp closes the connection so that the client sees a reset.
func hangUp(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil { // HTTP/2, or no connection at all
		panic(http.ErrAbortHandler)
	}
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn() // without the closing alert of TLS
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	conn.Close()
}

// send writes the regular response, only the first limit bytes of its body if limit is set and less than
// its length.
func send(w http.ResponseWriter, regular *httptest.ResponseRecorder, limit int) {
	maps.Copy(w.Header(), regular.Header())
	w.WriteHeader(regular.Code)
	body := regular.Body.Bytes()
	if limit == 0 || limit >= len(body) {
		w.Write(body)
		return
	}
	w.Write(body[:limit])
	http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}
