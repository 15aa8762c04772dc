package api_test

// Tokens: where they come from, how they are sent, and to whom.

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/generated"
)

const jwt = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmVk"

// authorizations is what a create that meets steps, and all that follows it, is signed with.
func authorizations(t *testing.T, auth api.Auth, steps ...happening) (all []string) {
	t.Helper()
	client := clientWith(t, auth, api.WithBaseURL(nowhere), over(func(r *http.Request) (*http.Response, error) {
		all = append(all, strings.Join(r.Header.Values("Authorization"), ", "))
		if r.Method == "GET" {
			return aliasList.response(), nil
		}
		return steps[min(len(all), len(steps))-1](nil, r)
	}))
	want(t, errOf(create(t, client)), "-", 0)
	return all
}

func TestSchemes(t *testing.T) {
	all := "!\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~"
	for want, auth := range map[string]api.Auth{
		"Token qov_1": api.APIToken(" \tqov_1\r\n"), "Token qov_2": *tokens("qov_2\n", nil), "Bearer " + jwt: api.BearerToken(jwt),
		"Bearer opaque": api.BearerToken("opaque"), "Bearer x.y.z": api.BearerTokenSource(func(context.Context) (string, error) { return "x.y.z\n", nil }), "Token " + all: api.APIToken(all),
		"Token Tokenized": api.APIToken("Tokenized"), "Token " + jwt: api.APIToken(jwt),
	} {
		if got := authorizations(t, auth, answered(201, alias())); len(got) != 1 || got[0] != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := authorizations(t, api.APIToken("qov_1"), answered(502, "")); len(got) != 2 || got[1] != "Token qov_1" {
		t.Errorf("settling: got %q", got)
	}
}

// A bad token is found before anything is sent, and told from a bad option; so is what
// shells leave of one. It may be a secret all the same, and is not repeated. What
// is bad is in the tests of internal/token.
func TestBadTokens(t *testing.T) {
	all := map[string]api.Auth{"zero": {}, "no source": api.BearerTokenSource(nil), "no API token source": api.APITokenSource(nil)}
	for _, token := range []string{"", " \n\t ", password + " " + password, password + "\n" + password, "\x00" + password, password + "é",
		password + "\u200b", "Bearer " + password, "token " + password, "Bearer\t" + password, "Basic " + password, `"` + password + `"`,
		password + "\r\nX-Injected: 1", "QOVERY_API_TOKEN=" + password, "${QOVERY_CLI_ACCESS_TOKEN}", "********" + password} {
		all[fmt.Sprintf("APIToken %q", token)], all[fmt.Sprintf("BearerToken %q", token)] = api.APIToken(token), api.BearerToken(token)
		if !strings.Contains(token, "\x00") { // which no variable can contain
			t.Setenv("QOVERY_API_TOKEN", token)
			_, err := api.AuthFromEnv()
			noLeakInError(t, "AuthFromEnv", password, err)
		}
		for _, failed := range []error{nil, errWhy} {
			source := api.BearerTokenSource(func(context.Context) (string, error) { return token, failed })
			_, err := create(t, clientWith(t, source, api.WithBaseURL(nowhere)))
			if failure(t, err, creating); sentinels(err) != "NotSent" || failed != nil && !errors.Is(err, failed) {
				t.Errorf("source of %q: %v", token, err)
			}
			noLeakInError(t, "BearerTokenSource", password, err)
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
		if noLeakInError(t, name+", editor", password, err); sentinels(err) != "NotSent Invalid" || len(r.Header) != 0 {
			t.Errorf("%s, editor: %v, %v", name, err, r.Header)
		}
	}
}

func TestAuthFromEnv(t *testing.T) {
	const first, second, third = "QOVERY_API_TOKEN", "QOVERY_CLI_ACCESS_TOKEN", "Q_CLI_ACCESS_TOKEN"
	for name, c := range map[string]struct {
		env  map[string]string
		want string // empty: an error
	}{
		"first":                  {map[string]string{first: "a"}, "Token a"},
		"first, always a Token":  {map[string]string{first: jwt}, "Token " + jwt},
		"first wins":             {map[string]string{first: "a", second: "b", third: "c"}, "Token a"},
		"second":                 {map[string]string{second: "b"}, "Token b"},
		"second wins":            {map[string]string{second: "b", third: "c"}, "Token b"},
		"second, JWT":            {map[string]string{second: jwt}, "Bearer " + jwt},
		"second, JWT and space":  {map[string]string{second: " " + jwt + "\n"}, "Bearer " + jwt},
		"third":                  {map[string]string{third: "c"}, "Token c"},
		"third, JWT":             {map[string]string{third: jwt}, "Bearer " + jwt},
		"empty counts as unset":  {map[string]string{first: "", second: "", third: "c"}, "Token c"},
		"two parts":              {map[string]string{second: "e30.e30"}, "Token e30.e30"},
		"none":                   {nil, ""},
		"first malformed":        {map[string]string{first: "a b", second: "b"}, ""},
		"second with its scheme": {map[string]string{second: "Bearer " + jwt}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			for _, variable := range []string{first, second, third} {
				t.Setenv(variable, c.env[variable])
			}
			auth, err := api.AuthFromEnv()
			if c.want == "" {
				if sentinels(err) != "Invalid" || !strings.Contains(err.Error(), "QOVERY_") {
					t.Errorf("got %v", err)
				}
				if _, err := api.NewClient(auth); sentinels(err) != "Invalid" {
					t.Errorf("the Auth beside an error: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			// Later changes of the environment change nothing.
			t.Setenv(first, "changed")
			r := httptest.NewRequest("GET", "https://qovery.invalid/", nil)
			if err := auth.RequestEditor()(t.Context(), r); err != nil || r.Header.Get("Authorization") != c.want {
				t.Errorf("got %q, %v", r.Header.Get("Authorization"), err)
			}
		})
	}
}

// A token expires: the source is asked again before every attempt, with its context.
func TestSourceIsAskedBeforeEveryAttempt(t *testing.T) {
	asked := 0
	source := api.BearerTokenSource(func(ctx context.Context) (string, error) {
		if _, limited := ctx.Deadline(); !limited {
			t.Error("the context of the attempt has no deadline")
		}
		asked++
		return fmt.Sprint("jwt-", asked), nil
	})
	if got := authorizations(t, source, answered(429, ""), answered(429, ""), answered(502, "")); fmt.Sprint(got) != "[Bearer jwt-1 Bearer jwt-2 Bearer jwt-3 Bearer jwt-4]" {
		t.Errorf("got %q", got)
	}
}

// The editor makes the generated client usable alone, and keeps the token off wires
// that others can read.
func TestRequestEditor(t *testing.T) {
	fx := newFixture(t)
	client, err := generated.NewClientWithResponses(fx.srv.URL(), generated.WithRequestEditorFn(api.APIToken(fx.srv.Token()).RequestEditor()))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.CreateJobSecretAliasWithResponse(t.Context(), fx.job, fx.secret, api.AliasRequest{Key: aKey})
	if err != nil || resp.JSON201 == nil || resp.JSON201.Key != aKey {
		t.Errorf("got %v, %v", resp, err)
	}
	edit := api.APIToken(plantedToken).RequestEditor()
	for target, ok := range map[string]bool{ // more of them are in TestBaseURL
		"https://api.qovery.com/": true, "http://127.0.0.1:80/": true, "http://[::1]/": true, "http://localhost/": true,
		"http://LocalHost/":      false, // which net/http sends to HTTP_PROXY
		"http://api.qovery.com/": false, "http://localhost.example.com/": false, "http://0.0.0.0/": false, "ftp://localhost/": false,
	} {
		r := httptest.NewRequest("GET", target, nil)
		err := edit(t.Context(), r)
		if (err == nil) != ok || !ok && !errors.Is(err, api.ErrNotSent) || (r.Header.Get("Authorization") != "") != ok {
			t.Errorf("%s: %v", target, err)
		}
	}
	// An editor set before it cannot smuggle in a second token.
	r := httptest.NewRequest("GET", "https://api.qovery.com/", nil)
	r.Header.Set("Authorization", "Token other")
	if err := edit(t.Context(), r); err != nil || strings.Join(r.Header.Values("Authorization"), ",") != "Token "+plantedToken {
		t.Errorf("got %q, %v", r.Header.Values("Authorization"), err)
	}
	if err := tokens("", errWhy).RequestEditor()(t.Context(), r); sentinels(err) != "NotSent" || !errors.Is(err, errWhy) {
		t.Errorf("got %v", err)
	}
}

// Editors of the generated client come after the base URL was checked. One that sends the
// request elsewhere must not take the token along.
func TestEditedRequests(t *testing.T) {
	host := strings.TrimPrefix(rawServer(t, func(*net.TCPConn) { t.Error("arrived elsewhere") }), "http://")
	const elsewhere = "another host"
	for name, c := range map[string]struct {
		edit func(*http.Request)
		says string // "": it is sent
	}{
		"host":             {func(r *http.Request) { r.URL.Host = host }, elsewhere},
		"host by name":     {func(r *http.Request) { r.URL.Host = strings.Replace(r.URL.Host, "127.0.0.1", "localhost", 1) }, elsewhere},
		"port":             {func(r *http.Request) { r.URL.Host = "127.0.0.1" + host[strings.LastIndex(host, ":"):] }, elsewhere},
		"no port":          {func(r *http.Request) { r.URL.Host = "127.0.0.1" }, elsewhere},
		"no host":          {func(r *http.Request) { r.URL.Host = "" }, elsewhere},
		"scheme":           {func(r *http.Request) { r.URL.Scheme = "https" }, elsewhere},
		"scheme, case":     {func(r *http.Request) { r.URL.Scheme = "HTTP" }, elsewhere},
		"Host header":      {func(r *http.Request) { r.Host = host }, elsewhere},
		"Host header, URL": {func(r *http.Request) { r.Host, r.URL.Host = host, host }, elsewhere},
		// With it the request line names another host, by which a server may route.
		"opaque URL": {func(r *http.Request) { r.URL.Opaque = "//" + host + r.URL.Path }, elsewhere},
		"whole URL":  {func(r *http.Request) { r.URL, _ = r.URL.Parse("//" + host + "/x") }, elsewhere},
		// What net/http refuses by itself has not been sent either.
		"a header of two lines": {func(r *http.Request) { r.Header["X-Bad"] = []string{"a\nb"} }, "X-Bad"},
		"nothing":               {func(*http.Request) {}, ""},
		"a header":              {func(r *http.Request) { r.Header.Set("X-Trace", "1") }, ""},
		"a Host field":          {func(r *http.Request) { r.Header.Set("Host", host) }, ""}, // which net/http does not send
		"the same Host":         {func(r *http.Request) { r.Host = r.URL.Host }, ""},
		"no Host":               {func(r *http.Request) { r.Host = "" }, ""},
		"a token of its own":    {func(r *http.Request) { r.Header.Set("Authorization", "Token other") }, ""},
		// net/http takes either for leave to send a POST twice.
		"an idempotency key": {func(r *http.Request) { r.Header.Set("Idempotency-Key", "1"); r.Header.Set("X-Idempotency-Key", "1") }, ""},
	} {
		var got *http.Request
		srv := serve(t, seen(func(r *http.Request) { got = r }), emptyList)
		_, err := clientOf(t, srv.URL).Generated().CreateJobSecretAliasWithResponse(t.Context(), aJob, aSecret, api.AliasRequest{Key: aKey},
			func(_ context.Context, r *http.Request) error { c.edit(r); return nil })
		if c.says != "" {
			if sentinels(err) != "NotSent" || got != nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: %v", name, err)
			}
		} else if err != nil || "http://"+got.Host != srv.URL || strings.Join(got.Header.Values("Authorization"), ",") != "Token "+plantedToken ||
			got.Header.Get("Idempotency-Key")+got.Header.Get("X-Idempotency-Key") != "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
