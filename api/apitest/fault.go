package apitest

// Faults on demand.

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"time"
)

// Fault is what happens to one request in place of the regular course. The zero
// Fault is the regular course. Of Status, Hangup and Truncate the first one set
// counts.
//
// Beware that net/http repeats some requests by itself, such as a GET on a reused
// connection that is reset; the repeat is a request of its own.
type Fault struct {
	// Method limits the fault to requests of this method; empty: any.
	Method string

	// Delay passes before anything else. It ends early, and the connection with it,
	// when the client gives up or the server is closed; then the request takes
	// effect only with Apply.
	Delay time.Duration

	// Apply lets the request take effect, if it is one that would, although the
	// regular answer is not sent. Without Status and Hangup it does so anyway.
	Apply bool

	// Status, from 200 to 999, answers with Header and Body. A Body that is JSON is
	// sent as such unless Header has a Content-Type. Header also replaces the
	// X-Request-Id, by none if it has it without values.
	Status int
	Header http.Header
	Body   string

	// Hangup resets the connection, or the stream alone with HTTP/2.
	Hangup bool

	// Truncate breaks off after so many bytes of the regular answer's body, whose
	// Content-Length is that of the whole. A body that is no longer is sent whole,
	// and nothing breaks off.
	Truncate int
}

// Inject queues a fault. It happens to the first request of its method that is not
// taken by a fault queued before it, and to no other. A Status that is none, or a
// negative Truncate, panics.
func (s *Server) Inject(f Fault) {
	if f.Status != 0 && (f.Status < 200 || f.Status > 999) {
		panic(fmt.Sprintf("apitest: a fault cannot answer with status %d", f.Status))
	}
	if f.Truncate < 0 {
		panic(fmt.Sprintf("apitest: a fault cannot truncate to %d bytes", f.Truncate))
	}
	f.Header = f.Header.Clone()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, f)
}

// take removes and returns the fault for a request of this method, the zero Fault
// if there is none.
func (s *Server) take(method string) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		if f.Method == "" || f.Method == method {
			s.faults = slices.Delete(s.faults, i, i+1)
			return f
		}
	}
	return Fault{}
}

// sleep reports whether all of d passed.
func (s *Server) sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.closing, cancel)()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (f Fault) answer(w http.ResponseWriter) {
	if json.Valid([]byte(f.Body)) {
		w.Header().Set("Content-Type", "application/json")
	}
	for name, values := range f.Header {
		w.Header()[http.CanonicalHeaderKey(name)] = values
	}
	w.WriteHeader(f.Status)
	io.WriteString(w, f.Body)
}

// hangup closes a connection in such a way that the client sees a reset.
func hangup(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil { // HTTP/2, or no connection at all
		panic(http.ErrAbortHandler)
	}
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn() // to leave without TLS's goodbye
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	conn.Close()
}
