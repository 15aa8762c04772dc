package apitest_test

// Authentication, routes, the record of requests, virtual time, and the life of the server.

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

func part(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

func TestAuthentication(t *testing.T) {
	f := newFixture(t)
	jwt := part(`{"alg":"RS256"}`) + "." + part(`{}`) + "." + part("signed")
	for value, status := range map[string]int{
		"Token " + f.Token():                  200,
		"token " + f.Token():                  200,
		"Bearer " + jwt:                       200,
		f.Token():                             401,
		"Token " + strings.ToLower(f.Token()): 401,
		"Token " + jwt:                        401,
		"Bearer " + f.Token():                 401,
		"Bearer " + part(`[]`) + ".e30.e30":   401,
		"Token " + apitest.Start(t).Token():   401,
	} {
		f.send(t.Context(), "GET", listPath(f.job), "", "Authorization", value).want(t, status, "token")
	}
	two := []string{"Authorization", "Token " + f.Token(), "Bearer " + jwt}
	f.send(t.Context(), "GET", listPath(f.job), "", two...).want(t, 401, "token")
	f.send(t.Context(), "GET", listPath(f.job), "", two[:1]...).want(t, 401, "token")
}

func TestRoutes(t *testing.T) {
	f := newFixture(t)
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/", 404},
		{"GET", listPath(f.job) + "/", 404},
		{"GET", "/job//secret", 404},
		{"POST", listPath(f.job), 405},
		{"PUT", aliasPath(f.job, f.secret), 405},
		{"GET", "/job/x/secret", 400},
		{"DELETE", deletePath(f.job, f.secret) + "0", 400},
		{"POST", listPath(f.job) + "/%20" + f.secret.String() + "/alias", 400},
	} {
		f.send(t.Context(), c.method, c.path, "").want(t, c.status, ": "+c.method+" /")
	}
	f.wantKeys("DB")
}

func TestRequests(t *testing.T) {
	f := newFixture(t)
	f.send(t.Context(), "GET", listPath(f.job)+"?page=1", "")
	f.Inject(apitest.Fault{Status: 500})
	f.send(t.Context(), "POST", "/post", `{"key":"K"}`, "Authorization", "Bearer a.secret.b")
	f.send(t.Context(), "PUT", "/put", strings.Repeat("x", 2<<20), "Authorization", f.Token())
	want := []string{
		"GET " + listPath(f.job) + "  [Token]",
		`POST /post {"key":"K"} [Bearer]`,
		"PUT /put " + strings.Repeat("x", 1<<20) + " []",
	}
	for range 2 { // the caller may modify them
		requests := f.Requests()
		for i, r := range requests {
			got := fmt.Sprintf("%s %s %s %s", r.Method, r.Path, r.Body, r.Header["Authorization"])
			if len(requests) != len(want) || got != want[i] {
				t.Errorf("%d of %d: %.200s", i, len(requests), got)
			}
			r.Header.Set("Authorization", "changed")
			clear(r.Body)
		}
	}
}

func TestARequestBrokenOffHasNoEffect(t *testing.T) {
	f := newFixture(t)
	f.Inject(apitest.Fault{Status: 500, Method: "POST"})
	conn, err := net.Dial("tcp", strings.TrimPrefix(f.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	head := "POST %s HTTP/1.1\r\nHost: qovery\r\nAuthorization: Token %s\r\nContent-Type: application/json\r\n"
	fmt.Fprintf(conn, head, aliasPath(f.job, f.secret), f.Token())
	fmt.Fprint(conn, "Content-Length: 13\r\n\r\n", `{"key":"PG"}`)
	conn.(*net.TCPConn).CloseWrite()
	if got, err := io.ReadAll(conn); err != nil || len(got) > 0 {
		t.Errorf("response %q, %v", got, err)
	}
	f.wantKeys("DB")
	if got := f.create(t.Context(), "PG"); got.status != 500 { // the fault is still there
		t.Errorf("%+v", got)
	}
}

// Close ends what is under way, waits for it, and leaves no goroutine behind. Of many creates of one
// key one takes effect.
func TestClose(t *testing.T) {
	before := runtime.NumGoroutine()
	apitest.NewServer().Close()
	f := newFixture(t)
	const n = 64
	f.Inject(apitest.Fault{Delay: time.Hour, Apply: true, Times: n})
	errs := make(chan error, n)
	for range n {
		go func() { errs <- f.create(t.Context(), "PG").err }()
	}
	for len(f.Requests()) < n {
		time.Sleep(time.Millisecond)
	}
	f.Close()
	f.Close()
	f.wantKeys("DB PG")
	for range n {
		if <-errs == nil {
			t.Error("a response")
		}
	}
	f.client.CloseIdleConnections()
	for end := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines, %d before", after, before)
	}
}

// inMemory is a transport without connections.
type inMemory struct{ handler http.Handler }

func (m inMemory) RoundTrip(r *http.Request) (_ *http.Response, err error) {
	defer func() { err, _ = recover().(error) }()
	w := httptest.NewRecorder()
	m.handler.ServeHTTP(w, r)
	return w.Result(), nil
}

// The server works in virtual time, created inside the bubble or outside.
func TestVirtualTime(t *testing.T) {
	test := func(t *testing.T, srv *apitest.Server) {
		f := furnish(t, srv, inMemory{srv.Handler()})
		start := time.Now()
		f.Inject(apitest.Fault{Delay: time.Hour})
		f.list().want(t, 200, "")
		for _, key := range []string{"without Apply", "with Apply"} {
			f.Inject(apitest.Fault{Delay: time.Hour, Apply: key == "with Apply"})
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // the client gives up
			defer cancel()
			if got := f.create(ctx, key); got.err == nil {
				t.Errorf("%+v", got)
			}
		}
		if d := time.Since(start); d != time.Hour+2*time.Minute {
			t.Errorf("took %s", d)
		}
		f.wantKeys("DB with Apply")
		time.Sleep(time.Second)
		testRateLimit(f)
	}
	outside := apitest.Start(t)
	for range 2 { // the second bubble's time begins before the end of the first's
		synctest.Test(t, func(t *testing.T) { test(t, outside) })
	}
	synctest.Test(t, func(t *testing.T) { test(t, apitest.Start(t)) })
}

func testRateLimit(f *fixture) {
	before := len(f.Requests())
	f.RateLimit(4, 503)
	f.Inject(apitest.Fault{Status: 418}) // for the first that is let through
	for i, want := range []int{418, 503, 503, 200, 503, 503, 200, 503} {
		if got := f.list().status; got != want {
			f.Errorf("request %d: %d, want %d", i, got, want)
		}
		time.Sleep(100 * time.Millisecond)
	}
	f.RateLimit(2, 429)
	f.list().want(f, 429, "too many requests")
	f.RateLimit(0, 0)
	f.list().want(f, 200, "")
	f.list().want(f, 200, "")
	if n := len(f.Requests()) - before; n != 11 {
		f.Errorf("%d requests are recorded", n)
	}
}

func TestFaultsQueue(t *testing.T) {
	f := newFixture(t)
	f.Inject(apitest.Fault{Status: 501, Method: "POST", Times: 2})
	f.Inject(apitest.Fault{Status: 502, Times: 1})
	f.Inject(apitest.Fault{Status: 503, Method: "GET"})
	f.Inject(apitest.Fault{Status: 504, Times: 2})
	var got []int
	for _, method := range []string{"GET", "GET", "POST", "DELETE", "POST", "GET", "GET", "POST"} {
		got = append(got, f.send(t.Context(), method, listPath(f.job), "").status)
	}
	if want := []int{502, 503, 501, 504, 501, 504, 200, 405}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestFaultResponses(t *testing.T) {
	const text = "text/plain; charset=utf-8"
	typed := http.Header{"content-type": {"a/b"}, "X-Request-Id": nil}
	for name, c := range map[string]struct {
		fault       apitest.Fault
		contentType string
		keys        string
	}{
		"nothing but a status": {apitest.Fault{Status: 500}, "", "DB"},
		"JSON":                 {apitest.Fault{Status: 201, Body: `{"id":null}`}, "application/json", "DB"},
		"HTML":                 {apitest.Fault{Status: 502, Body: "<html>oops"}, "text/html; charset=utf-8", "DB"},
		"headers":              {apitest.Fault{Status: 400, Body: `{}`, Header: typed}, "a/b", "DB"},
		"taking effect":        {apitest.Fault{Status: 504, Apply: true}, "", "DB PG"},
		"before a hangup":      {apitest.Fault{Status: 429, Hangup: true, Truncate: 1, Body: "slow"}, text, "DB"},
		"after a delay":        {apitest.Fault{Status: 503, Delay: time.Millisecond}, "", "DB"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.Inject(c.fault)
			got := f.create(t.Context(), "PG")
			contentType, id := got.header.Get("Content-Type"), got.header.Get("X-Request-Id")
			if got.status != c.fault.Status || got.body != c.fault.Body || contentType != c.contentType ||
				(id == "") != (c.fault.Header != nil) {
				t.Errorf("%+v", got)
			}
			f.wantKeys(c.keys)
		})
	}
	// What the server refuses does not take effect with Apply either.
	f := newFixture(t)
	f.Inject(apitest.Fault{Status: 500, Apply: true})
	f.send(t.Context(), "POST", aliasPath(f.job, f.secret), `{"key":"PG"}`, "Authorization", "Token wrong")
	f.wantKeys("DB")
}

func TestHangup(t *testing.T) {
	http2 := newFixture(t).overTLS(true)
	for _, f := range []*fixture{newFixture(t), newFixture(t).overTLS(false), http2} {
		for _, apply := range []bool{false, true} {
			f.Inject(apitest.Fault{Hangup: true, Apply: apply, Truncate: 1})
			err := f.create(t.Context(), "PG").err
			if err == nil || f != http2 && !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("%v", err)
			}
			f.wantKeys(map[bool]string{false: "DB", true: "DB PG"}[apply])
			f.list().want(t, 200, "")
		}
	}
}

func TestTruncate(t *testing.T) {
	for _, f := range []*fixture{newFixture(t), newFixture(t).overTLS(true)} {
		whole := f.list()
		for _, limit := range []int{1, len(whole.body) - 1, len(whole.body)} {
			f.Inject(apitest.Fault{Truncate: limit})
			got, length := f.list(), whole.header.Get("Content-Length")
			if got.body != whole.body[:limit] || got.header.Get("Content-Length") != length ||
				(got.err != nil) != (limit < len(whole.body)) {
				t.Errorf("to %d: %+v", limit, got)
			}
		}
		// A response without a body has nothing to truncate.
		f.Inject(apitest.Fault{Truncate: 9})
		f.send(t.Context(), "DELETE", deletePath(f.job, f.secret), "").want(t, 204, "")
	}
}
