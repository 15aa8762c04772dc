package api_test

// Tokens: where they come from, how they are sent, and to whom.

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
	"github.com/qovery-alias/qovery-alias-go/generated"
)

const jwt = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmVk"

// authorizations is what arrives of a create and all that follows it.
func authorizations(t *testing.T, auth api.Auth, create http.Handler) (all []string) {
	t.Helper()
	var mu sync.Mutex
	record := func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			all = append(all, strings.Join(r.Header.Values("Authorization"), ", "))
			mu.Unlock()
			h.ServeHTTP(w, r)
		})
	}
	srv := serve(t, record(create), record(aliasList))
	client, err := api.NewClient(auth, api.WithBaseURL(srv.URL), atOnce)
	if err != nil {
		t.Fatal(err)
	}
	defer client.CloseIdleConnections()
	if _, err := client.CreateJobSecretAlias(t.Context(), aJob, aSecret, api.AliasRequest{Key: aKey}); err != nil {
		t.Error(err)
	}
	return all
}

func TestSchemes(t *testing.T) {
	created := answer{status: 201, body: alias()}
	for name, c := range map[string]struct {
		auth api.Auth
		want string
	}{
		"API token":       {api.APIToken("qov_1"), "Token qov_1"},
		"bearer":          {api.BearerToken(jwt), "Bearer " + jwt},
		"source":          {api.BearerTokenSource(func(context.Context) (string, error) { return jwt, nil }), "Bearer " + jwt},
		"trimmed":         {api.APIToken(" \tqov_1\r\n"), "Token qov_1"},
		"source, trimmed": {api.BearerTokenSource(func(context.Context) (string, error) { return jwt + "\n", nil }), "Bearer " + jwt},
		"all characters":  {api.APIToken("!\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~"), "Token !\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~"},
		"bearer that is no JWT, which only the server can judge": {api.BearerToken("opaque"), "Bearer opaque"},
		"a token that begins like a prefix":                      {api.APIToken("Tokenized"), "Token Tokenized"},
	} {
		if got := authorizations(t, c.auth, created); len(got) != 1 || got[0] != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
	if got := authorizations(t, api.APIToken("qov_1"), answer{status: 502}); len(got) != 2 || got[1] != "Token qov_1" {
		t.Errorf("settling: got %q", got)
	}
}

// A bad token is found before anything is sent, and told from a bad option.
func TestBadTokens(t *testing.T) {
	for name, token := range map[string]string{
		"empty": "", "blank": " \n\t ", "two words": "a b", "two lines": "a\nb", "NUL": "a\x00b", "DEL": "a\x7f",
		"accent": "é", "zero-width space": "a\u200b", "no-break space inside": "a\u00a0b", "not UTF-8": "a\xff",
		"Bearer prefix": "Bearer abc", "bearer prefix": "bearer abc", "Token prefix": "Token abc", "TOKEN prefix": "TOKEN abc",
		"prefix after space": "  Token abc", "prefix alone": "Bearer", "header": "Authorization: Token abc",
		"carriage return": "abc\r\nX-Injected: 1",
	} {
		for kind, auth := range map[string]api.Auth{"APIToken": api.APIToken(token), "BearerToken": api.BearerToken(token)} {
			client, err := api.NewClient(auth)
			if client != nil || matched(err) != "ErrInvalidRequest" || !strings.Contains(err.Error(), "token") {
				t.Errorf("%s, %s: %v", kind, name, err)
			}
			r := httptest.NewRequest("GET", "https://qovery.invalid/", nil)
			if err := auth.RequestEditor()(t.Context(), r); !errors.Is(err, api.ErrNotSent) || !errors.Is(err, api.ErrInvalidRequest) || len(r.Header) != 0 {
				t.Errorf("%s, %s, editor: %v, %v", kind, name, err, r.Header)
			}
		}
	}
	for name, auth := range map[string]api.Auth{"zero": {}, "no source": api.BearerTokenSource(nil)} {
		if _, err := api.NewClient(auth); matched(err) != "ErrInvalidRequest" || !strings.Contains(err.Error(), "token") {
			t.Errorf("%s: %v", name, err)
		}
		if err := auth.RequestEditor()(t.Context(), httptest.NewRequest("GET", "https://qovery.invalid/", nil)); !errors.Is(err, api.ErrNotSent) {
			t.Errorf("%s, editor: %v", name, err)
		}
	}
}

func TestAuthFromEnv(t *testing.T) {
	const first, second, third = "QOVERY_API_TOKEN", "QOVERY_CLI_ACCESS_TOKEN", "Q_CLI_ACCESS_TOKEN"
	encode := base64.RawURLEncoding.EncodeToString
	padded := base64.URLEncoding.EncodeToString([]byte(`{"alg":"x"}`)) + ".e30.e30"
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
		"four parts":             {map[string]string{second: jwt + ".e30"}, "Token " + jwt + ".e30"},
		"an empty part":          {map[string]string{second: "e30.e30."}, "Token e30.e30."},
		"first part no JSON":     {map[string]string{second: encode([]byte("x")) + ".e30.e30"}, "Token " + encode([]byte("x")) + ".e30.e30"},
		"first part no object":   {map[string]string{second: encode([]byte("[]")) + ".e30.e30"}, "Token " + encode([]byte("[]")) + ".e30.e30"},
		"first part null":        {map[string]string{second: encode([]byte("null")) + ".e30.e30"}, "Token " + encode([]byte("null")) + ".e30.e30"},
		"padded base64":          {map[string]string{second: padded}, "Token " + padded},
		"standard base64":        {map[string]string{second: "e30.e30.+/+/"}, "Token e30.e30.+/+/"},
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
				if matched(err) != "ErrInvalidRequest" || !strings.Contains(err.Error(), "QOVERY_") {
					t.Errorf("got %v", err)
				}
				if _, err := api.NewClient(auth); matched(err) != "ErrInvalidRequest" {
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

// A JWT expires: the source is asked again before every attempt.
func TestSourceIsAskedBeforeEveryAttempt(t *testing.T) {
	asked := 0
	source := api.BearerTokenSource(func(ctx context.Context) (string, error) {
		if _, limited := ctx.Deadline(); !limited {
			t.Error("the context of the attempt has no deadline")
		}
		asked++
		return fmt.Sprint("jwt-", asked), nil
	})
	tries := 0
	got := authorizations(t, source, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if tries++; tries < 3 {
			answer{status: 429}.ServeHTTP(w, r)
			return
		}
		answer{status: 502}.ServeHTTP(w, r)
	}))
	if fmt.Sprint(got) != "[Bearer jwt-1 Bearer jwt-2 Bearer jwt-3 Bearer jwt-4]" {
		t.Errorf("got %q", got)
	}
}

// Nothing is sent without a token. But if an attempt before may have been processed,
// a source that fails now does not make that undone.
func TestSourceFails(t *testing.T) {
	for name, c := range map[string]struct {
		first       int // the answer while there is a token
		token       string
		err         error
		create      string
		list        string
		createCause bool
	}{
		"at once":               {0, "", io.ErrClosedPipe, "ErrNotSent", "ErrNotSent", true},
		"at once, empty token":  {0, " ", nil, "ErrNotSent", "ErrNotSent", false},
		"at once, rubbish":      {0, "a b", nil, "ErrNotSent", "ErrNotSent", false},
		"on the retry of a 429": {429, "", io.ErrClosedPipe, "ErrRateLimited", "ErrRateLimited", true},
		"on the retry of a 503": {503, "", io.ErrClosedPipe, "ErrOutcomeUnknown ErrServer", "ErrServer", false},
	} {
		t.Run(name, func(t *testing.T) {
			for _, operation := range []string{creating, listing} {
				asked := 0
				auth := api.BearerTokenSource(func(context.Context) (string, error) {
					if asked++; asked == 1 && c.first != 0 {
						return jwt, nil
					}
					return c.token, c.err
				})
				srv := serve(t, answer{status: c.first}, answer{status: c.first})
				client, err := api.NewClient(auth, api.WithBaseURL(srv.URL), atOnce)
				if err != nil {
					t.Fatal(err)
				}
				defer client.CloseIdleConnections()
				want := c.create
				if operation == creating {
					_, err = create(t, client)
				} else {
					want = c.list
					_, err = client.ListJobSecrets(t.Context(), aJob)
				}
				if e := failure(t, err, operation); matched(err) != want || e.StatusCode != c.first {
					t.Errorf("%s: %v", operation, err)
				}
				if (operation == listing || c.createCause) && c.err != nil && !errors.Is(err, c.err) {
					t.Errorf("%s: the cause is lost: %v", operation, err)
				}
				if asks := map[bool]int{true: 1, false: 2}[c.first == 0]; operation == listing && asked != asks {
					t.Errorf("the source was asked %d times", asked)
				}
				if n := srv.creates.Load() + srv.lists.Load(); c.first == 0 && n != 0 || n > 1 {
					t.Errorf("%s: %d requests", operation, n)
				}
			}
		})
	}
}

// What net/http refuses by itself has not been sent either.
func TestRefusedByNetHTTP(t *testing.T) {
	srv := serve(t, answer{status: 201, body: alias()}, emptyList)
	_, err := clientOf(t, srv.URL).Generated().CreateJobSecretAliasWithResponse(t.Context(), aJob, aSecret, api.AliasRequest{Key: aKey},
		func(_ context.Context, r *http.Request) error { r.Header["X-Bad"] = []string{"a\nb"}; return nil })
	if failure(t, err, creating); matched(err) != "ErrNotSent" || srv.creates.Load() != 0 {
		t.Errorf("%d creates, %v", srv.creates.Load(), err)
	}
}

// The editor makes the generated client usable alone, and keeps the token off wires
// that others can read.
func TestRequestEditor(t *testing.T) {
	fake := apitest.Start(t)
	job := fake.AddJob("nightly")
	secret := fake.AddSecret(job, "DB", api.VariableScopeProject)
	client, err := generated.NewClientWithResponses(fake.URL(), generated.WithRequestEditorFn(api.APIToken(fake.Token()).RequestEditor()))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.CreateJobSecretAliasWithResponse(t.Context(), job, secret, api.AliasRequest{Key: aKey})
	if err != nil || resp.JSON201 == nil || resp.JSON201.Key != aKey {
		t.Errorf("got %v, %v", resp, err)
	}

	edit := api.APIToken(plantedToken).RequestEditor()
	for target, ok := range map[string]bool{
		"https://api.qovery.com/": true, "http://127.0.0.1:80/": true, "http://[::1]/": true, "http://localhost/": true,
		"http://127.1.2.3/": true, "http://[::ffff:127.0.0.1]/": true,
		"http://LocalHost/":      false, // which net/http sends to HTTP_PROXY
		"http://api.qovery.com/": false, "http://10.0.0.1/": false, "http://localhost.example.com/": false,
		"http://127.0.0.1.example.com/": false, "http://0.0.0.0/": false, "http://[::]/": false, "http://2130706433/": false,
		"http://127.1/": false, "ftp://localhost/": false, "http://192.168.1.1/": false, "http://[fe80::1]/": false,
	} {
		r, err := http.NewRequest("GET", target, nil)
		if err != nil {
			t.Fatal(err)
		}
		err = edit(t.Context(), r)
		if (err == nil) != ok || !ok && !errors.Is(err, api.ErrNotSent) || (r.Header.Get("Authorization") != "") != ok {
			t.Errorf("%s: %v", target, err)
		}
	}
	// The generated client passes the refusal on and sends nothing.
	refused, err := generated.NewClientWithResponses("http://api.qovery.com", generated.WithRequestEditorFn(edit),
		generated.WithHTTPClient(&http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
			t.Error("sent")
			return nil, io.EOF
		})}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := refused.ListJobSecretsWithResponse(t.Context(), job); !errors.Is(err, api.ErrNotSent) {
		t.Errorf("got %v", err)
	}
	// An editor set before it cannot smuggle in a second token.
	r := httptest.NewRequest("GET", "https://api.qovery.com/", nil)
	r.Header.Set("Authorization", "Token other")
	if err := edit(t.Context(), r); err != nil || strings.Join(r.Header.Values("Authorization"), ",") != "Token "+plantedToken {
		t.Errorf("got %q, %v", r.Header.Values("Authorization"), err)
	}
	cause := errors.New("no network")
	failing := api.BearerTokenSource(func(context.Context) (string, error) { return "", cause }).RequestEditor()
	if err := failing(t.Context(), r); !errors.Is(err, api.ErrNotSent) || !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
}

// Editors of the generated client come after the base URL was checked. One that
// sends the request elsewhere must not take the token along.
func TestTokenStaysWithItsHost(t *testing.T) {
	elsewhere := quiet(httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("arrived elsewhere, with %v", r.Header)
	})))
	elsewhere.Start()
	defer elsewhere.Close()
	host := strings.TrimPrefix(elsewhere.URL, "http://")
	for name, edit := range map[string]func(*http.Request){
		"host":             func(r *http.Request) { r.URL.Host = host },
		"host by name":     func(r *http.Request) { r.URL.Host = strings.Replace(r.URL.Host, "127.0.0.1", "localhost", 1) },
		"port":             func(r *http.Request) { r.URL.Host = "127.0.0.1" + host[strings.LastIndex(host, ":"):] },
		"no port":          func(r *http.Request) { r.URL.Host = "127.0.0.1" },
		"no host":          func(r *http.Request) { r.URL.Host = "" },
		"scheme":           func(r *http.Request) { r.URL.Scheme = "https" },
		"scheme, case":     func(r *http.Request) { r.URL.Scheme = "HTTP" },
		"Host header":      func(r *http.Request) { r.Host = host },
		"Host header, URL": func(r *http.Request) { r.Host, r.URL.Host = host, host },
		// With it the request line names another host, by which a server may route.
		"opaque URL": func(r *http.Request) { r.URL.Opaque = "//" + host + r.URL.Path },
		"whole URL":  func(r *http.Request) { r.URL, _ = r.URL.Parse("//" + host + "/x") },
	} {
		srv := serve(t, answer{status: 201, body: alias()}, emptyList)
		_, err := clientOf(t, srv.URL).Generated().CreateJobSecretAliasWithResponse(t.Context(), aJob, aSecret, api.AliasRequest{Key: aKey},
			func(_ context.Context, r *http.Request) error { edit(r); return nil })
		var e *api.Error
		if matched(err) != "ErrNotSent" || !errors.As(err, &e) || srv.creates.Load() != 0 || !strings.Contains(err.Error(), "another host") {
			t.Errorf("%s: %d creates, %v", name, srv.creates.Load(), err)
		}
	}
	for name, edit := range map[string]func(*http.Request){
		"nothing":            func(*http.Request) {},
		"a header":           func(r *http.Request) { r.Header.Set("X-Trace", "1") },
		"a Host field":       func(r *http.Request) { r.Header.Set("Host", host) }, // which net/http does not send
		"the same Host":      func(r *http.Request) { r.Host = r.URL.Host },
		"no Host":            func(r *http.Request) { r.Host = "" },
		"a token of its own": func(r *http.Request) { r.Header.Set("Authorization", "Token other") },
	} {
		var got *http.Request
		srv := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			got = r
			answer{status: 201, body: alias()}.ServeHTTP(w, r)
		}), emptyList)
		_, err := clientOf(t, srv.URL).Generated().CreateJobSecretAliasWithResponse(t.Context(), aJob, aSecret, api.AliasRequest{Key: aKey},
			func(_ context.Context, r *http.Request) error { edit(r); return nil })
		if err != nil || got == nil || "http://"+got.Host != srv.URL || strings.Join(got.Header.Values("Authorization"), ",") != "Token "+plantedToken {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// net/http takes either header for leave to send a POST twice.
func TestNoIdempotencyKey(t *testing.T) {
	srv := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name := range r.Header {
			if strings.Contains(name, "Idempotency") {
				t.Errorf("sent %s", name)
			}
		}
		answer{status: 201, body: alias()}.ServeHTTP(w, r)
	}), emptyList)
	_, err := clientOf(t, srv.URL).Generated().CreateJobSecretAliasWithResponse(t.Context(), aJob, aSecret, api.AliasRequest{Key: aKey},
		func(_ context.Context, r *http.Request) error {
			r.Header.Set("Idempotency-Key", "1")
			r.Header.Set("X-Idempotency-Key", "1")
			return nil
		})
	if err != nil || srv.creates.Load() != 1 {
		t.Errorf("%d creates, %v", srv.creates.Load(), err)
	}
}
