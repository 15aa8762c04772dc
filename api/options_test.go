package api_test

// Options: what each accepts, what it does, and what is said of a wrong one.

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/cookiejar"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/qovery-alias/qovery-alias-go/api"
)

func TestOptionBounds(t *testing.T) {
	for name, c := range map[string]struct {
		opt  api.Option
		want string // part of the error; empty: none
	}{
		"timeout":               {api.WithAttemptTimeout(1), ""},
		"timeout 0":             {api.WithAttemptTimeout(0), "attempt timeout"},
		"timeout negative":      {api.WithAttemptTimeout(-time.Second), "attempt timeout"},
		"timeout huge":          {api.WithAttemptTimeout(math.MaxInt64), ""},
		"retries 0":             {api.WithRetries(0), ""},
		"retries":               {api.WithRetries(100), ""},
		"retries negative":      {api.WithRetries(-1), "retries"},
		"backoff nil":           {api.WithBackoff(nil), ""},
		"client nil":            {api.WithHTTPClient(nil), ""},
		"client zero":           {api.WithHTTPClient(&http.Client{}), ""},
		"logger nil":            {api.WithLogger(nil), ""},
		"user agent":            {api.WithUserAgent("deployer/1.4 (linux; amd64)"), ""},
		"user agent empty":      {api.WithUserAgent(""), ""},
		"user agent, two lines": {api.WithUserAgent("a\r\nX-Injected: 1"), "user agent"},
		"user agent, NUL":       {api.WithUserAgent("a\x00"), "user agent"},
		"user agent, accent":    {api.WithUserAgent("é"), "user agent"},
		"nil option":            {nil, ""},
	} {
		client, err := api.NewClient(api.APIToken("x"), c.opt)
		if c.want == "" {
			if err != nil || client == nil {
				t.Errorf("%s: %v", name, err)
			}
		} else if client != nil || sentinels(err) != "Invalid" || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whoever sets up a client learns of all mistakes at once. Of two options for one thing the
// last counts, as the base URLs of these tests do.
func TestOptionErrorsAreJoined(t *testing.T) {
	_, err := api.NewClient(api.APIToken(""), api.WithRetries(1), api.WithRetries(-7), nil,
		api.WithAttemptTimeout(-1), api.WithBaseURL("ftp://x"), api.WithUserAgent("\n"))
	if sentinels(err) != "Invalid" {
		t.Fatalf("got %v", err)
	}
	for _, part := range []string{"token", "-7", "-1ns", "base URL", "user agent"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("no word of %s: %v", part, err)
		}
	}
}

// The default is the server of the spec; below a path an operation has the same rules:
// here that a create is not sent twice, and may have taken effect.
func TestBaseURL(t *testing.T) {
	path := "/job/" + aJob.String() + "/secret"
	all := map[string]string{ // "": refused
		"default": "https://api.qovery.com", "http://127.0.0.1/job/x/secret": "http://127.0.0.1/job/x/secret",
		"https://api.qovery.com": "https://api.qovery.com", "https://api.qovery.com/": "https://api.qovery.com",
		"https://api.qovery.com:443": "https://api.qovery.com:443", "HTTPS://api.qovery.com": "https://api.qovery.com",
		"https://API.Qovery.COM": "https://API.Qovery.COM", "https://api.qovery.com.": "https://api.qovery.com.",
		"https://gateway.example/qovery": "https://gateway.example/qovery", "https://gateway.example/qovery/": "https://gateway.example/qovery",
		"https://gateway.example/a/b//": "https://gateway.example/a/b", "https://gateway.example/a/../b": "https://gateway.example/b",
		"https://gateway.example/a%2Fb": "https://gateway.example/a%2Fb", "https://gateway.example/a%20b": "https://gateway.example/a%20b",
		"https://gateway.example/é": "https://gateway.example/%C3%A9", "https://10.0.0.1": "https://10.0.0.1",
		"https://[2001:db8::1]:8443": "https://[2001:db8::1]:8443", "http://127.0.0.1": "http://127.0.0.1",
		"http://127.0.0.1:8080/x": "http://127.0.0.1:8080/x", "http://127.9.9.9": "http://127.9.9.9", "http://[::1]:8080": "http://[::1]:8080",
		"http://[::ffff:127.0.0.1]": "http://[::ffff:127.0.0.1]", "http://localhost:1": "http://localhost:1", "https://localhost": "https://localhost",
	}
	for _, bad := range []string{
		"https://api.qovery.com:", "http://LOCALHOST", "", "api.qovery.com", "/job", "//api.qovery.com", "https:", "https://", "https:///job",
		"https://:443", "https:api.qovery.com", "https//api.qovery.com", "http://api.qovery.com", "HTTP://api.qovery.com", "http://10.0.0.1",
		"http://0.0.0.0", "http://[::]", "http://127.1", "http://localhost.example", "http://localhost.", "http://127.0.0.1.nip.io",
		"http://x@127.0.0.1.example", "ftp://127.0.0.1", "ws://127.0.0.1", "unix:///var/run/x", "file:///etc/passwd", "https://@api.qovery.com", "https://api.qovery.com?x=1", "https://api.qovery.com/?", "https://api.qovery.com#x",
		"https://api.qovery.com/#", "https://api.qovery.com:x", "https://api.qovery.com/%zz", "https://api qovery.com", " https://api.qovery.com",
		"https://api.qovery.com\n", "https://api.qovery.com\x00", "https://[::1", "https://api.qovery.com\\@evil.com",

		"https://user:" + password + "@api.qovery.com", "https://" + password + "@api.qovery.com", "http://user:" + password + "@127.0.0.1",
		"https://user:" + password + "@api.qovery.com:port", "https://user:" + password + "@[::1", "https://user:" + password + "%zz@x",
		"https://user:" + password + "@x\x7f", "user:" + password + "@x", "https:user:" + password + "@x", "//user:" + password + "@x",
		"https://x/?key=" + password, "https://x/#" + password, "http://x/" + password, "\thttps://user:" + password + "@x",
		"https://user:" + password + "@", "https://:" + password + "@x", "https://x/%zz" + password,
	} {
		all[bad] = ""
	}
	for base, want := range all {
		var sent []string
		opts := []api.Option{atOnce, over(func(r *http.Request) (*http.Response, error) {
			if r.Host != r.URL.Host {
				t.Errorf("%q: host %q", base, r.Host)
			}
			sent = append(sent, r.URL.String())
			if read(r); r.Method == "POST" {
				return reply{status: 503}.response(), nil
			}
			return emptyList.response(), nil
		})}
		if base != "default" {
			opts = append(opts, api.WithBaseURL(base))
		}
		client, err := api.NewClient(api.APIToken(plantedToken), opts...)
		if want == "" {
			if client != nil || sentinels(err) != "Invalid" || !strings.Contains(err.Error(), "base URL") {
				t.Errorf("%q: %v", base, err)
			}
			noLeakInError(t, base, password, err) // url.Parse repeats passwords
			continue
		}
		if err != nil {
			t.Fatalf("%q: %v", base, err)
		}
		if _, err := client.ListJobSecrets(t.Context(), aJob); err != nil || len(sent) != 1 || sent[0] != want+path {
			t.Errorf("%q: sent to %q, want %s; %v", base, sent, want, err)
		}
		_, err = client.Generated().CreateJobSecretAliasWithResponse(t.Context(), aJob, aSecret, api.AliasRequest{Key: aKey})
		if e := failure(t, err, creating); sentinels(e) != "Unknown Server" || len(sent) != 2 {
			t.Errorf("%q: sent to %q, %v", base, sent, err)
		}
	}
}

// The caller's client is copied: neither does the package change it, nor do later changes
// to it reach the package. Its cookies are kept.
func TestHTTPClientIsCopied(t *testing.T) {
	jar, _ := cookiejar.New(nil) // which never fails
	sent, cookies := 0, ""
	mine := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		sent++
		cookies += r.Header.Get("Cookie")
		return reply{201, alias(), http.Header{"Set-Cookie": {fmt.Sprint("n=", sent)}}}.response(), nil
	}), Jar: jar, Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error {
		t.Error("asked about a redirect")
		return nil
	}}
	before := *mine
	client := clientOf(t, nowhere, api.WithHTTPClient(mine))
	want(t, errOf(create(t, client)), "-", 0)
	if reflect.ValueOf(mine.Transport).Pointer() != reflect.ValueOf(before.Transport).Pointer() || mine.Jar != before.Jar ||
		mine.Timeout != before.Timeout || reflect.ValueOf(mine.CheckRedirect).Pointer() != reflect.ValueOf(before.CheckRedirect).Pointer() {
		t.Errorf("changed: %+v", mine)
	}
	mine.Transport = nil
	if _, err := create(t, client); err != nil || sent != 2 || cookies != "n=1" {
		t.Errorf("%d sent, cookies %q, %v", sent, cookies, err)
	}
}

// A nil client is the default again, with a transport of its own: closing its idle
// connections leaves those of the process alone. It closes them by itself before load
// balancers commonly do, within a minute.
func TestDefaultTransportIsPrivate(t *testing.T) {
	conns := map[string]bool{}
	srv := serve(t, seen(func(r *http.Request) { conns[r.RemoteAddr] = true }), emptyList)
	shared := clientOf(t, srv.URL, api.WithHTTPClient(&http.Client{})) // over http.DefaultTransport
	for range 2 {
		want(t, errOf(create(t, shared)), "-", 0)
		client := clientOf(t, srv.URL, over(nil), api.WithHTTPClient(nil))
		want(t, errOf(create(t, client)), "-", 0)
		client.CloseIdleConnections()
	}
	transport := reflect.ValueOf(clientOf(t, nowhere)).Elem().FieldByName("http").Elem().FieldByName("Transport").Elem().Elem()
	idle := time.Duration(transport.FieldByName("IdleConnTimeout").Int())
	if len(conns) != 3 || idle <= 0 || idle > 30*time.Second { // two private ones
		t.Errorf("%d connections, closed after %s", len(conns), idle)
	}
}

// A RoundTripper that breaks the rules of net/http is an error like any other.
func TestBadRoundTripper(t *testing.T) {
	for name, resp := range map[string]*http.Response{
		"nothing at all": nil, "no body": {StatusCode: 201}, "no header": {StatusCode: 302, Body: http.NoBody},
		"zero response": {Body: http.NoBody}, "status too small": {StatusCode: -1, Body: http.NoBody},
	} {
		t.Run(name, func(t *testing.T) {
			client := clientOf(t, nowhere, over(func(r *http.Request) (*http.Response, error) {
				if read(r); resp == nil {
					return nil, nil
				}
				fresh := *resp
				return &fresh, nil
			}))
			_, err := create(t, client)
			if failure(t, err, creating); !strings.HasPrefix(sentinels(err), "Unknown") || strings.Contains(err.Error(), "%!") {
				t.Errorf("create: %v", err)
			}
			_, err = client.ListJobSecrets(t.Context(), aJob)
			if e := failure(t, err, listing); e.Err == nil && sentinels(err) == "" {
				t.Errorf("no reason given: %v", err)
			}
		})
	}
}

func TestUserAgent(t *testing.T) {
	own := regexp.MustCompile(`^qovery-alias-go/[0-9A-Za-z.+-]+$`)
	for product, prefix := range map[string]string{"": "", "deployer/1.4": "deployer/1.4 ", "a/1 (b; c) d/2": "a/1 (b; c) d/2 "} {
		var got string
		srv := serve(t, seen(func(r *http.Request) { got = r.UserAgent() }), emptyList)
		want(t, errOf(create(t, clientOf(t, srv.URL, api.WithUserAgent(product)))), "-", 0)
		if rest, ok := strings.CutPrefix(got, prefix); !ok || !own.MatchString(rest) {
			t.Errorf("%q: %q", product, got)
		}
	}
}

// One record an attempt, with six things and no more.
func TestLogger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		logger := slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
		n := 0
		client := clientOf(t, nowhere, api.WithLogger(logger), over(func(r *http.Request) (*http.Response, error) {
			read(r)
			time.Sleep(time.Second)
			switch n++; {
			case n == 1:
				return reply{status: 429, body: "words", header: http.Header{"X-Secret": {"header"}}}.response(), nil
			case n == 2:
				return nil, io.ErrUnexpectedEOF
			case n == 3:
				return reply{status: 503}.response(), nil
			}
			return aliasList.response(), nil
		}))
		want(t, errOf(create(t, client)), "-", 0)
		want := []struct {
			operation       string
			status, attempt float64
			id, err         string
		}{{creating, 429, 1, "req-1", "rate limited"}, {creating, 0, 2, "", "no response"}, {listing, 503, 1, "req-1", "server error"}, {listing, 200, 1, "req-1", ""}}
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		if len(lines) != len(want) {
			t.Fatalf("%d records: %s", len(lines), out.String())
		}
		for i, line := range lines {
			var got map[string]any
			if err := json.Unmarshal([]byte(line), &got); err != nil {
				t.Fatal(err)
			}
			if got["level"] != "DEBUG" || got["operation"] != want[i].operation || got["status"] != want[i].status ||
				got["attempt"] != want[i].attempt || got["duration"] != float64(time.Second) || got["request_id"] != want[i].id ||
				!strings.Contains(fmt.Sprint(got["error"]), want[i].err) || (got["error"] == nil) != (want[i].err == "") || len(got) > 9 {
				t.Errorf("record %d: %s", i, line)
			}
		}
	})
	// Above Debug nothing is written.
	var out bytes.Buffer
	srv := serve(t, reply{status: 403}, emptyList)
	create(t, clientOf(t, srv.URL, api.WithLogger(slog.New(slog.NewTextHandler(&out, nil)))))
	if out.Len() != 0 {
		t.Errorf("logged %s", out.String())
	}
}

// What Generated returns is the caller's to change; what its requests mean is in
// TestOutcomesOfGenerated.
func TestGenerated(t *testing.T) {
	srv := serve(t, reply{201, alias(), http.Header{"Content-Type": {"application/json"}}}, reply{status: 503, body: `{"detail":"busy"}`})
	client := clientOf(t, srv.URL)
	mine := client.Generated()
	_, err := mine.ListJobSecretsWithResponse(t.Context(), aJob)
	if e := want(t, err, "Server", 503); e.Operation != listing || e.Detail != "busy" || e.RequestID != "req-1" || srv.lists.Load() != 4 {
		t.Errorf("%d lists, %v", srv.lists.Load(), err)
	}
	resp, err := mine.CreateJobSecretAliasWithResponse(t.Context(), aJob, aSecret, api.AliasRequest{Key: aKey})
	if err != nil || resp.JSON201 == nil || resp.JSON201.ID != anAlias || resp.Status() != "201 Created" || len(resp.Body) != len(alias()) ||
		resp.HTTPResponse.Header.Get("X-Request-Id") != "req-1" {
		t.Errorf("got %+v, %v", resp, err)
	}
	changed := mine.ClientInterface
	mine.ClientInterface = nil
	reflect.ValueOf(changed).Elem().FieldByName("Server").SetString("https://elsewhere.invalid/")
	reflect.ValueOf(changed).Elem().FieldByName("Client").SetZero()
	if _, err := create(t, client); err != nil || client.Generated().ClientInterface == nil {
		t.Errorf("after changing a generated client: %v", err)
	}
}
