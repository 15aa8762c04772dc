package api_test

// Options: what each accepts, what it does, and what is said of a wrong one.

import (
	"bytes"
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
		"a character that is not printable ASCII": api.WithUserAgent("é"),
		"agent contains": api.WithUserAgent("\x7f"),
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
