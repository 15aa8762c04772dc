package apitest_test

// Authentication, routes, the record of requests, and the life of the server.

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
	f := newFixture(t)
	jwt := part(`{"alg":"RS256"}`) + "." + part(`{}`) + "." + part("signed")
	for value, status := range map[string]int{
		"Token " + f.Token():                       200,
		"token " + f.Token():                       200,
		"Bearer " + jwt:                            200,
		"BEARER " + jwt:                            200,
		"":                                         401,
		f.Token():                                  401,
		"Token":                                    401,
		"Token " + f.Token() + "x":                 401,
		"Token  " + f.Token():                      401,
		"Token " + strings.ToLower(f.Token()):      401,
		"Token " + jwt:                             401,
		"Bearer " + f.Token():                      401,
		"Bearer a.b":                               401,
		"Bearer " + part(`[]`) + ".e30.e30":        401,
		"Basic " + f.Token():                       401,
		"Token " + f.Token() + ", Bearer " + jwt:   401,
		"Bearer Token " + f.Token():                401,
		"Token " + apitest.Start(t).Token():        401,
		"Token " + f.Token() + "\x00Bearer " + jwt: 0, // two headers
	} {
		r := f.listRequest()
		delete(r.Header, "Authorization")
		if status == 0 {
			status = 401
			r.Header["Authorization"] = strings.Split(value, "\x00")
		} else if value != "" {
			r.Header.Set("Authorization", value)
		}
		wantStatus(t, f.send(r), status, "token")
	}
}

func TestRoutes(t *testing.T) {
	f := newFixture(t)
	// Ids that differ between lower and upper case.
	for !strings.ContainsAny(f.job.String(), "abcdef") || !strings.ContainsAny(f.secret.String(), "abcdef") {
		f = newFixture(t)
	}
	job, secret := f.job.String(), f.secret.String()
	type route struct {
		method, path string
		status       int
		part         string
	}
	routes := []route{
		{"GET", "/", 404, "GET /"},
		{"GET", "/job", 404, ""},
		{"GET", listPath(f.job) + "/", 404, ""},
		{"GET", "/job//secret", 404, ""},
		{"POST", "/job/../job/x/secret", 404, ""},
		{"POST", listPath(f.job), 405, "POST"},
		{"GET", deletePath(f.job, f.secret), 405, "GET"},
		{"PUT", aliasPath(f.job, f.secret), 405, "PUT"},
	}
	for _, form := range []func(string) string{
		func(string) string { return "x" },
		func(id string) string { return id[1:] },
		func(id string) string { return id + "0" },
		func(id string) string { return "g" + id[1:] },
		strings.ToUpper,
		func(id string) string { return strings.ReplaceAll(id, "-", "") },
		func(id string) string { return "{" + id + "}" },
		func(id string) string { return "urn:uuid:" + id },
		func(id string) string { return "%20" + id },
	} {
		routes = append(routes,
			route{"GET", "/job/" + form(job) + "/secret", 400, "jobId must be a UUID"},
			route{"DELETE", "/job/" + job + "/secret/" + form(secret), 400, "secretId must be a UUID"},
			route{"DELETE", "/job/" + form(job) + "/secret/" + form(secret), 400, "jobId must be a UUID"},
			route{"POST", "/job/" + form(job) + "/secret/" + secret + "/alias", 400, "jobId must be a UUID"},
			route{"POST", "/job/" + job + "/secret/" + form(secret) + "/alias", 400, "secretId must be a UUID"})
	}
	for _, c := range routes {
		got := f.send(f.request(c.method, c.path, ""))
		wantStatus(t, got, c.status, c.part)
		if (got.header.Get("Allow") != "") != (c.status == 405) || got.header.Get("Location") != "" {
			t.Errorf("%s %s: %v", c.method, c.path, got.header)
		}
	}
	f.wantKeys("DB")
}

func TestRequests(t *testing.T) {
	f := newFixture(t)
	r := f.request("GET", listPath(f.job)+"?page=1", "")
	r.Header.Set("X-Mine", "yes")
	f.send(r)
	f.Inject(apitest.Fault{Status: 500})
	r = f.createRequest("K")
	r.Header.Set("Authorization", "Bearer a.secret.b")
	f.send(r)
	r = f.request("PUT", "/elsewhere", strings.Repeat("x", 2<<20))
	r.Header.Set("Authorization", f.Token())
	f.send(r)

	got := f.Requests()
	if len(got) != 3 {
		t.Fatalf("%d requests", len(got))
	}
	if g := got[0]; g.Method != "GET" || g.Path != listPath(f.job) || len(g.Body) != 0 || g.Header.Get("X-Mine") != "yes" {
		t.Errorf("%+v", g)
	}
	if g := got[1]; g.Method != "POST" || g.Path != aliasPath(f.job, f.secret) || string(g.Body) != `{"key":"K"}` {
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
	if g := f.Requests()[1]; g.Header.Get("Authorization") != "Bearer" || g.Body[0] != '{' {
		t.Errorf("changed by the caller: %+v", g)
	}
}

func TestManyRequestsTakeLittleMemory(t *testing.T) {
	const n, limit = 10_000, 4 << 10 // bytes a request, its secret included
	live := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	f := newFixture(t)
	before := live()
	for i := range n {
		f.Handler().ServeHTTP(httptest.NewRecorder(), f.createRequest(fmt.Sprint("K", i)))
	}
	if after := live(); after > before+n*limit {
		t.Errorf("%d bytes a request", (after-before)/n)
	}
	if got := len(f.Secrets(f.job)); got != n+1 {
		t.Errorf("%d secrets", got)
	}
}

func TestARequestBrokenOffHasNoEffect(t *testing.T) {
	f := newFixture(t)
	f.Inject(apitest.Fault{Status: 500, Method: "POST"})
	for i, rest := range []string{
		"Content-Length: 13\r\n\r\n" + `{"key":"PG"}`,
		"Transfer-Encoding: chunked\r\n\r\nc\r\n" + `{"key":"PG"}` + "\r\n",
	} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(f.URL(), "http://"))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: qovery\r\nContent-Type: application/json\r\nAuthorization: Token %s\r\n%s",
			aliasPath(f.job, f.secret), f.Token(), rest)
		conn.(*net.TCPConn).CloseWrite()
		if got, err := io.ReadAll(conn); err != nil || len(got) > 0 {
			t.Errorf("response %q, %v", got, err)
		}
		conn.Close()
		if got := f.Requests(); len(got) != i+1 || string(got[i].Body) != `{"key":"PG"}` {
			t.Errorf("%q", got)
		}
	}
	f.wantKeys("DB")
	// The fault is still there.
	if got := f.send(f.createRequest("PG")); got.status != 500 {
		t.Errorf("%d %s", got.status, got.body)
	}
}

func TestCloseLeavesNothingBehind(t *testing.T) {
	before := runtime.NumGoroutine()
	apitest.NewServer().Close()

	srv := apitest.NewServer()
	f := furnish(t, srv)
	f.base = srv.URL()
	errs := make(chan error)
	for range 4 {
		f.Inject(apitest.Fault{Delay: time.Hour})
		go func() {
			_, err := f.do(f.listRequest())
			errs <- err
		}()
	}
	stalled, err := net.Dial("tcp", strings.TrimPrefix(f.base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer stalled.Close()
	fmt.Fprintf(stalled, "POST / HTTP/1.1\r\nHost: qovery\r\nContent-Length: 2\r\n\r\n{")
	for len(f.Requests()) < 4 {
		time.Sleep(time.Millisecond)
	}
	f.Inject(apitest.Fault{Hangup: true})
	f.do(f.request("DELETE", deletePath(f.job, f.secret), ""))
	f.do(f.listRequest()) // leaves an idle connection

	start := time.Now()
	f.Close()
	f.Close()
	if d := time.Since(start); d > 2*time.Second {
		t.Errorf("Close took %s", d)
	}
	for range 4 {
		if err := <-errs; err == nil {
			t.Error("a response although the server was closed")
		}
	}
	if _, err := f.do(f.listRequest()); err == nil {
		t.Error("a response after Close")
	}
	if n := len(f.Requests()); n != 7 {
		t.Errorf("%d requests", n)
	}
	f.client.CloseIdleConnections()
	for deadline := time.Now().Add(time.Second); runtime.NumGoroutine() > before && time.Now().Before(deadline); {
		time.Sleep(5 * time.Millisecond)
	}
	if after := runtime.NumGoroutine(); after > before {
		stacks := make([]byte, 1<<16)
		t.Errorf("%d goroutines before, %d after\n%s", before, after, stacks[:runtime.Stack(stacks, true)])
	}
}

func TestCloseWaitsForRequests(t *testing.T) {
	f := newFixture(t)
	for i := range 64 {
		f.Inject(apitest.Fault{Delay: time.Hour, Apply: true})
		go f.do(f.createRequest(fmt.Sprint("K", i)))
	}
	for len(f.Requests()) < 64 {
		time.Sleep(time.Millisecond)
	}
	f.Close()
	if n := len(f.Secrets(f.job)); n != 65 {
		t.Errorf("%d secrets", n)
	}
}

func TestCloseEndsDelaysOfAHandlerServedElsewhere(t *testing.T) {
	f := newFixture(t).elsewhere(false)
	f.Inject(apitest.Fault{Delay: time.Hour})
	time.AfterFunc(20*time.Millisecond, f.Close)
	if _, err := f.do(f.listRequest()); err == nil {
		t.Error("a response")
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

// The server works in virtual time, created inside the bubble or outside.
func TestVirtualTime(t *testing.T) {
	test := func(t *testing.T, srv *apitest.Server) {
		f := furnish(t, srv)
		f.base, f.client = "http://qovery", &http.Client{Transport: inMemory{srv.Handler()}}
		start := time.Now()
		f.Inject(apitest.Fault{Delay: time.Hour})
		wantStatus(t, f.send(f.listRequest()), 200, "")
		if d := time.Since(start); d != time.Hour {
			t.Errorf("a delay of %s", d)
		}

		f.Inject(apitest.Fault{Delay: time.Hour})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := f.do(f.createRequest("PG").WithContext(ctx))
		if d := time.Since(start); err == nil || d != time.Hour+time.Minute {
			t.Errorf("%v after %s", err, d)
		}
		synctest.Wait()
		f.wantKeys("DB")

		for _, fault := range []apitest.Fault{{Hangup: true}, {Truncate: 1}} {
			f.Inject(fault)
			if _, err := f.do(f.request("GET", listPath(uuid.New()), "")); err == nil {
				t.Errorf("%+v: no error", fault)
			}
		}
	}
	outside := apitest.Start(t)
	for range 2 {
		synctest.Test(t, func(t *testing.T) { test(t, outside) })
	}
	synctest.Test(t, func(t *testing.T) { test(t, apitest.Start(t)) })
}
