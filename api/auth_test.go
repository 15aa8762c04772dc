package api_test

// Tokens: where they come from, how they are sent, and to whom.

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/qovery-alias/qovery-alias-go/api"
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
		{[3]string{"", " " + jwt + "\n"}, "Bearer " + jwt}, {[3]string{"", jwt}, "Bearer " + jwt},
		{[3]string{"", "", jwt}, "Bearer " + jwt}, {[3]string{"", "e30.e30"}, "Token e30.e30"},
		{[3]string{}, ""}, {[3]string{"a b", "b"}, ""}, {[3]string{"", "Bearer " + jwt}, ""},
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
		"host":             {func(r *http.Request) { r.URL.Host = elsewhere }, refused},
		"port":             {func(r *http.Request) { r.URL.Host += ":1" }, refused},
		"no host":          {func(r *http.Request) { r.URL.Host = "" }, refused},
		"scheme":           {func(r *http.Request) { r.URL.Scheme = "http" }, refused},
		"scheme, case":     {func(r *http.Request) { r.URL.Scheme = "HTTPS" }, refused},
		"Host header":      {func(r *http.Request) { r.Host = elsewhere }, refused},
		"Host header, URL": {func(r *http.Request) { r.Host, r.URL.Host = elsewhere, elsewhere }, refused},
		// With it the request line names another host, by which a server may route.
		"opaque URL":         {func(r *http.Request) { r.URL.Opaque = "//" + elsewhere + r.URL.Path }, refused},
		"nothing":            {func(*http.Request) {}, ""},
		"a Host field":       {func(r *http.Request) { r.Header.Set("Host", elsewhere) }, ""}, // which is not sent
		"no Host":            {func(r *http.Request) { r.Host = "" }, ""},
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
