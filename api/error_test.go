package api_test

// What an error says, and what it can be asked; and input that is wrong.

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
)

// Users test their own code with errors that they make themselves.
func TestErrorOfTheCaller(t *testing.T) {
	for kind, c := range map[string]struct {
		matches string
		codes   []int
	}{
		"": {"", []int{0, 200, 204}}, "invalid_request": {"Invalid", []int{400, 405, 410, 422, 499}},
		"unauthorized": {"Unauthorized", []int{401}}, "forbidden": {"Forbidden", []int{403}},
		"not_found": {"NotFound", []int{404}}, "conflict": {"Conflict", []int{409}},
		"rate_limited":        {"RateLimited", []int{429}},
		"server_error":        {"Server", []int{408, 500, 501, 503, 599}},
		"unexpected_response": {"Unexpected", []int{-1, 99, 101, 300, 302, 308, 600, 999}},
	} {
		for _, code := range c.codes {
			e := &api.Error{StatusCode: code}
			for _, err := range []error{e, fmt.Errorf("deploy: %w", e), errors.Join(io.EOF, e)} {
				if got := sentinels(err); got != c.matches || e.Kind() != kind {
					t.Errorf("%d: %T matches %q, want %q; kind %q", code, err, got, c.matches, e.Kind())
				}
			}
		}
	}
	for kind, e := range map[string]*api.Error{ // the first that matches counts
		"outcome_unknown": {StatusCode: 502, Err: errors.Join(api.ErrOutcomeUnknown, api.ErrNotSent, io.EOF)},
		"not_sent":        {StatusCode: 401, Err: errors.Join(api.ErrNotSent, io.EOF)},
		"server_error":    {StatusCode: 502, Err: errors.Join(api.ErrNoResponse, io.EOF)},
		"no_response":     {Err: errors.Join(api.ErrNoResponse, io.EOF)},
		"not_found":       {StatusCode: 410, Operation: deleting, Err: io.EOF},
	} {
		if e.Kind() != kind || !errors.Is(e, io.EOF) || errors.Is(e, nil) || errors.Unwrap(e) != e.Err {
			t.Errorf("%v is of kind %q, want %q", e, e.Kind(), kind)
		}
	}
	e := &api.Error{StatusCode: 404}
	if errors.Is(e, &api.Error{StatusCode: 404}) || errors.Is(e, listError{"x"}) || errors.Unwrap(e) != nil {
		t.Error("matches what is no sentinel")
	}
}

// listError cannot be compared: == on it panics.
type listError []string

func (listError) Error() string { return "several" }

func TestErrorText(t *testing.T) {
	long := strings.Repeat("much too long ", 10000)
	for _, c := range []struct {
		err  api.Error
		want string // or its end, where it begins with …
	}{
		{api.Error{}, ""},
		{api.Error{StatusCode: 404}, "not found: Not Found (status 404)"},
		{api.Error{StatusCode: 777}, "unexpected response (status 777)"},
		{api.Error{Operation: creating, StatusCode: 404, Detail: "no job", RequestID: "r1"},
			"createJobSecretAlias: not found: no job (status 404, request id r1)"},
		{api.Error{Operation: creating, Err: io.EOF}, "createJobSecretAlias: EOF"},
		{api.Error{Operation: creating, StatusCode: 500, Detail: "x", Err: io.EOF},
			"createJobSecretAlias: EOF: x (status 500)"},
		{api.Error{Detail: "two\nlines\x1b[31m \u202egnp.exe"}, "two lines[31m gnp.exe"},
		{api.Error{Err: errors.New("two\r\nlines\x00")}, "two lines"},
		{api.Error{Err: listError{"x"}, StatusCode: 404}, "several (status 404)"},
		{api.Error{StatusCode: 409, Existing: new(api.Secret), Body: []byte("SECRET"), RetryAfter: time.Hour},
			"conflict: Conflict (status 409)"},
		{api.Error{StatusCode: 500, RequestID: "r1", Detail: long}, "… (status 500, request id r1)"},
		{api.Error{StatusCode: 500, RequestID: "r1\n\x1b[0m", Operation: long, Err: errors.New(long)},
			"… (status 500, request id r1 [0m)"},
	} {
		got := c.err.Error()
		end, cut := strings.CutPrefix(c.want, "…")
		if got != c.want && !cut || !strings.HasSuffix(got, end) || len(got) > 4096 || !printable(got) {
			t.Errorf("got  %.300s\nwant %s", got, c.want)
		}
	}
}

// printable reports whether nothing in s moves a cursor or reorders text.
func printable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r != ' ' && unicode.IsSpace(r)
	})
}

// The server's words are found wherever Qovery, its past versions or a proxy put them.
func TestErrorBodies(t *testing.T) {
	for body, want := range map[string]string{
		`{"status":400,"detail":"d"}`: "d", `{"error":"e"}`: "e",
		`{"error":"invalid_token","error_description":"expired"}`: "expired",
		`{"title":"t","type":"about:blank"}`:                      "t",
		`{"title":"t","error":"e","message":"m","detail":"d"}`:    "d",
		`{"detail":"","message":"m"}`:                             "m", `{"detail":" \n ","message":"m"}`: "m",
		`{"detail":["x"],"message":"m"}`: "m", `{"detail":"\u00e9\ud83d\ude00"}`: "é😀",
		`{"code":7}`: `{"code":7}`, `{"error":{"code":7}}`: `{"error":{"code":7}}`, `"just this"`: `"just this"`,
		``: ``, "upstream\n  connect\terror": "upstream connect error", `{"detail":"no suc`: `{"detail":"no suc`,
		page: "Bad gateway & more", "<HTML><TITLE lang=en>503</TITLE>": "503",
		"  <html><body>oops": "an HTML page", "<html><title>Bad gat": "Bad gat", "\ufeffoops": "oops",
		"caf\xe9 \xff\xfe": "caf\ufffd \ufffd\ufffd",
		`{"detail":"a\u0000b\u001b[2Jc\u0007d\u009be\u007f"}`: "ab[2Jcde",
		`{"detail":"user\u202e\u2066txt\u2069.exe\u200f"}`:    "usertxt.exe", "a\u200bb\u200dc\u2060d": "abcd",
		`{"detail":"` + strings.Repeat("日本", 300) + `"}`: strings.Repeat("日本", 256),
		strings.Repeat("é", 512):                         strings.Repeat("é", 512),
		strings.Repeat("x", 5000):                        strings.Repeat("x", 512),
	} {
		e := refusal(t, reply{status: 400, body: body})
		if sentinels(e) != "Invalid" || e.Detail != want || string(e.Body) != body[:min(len(body), 4096)] {
			t.Errorf("%.200s: detail %q, want %q", body, e.Detail, want)
		}
		if text := e.Error(); !printable(text) || !strings.HasSuffix(text, "(status 400, request id req-1)") {
			t.Errorf("%.200s: %s", body, text)
		}
	}
	for want, header := range map[string]http.Header{
		"": {"X-Request-Id": nil}, "c": {"X-Request-Id": {""}, "X-Correlation-Id": {"c"}},
		"a":                      {"X-Request-Id": {"a", "b"}},
		"a\ufffd b":              {"X-Request-Id": {"a\xff\tb\u202e"}},
		strings.Repeat("é", 128): {"X-Request-Id": {strings.Repeat("é", 500)}},
	} {
		if e := refusal(t, reply{404, "", header}); e.RequestID != want {
			t.Errorf("request id %q, want %q", e.RequestID, want)
		}
	}
}

// Wrong input is refused before anything is sent, and the field is named.
func TestWrongInput(t *testing.T) {
	fx := newFixture(t)
	ctx, client, most := t.Context(), fx.api, api.MaxDescriptionLength
	text := func(n int) *string { return api.Ptr(strings.Repeat("é", n)) }
	check := func(says string, errs ...error) {
		t.Helper()
		for i, err := range errs {
			if want(t, err, "Invalid", 0); err != nil && !strings.Contains(err.Error(), says) {
				t.Errorf("%d does not say %s: %v", i, says, err)
			}
		}
	}
	ensure := func(job uuid.UUID, spec api.AliasSpec) []error {
		one, made, err := client.EnsureJobSecretAlias(ctx, job, spec.SecretID, spec.Request)
		got, manyErr := client.EnsureJobSecretAliases(ctx, job, []api.AliasSpec{spec})
		plan, planErr := client.PlanJobSecretAliases(ctx, job, []api.AliasSpec{spec})
		if one != nil || made || got != nil || plan != nil {
			t.Errorf("%v, %t, %v, %v", one, made, got, plan)
		}
		_, createErr := client.CreateJobSecretAlias(ctx, job, spec.SecretID, spec.Request)
		return []error{err, manyErr, planErr, createErr}
	}
	good := api.AliasSpec{SecretID: aSecret, Request: api.AliasRequest{Key: aKey}}
	check("job id: must not be the zero UUID", ensure(uuid.Nil, good)...)
	check("job id: must not be the zero UUID", errOf(client.ListJobSecrets(ctx, uuid.Nil)),
		errOf(client.FindJobSecret(ctx, uuid.Nil, "K")), errOf(client.FindAliasTarget(ctx, uuid.Nil, "K")),
		client.DeleteJobSecretAlias(ctx, uuid.Nil, anAlias))
	check("alias id: must not be the zero UUID", client.DeleteJobSecretAlias(ctx, aJob, uuid.Nil))
	check("secret id: must not be the zero UUID", ensure(aJob, api.AliasSpec{Request: good.Request})...)
	for says, description := range map[string]*string{"description: is not valid UTF-8": api.Ptr("\xff"),
		fmt.Sprintf("description: has %d characters, at most %d are allowed", most+1, most): text(most + 1)} {
		spec := good
		spec.Request.Description = description
		check(says, ensure(aJob, spec)...)
	}
	for _, key := range []string{"", "A\xff", " A", "A\r\n", "A\x1b[31m", "export A1", "A=B", `A"`, "A'", "A`",
		"A\u00a0", "A\u200b1", "A\ufeff", "A\u0085", "A\u00ad"} {
		spec := good
		spec.Request.Key = key
		check("key: ", append(ensure(aJob, spec), errOf(client.FindJobSecret(ctx, aJob, key)),
			errOf(client.FindAliasTarget(ctx, aJob, key)))...)
		spec = api.AliasSpec{SecretKey: key, Request: good.Request}
		check("secret ", errOf(client.EnsureJobSecretAliases(ctx, aJob, []api.AliasSpec{spec})))
	}
	fx.wantSent(0, 0, 0)
	// Keys that differ in case are different, and the limit is one of characters, not of bytes.
	specs := fx.specs(2)
	specs[0].Request.Key = "a-1.b"
	specs[1].Request = api.AliasRequest{Key: "A-1.B", Description: text(most)}
	got, err := client.EnsureJobSecretAliases(ctx, fx.job, specs)
	fx.wantResults(specs, got, err)
	want(t, err, "-", 0)
}

// All wrong specs of a batch are named in one error, and there are no results.
func TestWrongSpecs(t *testing.T) {
	fx := newFixture(t)
	spec := func(secret uuid.UUID, secretKey, key string) api.AliasSpec {
		return api.AliasSpec{SecretID: secret, SecretKey: secretKey, Request: api.AliasRequest{Key: key}}
	}
	specs := []api.AliasSpec{spec(aSecret, "", "GOOD"), spec(uuid.Nil, "", "NONE"), spec(aSecret, "DB", "BOTH"),
		spec(aSecret, "", "GOOD"), spec(uuid.Nil, "DB ", "BLANK"), spec(aSecret, "", "A=B"),
		spec(uuid.Nil, "DB", "GOOD")}
	got, err := fx.api.EnsureJobSecretAliases(t.Context(), fx.job, specs)
	plan, planErr := fx.api.PlanJobSecretAliases(t.Context(), fx.job, specs)
	for _, err := range []error{err, planErr} {
		want(t, err, "Invalid", 0)
		parts := strings.Split(strings.TrimPrefix(err.Error(), creating+": invalid request: aliases"), "; aliases")
		for i, says := range []string{`[1] ("NONE"): secret id: must not be the zero UUID`,
			`[2] ("BOTH"): name the secret by either SecretID or SecretKey`,
			`[3] ("GOOD"): the key is asked for twice`,
			`[4] ("BLANK"): secret key: must not contain ' '`, `[5] ("A=B"): key: must not contain '='`,
			`[6] ("GOOD"): the key is asked for twice`} {
			if len(parts) != 6 || !strings.HasPrefix(parts[i], says) || got != nil || plan != nil {
				t.Errorf("%q does not say %s", parts, says)
			}
		}
	}
	for _, none := range [][]api.AliasSpec{nil, {}} {
		got, err := fx.api.EnsureJobSecretAliases(t.Context(), aJob, none)
		if plan, planErr := fx.api.PlanJobSecretAliases(t.Context(), aJob, none); err != nil || planErr != nil ||
			len(got)+len(plan) > 0 {
			t.Error(got, err, plan, planErr)
		}
	}
	fx.wantSent(0, 0, 0)
}
