package api_test

// A token goes to the configured host and nowhere else: not into errors, logs or
// anything printed, whoever repeats it.

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"unicode"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

// planted are the tokens to look for, of every kind there may be.
func planted() map[string]string {
	var claims strings.Builder // without repetitions, in which parts would be found by chance
	for i := 0; claims.Len() < 1500; i++ {
		fmt.Fprintf(&claims, "%c%dZk%dmQ", 'a'+i%26, i*7919%9973, i)
	}
	return map[string]string{
		"plain":         plantedToken,
		"of 45 letters": plantedToken + "0123456789abcdefg",
		"special":       `q7<Zk>2m&Qx"9W\v4/Lr+8T'n3=H%s6{Yd}1B`,
		"entities":      `q7&lt;Zk2mQx%3C9Wv4Lr\u003c8Tn3Hs6Yd1B`,
		"long":          "eyJhbGciOiJSUzI1NiJ9." + claims.String() + ".c2lnbmF0dXJl",
	}
}

// password is a secret that is not a token, but is given where one is expected, or in a URL.
const password = "hunter2Zk2mQx9Wv4"

// leaks returns a part of the token that can be read from a text, directly or by
// undoing what encoders do. Eight letters are enough to count.
func leaks(token, text string) string {
	parts := partsOf(token)
	find := func(s string) string {
		s = invisible.Replace(strings.ToLower(s))
		for i := 0; i+partLen <= len(s); i++ {
			if parts[s[i:i+partLen]] {
				return s[i : i+partLen]
			}
		}
		return ""
	}
	seen := map[string]bool{text: true}
	for todo := []string{text}; len(todo) > 0 && len(seen) < 20; todo = todo[1:] {
		if found := find(todo[0]); found != "" {
			return found
		}
		if !strings.ContainsAny(todo[0], `\&`) {
			continue
		}
		for _, decode := range []func(string) string{html.UnescapeString, unescapeJSON} {
			if s := decode(todo[0]); !seen[s] {
				seen[s] = true
				todo = append(todo, s)
			}
		}
	}
	for _, run := range hexRuns.FindAllString(text, -1) {
		if raw, err := hex.DecodeString(run[:len(run)&^1]); err == nil {
			if found := find(string(raw)); found != "" {
				return found
			}
		}
	}
	return ""
}

const partLen = 8

var allParts sync.Map

func partsOf(token string) map[string]bool {
	if parts, ok := allParts.Load(token); ok {
		return parts.(map[string]bool)
	}
	parts, lower := map[string]bool{}, strings.ToLower(token)
	for i := 0; i+partLen <= len(lower); i++ {
		parts[lower[i:i+partLen]] = true
	}
	allParts.Store(token, parts)
	return parts
}

var invisible = strings.NewReplacer("\u200b", "", "\u00ad", "", "\ufeff", "")

var (
	hexRuns    = regexp.MustCompile(`[0-9a-fA-F]{36,}`) // longer than an id
	jsonEscape = regexp.MustCompile(`[\\%]+(u00[0-9a-fA-F]{2}|["\\/<>&'])`)
)

func unescapeJSON(s string) string {
	return jsonEscape.ReplaceAllStringFunc(s, func(m string) string {
		m = strings.TrimLeft(m[:len(m)-1], `\%`) + m[len(m)-1:]
		if strings.HasPrefix(m, "u00") {
			n, _ := strconv.ParseUint(m[3:], 16, 8)
			return string(rune(n))
		}
		return m
	})
}

// renderings is what all ways of printing make of a value.
func renderings(v any) map[string]string {
	all := map[string]string{}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%+q", "%d", "%x", "%X", "%T", "%p", "%t", "%g", "%c", "%U"} {
		all[verb] = fmt.Sprintf(verb, v)
	}
	data, err := json.Marshal(v)
	all["JSON"] = fmt.Sprint(string(data), err)
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", v)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "v", v)
	all["slog"] = log.String()
	return all
}

func noLeak(t *testing.T, what, token string, v any) {
	t.Helper()
	seen := map[string]bool{}
	for way, text := range renderings(v) {
		if found := leaks(token, text); found != "" && !seen[text] {
			t.Errorf("%s: %s shows %q of the token: %.300s", what, way, found, text)
			return
		}
		seen[text] = true
	}
}

// noLeakInError looks into an error and its fields, and into all that it wraps.
func noLeakInError(t *testing.T, what, token string, err error) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: no error", what)
		return
	}
	texts := []string{err.Error(), fmt.Sprintf("%#v", err)}
	if e, ok := err.(*api.Error); ok {
		data, _ := json.Marshal(e)
		texts = append(texts, fmt.Sprintf("%+v", *e), string(data), e.Detail, e.RequestID, string(e.Body))
	}
	for _, text := range texts {
		if found := leaks(token, text); found != "" {
			t.Errorf("%s: %q of the token in %.300s", what, found, text)
			return
		}
	}
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

// encodeJSON is what encoders make of a string that leave < > & alone, as most do.
func encodeJSON(s string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.Encode(s)
	return strings.TrimSpace(b.String())
}

// escape writes all but letters and digits in the format, as careful encoders do.
func escape(s, format string) string {
	var b strings.Builder
	for i := range len(s) {
		if unicode.IsLetter(rune(s[i])) || unicode.IsDigit(rune(s[i])) {
			b.WriteByte(s[i])
		} else {
			fmt.Fprintf(&b, format, s[i])
		}
	}
	return b.String()
}

// A server, or a proxy, that repeats the token in its response, wherever words are taken
// from. In what ways it may be written is in the tests of internal/safetext.
func TestTokenEchoed(t *testing.T) {
	t.Parallel()
	goJSON := func(s string) string { data, _ := json.Marshal(s); return string(data) }
	bodies := map[string]func(token string) string{
		"detail":              func(s string) string { return `{"detail":` + goJSON("bad token "+s+"!") + `}` },
		"message":             func(s string) string { return `{"message":` + encodeJSON("bad token "+s+"!") + `}` },
		"error":               func(s string) string { return `{"error":` + strings.ReplaceAll(encodeJSON(s), "/", `\/`) + `}` },
		"title, upper case":   func(s string) string { return `{"title":` + strings.ReplaceAll(goJSON(s), "u003c", "u003C") + `}` },
		"careful JSON":        func(s string) string { return `{"detail":"` + escape(s, "\\u%04x") + `"}` },
		"JSON in JSON":        func(s string) string { return `{"detail":` + goJSON(`{"token":`+goJSON(s)+`}`) + `}` },
		"JSON in JSON, plain": func(s string) string { return `{"detail":` + encodeJSON(`{"token":`+encodeJSON(s)+`}`) + `}` },
		"other field": func(s string) string {
			return `{"detail":"no","headers":{"Authorization":` + encodeJSON("Token "+s) + `}}`
		},
		"text":              func(s string) string { return "Authorization: Token " + s + "\r\nHost: x" },
		"text, many times":  func(s string) string { return strings.Repeat(s+" ", 200<<10/len(s)) },
		"HTML":              func(s string) string { return "<html><body><pre>Token " + html.EscapeString(s) + "</pre>" },
		"HTML title":        func(s string) string { return "<html><title>Token " + html.EscapeString(s) + " is bad</title>" },
		"HTML title, raw":   func(s string) string { return "<html><title>Token " + s + " is bad</title>" },
		"HTML, hexadecimal": func(s string) string { return "<title>" + escape(s, "&#x%02X;") + "</title>" },
		"at 512 characters": func(s string) string { return strings.Repeat("é", 500) + s },
		"at 4 KiB":          func(s string) string { return strings.Repeat("x", 4<<10-10) + s + strings.Repeat("x", 10000) },
		"at 64 KiB":         func(s string) string { return strings.Repeat(" ", 64<<10-len(s)/2) + s },
		"with 64 KiB of it": func(s string) string { return strings.Repeat(s, 64<<10/len(s)+1) },
		"broken off":        func(s string) string { return `{"detail":"bad token ` + s[:len(s)-3] },
		"lower case":        func(s string) string { return `{"error_description":` + goJSON(strings.ToLower(s)) + `}` },
	}
	echo := func(token string, resp reply) error {
		client := clientWith(t, api.APIToken(token), api.WithBaseURL(nowhere), over(func(r *http.Request) (*http.Response, error) {
			if r.Method == "GET" {
				return emptyList.response(), nil
			}
			return resp.response(), nil
		}))
		_, err := create(t, client)
		return err
	}
	for kind, token := range planted() {
		for way, body := range bodies {
			for _, status := range []int{401, 201} {
				err := echo(token, reply{status: status, body: body(token)})
				noLeakInError(t, fmt.Sprintf("%s token, %s, %d", kind, way, status), token, err)
			}
		}
		for _, name := range []string{"X-Request-Id", "X-Correlation-Id"} {
			for way, value := range map[string]string{
				"": token, "in words": "Token " + token, "late": strings.Repeat("x", 120) + token,
			} {
				header := http.Header{"X-Request-Id": nil}
				header.Set(name, value)
				noLeakInError(t, kind+" token, "+name+" "+way, token, echo(token, reply{401, "", header}))
			}
		}
	}
}

// A response, and what is logged of it, may repeat a token that the same call has sent before.
func TestEarlierTokenEchoed(t *testing.T) {
	for kind, token := range planted() {
		log, sent := new(bytes.Buffer), 0
		source := api.APITokenSource(func(context.Context) (string, error) { sent++; return []string{token, "abc"}[min(sent-1, 1)], nil })
		logger := slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		client := clientWith(t, source, api.WithBaseURL(nowhere), api.WithLogger(logger), over(func(r *http.Request) (*http.Response, error) {
			if r.Method == "GET" {
				return emptyList.response(), nil
			}
			return reply{400 + min(sent, 2)%2, `{"detail":` + encodeJSON("not "+token) + `}`, http.Header{"X-Request-Id": {token}}}.response(), nil
		}))
		_, createErr := create(t, client)
		sent = 0
		_, _, ensureErr := client.EnsureJobSecretAlias(t.Context(), aJob, aSecret, api.AliasRequest{Key: aKey})
		for _, err := range []error{createErr, ensureErr} {
			noLeakInError(t, kind+" token", token, err)
			want(t, err, "Invalid", 400)
		}
		noLeak(t, kind+" token, logged", token, log.String())
		failing := api.APITokenSource(func(context.Context) (string, error) { return token, errors.New("expired: " + token) })
		_, err := create(t, clientWith(t, failing, api.WithBaseURL(nowhere)))
		req, _ := http.NewRequest("GET", nowhere, nil)
		noLeakInError(t, kind+" token, from its source", token, errors.Join(err, failing.RequestEditor()(t.Context(), req)))
	}
}

// A response that is broken in a place that contains the token: decoders and net/http
// repeat what they cannot read.
func TestTokenEchoedInBrokenResponse(t *testing.T) {
	t.Parallel()
	for kind, token := range planted() {
		for name, body := range map[string]string{
			"id": alias(fields{"id": token}), "key": alias(fields{"key": token}), "all of it": token,
			"created_at":     strings.Replace(alias(fields{"created_at": "?", "id": 7}), `"?"`, encodeJSON(token), 1),
			"aliased_secret": alias(fields{"aliased_secret": token, "key": 7}), "aliased_secret id": alias(fields{"aliased_secret": reference(token), "id": nil}),
			"description": alias(fields{"description": token, "key": 7}), "truncated": alias(fields{"id": nil, "service_name": token})[:200],
		} {
			srv := serve(t, reply{status: 201, body: body}, reply{status: 200, body: results(body)})
			client := clientWith(t, api.APIToken(token), api.WithBaseURL(srv.URL))
			_, err := create(t, client)
			noLeakInError(t, kind+" token, create, "+name, token, err)
			if _, err := client.ListJobSecrets(t.Context(), aJob); err != nil {
				noLeakInError(t, kind+" token, list, "+name, token, err)
			}
			srv.Close()
		}
		for _, wire := range []string{
			"HTTP/1.1 " + token + "\r\n\r\n", "bad token " + token + "\r\n\r\n", "HTTP/1.1 200 OK\r\n" + token + "\r\n\r\n",
			"HTTP/1.1 201 OK\r\nContent-Length: " + token + "\r\n\r\n", "HTTP/1.1 201 OK\r\nTransfer-Encoding: " + token + "\r\n\r\n",
			"HTTP/1.1 201 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + token + "\r\n",
		} {
			base := rawServer(t, func(conn *net.TCPConn) {
				if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
					io.WriteString(conn, wire)
				}
			})
			_, err := create(t, clientWith(t, api.APIToken(token), api.WithBaseURL(base)))
			noLeakInError(t, fmt.Sprintf("%s token, %.30q", kind, wire), token, err)
		}
	}
}

// dumpError is that of a RoundTripper that keeps the request for its text.
type dumpError struct{ Request *http.Request }

func (e *dumpError) Error() string { return "failed: " + e.Request.Header.Get("Authorization") }

// quietError keeps it too, but says nothing of it.
type quietError struct{ Header http.Header }

func (e quietError) Error() string { return "failed" }

// A RoundTripper of the caller's that puts the request into its error.
func TestTokenInTransportError(t *testing.T) {
	t.Parallel()
	for kind, token := range planted() {
		for name, fail := range map[string]func(*http.Request) error{
			"headers":        func(r *http.Request) error { return fmt.Errorf("failed: %v", r.Header) },
			"headers quoted": func(r *http.Request) error { return fmt.Errorf("failed: %q", r.Header) },
			"wrapped":        func(r *http.Request) error { return fmt.Errorf("x: %w", fmt.Errorf("%v: %w", r.Header, io.EOF)) },
			"joined":         func(r *http.Request) error { return errors.Join(io.EOF, fmt.Errorf("%s", r.Header["Authorization"])) },
			"dumped, also quoted": func(r *http.Request) error {
				dump, _ := httputil.DumpRequestOut(r, false)
				return fmt.Errorf("failed: %s, %q", dump, dump)
			},
			"kept and said": func(r *http.Request) error { return &dumpError{r} },
			"kept":          func(r *http.Request) error { return quietError{r.Header} },
			"kept, pointer": func(r *http.Request) error { return &quietError{r.Header} },
			"kept, wrapped": func(r *http.Request) error { return fmt.Errorf("x: %w", &quietError{r.Header}) },
		} {
			for _, status := range []int{0, 201} {
				client := clientWith(t, api.APIToken(token), api.WithBaseURL(nowhere), over(func(r *http.Request) (*http.Response, error) {
					if status == 0 {
						return nil, fail(r)
					}
					if r.Method == "GET" {
						status = 200
					}
					resp := reply{status: status}.response()
					resp.Body = io.NopCloser(iotest.ErrReader(fail(r)))
					return resp, nil
				}))
				// Looking into a type of the caller's own is its own affair; what
				// counts is how the *Error is rendered.
				_, err := create(t, client)
				noLeak(t, fmt.Sprintf("%s token, %s, status %d", kind, name, status), token, failure(t, err, creating))
				_, err = client.ListJobSecrets(t.Context(), aJob)
				noLeak(t, fmt.Sprintf("%s token, %s, list", kind, name), token, failure(t, err, listing))
			}
		}
	}
}

// Everything that is exported, before and after use, and what it logs.
func TestTokenInValues(t *testing.T) {
	t.Parallel()
	for kind, token := range planted() {
		var log bytes.Buffer
		fx := newFixture(t)
		auth := api.APIToken(token)
		options := []api.Option{
			api.WithBaseURL(nowhere), api.WithUserAgent("x/1"), api.WithLogger(slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}))),
			over(func(r *http.Request) (*http.Response, error) {
				if r.Header.Get("Authorization") != "Token "+token {
					t.Errorf("%s token: arrives as %q", kind, r.Header.Get("Authorization"))
				}
				r = r.Clone(r.Context())
				r.Header.Set("Authorization", "Token "+fx.srv.Token())
				return fx.wire.RoundTrip(r)
			}),
		}
		client := clientWith(t, auth, options...)
		source := func(context.Context) (string, error) { return token, nil }
		values := map[string]any{
			"Auth": auth, "*Auth": &auth, "BearerToken": api.BearerToken(token), "editor": auth.RequestEditor(),
			"source": api.BearerTokenSource(source), "API token source": api.APITokenSource(source),
			"options": options, "Client": client, "value of Client": *client, "Generated": client.Generated(), "generated client": client.Generated().ClientInterface,
		}
		want(t, errOf(client.CreateJobSecretAlias(t.Context(), fx.job, fx.secret, api.AliasRequest{Key: aKey})), "-", 0)
		for n, fault := range []apitest.Fault{
			{Status: 401, Body: token}, {Status: 503, Body: token}, {Hangup: true}, {Truncate: 10}, {Status: 302}, {Status: 201, Body: token},
		} {
			fx.inject("POST", fault)
			_, err := client.CreateJobSecretAlias(t.Context(), fx.job, fx.secret, api.AliasRequest{Key: fmt.Sprint("KEY_", n)})
			values[fmt.Sprint("error ", n)], values[fmt.Sprint("result ", n)] = err, api.EnsureResult{Err: err}
		}
		resp, err := client.Generated().CreateJobSecretAliasWithResponse(t.Context(), fx.job, fx.secret, api.AliasRequest{Key: "VIA_GENERATED"})
		if err != nil || len(resp.HTTPResponse.Request.Header.Values("Authorization")) != 0 {
			t.Fatalf("%s token: the response keeps the signed request, or %v", kind, err)
		}
		values["response"], values["*http.Response"], values["*http.Request"] = resp, resp.HTTPResponse, resp.HTTPResponse.Request
		fx.inject("GET", apitest.Fault{Status: 403, Body: token})
		_, values["error of Generated"] = client.Generated().ListJobSecretsWithResponse(t.Context(), fx.job)
		for name, v := range values {
			noLeak(t, kind+" token, "+name, token, v)
		}
		if found := leaks(token, log.String()); found != "" || log.Len() == 0 || values["error of Generated"] == nil {
			t.Errorf("%s token: logged %q: %s", kind, found, log.String())
		}
	}
}

// Proxies come from the environment, which net/http reads once in a process, so this
// is done in another. One is told no password of, and one for plain http gets no
// request: loopback addresses, which alone may be plain, are not for it.
func TestProxies(t *testing.T) {
	t.Parallel()
	const mark = "QOVERY_TEST_PROXY"
	if os.Getenv(mark) != "" {
		_, err := create(t, clientWith(t, api.APIToken(plantedToken)))
		if sentinels(err) != "NotSent" {
			t.Errorf("got %v", err)
		}
		noLeakInError(t, "proxy", password, err)
		for _, base := range []string{"http://127.0.0.1:1", "http://127.9.9.9:1", "http://[::1]:1", "http://[::ffff:127.0.0.1]:1", "http://localhost:1", "http://LOCALHOST:1"} {
			if client, err := api.NewClient(api.APIToken(plantedToken), api.WithBaseURL(base), atOnce, api.WithRetries(0)); err == nil {
				client.ListJobSecrets(t.Context(), aJob)
			}
		}
		return
	}
	proxy := rawServer(t, func(conn *net.TCPConn) {
		if r, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
			t.Errorf("the proxy got %s %s, signed: %t", r.Method, r.URL, r.Header.Get("Authorization") != "")
		}
	})
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestProxies$", "-test.timeout=20s")
	cmd.Env = append(os.Environ(), mark+"=1", "HTTPS_PROXY=http://user:"+password+"@127.0.0.1:1", "HTTP_PROXY="+proxy, "NO_PROXY=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
