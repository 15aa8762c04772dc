package api_test

// Options: what each accepts, what it does, and what is said of a wrong one; other input that is wrong; and
// what an error says, and can be asked.

import (
	"bytes"
	"errors"
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
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
)

// Whoever sets up a client learns of all mistakes at once. Of two options for one thing the last counts.
func TestOptions(t *testing.T) {
	client, err := api.NewClient(api.APIToken("x"), nil, api.WithAttemptTimeout(-1), api.WithRetries(0),
		api.WithAttemptTimeout(math.MaxInt64), api.WithBackoff(nil), api.WithHTTPClient(nil), api.WithLogger(nil),
		api.WithUserAgent(""))
	if client == nil || err != nil {
		t.Error(err)
	}
	wrong := map[string]api.Option{
		"attempt timeout must be above zero, not 0s":  api.WithAttemptTimeout(0),
		"attempt timeout must be above zero, not -1s": api.WithAttemptTimeout(-time.Second),
		"-7": api.WithRetries(-7), "base URL": api.WithBaseURL("ftp://x"),
		"user agent": api.WithUserAgent("a\r\nX: 1"),
		"a character that is not printable ASCII": api.WithUserAgent("é\x7f"),
	}
	for says, opt := range wrong {
		_, err := api.NewClient(api.APIToken("x"), opt)
		_, all := api.NewClient(api.APIToken(""), opt, wrong["-7"], wrong["base URL"])
		for part, err := range map[string]error{says: err, "token": all, "base URL": all, "-7": all} {
			if sentinels(err) != "Invalid" || !strings.Contains(err.Error(), part) {
				t.Errorf("no word of %s: %v", part, err)
			}
		}
	}
}

// baseURLs are what is accepted, by what it stands for, and what is not, where P stands for a password.
func baseURLs() map[string]string {
	const gateway = "https://gateway.example"
	all := map[string]string{"": "https://api.qovery.com"}
	for _, good := range []string{
		"https://api.qovery.com", "https://api.qovery.com:443", "https://A.Qovery.COM", gateway + "/qovery",
		gateway + "/a%2Fb", "https://10.0.0.1", "https://[2001:db8::1]:8443", "http://127.9.9.9",
		"http://127.0.0.1:8080/x", "http://[::1]:8080", "http://[::ffff:127.0.0.1]", "http://localhost:1",
		"https://localhost/job/x/secret"} {
		all[good], all[good+"/"] = good, good
	}
	all["HTTPS://x"], all[gateway+"/a/b//"] = "https://x", gateway+"/a/b"
	all[gateway+"/a/../é"] = gateway + "/%C3%A9"
	for _, bad := range []string{
		"https://api.qovery.com:", "http://LOCALHOST", " ", "api.qovery.com", "/job", "//api.qovery.com",
		"https://", "https://:443", "https:api.qovery.com", "http://api.qovery.com", "http://10.0.0.1",
		"http://0.0.0.0", "http://127.1", "http://localhost.", "http://127.0.0.1.nip.io", "ftp://127.0.0.1",
		"unix:///var/run/x", "https://@x", "https://x?x=1", "https://x#x", "https://x:x", "https://x/%zz",
		"https://api qovery.com", "https://x\n", "https://user:P@x", "https://P@x", "https://user:P@x:port",
		"https://user:P%zz@x", "https://user:P@x\x7f", "//user:P@x", "https://x/?key=P", "https://x/#P",
		"http://x/P", "\thttps://user:P@x", "https://x/%zzP", "https://x\\@P.com",
	} {
		all[strings.Replace(bad, "P", password, 1)] = ""
	}
	return all
}

// Below a path an operation has the same rules: here that a create is not sent twice.
func TestBaseURL(t *testing.T) {
	for base, want := range baseURLs() {
		var sent []string
		rt := roundTrip(func(r *http.Request) (*http.Response, error) {
			if read(r); r.Method == "GET" {
				return emptyList.response(), nil
			}
			sent = append(sent, r.URL.String())
			return reply{status: 503}.response(), nil
		})
		client, err := api.NewClient(api.APIToken(plantedToken), atOnce, through(rt), api.WithBaseURL(base))
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
		_, err = create(t, client)
		if want += fmt.Sprintf("/job/%s/secret/%s/alias", aJob, aSecret); len(sent) != 1 || sent[0] != want {
			t.Errorf("sent to %q, want %s: %v", sent, want, err)
		}
		client.Generated().CreateJobSecretAlias(t.Context(), aJob, aSecret, api.AliasRequest{})
		if len(sent) != 2 || sent[1] != want {
			t.Errorf("Generated: sent to %q, want %s", sent, want)
		}
	}
}

// The caller's client is copied: neither does the package change it, nor do later changes to it reach the
// package. Its cookies are kept.
func TestHTTPClientIsCopied(t *testing.T) {
	jar, _ := cookiejar.New(nil)
	cookies := []string{}
	rt := roundTrip(func(r *http.Request) (*http.Response, error) {
		cookies = append(cookies, r.Header.Get("Cookie"))
		return reply{201, alias(), http.Header{"Set-Cookie": {"n=1"}}}.response(), nil
	})
	mine := &http.Client{Jar: jar, Timeout: time.Minute, Transport: rt}
	client := clientWith(t, api.APIToken(plantedToken), api.WithHTTPClient(mine))
	want(t, errOf(create(t, client)), "-", 0)
	if mine.Transport == nil || mine.Jar != jar || mine.Timeout != time.Minute || mine.CheckRedirect != nil {
		t.Errorf("changed: %+v", mine)
	}
	*mine = http.Client{}
	if _, err := create(t, client); err != nil || fmt.Sprintf("%q", cookies) != `["" "n=1"]` {
		t.Errorf("cookies %q, %v", cookies, err)
	}
}

// A client without a Transport means http.DefaultTransport at the time of sending. A nil client is the
// default again, with a transport of its own: closing its connections leaves those of the process alone.
func TestTransports(t *testing.T) {
	conns := map[string]bool{}
	base := api.WithBaseURL(serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conns[r.RemoteAddr] = true
		created.ServeHTTP(w, r)
	})))
	shared := clientOf(t, nil, base)
	for range 2 {
		want(t, errOf(create(t, shared)), "-", 0)
		private := clientOf(t, fixed(reply{status: 403}, emptyList), base, api.WithHTTPClient(nil))
		want(t, errOf(create(t, private)), "-", 0)
		private.CloseIdleConnections()
	}
	if len(conns) != 3 {
		t.Errorf("%d connections, want 2 private ones and one that is shared", len(conns))
	}
	defer func(rt http.RoundTripper) { http.DefaultTransport = rt }(http.DefaultTransport)
	http.DefaultTransport = fixed(reply{status: 403}, emptyList)
	want(t, errOf(create(t, shared)), "Forbidden", 403)
}

// What is not set is not sent, since the server takes null and absent for different things.
func TestRequests(t *testing.T) {
	agent := regexp.MustCompile(`^a/1 \(b\) qovery-alias-go/[0-9A-Za-z.+-]+$`)
	for body, req := range map[string]api.AliasRequest{
		`{"key":"A"}`: {Key: "A"},
		`{"description":"日本\n","key":"é\\"}`: {Key: `é\`, Description: api.Ptr("日本\n")},
		`{"description":"","enable_interpolation_in_file":false,"key":"A"}`: {Key: "A", Description: api.Ptr(""),
			EnableInterpolationInFile: api.Ptr(false)},
	} {
		clientOf(t, roundTrip(func(r *http.Request) (*http.Response, error) {
			if sent := read(r); sent != body || r.ContentLength != int64(len(body)) || r.GetBody != nil ||
				r.Header.Get("Content-Type") != "application/json" || r.Header.Get("Accept") != "application/json" ||
				!agent.MatchString(r.UserAgent()) || r.URL.RawQuery != "" {
				t.Errorf("%s, %v, want %s", sent, r, body)
			}
			return reply{status: 403}.response(), nil
		}), api.WithUserAgent("a/1 (b)")).CreateJobSecretAlias(t.Context(), aJob, aSecret, req)
	}
}

// One record an attempt, above Debug nothing.
func TestLogger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		fx := newFixture(t)
		fx.on("POST", asksToWait(429, "0"), connectionReset)
		fx.on("GET", func(fake http.RoundTripper, r *http.Request) (*http.Response, error) {
			time.Sleep(time.Second)
			return replied(503, "", http.Header{"X-Secret": {"x"}})(fake, r)
		}, answered(200, results()))
		untimed := func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		}
		for _, level := range []slog.Level{slog.LevelDebug, slog.LevelInfo} {
			handler := slog.NewTextHandler(&out, &slog.HandlerOptions{Level: level, ReplaceAttr: untimed})
			fx.api = fx.client(fx, api.WithLogger(slog.New(handler)), api.WithRetries(1))
			fx.create(t.Context())
		}
		paths := strings.NewReplacer(fmt.Sprintf("/job/%s/secret/%s/alias", fx.job, fx.secret), "ALIASES",
			fmt.Sprintf("/job/%s/secret", fx.job), "SECRETS", `level=DEBUG msg="qovery request" operation=`, "")
		lines := strings.Split(paths.Replace(out.String()), "\n")
		const failed = `createJobSecretAlias method=POST path=ALIASES status=`
		for i, want := range []string{
			failed + `429 attempt=1 duration=0s request_id=req-1 error="createJobSecretAlias: rate limited`,
			failed + `0 attempt=2 duration=0s request_id="" error="createJobSecretAlias: no response`,
			`listJobSecrets method=GET path=SECRETS status=503 attempt=1 duration=1s request_id=req-1 error="list`,
			`listJobSecrets method=GET path=SECRETS status=200 attempt=2 duration=0s request_id=req-1`,
		} {
			if !strings.HasPrefix(lines[i], want) || strings.Count(lines[i], "=") != strings.Count(want, "=") {
				t.Errorf("record %d: %s\nwant %s", i, lines[i], want)
			}
		}
	})
}

// A response is left to the caller, whatever its status, and only what reads is retried.
func TestGenerated(t *testing.T) {
	for _, c := range []struct {
		happens happening
		lists   int
		want    string // "-": the response is returned
		list    string
	}{
		{answered(201, alias()), 1, "-", "-"}, {answered(429, ""), 4, "-", "-"},
		{answered(503, page), 4, "-", "-"}, {answered(409, "{}"), 1, "-", "-"}, {answered(201, "{"), 1, "-", "-"},
		{connectionReset, 4, "Unknown NoResponse reset", "NoResponse reset"},
		{truncated, 4, "Unknown NoResponse cut", "NoResponse cut"},
		{connectionRefused, 4, "NotSent refused", "NotSent refused"},
		{unsent(untrusted), 1, "NotSent", "NotSent"},
	} {
		fx := newFixture(t)
		fx.on("POST", c.happens)
		fx.on("GET", c.happens)
		check := func(names string, resp *http.Response, err error) {
			t.Helper()
			if got := matches(err); got != names || (resp == nil) != (err != nil) {
				t.Fatalf("%v, matches %q, want %q: %v", resp, got, names, err)
			}
			if err == nil {
				same, _ := c.happens(nil, &http.Request{})
				body, expected := bodyOf(resp), bodyOf(same)
				if resp.StatusCode != same.StatusCode || body != expected || resp.ContentLength != int64(len(body)) ||
					resp.Header.Get("X-Request-Id") != "req-1" || resp.Request.Header.Get("Authorization") != "" {
					t.Errorf("got %+v, %q", resp, body)
				}
			}
		}
		client := fx.api.Generated().ClientInterface
		resp, err := client.CreateJobSecretAlias(t.Context(), fx.job, fx.secret, api.AliasRequest{Key: "PG"})
		check(c.want, resp, err)
		resp, err = client.ListJobSecrets(t.Context(), fx.job)
		check(c.list, resp, err)
		fx.wantSent(1, c.lists, 0)
	}
	// It is the caller's to change.
	client := clientOf(t, fixed(created, emptyList))
	client.Generated().ClientInterface = nil
	reflect.ValueOf(client.Generated().ClientInterface).Elem().FieldByName("Client").SetZero()
	if _, err := create(t, client); err != nil || client.Generated().ClientInterface == nil {
		t.Errorf("after changing a generated client: %v", err)
	}
}

func bodyOf(resp *http.Response) string {
	body, _ := io.ReadAll(resp.Body)
	return string(body)
}

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
	want(t, errOf(client.EnsureJobSecretAliases(ctx, fx.job, specs)), "-", 0)
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
