package apitest_test

// Authentication, routes, the log of requests, and the server's life.

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

func part(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

func TestAuthentication(t *testing.T) {
	srv := apitest.Start(t)
	path := listPath(srv.AddJob("nightly"))
	jwt := part(`{"alg":"RS256"}`) + "." + part(`{}`) + "." + part("signed")
	for value, status := range map[string]int{
		"Token " + srv.Token():                      200,
		"token " + srv.Token():                      200,
		"Bearer " + jwt:                             200,
		"BEARER " + jwt:                             200,
		"":                                          401,
		srv.Token():                                 401,
		"Token":                                     401,
		"Token " + srv.Token() + "x":                401,
		"Token  " + srv.Token():                     401,
		"Token " + strings.ToLower(srv.Token()):     401,
		"Token " + jwt:                              401,
		"Bearer " + srv.Token():                     401,
		"Bearer ":                                   401,
		"Bearer a.b":                                401,
		"Bearer " + jwt + ".x":                      401,
		"Bearer " + part(`{}`) + "..":               401,
		"Bearer " + part(`[]`) + ".e30.e30":         401,
		"Bearer " + part(`null`) + ".e30.e30":       401,
		"Bearer " + part(`{}`) + ".e30.+/":          401,
		"Basic " + srv.Token():                      401,
		"Token " + srv.Token() + ", Bearer " + jwt:  401,
		"Bearer Token " + srv.Token():               401,
		"Token " + apitest.Start(t).Token():         401,
		"Bearer " + part(`{}`) + "." + part(`{}`):   401,
		"Bearer " + part(`{}x`) + ".e30.e30":        401,
		"Bearer " + part(`{"a":1}`) + ".AAA=.e30.a": 401,
	} {
		r := request(t, srv, srv.URL(), "GET", path, "")
		r.Header.Del("Authorization")
		if value != "" {
			r.Header.Set("Authorization", value)
		}
		got := send(t, r)
		if got.status != status {
			t.Errorf("%q: %d", value, got.status)
		}
		if status == 401 {
			wantProblem(t, got, 401, "token")
		}
	}
	r := request(t, srv, srv.URL(), "GET", path, "")
	r.Header.Add("Authorization", "Token "+srv.Token())
	wantProblem(t, send(t, r), 401, "token")
}

func TestRoutes(t *testing.T) {
	srv := apitest.Start(t)
	job := srv.AddJob("nightly")
	secret := srv.AddSecret(job, "DB", environment)
	for _, c := range []struct {
		method, path string
		status       int
		part         string
	}{
		{"GET", "/", 404, "GET /"},
		{"GET", "/job", 404, ""},
		{"GET", listPath(job) + "/", 404, ""},
		{"GET", "/job//secret", 404, ""},
		{"POST", "/job/../job/x/secret", 404, ""},
		{"POST", listPath(job), 405, "POST"},
		{"GET", deletePath(job, secret), 405, "GET"},
		{"PUT", aliasPath(job, secret), 405, "PUT"},
		{"GET", "/job/x/secret", 400, "jobId"},
		{"DELETE", "/job/" + job.String() + "/secret/x", 400, "secretId"},
		{"POST", "/job/x/secret/y/alias", 400, "jobId"},
	} {
		got := call(t, srv, c.method, c.path, "")
		t.Run(c.method+" "+c.path, func(t *testing.T) { wantProblem(t, got, c.status, c.part) })
		if (got.header.Get("Allow") != "") != (c.status == 405) || got.header.Get("Location") != "" {
			t.Errorf("%s %s: %v", c.method, c.path, got.header)
		}
	}
}

func TestRequestIDsDiffer(t *testing.T) {
	srv := apitest.Start(t)
	path := listPath(srv.AddJob("nightly"))
	a, b := call(t, srv, "GET", path, ""), call(t, srv, "GET", path, "")
	if id := a.header.Get("X-Request-Id"); id == b.header.Get("X-Request-Id") {
		t.Errorf("%q twice", id)
	}
}

func TestRequests(t *testing.T) {
	srv := apitest.Start(t)
	job := srv.AddJob("nightly")
	if n := len(srv.Requests()); n != 0 {
		t.Errorf("%d requests before the first", n)
	}
	r := request(t, srv, srv.URL(), "GET", listPath(job)+"?page=1", "")
	r.Header.Set("X-Mine", "yes")
	send(t, r)
	srv.Inject(apitest.Fault{Status: 500})
	r = request(t, srv, srv.URL(), "POST", aliasPath(job, job), `{"key":"K"}`)
	r.Header.Set("Authorization", "Bearer a.secret.b")
	send(t, r)
	r = request(t, srv, srv.URL(), "PUT", "/elsewhere", strings.Repeat("x", 2<<20))
	r.Header.Set("Authorization", srv.Token())
	send(t, r)

	got := srv.Requests()
	if len(got) != 3 {
		t.Fatalf("%d requests", len(got))
	}
	if g := got[0]; g.Method != "GET" || g.Path != listPath(job) || len(g.Body) != 0 || g.Header.Get("X-Mine") != "yes" {
		t.Errorf("%+v", g)
	}
	if g := got[1]; g.Method != "POST" || g.Path != aliasPath(job, job) || string(g.Body) != `{"key":"K"}` {
		t.Errorf("%+v", g)
	}
	if g := got[2]; g.Method != "PUT" || g.Path != "/elsewhere" || len(g.Body) != 1<<20 {
		t.Errorf("%s %s, %d bytes", g.Method, g.Path, len(g.Body))
	}
	for i, want := range []string{"Token", "Bearer", ""} {
		if value := got[i].Header["Authorization"]; !reflect.DeepEqual(value, []string{want}) {
			t.Errorf("Authorization %q, want %q", value, want)
		}
	}
	got[1].Header.Set("Authorization", "changed")
	got[1].Body[0] = 'x'
	if g := srv.Requests()[1]; g.Header.Get("Authorization") != "Bearer" || g.Body[0] != '{' {
		t.Errorf("not a copy: %+v", g)
	}
}

func TestARequestBrokenOffTakesNoEffect(t *testing.T) {
	srv := apitest.Start(t)
	job := srv.AddJob("nightly")
	secret := srv.AddSecret(job, "DB", environment)
	srv.Inject(apitest.Fault{Status: 500, Method: "POST"})
	for i, rest := range []string{
		"Content-Length: 13\r\n\r\n" + `{"key":"PG"}`,
		"Transfer-Encoding: chunked\r\n\r\nc\r\n" + `{"key":"PG"}` + "\r\n",
	} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(srv.URL(), "http://"))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: qovery\r\nContent-Type: application/json\r\nAuthorization: Token %s\r\n%s",
			aliasPath(job, secret), srv.Token(), rest)
		conn.(*net.TCPConn).CloseWrite()
		if answer, err := io.ReadAll(conn); err != nil || len(answer) > 0 {
			t.Errorf("answer %q, %v", answer, err)
		}
		conn.Close()
		if got := srv.Requests(); len(got) != i+1 || string(got[i].Body) != `{"key":"PG"}` {
			t.Errorf("%q", got)
		}
	}
	if all := keys(srv.Secrets(job)); all != "DB" {
		t.Errorf("keys %s", all)
	}
	// Neither have they used up the fault.
	if got := call(t, srv, "POST", aliasPath(job, secret), `{"key":"PG"}`); got.status != 500 {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// settled waits for goroutines that are on their way out.
func settled(want int) int {
	n := runtime.NumGoroutine()
	for range 100 {
		if n <= want {
			break
		}
		time.Sleep(5 * time.Millisecond)
		n = runtime.NumGoroutine()
	}
	return n
}

func TestCloseLeavesNothingBehind(t *testing.T) {
	before := runtime.NumGoroutine()
	apitest.NewServer().Close()

	srv := apitest.NewServer()
	job := srv.AddJob("nightly")
	c := &http.Client{Transport: &http.Transport{}}
	errs := make(chan error)
	for range 4 {
		srv.Inject(apitest.Fault{Delay: time.Hour})
		go func() {
			_, err := do(c, request(t, srv, srv.URL(), "GET", listPath(job), ""))
			errs <- err
		}()
	}
	for len(srv.Requests()) < 4 {
		time.Sleep(time.Millisecond)
	}
	srv.Inject(apitest.Fault{Hangup: true})
	do(c, request(t, srv, srv.URL(), "DELETE", deletePath(job, job), ""))
	do(c, request(t, srv, srv.URL(), "GET", listPath(job), "")) // leaves an idle connection

	start := time.Now()
	srv.Close()
	srv.Close()
	if d := time.Since(start); d > time.Second {
		t.Errorf("Close took %s", d)
	}
	for range 4 {
		if err := <-errs; err == nil {
			t.Error("an answer although the server was closed")
		}
	}
	if _, err := do(c, request(t, srv, srv.URL(), "GET", listPath(job), "")); err == nil {
		t.Error("an answer after Close")
	}
	if n := len(srv.Requests()); n != 6 {
		t.Errorf("%d requests", n)
	}
	c.CloseIdleConnections()
	if after := settled(before); after > before {
		stacks := make([]byte, 1<<16)
		t.Errorf("%d goroutines before, %d after\n%s", before, after, stacks[:runtime.Stack(stacks, true)])
	}
}

func TestCloseWaitsForRequests(t *testing.T) {
	srv := apitest.Start(t)
	job := srv.AddJob("nightly")
	secret := srv.AddSecret(job, "DB", environment)
	c := client(t)
	for i := range 64 {
		srv.Inject(apitest.Fault{Delay: time.Hour, Apply: true})
		go do(c, request(t, srv, srv.URL(), "POST", aliasPath(job, secret), fmt.Sprintf(`{"key":"K%d"}`, i)))
	}
	for len(srv.Requests()) < 64 {
		time.Sleep(time.Millisecond)
	}
	srv.Close()
	if n := len(srv.Secrets(job)); n != 65 {
		t.Errorf("%d secrets", n)
	}
}

func TestCloseEndsDelaysOfAHandlerServedElsewhere(t *testing.T) {
	srv := apitest.Start(t)
	job := srv.AddJob("nightly")
	other := httptest.NewServer(srv.Handler())
	defer other.Close()
	srv.Inject(apitest.Fault{Delay: time.Hour})
	time.AfterFunc(20*time.Millisecond, srv.Close)
	if _, err := do(client(t), request(t, srv, other.URL, "GET", listPath(job), "")); err == nil {
		t.Error("an answer")
	}
}

// inMemory is a transport without connections.
type inMemory struct{ handler http.Handler }

func (m inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	done := make(chan any, 1)
	go func() {
		defer func() { done <- recover() }()
		m.handler.ServeHTTP(w, r)
	}()
	select {
	case <-r.Context().Done():
		return nil, r.Context().Err()
	case p := <-done:
		if p != nil {
			return nil, p.(error)
		}
		return w.Result(), nil
	}
}

// The server works in virtual time whether it was made in there or outside.
func TestVirtualTime(t *testing.T) {
	test := func(t *testing.T, srv *apitest.Server) {
		job := srv.AddJob("nightly")
		secret := srv.AddSecret(job, "DB", environment)
		c := &http.Client{Transport: inMemory{srv.Handler()}}
		start := time.Now()
		srv.Inject(apitest.Fault{Delay: time.Hour})
		got, err := do(c, request(t, srv, "http://qovery", "GET", listPath(job), ""))
		if d := time.Since(start); err != nil || got.status != 200 || d != time.Hour {
			t.Errorf("%d %s %v after %s", got.status, got.body, err, d)
		}

		srv.Inject(apitest.Fault{Delay: time.Hour})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		r := request(t, srv, "http://qovery", "POST", aliasPath(job, secret), `{"key":"PG"}`)
		_, err = do(c, r.WithContext(ctx))
		if d := time.Since(start); err == nil || d != time.Hour+time.Minute {
			t.Errorf("%v after %s", err, d)
		}
		synctest.Wait()
		if all := keys(srv.Secrets(job)); all != "DB" {
			t.Errorf("keys %s", all)
		}

		for _, f := range []apitest.Fault{{Hangup: true}, {Truncate: 1}} {
			srv.Inject(f)
			r := request(t, srv, "http://qovery", "GET", listPath(uuid.New()), "")
			if _, err := do(c, r); err == nil {
				t.Errorf("%+v: no error", f)
			}
		}
	}
	outside := apitest.Start(t)
	for range 2 {
		synctest.Test(t, func(t *testing.T) { test(t, outside) })
	}
	synctest.Test(t, func(t *testing.T) { test(t, apitest.Start(t)) })
}
