package api_test

// Listing and finding: which secret of a key wins, what a list has to look like, what
// is tried again, and what many secrets cost.

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

// The narrowest scope wins, in whatever order the secrets come.
func TestFindNarrowest(t *testing.T) {
	ranks := [][]api.VariableScope{
		{api.VariableScopeJob},
		{api.VariableScopeApplication, api.VariableScopeContainer, api.VariableScopeHelm, api.VariableScopeTerraform,
			api.VariableScopeAgenticWorkflow, "LAMBDA", "", "job"},
		{api.VariableScopeEnvironment},
		{api.VariableScopeProject},
		{api.VariableScopeBuiltIn},
	}
	for narrow, narrower := range ranks {
		for _, scope := range narrower {
			for _, wider := range slices.Concat(ranks[narrow+1:]...) {
				for _, order := range [][]api.VariableScope{{scope, wider}, {wider, scope}} {
					l := newLab(t)
					var list []string
					ids := map[api.VariableScope]string{scope: uuid.NewString(), wider: uuid.NewString()}
					for _, s := range order {
						list = append(list, fmt.Sprintf(`{"id":%q,"key":"K","scope":%q}`, ids[s], s))
					}
					l.listOnce(list...)
					s, err := l.api.FindJobSecret(t.Context(), l.job, "K")
					if err != nil || s.ID.String() != ids[scope] {
						t.Errorf("of %q: %+v, %v", order, s, err)
					}
				}
			}
		}
	}
}

func TestFindAllOrders(t *testing.T) {
	scopes := []string{"JOB", "NEW", "ENVIRONMENT", "PROJECT", "BUILT_IN"}
	var permute func(rest, chosen []string)
	n := 0
	permute = func(rest, chosen []string) {
		if len(rest) == 0 {
			n++
			l := newLab(t)
			var list []string
			for _, s := range chosen {
				list = append(list, fmt.Sprintf(`{"id":%q,"key":"K","scope":%q}`, uuid.NewString(), s))
			}
			l.listOnce(list...)
			if s, err := l.api.FindJobSecret(t.Context(), l.job, "K"); err != nil || s.Scope != "JOB" {
				t.Errorf("of %v: %v, %v", chosen, s, err)
			}
			return
		}
		for i := range rest {
			permute(slices.Delete(slices.Clone(rest), i, i+1), append(slices.Clone(chosen), rest[i]))
		}
	}
	permute(scopes, nil)
	if n != 120 {
		t.Errorf("%d orders", n)
	}
}

// Of several secrets that are equally narrow the first wins.
func TestFindFirstOfEquals(t *testing.T) {
	l := newLab(t)
	first, second := uuid.NewString(), uuid.NewString()
	l.listOnce(fmt.Sprintf(`{"id":%q,"key":"K","scope":"HELM"}`, first), fmt.Sprintf(`{"id":%q,"key":"K","scope":"NEW"}`, second))
	if s, err := l.api.FindJobSecret(t.Context(), l.job, "K"); err != nil || s.ID.String() != first {
		t.Errorf("%v, %v", s, err)
	}
}

func TestFindNotFound(t *testing.T) {
	for key, want := range map[string][]string{
		"db_password":  {`"db_password"`, `"DB_PASSWORD"`, "case sensitive"},
		"Db_PassWord":  {`"Db_PassWord"`, `"DB_PASSWORD"`, "case sensitive"},
		"DB_PASSWORD2": {`"DB_PASSWORD2"`},
		"ß":            {`"ß"`},
		"a\nb\x1b[31m": {`"a\nb\x1b[31m"`},
	} {
		l := newLab(t)
		s, err := l.api.FindJobSecret(t.Context(), l.job, key)
		labWant(t, err, "NotFound", 0)
		if s != nil {
			t.Errorf("%v", s)
		}
		for _, part := range want {
			if !strings.Contains(fmt.Sprint(err), part) {
				t.Errorf("%q does not mention %s", err, part)
			}
		}
		if n := len(want); n == 1 && strings.Contains(fmt.Sprint(err), "case") {
			t.Errorf("%q speaks of case", err)
		}
	}
	l := newLab(t)
	_, err := l.api.FindJobSecret(t.Context(), l.job, "")
	labWant(t, err, "Invalid", 0)
	_, err = l.api.FindJobSecret(t.Context(), uuid.Nil, "K")
	labWant(t, err, "Invalid", 0)
	_, err = l.api.ListJobSecrets(t.Context(), uuid.Nil)
	labWant(t, err, "Invalid", 0)
	l.wantCounts(0, 0, 0)
	_, err = l.api.FindJobSecret(t.Context(), uuid.New(), "K")
	labWant(t, err, "NotFound", 404)
}

// What a list has to look like, and what it may look like.
func TestListBodies(t *testing.T) {
	for body, want := range map[string]string{
		`{"results":[]}`:                  "0",
		`{"results":[],"more":{"a":[1]}}`: "0",
		"\ufeff":                          "Unexpected",
		"  \n{\"results\":[]}\n":          "0",
		`{"results":[{}]}`:                "1",
		`{"results":[null]}`:              "1",
		`{"results":[{"id":null,"key":null,"scope":null,"created_at":null,"variable_type":null,"service_type":null,"aliased_secret":null}]}`: "1",
		`{"results":[{"scope":"NEW","variable_type":"NEW","service_type":"NEW","unheard_of":[{}]}]}`:                                         "1",
		`{"results":null}`:                  "Unexpected",
		`{}`:                                "Unexpected",
		`null`:                              "Unexpected",
		`[]`:                                "Unexpected",
		`""`:                                "Unexpected",
		``:                                  "Unexpected",
		`{"results":{}}`:                    "Unexpected",
		`{"results":"[]"}`:                  "Unexpected",
		`{"results":[]`:                     "Unexpected",
		`{"results":[]}{}`:                  "Unexpected",
		`{"results":[{"id":"x"}]}`:          "Unexpected",
		`{"results":[{"created_at":"x"}]}`:  "Unexpected",
		`<html><title>Login</title></html>`: "Unexpected",
	} {
		l := newLab(t)
		l.srv.Inject(apitest.Fault{Status: 200, Body: body})
		list, err := l.api.ListJobSecrets(t.Context(), l.job)
		if want == "Unexpected" {
			labWant(t, err, want, 200)
			if list != nil {
				t.Errorf("%s: a list beside an error", body)
			}
		} else if err != nil || fmt.Sprint(len(list)) != want || list == nil {
			t.Errorf("%s: %v, %v", body, list, err)
		}
		l.wantCounts(0, 1, 0)
	}
	l := newLab(t)
	l.srv.Inject(apitest.Fault{Status: 200, Body: `{"results":[]}`, Header: http.Header{"Content-Type": {"text/html"}}})
	if _, err := l.api.ListJobSecrets(t.Context(), l.job); err != nil {
		t.Errorf("the content type matters: %v", err)
	}
}

// labRetried are the requests of method after so many faults of this kind.
func TestListRetries(t *testing.T) {
	after := func(value string) http.Header { return http.Header{"Retry-After": {value}} }
	for name, c := range map[string]struct {
		fault  apitest.Fault
		want   string // when it never ends
		status int
		once   bool // it is not tried again
	}{
		"408":             {fault: apitest.Fault{Status: 408}, want: "Server", status: 408},
		"429":             {fault: apitest.Fault{Status: 429}, want: "RateLimited", status: 429},
		"429 Retry-After": {fault: apitest.Fault{Status: 429, Header: after("0")}, want: "RateLimited", status: 429},
		"429 too long":    {fault: apitest.Fault{Status: 429, Header: after("61")}, want: "RateLimited", status: 429, once: true},
		"500":             {fault: apitest.Fault{Status: 500}, want: "Server", status: 500},
		"501":             {fault: apitest.Fault{Status: 501}, want: "Server", status: 501, once: true},
		"502":             {fault: apitest.Fault{Status: 502, Body: "<html>"}, want: "Server", status: 502},
		"503":             {fault: apitest.Fault{Status: 503}, want: "Server", status: 503},
		"503 too long":    {fault: apitest.Fault{Status: 503, Header: after("3600")}, want: "Server", status: 503, once: true},
		"504":             {fault: apitest.Fault{Status: 504}, want: "Server", status: 504},
		"599":             {fault: apitest.Fault{Status: 599}, want: "Server", status: 599},
		"600":             {fault: apitest.Fault{Status: 600}, want: "Unexpected", status: 600, once: true},
		"reset":           {fault: apitest.Fault{Hangup: true}, want: "reset"},
		"truncated":       {fault: apitest.Fault{Truncate: 30}, want: "Unexpected cut", status: 200},
		"201":             {fault: apitest.Fault{Status: 201}, want: "Unexpected", status: 201, once: true},
		"204":             {fault: apitest.Fault{Status: 204}, want: "Unexpected", status: 204, once: true},
		"301":             {fault: apitest.Fault{Status: 301, Header: http.Header{"Location": {"/"}}}, want: "Unexpected", status: 301, once: true},
		"307":             {fault: apitest.Fault{Status: 307, Header: http.Header{"Location": {"/"}}}, want: "Unexpected", status: 307, once: true},
		"400":             {fault: apitest.Fault{Status: 400}, want: "Invalid", status: 400, once: true},
		"401":             {fault: apitest.Fault{Status: 401}, want: "Unauthorized", status: 401, once: true},
		"403":             {fault: apitest.Fault{Status: 403}, want: "Forbidden", status: 403, once: true},
		"404":             {fault: apitest.Fault{Status: 404}, want: "NotFound", status: 404, once: true},
		"409":             {fault: apitest.Fault{Status: 409}, want: "Conflict", status: 409, once: true},
		"418":             {fault: apitest.Fault{Status: 418}, want: "Invalid", status: 418, once: true},
		"nonsense":        {fault: apitest.Fault{Status: 200, Body: "?"}, want: "Unexpected", status: 200, once: true},
	} {
		t.Run(name, func(t *testing.T) {
			for n := range 5 {
				l := newLab(t)
				for range n {
					l.srv.Inject(c.fault)
				}
				list, err := l.api.ListJobSecrets(t.Context(), l.job)
				switch {
				case n == 0 || n < 4 && !c.once:
					if err != nil || len(list) != 1 {
						t.Errorf("after %d faults: %v, %v", n, list, err)
					}
					l.wantCounts(0, n+1, 0)
				default:
					labWant(t, err, c.want, c.status)
					l.wantCounts(0, map[bool]int{true: 1, false: 4}[c.once], 0)
				}
			}
		})
	}
}

// A list that may have been processed never counts as not sent, even if the last
// attempt was not: that would be said of the call as a whole.
func TestListLastWord(t *testing.T) {
	for _, first := range []struct {
		fault  apitest.Fault
		want   string
		status int
	}{
		{apitest.Fault{Status: 500}, "Server refused", 500},
		{apitest.Fault{Hangup: true}, "reset refused", 0},
		{apitest.Fault{Status: 429}, "RateLimited refused", 429},
	} {
		l := newLab(t)
		l.srv.Inject(first.fault)
		sent := 0
		client := l.client(&http.Transport{DialContext: labRefuse}, api.WithHTTPClient(&http.Client{Transport: labFunc(func(req *http.Request) (*http.Response, error) {
			if sent++; sent > 1 {
				return (&http.Transport{DialContext: labRefuse}).RoundTrip(req)
			}
			return l.wire.RoundTrip(req)
		})}))
		_, err := client.ListJobSecrets(t.Context(), l.job)
		labWant(t, err, first.want, first.status)
		if sent != 4 {
			t.Errorf("%d attempts", sent)
		}
	}
	l := newLab(t)
	_, err := l.client(&http.Transport{DialContext: labRefuse}).ListJobSecrets(t.Context(), l.job)
	labWant(t, err, "NotSent refused", 0)
}

// TestListCancelled: a context that ends ends the call at once, with its error.
func TestListCancelled(t *testing.T) {
	slow := api.WithBackoff(func(int) time.Duration { return time.Minute })
	for _, c := range []struct {
		name  string
		fault apitest.Fault
		hang  string
		want  string
	}{
		{name: "waiting", fault: apitest.Fault{Delay: time.Hour}, want: "canceled"},
		{name: "in the body", hang: "GET", want: "canceled"},
		{name: "in the body of an error", fault: apitest.Fault{Status: 500, Body: `{"detail":"oops"}`}, hang: "GET", want: "Server canceled"},
		{name: "before a retry", fault: apitest.Fault{Status: 500}, want: "Server canceled"},
		{name: "in Retry-After", fault: apitest.Fault{Status: 429, Header: http.Header{"Retry-After": {"30"}}}, want: "RateLimited canceled"},
	} {
		labBubble(t, c.name, func(t *testing.T) {
			l := newLab(t)
			transport := labServe(t, labHang(l.srv.Handler(), c.hang))
			client := l.client(transport, api.WithBaseURL("http://localhost"), slow)
			if c.fault.Status != 0 || c.fault.Delay != 0 {
				l.srv.Inject(c.fault)
			}
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(5*time.Second, cancel)
			_, err := client.ListJobSecrets(ctx, l.job)
			l.wantElapsed(5 * time.Second)
			// Whether the status also matches is beside the point here.
			if got := labMatches(err); got != c.want && got != "Unexpected "+c.want {
				t.Errorf("matches %q, want %q: %v", got, c.want, err)
			}
			l.wantCounts(0, 1, 0)
		})
	}
}

// A list may be 64 MiB long and no longer, counted after decompression; and refusing
// one that is longer costs little more than reading it.
func TestListLimit(t *testing.T) {
	const limit = 64 << 20
	l := newLab(t)
	body := func(size int) *api.Client {
		return l.client(labFunc(func(req *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(&labFiller{size}), ContentLength: -1, Request: req}, nil
		}))
	}
	resp, err := body(limit).Generated().ListJobSecrets(t.Context(), l.job) // which does not decode
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, resp.Body); n != limit || err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
	zip := func(size int) []byte {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		io.Copy(z, &labFiller{size})
		z.Close()
		return b.Bytes()
	}
	first, more := zip(1), zip(1<<20)
	client := l.client(labServe(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(first)
		for range limit >> 20 { // one byte more than the limit in all
			w.Write(more)
		}
	})), api.WithBaseURL("http://localhost"))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	list, err := client.ListJobSecrets(t.Context(), l.job)
	runtime.ReadMemStats(&after)
	labWant(t, err, "Unexpected", 200)
	if list != nil || !strings.Contains(fmt.Sprint(err), "64 MiB") {
		t.Errorf("%v, %v", list, err)
	}
	// Reading takes four times the limit, since the buffer doubles as it grows, and
	// eight times with -race.
	if used := after.TotalAlloc - before.TotalAlloc; used > 9*limit {
		t.Errorf("allocated %d MiB", used>>20)
	}
	l.wantCounts(0, 0, 0)
}

// labFiller is so many bytes of no meaning.
type labFiller struct{ n int }

var labBlock = bytes.Repeat([]byte("qovery! "), 4<<10)

func (f *labFiller) Read(p []byte) (int, error) {
	if f.n == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), f.n)], labBlock)
	f.n -= n
	return n, nil
}

// labFunc is a RoundTripper.
type labFunc func(*http.Request) (*http.Response, error)

func (f labFunc) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// labSecrets is a list of so many secrets as Qovery sends them, every third an alias.
func labSecrets(n int) []byte {
	var b bytes.Buffer
	b.WriteString(`{"results":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		scope, kind, target := "PROJECT", "VALUE", "null"
		if i%3 == 2 {
			scope, kind = "JOB", "ALIAS"
			target = fmt.Sprintf(`{"id":"00000000-0000-4000-8000-%012d","key":"SECRET_%d","mount_path":null,"scope":"PROJECT","variable_type":"VALUE"}`, i-1, i-1)
		}
		fmt.Fprintf(&b, `{"id":"00000000-0000-4000-8000-%012d","created_at":"2026-08-14T09:30:00.123456Z","updated_at":"2026-08-14T09:30:00.123456Z",`+
			`"key":"SECRET_%d","scope":%q,"variable_type":%q,"aliased_secret":%s,"overridden_secret":null,"service_id":null,"service_name":null,`+
			`"service_type":null,"owned_by":"QOVERY","description":"number %d of many","enable_interpolation_in_file":null}`, i, i, scope, kind, target, i)
	}
	b.WriteString(`]}`)
	return b.Bytes()
}

// Ten times the secrets cost ten times as much and no more: allocations are counted,
// which are the same on every machine.
func TestListGrowsInProportion(t *testing.T) {
	cost := func(n int) (allocs, size float64, body int) {
		data := labSecrets(n)
		l := newLab(t)
		client := l.client(labFunc(func(req *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(data)), ContentLength: int64(len(data)), Request: req}, nil
		}))
		list := func() {
			secrets, err := client.ListJobSecrets(context.Background(), l.job)
			if err != nil || len(secrets) != n || secrets[n-1].Key != fmt.Sprintf("SECRET_%d", n-1) {
				t.Fatal(len(secrets), err)
			}
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		list()
		runtime.ReadMemStats(&after)
		return float64(after.Mallocs - before.Mallocs), float64(after.TotalAlloc - before.TotalAlloc), len(data)
	}
	cost(1) // what is made once
	allocs1, size1, body1 := cost(1_000)
	allocs10, size10, body10 := cost(10_000)
	t.Logf("1,000 secrets: %d KiB, %.0f allocations of %.0f KiB; 10,000: %d KiB, %.0f of %.0f KiB",
		body1>>10, allocs1, size1/1024, body10>>10, allocs10, size10/1024)
	if allocs10 > 12*allocs1 {
		t.Errorf("allocations grow from %.0f to %.0f", allocs1, allocs10)
	}
	if size10 > 15*size1 {
		t.Errorf("memory grows from %.0f to %.0f bytes", size1, size10)
	}
	if size10 > 12*float64(body10) {
		t.Errorf("a list of %d bytes takes %.0f", body10, size10)
	}
}

// The same through the fake and a real listener.
func TestListManySecrets(t *testing.T) {
	t.Parallel()
	srv := apitest.Start(t)
	job := srv.AddJob("nightly")
	var ids []uuid.UUID
	for i := range 10_000 {
		ids = append(ids, srv.AddSecret(job, fmt.Sprintf("SECRET_%d", i), api.VariableScopeProject))
	}
	client, err := api.NewClient(api.APIToken(srv.Token()), api.WithBaseURL(srv.URL()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.CloseIdleConnections()
	results, err := client.EnsureJobSecretAliases(t.Context(), job, []api.AliasSpec{{SecretKey: "SECRET_7777", Request: api.AliasRequest{Key: "PG"}}})
	if err != nil || results[0].Secret.AliasedSecret.ID != ids[7777] {
		t.Error(results, err)
	}
}

// The waits between attempts are those of the backoff.
func TestListBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked []int
		l := newLab(t, api.WithBackoff(func(retry int) time.Duration {
			asked = append(asked, retry)
			return time.Duration(retry) * time.Second
		}), api.WithRetries(5))
		for range 9 {
			l.srv.Inject(apitest.Fault{Status: 503})
		}
		_, err := l.api.ListJobSecrets(t.Context(), l.job)
		labWant(t, err, "Server", 503)
		l.wantElapsed(15 * time.Second)
		l.wantCounts(0, 6, 0)
		if !slices.Equal(asked, []int{1, 2, 3, 4, 5}) {
			t.Errorf("%v", asked)
		}
	})
}
