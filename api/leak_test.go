package api_test

// Tokens: where they come from, how they are sent, and to whom; and that they get nowhere else: not into
// errors, logs or anything printed, whoever repeats them. In what ways one may be written is in the tests of
// internal/safetext.

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
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/internal/safetext"
)

const jwt = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmVk"

// password is given where a token is expected, or in a URL. No part of it is one of the token.
const password = "swordfish-5GtrB8w"

// A source is asked before every attempt, with the context of that, and not again after a 401.
func TestAuthorization(t *testing.T) {
	asked := 0
	source := func(ctx context.Context) (string, error) {
		if _, limited := ctx.Deadline(); !limited {
			t.Error("the context of the attempt has no deadline")
		}
		asked++
		return fmt.Sprint(" jwt-", asked, "\n"), nil
	}
	all := "!\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~"
	for _, c := range []struct {
		auth     api.Auth
		statuses []int // of the responses
		want     string
	}{
		{api.APIToken(" \tqov_1\r\n"), []int{201}, "Token qov_1"}, {api.APIToken(all), []int{201}, "Token " + all},
		{api.APIToken("Tokenized"), []int{201}, "Token Tokenized"}, {api.APIToken(jwt), []int{201}, "Token " + jwt},
		{api.BearerToken(jwt), []int{502, 200}, "Bearer " + jwt + ", Bearer " + jwt},
		{api.BearerToken("opaque"), []int{201}, "Bearer opaque"},
		{*tokens("qov_2\n", nil), []int{201}, "Token qov_2"},
		{api.BearerTokenSource(source), []int{429, 502, 200}, "Bearer jwt-1, Bearer jwt-2, Bearer jwt-3"},
		{api.APITokenSource(source), []int{401}, "Token jwt-4"},
	} {
		var got []string
		create(t, clientWith(t, c.auth, through(roundTrip(func(r *http.Request) (*http.Response, error) {
			status, body := c.statuses[len(got)], alias()
			if got = append(got, r.Header.Values("Authorization")...); r.Method == "GET" {
				body = results(body)
			}
			return reply{status: status, body: body}.response(), nil
		}))))
		if strings.Join(got, ", ") != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

// A bad token is found before anything is sent; so is what shells leave of one. It may be a secret all the
// same, and is not repeated. What is bad is in the tests of internal/token.
func TestBadTokens(t *testing.T) {
	all := map[string]api.Auth{"zero": {}, "nil": api.BearerTokenSource(nil), "nil 2": api.APITokenSource(nil)}
	for _, token := range []string{"", " \n\t ", password + " " + password, password + "\n" + password,
		"\x00" + password, password + "\u200b", "Bearer " + password, "token " + password, `"` + password + `"`,
		"QOVERY_API_TOKEN=" + password, "${QOVERY_CLI_ACCESS_TOKEN}", "********" + password} {
		all[fmt.Sprintf("API token %q", token)] = api.APIToken(token)
		all[fmt.Sprintf("JWT %q", token)] = api.BearerToken(token)
		if !strings.Contains(token, "\x00") { // which no variable can contain
			t.Setenv("QOVERY_API_TOKEN", token)
			auth, err := api.AuthFromEnv()
			noLeakInError(t, "AuthFromEnv", password, err)
			if _, err := api.NewClient(auth); sentinels(err) != "Invalid" {
				t.Errorf("the Auth beside an error: %v", err)
			}
		}
		for _, failed := range []error{nil, errWhy} {
			source := api.BearerTokenSource(func(context.Context) (string, error) { return token, failed })
			_, err := create(t, clientWith(t, source))
			if sentinels(err) != "NotSent" || failed != nil && !errors.Is(err, failed) {
				t.Errorf("source of %q: %v", token, err)
			}
			noLeakInError(t, "source", password, err)
		}
	}
	for name, auth := range all {
		client, err := api.NewClient(auth)
		if client != nil || sentinels(err) != "Invalid" || !strings.Contains(err.Error(), "token") {
			t.Errorf("%s: %v", name, err)
		}
		noLeakInError(t, name, password, err)
		noLeak(t, name, password, auth)
		r := httptest.NewRequest("GET", nowhere, nil)
		err = auth.RequestEditor()(t.Context(), r)
		if noLeakInError(t, name, password, err); sentinels(err) != "NotSent Invalid" || len(r.Header) != 0 {
			t.Errorf("%s, editor: %v, %v", name, err, r.Header)
		}
	}
}

func TestAuthFromEnv(t *testing.T) {
	variables := []string{"QOVERY_API_TOKEN", "QOVERY_CLI_ACCESS_TOKEN", "Q_CLI_ACCESS_TOKEN"}
	for _, c := range []struct {
		env  [3]string
		want string // empty: an error
	}{
		{[3]string{"a"}, "Token a"}, {[3]string{jwt}, "Token " + jwt}, {[3]string{"a", "b", "c"}, "Token a"},
		{[3]string{"", "b"}, "Token b"}, {[3]string{"", "b", "c"}, "Token b"}, {[3]string{"", "", "c"}, "Token c"},
		{[3]string{"", " " + jwt + "\n"}, "Bearer " + jwt}, {[3]string{}, ""},
		{[3]string{"", "", jwt}, "Bearer " + jwt}, {[3]string{"", "e30.e30"}, "Token e30.e30"},
		{[3]string{"a b", "b"}, ""}, {[3]string{"", "Bearer " + jwt}, ""},
	} {
		for i, variable := range variables {
			t.Setenv(variable, c.env[i])
		}
		auth, err := api.AuthFromEnv()
		if c.want == "" {
			if sentinels(err) != "Invalid" || !strings.Contains(err.Error(), "QOVERY_") {
				t.Errorf("%q: %v", c.env, err)
			}
			continue
		}
		t.Setenv(variables[0], "changed") // later changes of the environment change nothing
		r := httptest.NewRequest("GET", nowhere, nil)
		editErr := auth.RequestEditor()(t.Context(), r)
		if got := r.Header.Get("Authorization"); got != c.want || err != nil || editErr != nil {
			t.Errorf("%q: %q, %v, %v", c.env, got, err, editErr)
		}
	}
}

// The editor makes the generated client usable alone, and keeps the token off wires that others can read.
func TestRequestEditor(t *testing.T) {
	edit := api.APIToken(plantedToken).RequestEditor()
	for target, ok := range map[string]bool{
		"https://api.qovery.com/": true, "http://127.0.0.1:80/": true, "http://[::1]/": true,
		"http://localhost/": true, "http://LocalHost/": false, // which net/http sends to HTTP_PROXY
		"http://api.qovery.com/": false, "http://localhost.example.com/": false, "ftp://localhost/": false,
	} {
		r := httptest.NewRequest("GET", target, nil)
		r.Header.Set("Authorization", "Token other")
		err := edit(t.Context(), r)
		signed := strings.Join(r.Header.Values("Authorization"), ",") == "Token "+plantedToken
		if (err == nil) != ok || !ok && sentinels(err) != "NotSent" || signed != ok {
			t.Errorf("%s: %v", target, err)
		}
	}
}

// Editors of the generated client come after the base URL was checked. One that sends the request elsewhere
// must not take the token along.
func TestEditedRequests(t *testing.T) {
	const elsewhere, refused = "elsewhere.example", "another host"
	for name, c := range map[string]struct {
		edit func(*http.Request)
		says string // "": it is sent
	}{
		"port":        {func(r *http.Request) { r.URL.Host += ":1" }, refused},
		"scheme":      {func(r *http.Request) { r.URL.Scheme = "http" }, refused},
		"Host header": {func(r *http.Request) { r.Host = elsewhere }, refused},
		// With it the request line names another host, by which a server may route.
		"opaque URL":         {func(r *http.Request) { r.URL.Opaque = "//" + elsewhere + r.URL.Path }, refused},
		"nothing":            {func(*http.Request) {}, ""},
		"a Host field":       {func(r *http.Request) { r.Header.Set("Host", elsewhere) }, ""}, // which is not sent
		"a token of its own": {func(r *http.Request) { r.Header.Set("Authorization", "Token other") }, ""},
	} {
		var got *http.Request
		client := clientOf(t, roundTrip(func(r *http.Request) (*http.Response, error) {
			got = r
			return created.response(), nil
		})).Generated().ClientInterface
		edit := func(_ context.Context, r *http.Request) error { c.edit(r); return nil }
		_, err := client.CreateJobSecretAlias(t.Context(), aJob, aSecret, api.AliasRequest{}, edit)
		if c.says != "" {
			if sentinels(err) != "NotSent" || got != nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: %v", name, err)
			}
		} else if err != nil || strings.Join(got.Header.Values("Authorization"), ",") != "Token "+plantedToken {
			t.Errorf("%s: %v", name, err)
		}
	}
	// What net/http refuses by itself has not been sent either.
	_, err := clientOf(t, http.DefaultTransport).Generated().ListJobSecrets(t.Context(), aJob,
		func(_ context.Context, r *http.Request) error { r.Header["X-Bad"] = []string{"a\nb"}; return nil })
	if sentinels(err) != "NotSent" || !strings.Contains(err.Error(), "X-Bad") {
		t.Error(err)
	}
}

// A 401 whose reason stands in a header says that; one to a JWT that was given as an API token says what it
// is and where it belongs.
func TestUnauthorizedSaysWhy(t *testing.T) {
	expired := `Bearer error="invalid_token", error_description="expired"`
	for _, c := range []struct {
		auth  api.Auth
		isJWT bool
	}{{api.APIToken(plantedToken), false}, {api.APIToken(jwt), true}, {api.BearerToken(jwt), false}} {
		header := http.Header{"Www-Authenticate": {"Basic", expired}}
		_, err := create(t, clientWith(t, c.auth, through(fixed(reply{401, "", header}, emptyList))))
		text := want(t, err, "Unauthorized", 401).Error()
		if !strings.Contains(text, expired) || strings.Contains(text, jwt) ||
			strings.Contains(text, "JWT") != c.isJWT || strings.Contains(text, "BearerToken") != c.isJWT {
			t.Error(text)
		}
	}
}

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
