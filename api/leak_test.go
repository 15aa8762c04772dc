package api_test

// A token goes to the configured host and nowhere else: not into errors, logs or anything printed, whoever
// repeats it.

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/internal/safetext"
)

// planted are the tokens to look for.
var planted = []string{
	plantedToken,
	`q7<Zk>2m&Qx"9W\v4/Lr+8T'n3=H%s6{Yd}1B`,
	`q7&lt;Zk2mQx%3C9Wv4Lr\u003c8Tn3Hs6Yd1B`,
	"eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4N2ZrUW05V3Y0THI4VG4zSHM2WWQxQiJ9.c2lnbmF0dXJlMTIz",
}

// noLeak looks into all ways of printing a value.
func noLeak(t *testing.T, what, token string, v any) {
	t.Helper()
	var all bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%+q", "%d", "%x"} {
		fmt.Fprintf(&all, verb+"\n", v)
	}
	data, _ := json.Marshal(v)
	all.Write(data)
	slog.New(slog.NewTextHandler(&all, nil)).Info("x", "v", v)
	slog.New(slog.NewJSONHandler(&all, nil)).Info("x", "v", v)
	text := all.String()
	if safetext.Withhold(text, token) != text || strings.Contains(text, fmt.Sprintf("%x", token)) {
		t.Errorf("%s shows the token: %.300s", what, text)
	}
}

// noLeakInError looks into an error and all that it wraps.
func noLeakInError(t *testing.T, what, token string, err error) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: no error", what)
		return
	}
	if e, ok := err.(*api.Error); ok {
		noLeak(t, what, token, *e)
		noLeak(t, what, token, string(e.Body))
	}
	noLeak(t, what, token, err)
	inner := []error{errors.Unwrap(err)}
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		inner = several.Unwrap()
	}
	for _, err := range inner {
		if err != nil {
			noLeakInError(t, what+", cause", token, err)
		}
	}
}

// jsonOf encodes a string, as many encoders do, without escaping < > &.
func jsonOf(s string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.Encode(s)
	return strings.TrimSpace(b.String())
}

// A server, or a proxy, that repeats the token in its response. In what ways it may be written is in the
// tests of internal/safetext.
func TestTokenEchoed(t *testing.T) {
	for name, body := range map[string]func(string) string{
		"detail":         func(s string) string { return `{"detail":` + jsonOf("bad token "+s+"!") + `}` },
		"error":          func(s string) string { return `{"error":` + jsonOf(jsonOf("Token "+s)) + `}` },
		"other field":    func(s string) string { return `{"detail":"no","headers":{"x":` + jsonOf(s) + `}}` },
		"id":             func(s string) string { return alias(fields{"id": s}) },
		"key, target":    func(s string) string { return alias(fields{"key": s, "aliased_secret": reference(s)}) },
		"text":           func(s string) string { return "Authorization: Token " + s + "\r\nHost: x" },
		"text, often":    func(s string) string { return strings.Repeat(s+" ", 200<<10/len(s)) },
		"HTML title":     func(s string) string { return "<html><title>x " + html.EscapeString(s) + "</title>" },
		"percent":        func(s string) string { return url.QueryEscape(s) },
		"at 512 letters": func(s string) string { return strings.Repeat("é", 500) + s },
		"at 4 KiB":       func(s string) string { return strings.Repeat("x", 4<<10-10) + s },
		"at 64 KiB":      func(s string) string { return strings.Repeat(" ", 64<<10-len(s)/2) + s },
		"in part":        func(s string) string { return `{"detail":"bad token ` + s[3:len(s)-3] },
		"lower case":     func(s string) string { return `{"title":` + jsonOf(strings.ToLower(s)) + `}` },
	} {
		for i, token := range planted {
			for _, status := range []int{401, 201} {
				what := fmt.Sprintf("%s, token %d, status %d", name, i, status)
				auth, header := api.APIToken(token), http.Header{"X-Request-Id": {strings.Repeat("x", 100) + token}}
				client := clientWith(t, auth, through(fixed(reply{status, body(token), header}, emptyList)))
				_, err := create(t, client)
				noLeakInError(t, what, token, err)
			}
		}
	}
	// What contains no part of it is left as it is.
	e := refusal(t, reply{status: 401, body: `{"detail":"bad qov_7Zk..."}`})
	if e.RequestID != "req-1" || e.Detail != "bad qov_7Zk..." || !strings.Contains(string(e.Body), e.Detail) {
		t.Errorf("withheld: %+v", e)
	}
}

// A response that is broken where it contains the token: net/http repeats what it cannot read.
func TestTokenEchoedInBrokenResponse(t *testing.T) {
	const ok = "HTTP/1.1 201 OK\r\n"
	for i, token := range planted {
		for _, wire := range []string{"HTTP/1.1 " + token + "\r\n\r\n", token + "\r\n\r\n", ok + token + "\r\n\r\n",
			ok + "Content-Length: " + token + "\r\n\r\n", ok + "Transfer-Encoding: " + token + "\r\n\r\n"} {
			base := rawServer(t, func(conn net.Conn) {
				if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
					io.WriteString(conn, wire)
				}
			})
			_, err := create(t, clientWith(t, api.APIToken(token), api.WithBaseURL(base)))
			noLeakInError(t, fmt.Sprintf("token %d, %q", i, wire), token, err)
		}
	}
}

// keptError keeps the request, as errors of a RoundTripper may.
type keptError struct {
	Request *http.Request
	says    string
}

func (e *keptError) Error() string { return "failed" + e.says }

// A RoundTripper of the caller's that puts the request into its error, or a source the token.
func TestTokenInErrorOfTheCaller(t *testing.T) {
	for i, token := range planted {
		for name, fail := range map[string]func(*http.Request) error{
			"headers":       func(r *http.Request) error { return fmt.Errorf("failed: %q", r.Header) },
			"wrapped":       func(r *http.Request) error { return fmt.Errorf("%v: %w", r.Header, io.EOF) },
			"kept and said": func(r *http.Request) error { return &keptError{r, fmt.Sprint(r.Header)} },
			"kept":          func(r *http.Request) error { return fmt.Errorf("x: %w", &keptError{r, ""}) },
		} {
			for _, body := range []bool{false, true} {
				failing := roundTrip(func(r *http.Request) (*http.Response, error) {
					resp := reply{status: successOf[r.Method]}.response()
					if resp.Body = io.NopCloser(iotest.ErrReader(fail(r))); body {
						return resp, nil
					}
					return nil, fail(r)
				})
				_, err := create(t, clientWith(t, api.APIToken(token), through(failing)))
				// A type of the caller's may show it; the *Error does not, however it is printed.
				noLeak(t, fmt.Sprintf("token %d, %s, in the body %t", i, name, body), token, err)
			}
		}
		failing := tokens(token, errors.New("expired: "+token))
		_, err := create(t, clientWith(t, *failing))
		r, _ := http.NewRequest("GET", nowhere, nil)
		noLeakInError(t, "source", token, errors.Join(err, failing.RequestEditor()(t.Context(), r)))
	}
}

// Everything that is exported, before and after use, and what it logs.
func TestTokenInValues(t *testing.T) {
	for i, token := range planted {
		var log bytes.Buffer
		logger := slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}))
		auth, replies := api.APIToken(token), map[string]reply{"POST": created, "GET": {status: 503, body: token}}
		rt := roundTrip(func(r *http.Request) (*http.Response, error) {
			if r.Header.Get("Authorization") != "Token "+token {
				t.Errorf("arrives as %q", r.Header.Get("Authorization"))
			}
			return replies[r.Method].response(), nil
		})
		options := []api.Option{api.WithLogger(logger), through(rt)}
		client := clientWith(t, auth, options...)
		source := func(context.Context) (string, error) { return token, nil }
		values := map[string]any{
			"Auth": auth, "*Auth": &auth, "BearerToken": api.BearerToken(token), "editor": auth.RequestEditor(),
			"source": api.BearerTokenSource(source), "API token source": api.APITokenSource(source),
			"options": options, "Client": client, "value of Client": *client, "Generated": client.Generated(),
			"generated client": client.Generated().ClientInterface,
		}
		s, err := create(t, client)
		want(t, err, "-", 0)
		for status, r := range map[string]reply{"401": {401, token, http.Header{"X-Request-Id": {token}}},
			"503": {status: 503, body: token}, "201": {status: 201, body: token},
			"302": {302, "", http.Header{"Location": {token}}}} {
			replies["POST"] = r
			_, err := create(t, client)
			values[status], values[status+" in a result"] = err, api.EnsureResult{Err: err, Secret: s}
		}
		replies["POST"] = created
		request := api.AliasRequest{Key: aKey}
		resp, err := client.Generated().CreateJobSecretAliasWithResponse(t.Context(), aJob, aSecret, request)
		if err != nil || len(resp.HTTPResponse.Request.Header.Values("Authorization")) != 0 {
			t.Fatalf("the response keeps the signed request, or %v", err)
		}
		values["response"], values["request"] = resp, resp.HTTPResponse.Request
		for _, name := range slices.Sorted(maps.Keys(values)) {
			noLeak(t, fmt.Sprintf("token %d, %s", i, name), token, values[name])
		}
		if noLeak(t, "log", token, log.String()); log.Len() == 0 {
			t.Error("nothing is logged")
		}
	}
}
