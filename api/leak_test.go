package api_test

// A token goes to the configured host and nowhere else: not into errors, logs or anything printed, whoever
// repeats it. In what ways it may be written is in the tests of internal/safetext.

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
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/internal/safetext"
)

// planted are the tokens to look for.
var planted = []string{plantedToken, `q7<Zk>2m&Qx"9W\v4/Lr+8T'n3=H%s6{Yd}1B`, `q7&lt;Zk2mQx%3C9Wv4L\u003c8T`}

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
		if _, kept := err.(keptError); err != nil && !kept { // a type of the caller's may show it
			noLeakInError(t, what+", cause", token, err)
		}
	}
}

// A server, or a proxy, that repeats the token in its response.
func TestTokenEchoed(t *testing.T) {
	t.Parallel()
	quoted := func(s string) string { data, _ := json.Marshal(s); return string(data) }
	for _, token := range planted {
		const ok = "HTTP/1.1 201 OK\r\n"
		for i, body := range []string{
			`{"detail":` + quoted("bad token "+token+"!") + `}`, `{"error":` + quoted(quoted(token)) + `}`,
			`{"detail":"no","headers":{"x":` + quoted(token) + `}}`,
			"<title>x " + html.EscapeString(token) + "</title>",
			"", alias(fields{"id": token}), "", alias(fields{"key": token, "aliased_secret": reference(token)}),
			strings.Repeat(token+" ", 70<<10/len(token)), strings.Repeat("é", 500) + token,
			strings.Repeat("x", 4<<10-10) + token, strings.Repeat(" ", 64<<10-len(token)/2) + token,
			"Token " + token[3:len(token)-3], `{"title":` + quoted(strings.ToLower(token)) + `}`,
		} {
			header := http.Header{"X-Request-Id": {strings.Repeat("x", 100) + token}}
			rt := fixed(reply{[]int{401, 201}[i%2], body, header}, emptyList)
			_, err := create(t, clientWith(t, api.APIToken(token), through(rt)))
			noLeakInError(t, fmt.Sprintf("%d %.100s", i, body), token, err)
		}
		// net/http repeats what it cannot read.
		for _, wire := range []string{"HTTP/1.1 " + token + "\r\n\r\n", token + "\r\n\r\n", ok + token + "\r\n\r\n",
			ok + "Content-Length: " + token + "\r\n\r\n", ok + "Transfer-Encoding: " + token + "\r\n\r\n"} {
			base := rawServer(t, func(conn net.Conn) {
				if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
					io.WriteString(conn, wire)
				}
			})
			_, err := create(t, clientWith(t, api.APIToken(token), api.WithBaseURL(base)))
			noLeakInError(t, wire, token, err)
		}
	}
	// What contains no part of it is left as it is.
	e := refusal(t, reply{status: 401, body: `{"detail":"bad qov_7Zk..."}`})
	if e.RequestID != "req-1" || e.Detail != "bad qov_7Zk..." || !strings.Contains(string(e.Body), e.Detail) {
		t.Errorf("withheld: %+v", e)
	}
}

// keptError keeps the request, as errors of a RoundTripper may.
type keptError struct {
	http.Header
	says string
}

func (e keptError) Error() string { return "failed" + e.says }

// A RoundTripper of the caller's that puts the request into its error, or a source the token.
func TestTokenInErrorOfTheCaller(t *testing.T) {
	for i, token := range planted {
		for n, fail := range []func(*http.Request) error{
			func(r *http.Request) error { return fmt.Errorf("failed: %q", r.Header) },
			func(r *http.Request) error { return fmt.Errorf("%v: %w", r.Header, io.EOF) },
			func(r *http.Request) error { return keptError{r.Header, fmt.Sprint(r.Header)} },
			func(r *http.Request) error { return keptError{r.Header, ""} },
		} {
			for _, inBody := range []bool{false, true} {
				failing := roundTrip(func(r *http.Request) (*http.Response, error) {
					resp := reply{status: successOf[r.Method]}.response()
					if resp.Body = io.NopCloser(iotest.ErrReader(fail(r))); inBody {
						return resp, nil
					}
					return nil, fail(r)
				})
				_, err := create(t, clientWith(t, api.APIToken(token), through(failing)))
				noLeakInError(t, fmt.Sprintf("token %d, error %d, in the body %t", i, n, inBody), token, err)
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
	t.Parallel()
	for _, token := range planted {
		var log bytes.Buffer
		logger := slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}))
		auth, next := api.APIToken(token), created
		rt := roundTrip(func(r *http.Request) (*http.Response, error) {
			if r.Header.Get("Authorization") != "Token "+token {
				t.Errorf("arrives as %q", r.Header.Get("Authorization"))
			}
			return next.response(), nil
		})
		options := []api.Option{api.WithLogger(logger), through(rt)}
		client := clientWith(t, auth, options...)
		source := func(context.Context) (string, error) { return token, nil }
		gen, req := client.Generated(), api.AliasRequest{Key: aKey}
		resp, err := gen.CreateJobSecretAliasWithResponse(t.Context(), aJob, aSecret, req)
		want(t, err, "-", 0)
		s, err := create(t, client)
		want(t, err, "-", 0)
		values := []any{auth, &auth, api.BearerToken(token), auth.RequestEditor(), api.BearerTokenSource(source),
			api.APITokenSource(source), options, client, *client, client.Generated(),
			client.Generated().ClientInterface, resp, resp.HTTPResponse, resp.HTTPResponse.Request}
		for _, next = range []reply{{401, token, http.Header{"X-Request-Id": {token}}}, {status: 503, body: token},
			{status: 201, body: token}, {302, "", http.Header{"Location": {token}}}} {
			_, err := create(t, client)
			values = append(values, err, api.EnsureResult{Err: err, Secret: s})
		}
		for i, v := range append(values, log.String()) {
			noLeak(t, fmt.Sprintf("value %d, a %T", i, v), token, v)
		}
		if log.Len() == 0 || resp.HTTPResponse.Request.Header.Get("Authorization") != "" {
			t.Errorf("logged %s", log.String())
		}
	}
}
