package apitest_test

// Authentication, routes, the record of requests, virtual time, and the life of the server.

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
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
