package apitest

// The way of a request: log, fault, authentication, route, answer.

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"strconv"

	"github.com/google/uuid"
)

const maxBody = 1 << 20

func (s *Server) handle(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Request-Id", uuid.NewString())
	body, err := readBody(r)
	s.record(r, body)
	if err != nil {
		panic(http.ErrAbortHandler) // broken off under way: not a request
	}
	f := s.take(r.Method)
	waited := s.sleep(r.Context(), f.Delay)

	regular := &answer{header: http.Header{}}
	if f.Apply || waited && f.Status == 0 && !f.Hangup {
		r = r.WithContext(r.Context()) // a copy, which routing may write to
		r.Body = io.NopCloser(bytes.NewReader(body))
		s.process(regular, r)
	}
	switch {
	case !waited:
		panic(http.ErrAbortHandler)
	case f.Status != 0:
		f.answer(w)
	case f.Hangup:
		hangup(w)
	default:
		regular.send(w, f.Truncate)
	}
}

// readBody reads one byte more than a body may have, so that it shows.
func readBody(r *http.Request) ([]byte, error) {
	if r.Body == nil { // a client's request, handed over by a RoundTripper
		return nil, nil
	}
	return io.ReadAll(io.LimitReader(r.Body, maxBody+1))
}

func (s *Server) process(a *answer, r *http.Request) {
	if !s.authorized(r) {
		refuse(http.StatusUnauthorized, "the token is missing or not valid").reply(a)
		return
	}
	s.routes.ServeHTTP(a, r)
	// The mux itself answers in text, and redirects from unclean paths.
	if a.header.Get("Content-Type") != "application/json" && a.status != http.StatusNoContent {
		if a.status != http.StatusMethodNotAllowed {
			a.status = http.StatusNotFound
		}
		a.header.Del("Location")
		a.body.Reset()
		refuse(a.status, "no such operation: %s %s", r.Method, r.URL.Path).reply(a)
	}
}

// answer is a ResponseWriter that holds a regular answer back.
type answer struct {
	status int
	header http.Header
	body   bytes.Buffer
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(status int)      { a.status = status }
func (a *answer) Write(p []byte) (int, error) { return a.body.Write(p) }

// send breaks off after limit bytes of the body; 0 is no limit.
func (a *answer) send(w http.ResponseWriter, limit int) {
	maps.Copy(w.Header(), a.header)
	body := a.body.Bytes()
	if a.status != http.StatusNoContent {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(a.status)
	if limit == 0 || limit >= len(body) {
		w.Write(body)
		return
	}
	w.Write(body[:limit])
	http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}
