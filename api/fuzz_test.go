package api

// What parses outside input, fuzzed below the public API.

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/generated"
)

func FuzzRetryAfter(f *testing.F) {
	for _, value := range []string{"", "0", "7", "1.5", "299.997", "-1", "1e9", ".", "1.2.3", "99999999999999999999", "soon",
		"Thu, 20 Aug 2026 10:11:42 GMT", "Thu, 20 Aug 2026 10:11:42 UTC", "Thu, 20 Aug 2026 10:11:42 +0000"} {
		f.Add(value, "Thu, 20 Aug 2026 10:11:12 GMT")
	}
	f.Fuzz(func(t *testing.T, value, date string) {
		if got := retryAfter(http.Header{"Retry-After": {value}, "Date": {date}}); got < 0 {
			t.Errorf("%q: %s", value, got)
		}
	})
}

func FuzzBaseURL(f *testing.F) {
	for _, value := range []string{"https://api.qovery.com", "http://127.0.0.1:8080/x", "http://[::1]", "http://LOCALHOST", "https://a:b@c",
		"https://x?y", "https://x#", "//x", "https:x", "https://x:", "http://127.0.0.1.example.com"} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		u, err := parseBaseURL(value)
		if err != nil {
			if len(value) > 40 && strings.Contains(err.Error(), value) {
				t.Errorf("%q is repeated: %v", value, err)
			}
			return
		}
		if !isSafe(u) || u.User != nil || u.RawQuery != "" || u.Fragment != "" || !strings.HasSuffix(u.Path, "/") {
			t.Errorf("%q: %v", value, u)
		}
	})
}

func FuzzErrorBody(f *testing.F) {
	for _, text := range []string{"", "{}", `{"detail":"x"}`, `{"message":1,"error":"y"}`, `{"errors":["a"]}`, "<title>x</title>", "\x1f\x8b", "\x1b[31m"} {
		f.Add(text, "qov_5tGh7Kp2Wx9Zr4")
	}
	f.Fuzz(func(t *testing.T, text, token string) {
		e := failure(createJobSecretAlias, nil)
		e.describe(&http.Response{StatusCode: 400, Header: http.Header{"X-Request-Id": {text}}}, []byte(text), []string{token})
		if utf8.RuneCountInString(e.Detail) > maxDetail || len(e.Body) > maxBody || utf8.RuneCountInString(e.RequestID) > maxRequestID {
			t.Errorf("%d, %d, %d", len(e.Detail), len(e.Body), len(e.RequestID))
		}
		if line := e.Error(); strings.ContainsAny(line, "\n\r\x1b") {
			t.Errorf("%q", line)
		}
	})
}

// FuzzList: what encoding/json reads whole, and has what must be readable, reads the same
// entry by entry; what is accepted has it.
func FuzzList(f *testing.F) {
	id := `"id":"4d6ff7fc-0ce7-4a5c-9ef8-2a5ed6ddb39c"`
	for _, text := range []string{`{"results":[]}`, `{"results":null}`, `{"results":[null]}`, `{"results":[{` + id + `,"key":"K","scope":"JOB"}]}`,
		`{"results":[{` + id + `,"key":"K","scope":"JOB","service_id":"","created_at":"x","aliased_secret":{"id":"","key":5}}]} `,
		`{"x":{"results":[1]},"results":[{` + id + `,"key":"K","scope":"JOB","variable_type":5}]}`, `{"results":[]}{}`, `[`, `{"results":[{}`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		resp := &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(text)), ContentLength: -1}
		secrets, err := decodeList(&body{ctx: t.Context(), resp: resp, limit: maxList, keep: maxError}, nil)
		for _, s := range secrets {
			if s.ID == uuid.Nil && !strings.Contains(text, uuid.Nil.String()) && err == nil && strings.Count(text, "0") < 32 {
				t.Errorf("no id in %q", text)
			}
		}
		var list generated.SecretList
		if json.Unmarshal([]byte(text), &list) != nil || list.Results == nil || strings.Count(text, "esults") != 1 {
			return
		}
		for _, s := range *list.Results {
			if s.ID == uuid.Nil || s.Key == "" || s.Scope == "" {
				return
			}
		}
		if strings.Contains(text, `"results"`) && (err != nil || len(secrets) != len(*list.Results)) {
			t.Errorf("%q: %d, %v", text, len(secrets), err)
		}
	})
}
