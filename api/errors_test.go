package api_test

// What an error says, and what it can be asked.

import (
	"encoding/json"
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

// Users test their own code with errors they make themselves.
func TestErrorOfOnesOwn(t *testing.T) {
	for code, want := range map[int]string{
		0: "", 200: "", 204: "", 400: "Invalid", 401: "Unauthorized", 403: "Forbidden", 404: "NotFound",
		405: "Invalid", 408: "Server", 409: "Conflict", 418: "Invalid", 422: "Invalid",
		429: "RateLimited", 499: "Invalid", 500: "Server", 501: "Server", 503: "Server", 599: "Server",
		99: "Unexpected", 101: "Unexpected",
		300: "Unexpected", 301: "Unexpected", 308: "Unexpected",
		600: "Unexpected", 999: "Unexpected", -1: "Unexpected",
	} {
		for _, err := range []error{
			&api.Error{StatusCode: code},
			fmt.Errorf("deploy: %w", &api.Error{StatusCode: code}),
			errors.Join(errors.New("first"), &api.Error{StatusCode: code}),
		} {
			if got := sentinels(err); got != want {
				t.Errorf("%d: %T matches %q, want %q", code, err, got, want)
			}
		}
	}
	unknown := &api.Error{StatusCode: 502, Err: fmt.Errorf("%w: %w", api.ErrOutcomeUnknown, io.EOF)}
	if got := sentinels(unknown); got != "Unknown Server" || !errors.Is(unknown, io.EOF) {
		t.Errorf("matches %q", got)
	}
	if errors.Unwrap(unknown) != unknown.Err || errors.Unwrap(&api.Error{StatusCode: 404}) != nil {
		t.Error("Unwrap is not the cause")
	}
	var e *api.Error
	if !errors.As(fmt.Errorf("deploy: %w", unknown), &e) || e != unknown {
		t.Error("As does not find it")
	}
	if errors.Is(&api.Error{StatusCode: 404}, &api.Error{StatusCode: 404}) || errors.Is(&api.Error{}, nil) {
		t.Error("Is matches what is no sentinel")
	}
	if errors.Is(&api.Error{StatusCode: 404}, listError{"x"}) {
		t.Error("Is matches what cannot be compared")
	}
	if data, err := json.Marshal(unknown); err != nil || !strings.Contains(string(data), `"StatusCode":502`) {
		t.Errorf("as JSON: %s, %v", data, err)
	}
}

// listError cannot be compared: == on it panics.
type listError []string

func (listError) Error() string { return "several" }

func TestErrorText(t *testing.T) {
	secret := &api.Secret{ID: anAlias}
	for _, c := range []struct {
		err  api.Error
		want string
	}{
		{api.Error{}, ""},
		{api.Error{Operation: creating}, "createJobSecretAlias"},
		{api.Error{StatusCode: 404}, "not found: Not Found (status 404)"},
		{api.Error{StatusCode: 418}, "invalid request: I'm a teapot (status 418)"},
		{api.Error{StatusCode: 777}, "unexpected response (status 777)"},
		{api.Error{Operation: creating, StatusCode: 404, Detail: "no job"}, "createJobSecretAlias: not found: no job (status 404)"},
		{api.Error{Operation: creating, StatusCode: 404, Detail: "no job", RequestID: "r1"},
			"createJobSecretAlias: not found: no job (status 404, request id r1)"},
		{api.Error{Operation: creating, Err: io.EOF}, "createJobSecretAlias: EOF"},
		{api.Error{Operation: creating, StatusCode: 500, Detail: "x", Err: io.EOF}, "createJobSecretAlias: EOF: x (status 500)"},
		{api.Error{Detail: "words"}, "words"},
		{api.Error{Detail: "two\nlines\x1b[31m \u202egnp.exe"}, "two lines[31m gnp.exe"},
		{api.Error{Err: errors.New("two\r\nlines\x00")}, "two lines"},
		{api.Error{Err: listError{"x"}, StatusCode: 404}, "several (status 404)"},
		{api.Error{StatusCode: 409, Existing: secret, Body: []byte("SECRET"), RetryAfter: time.Hour}, "conflict: Conflict (status 409)"},
	} {
		if got := c.err.Error(); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

// Whatever is in an error, its text is one printable line of a length that fits a
// log, and ends in what support asks for.
func TestErrorTextIsOneBoundedLine(t *testing.T) {
	long := strings.Repeat("much too long ", 10000)
	for name, e := range map[string]*api.Error{
		"detail":     {StatusCode: 500, RequestID: "r1", Detail: long},
		"cause":      {StatusCode: 500, RequestID: "r1", Err: errors.New(long)},
		"operation":  {StatusCode: 500, RequestID: "r1", Operation: long},
		"everything": {StatusCode: 500, RequestID: "r1", Operation: long, Detail: long, Err: errors.New(long)},
		"controls":   {StatusCode: 500, RequestID: "r1\n\x1b[0m", Detail: "a\u2028b\x85c\u0007\u200e", Err: errors.New("x\r\ny")},
	} {
		text := e.Error()
		if !printableLine(text) || utf8.RuneCountInString(text) > 4096 {
			t.Errorf("%s: %.100q, %d characters", name, text, utf8.RuneCountInString(text))
		}
		if !strings.Contains(text[max(0, len(text)-40):], "(status 500, request id r1") {
			t.Errorf("%s: ends in …%s", name, text[max(0, len(text)-40):])
		}
	}
	// A server can bring that about: the cause repeats what it cannot parse.
	e := refused(t, reply{status: 201, body: alias(fields{"id": strings.Repeat("x", 10000)})})
	if text := e.Error(); !strings.HasSuffix(text, "(status 201, request id req-1)") || len(text) > 4096 {
		t.Errorf("%d characters, ends in …%s", len(text), text[max(0, len(text)-40):])
	}
}

// printableLine reports whether nothing in s moves a cursor or reorders text.
func printableLine(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r != ' ' && unicode.IsSpace(r)
	})
}

// The server's words are found wherever Qovery, its past versions or a proxy put them.
func TestErrorBodies(t *testing.T) {
	for name, c := range map[string]struct{ body, want string }{
		"detail":                 {`{"status":400,"detail":"d"}`, "d"},
		"message":                {`{"message":"m","error":"e","timestamp":"t","path":"/p"}`, "m"},
		"error":                  {`{"error":"e"}`, "e"},
		"error_description":      {`{"error":"invalid_token","error_description":"expired"}`, "expired"},
		"errors":                 {`{"errors":[{"detail":"x"}]}`, `[{"detail":"x"}]`},
		"title":                  {`{"title":"t","type":"about:blank"}`, "t"},
		"all, in this order":     {`{"title":"t","error":"e","message":"m","detail":"d"}`, "d"},
		"empty detail":           {`{"detail":"","message":"m"}`, "m"},
		"blank detail":           {`{"detail":" \n ","message":"m"}`, "m"},
		"null detail":            {`{"detail":null,"message":"m"}`, "m"},
		"detail of a wrong type": {`{"detail":["x"],"message":"m"}`, "m"},
		"detail that is escaped": {`{"detail":"\u00e9\ud83d\ude00"}`, "é😀"},
		"none of them":           {`{"code":7}`, `{"code":7}`},
		"error as an object":     {`{"error":{"code":7}}`, `{"error":{"code":7}}`},
		"a string":               {`"just this"`, `"just this"`},
		"a list":                 {`[1]`, `[1]`},
		"empty":                  {``, ``},
		"white space":            {" \r\n\t", ``},
		"text":                   {"upstream\n  connect\terror", "upstream connect error"},
		"truncated":              {`{"status":404,"detail":"no suc`, `{"status":404,"detail":"no suc`},
		"HTML":                   {page, "Bad gateway & more"},
		"HTML, upper case":       {"<HTML><TITLE lang=en>503</TITLE>", "503"},
		"HTML without a title":   {"  <html><body>oops", "an HTML page"},
		"HTML, title empty":      {"<html><title></title>", "an HTML page"},
		"HTML, truncated":        {"<html><title>Bad gat", "Bad gat"},
		"byte order mark":        {"\ufeffoops", "oops"},
		"not UTF-8":              {"caf\xe9 \xff\xfe", "caf\ufffd \ufffd\ufffd"},
		"controls":               {"{\"detail\":\"a\\u0000b\\u001b[2Jc\\u0007d\\u009be\\u007f\"}", "ab[2Jcde"},
		"bidi":                   {`{"detail":"user\u202e\u2066txt\u2069.exe\u200f"}`, "usertxt.exe"},
		"line separators":        {`{"detail":"a\u2028b\u2029c\u0085d"}`, "a b c d"},
		"zero width":             {"a\u200bb\u200dc\u2060d\ufeffe", "abcde"},
		"many characters":        {`{"detail":"` + strings.Repeat("日本", 300) + `"}`, strings.Repeat("日本", 256)},
		"exactly the limit":      {strings.Repeat("é", 512), strings.Repeat("é", 512)},
	} {
		t.Run(name, func(t *testing.T) {
			e := refused(t, reply{status: 400, body: c.body})
			if e.Detail != c.want || sentinels(e) != "Invalid" {
				t.Errorf("detail %q, want %q", e.Detail, c.want)
			}
			if text := e.Error(); !printableLine(text) || !strings.HasSuffix(text, "(status 400, request id req-1)") {
				t.Errorf("text %q", text)
			}
			if string(e.Body) != c.body {
				t.Errorf("body %q", e.Body)
			}
		})
	}
}

func TestErrorBodyIsBounded(t *testing.T) {
	for body, least := range map[string]int{
		strings.Repeat("x", 4<<10): 4 << 10, strings.Repeat("x", 5<<10): 4 << 10, strings.Repeat("x", 4<<10-1) + "é": 4<<10 - 1,
		strings.Repeat("\x80", 5<<10): 4<<10 - 3, strings.Repeat("x", 100<<10): 4 << 10,
	} {
		e := refused(t, reply{status: 404, body: body})
		if len(e.Body) > 4<<10 || len(e.Body) < least || !strings.HasPrefix(body, string(e.Body)) || utf8.RuneCountInString(e.Detail) > 512 {
			t.Errorf("%d bytes of %d, detail of %d characters", len(e.Body), len(body), utf8.RuneCountInString(e.Detail))
		}
	}
}

func TestRequestIDIsCleaned(t *testing.T) {
	for want, header := range map[string]http.Header{
		"": {"X-Request-Id": nil}, "c": {"X-Request-Id": {" "}, "X-Correlation-Id": {"c"}}, "a\ufffd b": {"X-Request-Id": {"a\xff\tb"}},
		"ab": {"X-Request-Id": {"a\u202eb"}}, strings.Repeat("é", 128): {"X-Request-Id": {strings.Repeat("é", 500)}}, "a": {"X-Request-Id": {"a", "b"}},
	} {
		if e := refused(t, reply{404, "", header}); e.RequestID != want {
			t.Errorf("got %q, want %q", e.RequestID, want)
		}
	}
}

// Input that is wrong is refused before anything is sent, and the field is named; so are
// blanks and control characters that a shell or an editor has left. A batch says
// which spec it is, and its results are nil.
func TestWrongInput(t *testing.T) {
	fx := newFixture(t)
	ctx, client := t.Context(), fx.api
	good := api.AliasSpec{SecretID: aSecret, Request: api.AliasRequest{Key: "GOOD"}}
	batch := func(job uuid.UUID, spec api.AliasSpec, says string) {
		t.Helper()
		got, err := client.EnsureJobSecretAliases(ctx, job, []api.AliasSpec{good, spec})
		plan, planErr := client.PlanJobSecretAliases(ctx, job, []api.AliasSpec{good, spec})
		for _, err := range []error{err, planErr} {
			if want(t, err, "Invalid", 0); got != nil || plan != nil || !strings.Contains(err.Error(), says) ||
				job != uuid.Nil && !strings.Contains(err.Error(), fmt.Sprintf("%q", spec.Request.Key)) {
				t.Errorf("%v, %v: %v does not say %s", got, plan, err, says)
			}
		}
	}
	text := func(n int) *string { return api.Ptr(strings.Repeat("é", n)) }
	tooLong := fmt.Sprintf("description: has %d characters, at most %d", api.MaxDescriptionLength+1, api.MaxDescriptionLength)
	for name, c := range map[string]struct {
		job, secret uuid.UUID
		req         api.AliasRequest
		names       string
	}{
		"zero job":          {uuid.Nil, aSecret, api.AliasRequest{Key: aKey}, "job id"},
		"zero secret":       {aJob, uuid.Nil, api.AliasRequest{Key: aKey}, "secret id"},
		"empty key":         {aJob, aSecret, api.AliasRequest{}, "key"},
		"key not UTF-8":     {aJob, aSecret, api.AliasRequest{Key: "A\xff"}, "key"},
		"blank in front":    {aJob, aSecret, api.AliasRequest{Key: " A"}, "key"},
		"line end":          {aJob, aSecret, api.AliasRequest{Key: "A\r\n"}, "key"},
		"escape":            {aJob, aSecret, api.AliasRequest{Key: "A\x1b[31m"}, "key"},
		"too long":          {aJob, aSecret, api.AliasRequest{Key: aKey, Description: text(api.MaxDescriptionLength + 1)}, tooLong},
		"note is not UTF-8": {aJob, aSecret, api.AliasRequest{Key: aKey, Description: api.Ptr("\xff")}, "description"},
	} {
		_, err := client.CreateJobSecretAlias(ctx, c.job, c.secret, c.req)
		_, created, ensureErr := client.EnsureJobSecretAlias(ctx, c.job, c.secret, c.req)
		for _, err := range []error{err, ensureErr} {
			want(t, err, "Invalid", 0)
			if created || !strings.HasPrefix(err.Error(), "createJobSecretAlias: invalid request: "+c.names) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if c.secret != uuid.Nil {
			batch(c.job, api.AliasSpec{SecretID: c.secret, Request: c.req}, "invalid request: "+c.names)
		}
	}
	for says, spec := range map[string]api.AliasSpec{
		"by either SecretID or SecretKey": {Request: api.AliasRequest{Key: "PG"}},
		"either SecretID or SecretKey":    {SecretID: aSecret, SecretKey: "DB", Request: api.AliasRequest{Key: "PG"}},
		"asked for twice":                 {SecretID: aSecret, Request: good.Request},
		"for twice":                       {SecretKey: "DB", Request: good.Request},
		"secret key: starts or ends":      {SecretKey: "DB ", Request: api.AliasRequest{Key: "PG"}},
	} {
		batch(aJob, spec, says)
	}
	for name, err := range map[string]error{
		"list, zero job": errOf(client.ListJobSecrets(ctx, uuid.Nil)),
		"find, zero job": errOf(client.FindJobSecret(ctx, uuid.Nil, "K")), "find, no key": errOf(client.FindJobSecret(ctx, aJob, "")),
		"target, zero job": errOf(client.FindAliasTarget(ctx, uuid.Nil, "K")), "target, no key": errOf(client.FindAliasTarget(ctx, aJob, "")),
		"delete, zero job": client.DeleteJobSecretAlias(ctx, uuid.Nil, anAlias), "delete, zero alias": client.DeleteJobSecretAlias(ctx, aJob, uuid.Nil),
	} {
		t.Run(name, func(t *testing.T) { want(t, err, "Invalid", 0) })
	}
	for _, none := range [][]api.AliasSpec{nil, {}} {
		if got, err := client.EnsureJobSecretAliases(ctx, aJob, none); err != nil || len(got) != 0 {
			t.Error(got, err)
		}
	}
	fx.wantCounts(0, 0, 0)
	// Keys that differ in case are different, and the limit is one of characters, not of bytes.
	got, err := client.EnsureJobSecretAliases(ctx, fx.job, []api.AliasSpec{
		{SecretID: fx.secret, Request: api.AliasRequest{Key: "PG"}},
		{SecretID: fx.secret, Request: api.AliasRequest{Key: "pg", Description: text(api.MaxDescriptionLength)}},
	})
	if err != nil || len(got) != 2 {
		t.Error(got, err)
	}
}

// errOf is the error of a call that returns something else too.
func errOf[T any](_ T, err error) error { return err }

// A 401 whose reason stands in a header only is told that; one to a JWT that was given as
// an API token says what it is and where it belongs.
func TestUnauthorizedSaysWhy(t *testing.T) {
	srv := serve(t, reply{401, "", http.Header{"Www-Authenticate": {`Bearer error="invalid_token", error_description="expired"`}}}, emptyList)
	for _, c := range []struct {
		auth api.Auth
		says bool // what it is
	}{{api.APIToken(plantedToken), false}, {api.APIToken(jwt), true}, {api.BearerToken(jwt), false}} {
		_, err := create(t, clientWith(t, c.auth, api.WithBaseURL(srv.URL)))
		if text := want(t, err, "Unauthorized", 401).Error(); !strings.Contains(text, "expired") || strings.Contains(text, jwt) ||
			strings.Contains(text, "JWT") != c.says || strings.Contains(text, "BearerToken") != c.says {
			t.Error(text)
		}
	}
}
