package apitest_test

import (
	"errors"
	"net/http"
	"reflect"
	"syscall"
	"testing"
	"time"

	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

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
