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
	"strconv"
	"time"
)

// Fault replaces the regular response to one request. The zero Fault changes
// nothing. If more than one of Status, Hangup and Truncate is set, the first of them
// applies.
//
// Note that net/http repeats some requests by itself, such as a GET on a reused
// connection that is reset; the repeat is a request of its own.
type Fault struct {
	// Method limits the fault to requests of this method; empty: any.
	Method string

	// Delay passes before anything else. It ends early, and the connection with it,
	// when the client gives up or the server is closed; the request then takes effect
	// only with Apply.
	Delay time.Duration

	// Apply makes the request take effect, if the server accepts it, although the
	// regular response is not sent. Without Status and Hangup it does so anyway.
	Apply bool

	// Status, from 200 to 999, is sent with Header and Body. The Content-Type is
	// application/json if Body is JSON and Header has no other. Header also replaces
	// the X-Request-Id, and removes it if it has the name without values.
	Status int
	Header http.Header
	Body   string

	// Hangup resets the connection, or the stream alone with HTTP/2.
	Hangup bool

	// Truncate breaks off after so many bytes of the regular response's body, whose
	// Content-Length is that of the whole. A shorter body is sent whole.
	Truncate int
}

// Inject queues a fault. It applies to the first request of its method for which no
// fault was queued before it, and to no other. An invalid Status and a negative
// Truncate panic.
func (s *Server) Inject(f Fault) {
	if f.Status != 0 && (f.Status < 200 || f.Status > 999) {
		panic(fmt.Sprintf("apitest: invalid status of a fault: %d", f.Status))
	}
	if f.Truncate < 0 {
		panic(fmt.Sprintf("apitest: negative length of a truncated body: %d", f.Truncate))
	}
	f.Header = f.Header.Clone()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, f)
}

// takeFault removes and returns the fault for a request, the zero Fault if there is
// none.
func (s *Server) takeFault(method string) Fault {
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

// send writes the regular response, only the first limit bytes of its body if limit
// is set and less than its length.
func send(w http.ResponseWriter, regular *httptest.ResponseRecorder, limit int) {
	maps.Copy(w.Header(), regular.Header())
	body := regular.Body.Bytes()
	if regular.Code != http.StatusNoContent {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(regular.Code)
	if limit == 0 || limit >= len(body) {
		w.Write(body)
		return
	}
	w.Write(body[:limit])
	http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}
