package apitest_test

// Faults, over HTTP/1.1 and HTTP/2.

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

func TestFaultsQueue(t *testing.T) {
	f := newFixture(t)
	f.Inject(apitest.Fault{Status: 501, Method: "POST"})
	f.Inject(apitest.Fault{Status: 502})
	f.Inject(apitest.Fault{Status: 503, Method: "GET"})
	f.Inject(apitest.Fault{Status: 504})
	var got []int
	for _, method := range []string{"GET", "GET", "POST", "DELETE", "GET", "POST"} {
		got = append(got, f.send(f.request(method, listPath(f.job), "")).status)
	}
	if want := []int{502, 503, 501, 504, 200, 405}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestFaultResponses(t *testing.T) {
	for name, c := range map[string]struct {
		fault       apitest.Fault
		contentType string
		keys        string
	}{
		"nothing but a status": {apitest.Fault{Status: 500}, "", "DB"},
		"JSON":                 {apitest.Fault{Status: 201, Body: `{"id":null}`}, "application/json", "DB"},
		"HTML":                 {apitest.Fault{Status: 502, Body: "<html>oops"}, "text/html; charset=utf-8", "DB"},
		"another type":         {apitest.Fault{Status: 400, Body: `{}`, Header: http.Header{"content-type": {"a/b"}}}, "a/b", "DB"},
		"taking effect":        {apitest.Fault{Status: 504, Apply: true}, "", "DB PG"},
		"before a hangup":      {apitest.Fault{Status: 429, Hangup: true, Truncate: 1, Body: "slow down"}, "text/plain; charset=utf-8", "DB"},
		"after a delay":        {apitest.Fault{Status: 503, Delay: time.Millisecond}, "", "DB"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.Inject(c.fault)
			got := f.send(f.createRequest("PG"))
			if got.status != c.fault.Status || got.body != c.fault.Body || got.header.Get("X-Request-Id") == "" {
				t.Errorf("%d %v %q", got.status, got.header, got.body)
			}
			if ct := got.header.Get("Content-Type"); ct != c.contentType {
				t.Errorf("Content-Type %q", ct)
			}
			f.wantKeys(c.keys)
		})
	}
}

func TestFaultHeaders(t *testing.T) {
	f := newFixture(t)
	header := http.Header{"Retry-After": {"7"}, "X-Request-Id": nil, "X-Correlation-Id": {"c1"}}
	f.Inject(apitest.Fault{Status: 429, Header: header})
	header.Set("Retry-After", "changed")
	got := f.send(f.listRequest())
	if got.header.Get("Retry-After") != "7" || got.header.Get("X-Correlation-Id") != "c1" || got.header["X-Request-Id"] != nil {
		t.Errorf("%v", got.header)
	}
}

func TestApplyRefusesLikeAnyRequest(t *testing.T) {
	f := newFixture(t)
	f.Inject(apitest.Fault{Status: 500, Apply: true})
	r := f.createRequest("PG")
	r.Header.Set("Authorization", "Token wrong")
	if got := f.send(r); got.status != 500 {
		t.Errorf("%d", got.status)
	}
	f.wantKeys("DB")
}

func TestHangup(t *testing.T) {
	for _, protocol := range []string{"HTTP/1.1", "HTTP/1.1 with TLS", "HTTP/2"} {
		for _, apply := range []bool{false, true} {
			t.Run(fmt.Sprint(protocol, " ", apply), func(t *testing.T) {
				f := newFixture(t)
				if protocol != "HTTP/1.1" {
					f = f.elsewhere(protocol == "HTTP/2")
				}
				f.Inject(apitest.Fault{Hangup: true, Apply: apply, Truncate: 1})
				_, err := f.do(f.createRequest("PG"))
				if err == nil || (protocol != "HTTP/2" && !errors.Is(err, syscall.ECONNRESET)) {
					t.Errorf("%v", err)
				}
				want := "DB"
				if apply {
					want += " PG"
				}
				f.wantKeys(want)
				wantStatus(t, f.send(f.listRequest()), 200, "")
			})
		}
	}
}

func TestTruncate(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		f := newFixture(t)
		if http2 {
			f = f.elsewhere(true)
		}
		whole := f.send(f.listRequest()).body
		for _, limit := range []int{1, len(whole) - 1, len(whole), len(whole) + 1} {
			f.Inject(apitest.Fault{Truncate: limit})
			got, err := f.do(f.listRequest())
			want := whole[:min(limit, len(whole))]
			if got.status != 200 || got.body != want || got.header.Get("Content-Length") != strconv.Itoa(len(whole)) {
				t.Errorf("to %d: %d %v %q", limit, got.status, got.header, got.body)
			}
			if (err != nil) != (limit < len(whole)) {
				t.Errorf("to %d: error %v", limit, err)
			}
		}
		f.Inject(apitest.Fault{Truncate: 9})
		if _, err := f.do(f.createRequest("PG")); err == nil {
			t.Error("the response is whole")
		}
		f.wantKeys("DB PG")
		// A response without a body has nothing to truncate.
		f.Inject(apitest.Fault{Truncate: 9})
		wantStatus(t, f.send(f.request("DELETE", deletePath(f.job, f.Secrets(f.job)[1].ID), "")), 204, "")
	}
}

func TestDelayEndsWhenTheClientGivesUp(t *testing.T) {
	for _, apply := range []bool{false, true} {
		f := newFixture(t)
		f.Inject(apitest.Fault{Delay: time.Hour, Apply: apply})
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		if _, err := f.do(f.createRequest("PG").WithContext(ctx)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		if apply {
			for deadline := time.Now().Add(5 * time.Second); len(f.Secrets(f.job)) == 1 && time.Now().Before(deadline); {
				time.Sleep(time.Millisecond)
			}
			f.wantKeys("DB PG")
		} else {
			f.Close() // returns when the request has ended
			f.wantKeys("DB")
		}
	}
}
