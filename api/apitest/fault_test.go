package apitest_test

// Faults, one after another, over HTTP/1.1 and HTTP/2.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

func ExampleServer_Inject() {
	srv := apitest.NewServer()
	defer srv.Close()
	srv.Inject(apitest.Fault{Status: 503, Body: "try later"})
	for range 2 {
		resp, err := http.Get(srv.URL() + "/job")
		if err != nil {
			panic(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		fmt.Println(string(body))
	}
	// Output:
	// try later
	// {"status":401,"detail":"the token is missing or not valid"}
}

func TestFaultsQueue(t *testing.T) {
	srv := apitest.Start(t)
	path := listPath(srv.AddJob("nightly"))
	srv.Inject(apitest.Fault{Status: 501, Method: "POST"})
	srv.Inject(apitest.Fault{Status: 502})
	srv.Inject(apitest.Fault{Status: 503, Method: "GET"})
	srv.Inject(apitest.Fault{Status: 504})
	var got []int
	for _, method := range []string{"GET", "GET", "POST", "DELETE", "GET", "POST"} {
		got = append(got, call(t, srv, method, path, "").status)
	}
	if want := []int{502, 503, 501, 504, 200, 405}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestFaultAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		fault       apitest.Fault
		contentType string
		takesEffect bool
	}{
		"nothing but a status": {apitest.Fault{Status: 500}, "", false},
		"JSON":                 {apitest.Fault{Status: 201, Body: `{"id":null}`}, "application/json", false},
		"HTML":                 {apitest.Fault{Status: 502, Body: "<html>oops"}, "text/html; charset=utf-8", false},
		"another type":         {apitest.Fault{Status: 400, Body: `{}`, Header: http.Header{"content-type": {"a/b"}}}, "a/b", false},
		"taking effect":        {apitest.Fault{Status: 504, Apply: true}, "", true},
		"before a hangup":      {apitest.Fault{Status: 429, Hangup: true, Truncate: 1, Body: "slow down"}, "text/plain; charset=utf-8", false},
		"after a delay":        {apitest.Fault{Status: 503, Delay: time.Millisecond}, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			srv := apitest.Start(t)
			job := srv.AddJob("nightly")
			secret := srv.AddSecret(job, "DB", environment)
			srv.Inject(c.fault)
			got := call(t, srv, "POST", aliasPath(job, secret), `{"key":"PG"}`)
			if got.status != c.fault.Status || string(got.body) != c.fault.Body || got.header.Get("X-Request-Id") == "" {
				t.Errorf("%d %v %q", got.status, got.header, got.body)
			}
			if ct := got.header.Get("Content-Type"); ct != c.contentType {
				t.Errorf("Content-Type %q", ct)
			}
			if n := len(srv.Secrets(job)) - 1; (n == 1) != c.takesEffect {
				t.Errorf("%d aliases", n)
			}
		})
	}
}

func TestFaultHeaders(t *testing.T) {
	srv := apitest.Start(t)
	header := http.Header{"Retry-After": {"7"}, "X-Request-Id": nil, "X-Correlation-Id": {"c1"}}
	srv.Inject(apitest.Fault{Status: 429, Header: header})
	header.Set("Retry-After", "changed")
	got := call(t, srv, "GET", "/", "")
	if got.header.Get("Retry-After") != "7" || got.header.Get("X-Correlation-Id") != "c1" || got.header["X-Request-Id"] != nil {
		t.Errorf("%v", got.header)
	}
}

func TestApplyIsRefusedLikeAnyRequest(t *testing.T) {
	srv := apitest.Start(t)
	job := srv.AddJob("nightly")
	secret := srv.AddSecret(job, "DB", environment)
	srv.Inject(apitest.Fault{Status: 500, Apply: true})
	r := request(t, srv, srv.URL(), "POST", aliasPath(job, secret), `{"key":"PG"}`)
	r.Header.Set("Authorization", "Token wrong")
	if got := send(t, r); got.status != 500 || len(srv.Secrets(job)) != 1 {
		t.Errorf("%d, %d secrets", got.status, len(srv.Secrets(job)))
	}
}

func TestHangup(t *testing.T) {
	for _, protocol := range []string{"HTTP/1.1", "HTTP/1.1 with TLS", "HTTP/2"} {
		for _, apply := range []bool{false, true} {
			t.Run(fmt.Sprint(protocol, " ", apply), func(t *testing.T) {
				srv := apitest.Start(t)
				base, c := srv.URL(), client(t)
				if protocol != "HTTP/1.1" {
					other := httptest.NewUnstartedServer(srv.Handler())
					other.EnableHTTP2 = protocol == "HTTP/2"
					other.StartTLS()
					defer other.Close()
					base, c = other.URL, other.Client()
				}
				job := srv.AddJob("nightly")
				secret := srv.AddSecret(job, "DB", environment)
				srv.Inject(apitest.Fault{Hangup: true, Apply: apply, Truncate: 1})
				_, err := do(c, request(t, srv, base, "POST", aliasPath(job, secret), `{"key":"PG"}`))
				if err == nil || (protocol != "HTTP/2" && !errors.Is(err, syscall.ECONNRESET)) {
					t.Errorf("%v", err)
				}
				if n := len(srv.Secrets(job)) - 1; (n == 1) != apply {
					t.Errorf("%d aliases", n)
				}
				if got, err := do(c, request(t, srv, base, "GET", listPath(job), "")); err != nil || got.status != 200 {
					t.Errorf("afterwards: %d %v", got.status, err)
				}
			})
		}
	}
}

func TestTruncate(t *testing.T) {
	srv := apitest.Start(t)
	other := httptest.NewUnstartedServer(srv.Handler())
	other.EnableHTTP2 = true
	other.StartTLS()
	defer other.Close()
	job := srv.AddJob("nightly")
	secret := srv.AddSecret(job, "DB", environment)
	for _, side := range []struct {
		base string
		c    *http.Client
	}{{srv.URL(), client(t)}, {other.URL, other.Client()}} {
		whole := call(t, srv, "GET", listPath(job), "").body
		for _, limit := range []int{1, len(whole) - 1, len(whole), len(whole) + 1} {
			srv.Inject(apitest.Fault{Truncate: limit})
			got, err := do(side.c, request(t, srv, side.base, "GET", listPath(job), ""))
			want := whole[:min(limit, len(whole))]
			if got.status != 200 || string(got.body) != string(want) || got.header.Get("Content-Length") != strconv.Itoa(len(whole)) {
				t.Errorf("to %d: %d %v %q", limit, got.status, got.header, got.body)
			}
			if (err != nil) != (limit < len(whole)) {
				t.Errorf("to %d: error %v", limit, err)
			}
		}
		key := "T" + side.base[len(side.base)-1:]
		srv.Inject(apitest.Fault{Truncate: 9})
		if _, err := do(side.c, request(t, srv, side.base, "POST", aliasPath(job, secret), `{"key":"`+key+`"}`)); err == nil {
			t.Error("a whole answer")
		}
		if all := keys(srv.Secrets(job)); !strings.HasSuffix(all, key) {
			t.Errorf("no effect: %s", all)
		}
		// There is nothing to break off of an answer without a body.
		srv.Inject(apitest.Fault{Truncate: 9})
		alias := srv.AddAlias(job, secret, "GONE")
		if got, err := do(side.c, request(t, srv, side.base, "DELETE", deletePath(job, alias), "")); err != nil || got.status != 204 {
			t.Errorf("%d %v", got.status, err)
		}
	}
}

func TestDelayEndsWhenTheClientGivesUp(t *testing.T) {
	for _, apply := range []bool{false, true} {
		srv := apitest.Start(t)
		job := srv.AddJob("nightly")
		secret := srv.AddSecret(job, "DB", environment)
		srv.Inject(apitest.Fault{Delay: time.Hour, Apply: apply})
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		r := request(t, srv, srv.URL(), "POST", aliasPath(job, secret), `{"key":"PG"}`)
		if _, err := do(client(t), r.WithContext(ctx)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		cancel()
		for range 100 {
			if apply && len(srv.Secrets(job)) == 1 {
				time.Sleep(5 * time.Millisecond)
			}
		}
		if n := len(srv.Secrets(job)) - 1; (n == 1) != apply {
			t.Errorf("apply %v: %d aliases", apply, n)
		}
	}
}
