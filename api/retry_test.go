package api_test

// Retries: how many, after which time, and what the server may ask for; and how long a call
// can take, against servers that refuse, never respond, or ask to wait, and against random
// ones that try to make it longer. All in virtual time.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/qovery-alias/qovery-alias-go/api"
)

func TestRetriesAreCounted(t *testing.T) {
	for _, col := range calls {
		for i, n := range []int{0, 1, 2, 7} {
			status := []int{429, 503}[i%2]
			bubble(t, fmt.Sprintf("%s, %d, %d retries", col.name, status, n), func(t *testing.T) {
				fx := newFixture(t, api.WithRetries(n))
				fx.on(col.method, answered(status, ""))
				_, errs := col.call(t.Context(), fx, fx.api)
				most := (n + 1) * col.aliases
				if col.name == "create" && status == 503 {
					most = 1
				}
				if sent := fx.sent(col.method); sent != most || errs[0] == nil {
					t.Errorf("sent %d times, %v", sent, errs[0])
				}
			})
		}
	}
}

// The body goes out whole each time, also one that can be read only once, and is closed. It
// is not waited for once the context is over.
func TestRetriedBody(t *testing.T) {
	var bodies []string
	client := clientOf(t, nowhere, over(func(r *http.Request) (*http.Response, error) {
		body := make([]byte, r.ContentLength) // which is known
		r.Body.Read(body)
		bodies = append(bodies, string(body))
		return reply{status: 429}.response(), nil
	}))
	create(t, client)
	if len(bodies) != 4 || strings.Join(bodies, "") != strings.Repeat(`{"key":"PGPASSWORD"}`, 4) {
		t.Errorf("sent %q", bodies)
	}
	bodies = nil
	const file = "testdata/request.golden.json"
	text, _ := os.ReadFile(file)
	once, _ := os.Open(file)
	_, err := client.Generated().CreateJobSecretAliasWithBodyWithResponse(t.Context(), aJob, aSecret, "application/json", once)
	want(t, err, "RateLimited", 429)
	if closed := once.Close(); closed == nil || strings.Join(bodies, "") != strings.Repeat(string(text), 4) {
		t.Errorf("sent %q, closed: %v", bodies, closed)
	}
	for _, after := range []time.Duration{0, time.Second} {
		bubble(t, fmt.Sprint("that blocks, cancelled after ", after), func(t *testing.T) {
			fx := newFixture(t)
			blocks, w := io.Pipe()
			time.AfterFunc(time.Hour, func() { w.Close() })
			ctx := cancelledAfter(t, after, errWhy)
			_, err := fx.api.Generated().CreateJobSecretAliasWithBodyWithResponse(ctx, fx.job, fx.secret, "application/json", blocks)
			want(t, err, "NotSent canceled why", 0)
			fx.wantElapsed(after)
		})
	}
}

// An empty body is none, of which nothing can be read that would prove anything.
func TestEmptyBody(t *testing.T) {
	fx, empty := newFixture(t), io.LimitReader(strings.NewReader(""), 1)
	client := fx.api.Generated()
	lost := func(fake http.RoundTripper, r *http.Request) (*http.Response, error) {
		if r.Body != nil {
			t.Error("a body")
		}
		return connectionReset(fake, r)
	}
	fx.on("POST", lost)
	fx.on("DELETE", lost)
	edit := func(_ context.Context, r *http.Request) error { r.Body = io.NopCloser(empty); return nil }
	_, err := client.CreateJobSecretAliasWithBodyWithResponse(t.Context(), fx.job, fx.secret, "application/json", empty)
	want(t, err, "Unknown NoResponse reset", 0)
	_, err = client.DeleteJobSecretWithResponse(t.Context(), fx.job, fx.secret, edit)
	want(t, err, "Unknown NoResponse reset", 0)
	if fx.sent("POST") != 1 || fx.sent("DELETE") != 1 {
		t.Errorf("%d POST, %d DELETE", fx.sent("POST"), fx.sent("DELETE"))
	}
}

// The wait the server asks for, or else the backoff; dates are read against the
// response's own.
func TestRetryAfter(t *testing.T) {
	const backoff = 300 * time.Millisecond
	date := func(d time.Duration, layout string) string {
		return time.Date(2026, 8, 20, 10, 11, 12, 0, time.UTC).Add(d).Format(layout)
	}
	for name, c := range map[string]struct {
		value string
		date  string
		wait  time.Duration // 0: the error is returned at once
		after time.Duration // RetryAfter of the error
	}{
		"absent":              {"", "", backoff, 0},
		"1 s":                 {"1", "", time.Second, time.Second},
		"60 s":                {"60", "", time.Minute, time.Minute},
		"leading zeros":       {"007", "", 7 * time.Second, 7 * time.Second},
		"1.5 s":               {"1.5", "", 1500 * time.Millisecond, 1500 * time.Millisecond},
		"59.997 s":            {"59.997", "", 59997 * time.Millisecond, 59997 * time.Millisecond},
		"299.997 s":           {"299.997", "", 0, 299997 * time.Millisecond},
		"0":                   {"0", "", backoff, 0},
		"0.0":                 {"0.0", "", backoff, 0},
		"negative":            {"-5", "", backoff, 0},
		"plus":                {"+5", "", backoff, 0},
		"exponent":            {"1e3", "", backoff, 0},
		"unit":                {"5s", "", backoff, 0},
		"hexadecimal":         {"0x5", "", backoff, 0},
		"not a number":        {"NaN", "", backoff, 0},
		"infinite":            {"Inf", "", backoff, 0},
		"two points":          {"1.2.3", "", backoff, 0},
		"a point":             {".", "", backoff, 0},
		"two":                 {"5, 6", "", backoff, 0},
		"words":               {"in a while", "", backoff, 0},
		"other digits":        {"٥", "", backoff, 0},
		"61 s":                {"61", "", 0, 61 * time.Second},
		"a day":               {"86400", "", 0, 24 * time.Hour},
		"more than a float":   {strings.Repeat("9", 400), "", 0, math.MaxInt64},
		"more than int64":     {"9223372036854775808", "", 0, math.MaxInt64},
		"overflows in ns":     {"9223372037", "", 0, math.MaxInt64},
		"wraps to 1 s in ns":  {"18446744074", "", 0, math.MaxInt64},
		"a date":              {date(20*time.Second, http.TimeFormat), date(0, http.TimeFormat), 20 * time.Second, 20 * time.Second},
		"a date in UTC":       {strings.Replace(date(20*time.Second, http.TimeFormat), "GMT", "UTC", 1), date(0, http.TimeFormat), 20 * time.Second, 20 * time.Second},
		"a date in +0000":     {date(20*time.Second, time.RFC1123Z), date(0, http.TimeFormat), 20 * time.Second, 20 * time.Second},
		"a date of RFC 850":   {"Thursday, 20-Aug-26 10:11:32 GMT", date(0, http.TimeFormat), 20 * time.Second, 20 * time.Second},
		"a date of asctime":   {"Thu Aug 20 10:11:32 2026", date(0, http.TimeFormat), 20 * time.Second, 20 * time.Second},
		"a date past":         {date(-time.Hour, http.TimeFormat), date(0, http.TimeFormat), backoff, 0},
		"a date now":          {date(0, http.TimeFormat), date(0, http.TimeFormat), backoff, 0},
		"a date after a day":  {date(24*time.Hour, http.TimeFormat), date(0, http.TimeFormat), 0, 24 * time.Hour},
		"a date after a life": {"Fri, 31 Dec 9999 23:59:59 GMT", date(0, http.TimeFormat), 0, math.MaxInt64},
		"no Date beside it":   {"Sat, 01 Jan 2000 00:00:20 GMT", "", 20 * time.Second, 20 * time.Second}, // where a bubble's time begins
		"a malformed Date":    {"Sat, 01 Jan 2000 00:00:20 GMT", "?", 20 * time.Second, 20 * time.Second},
		"a malformed date":    {"Thu, 32 Jan 2070 00:00:00 GMT", "", backoff, 0},
		"a date in ISO form":  {"2070-01-01T00:00:00Z", "", backoff, 0},
	} {
		t.Run(name, func(t *testing.T) {
			for _, col := range calls {
				if strings.HasPrefix(col.name, "ensure") { // which paces itself
					continue
				}
				synctest.Test(t, func(t *testing.T) {
					fx := newFixture(t, api.WithRetries(1), api.WithBackoff(func(int) time.Duration { return backoff }))
					fx.on(col.method, replied(429, "", http.Header{"Retry-After": {c.value}, "Date": {c.date}}))
					_, errs := col.call(t.Context(), fx, fx.api)
					e, at := failure(t, errs[0], col.operation), fx.at[col.method]
					if sentinels(e) != "RateLimited" || c.wait == 0 && len(at) != 1 || c.wait != 0 && (len(at) != 2 || at[1] != c.wait) {
						t.Errorf("%s: sent at %v, want after %s: %v", col.name, at, c.wait, e)
					}
					// Without a Date that of the error is what is left since the first.
					if after := e.RetryAfter; after != c.after && (strings.HasPrefix(c.value, "Sat") && after != 0 || !strings.HasPrefix(c.value, "Sat")) {
						t.Errorf("%s: RetryAfter %s, want %s", col.name, after, c.after)
					}
				})
			}
		})
	}
}

// A backoff longer than what the server asks for counts; one that makes no sense neither
// hangs nor fails.
func TestBackoffOfOnesOwn(t *testing.T) {
	bubble(t, "any", func(t *testing.T) {
		var asked []int
		fx := newFixture(t, api.WithBackoff(func(retry int) time.Duration {
			asked = append(asked, retry)
			return []time.Duration{-time.Hour, 0, 5 * time.Second}[retry-1]
		}))
		fx.on("GET", replied(503, "", http.Header{"Retry-After": {"2"}}))
		fx.api.ListJobSecrets(t.Context(), fx.job)
		if at := fx.at["GET"]; fmt.Sprint(asked) != "[1 2 3]" || fmt.Sprint(at) != "[0s 2s 4s 9s]" {
			t.Errorf("asked %v, sent at %v", asked, at)
		}
	})
}

// The default backoff: half of it fixed and half random, 0.5 s doubled up to 8 s. Over
// many calls both ends of it are seen.
func TestBackoff(t *testing.T) {
	bounds := []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 8 * time.Second, 8 * time.Second}
	lowest, highest := make([]time.Duration, len(bounds)), make([]time.Duration, len(bounds))
	for range 300 {
		synctest.Test(t, func(t *testing.T) {
			fx := newFixture(t, api.WithRetries(len(bounds)), api.WithBackoff(nil))
			fx.on("GET", answered(503, ""))
			fx.api.ListJobSecrets(t.Context(), fx.job)
			at := fx.at["GET"]
			if len(at) != len(bounds)+1 {
				t.Fatalf("sent %d times", len(at))
			}
			for i := range bounds {
				wait := at[i+1] - at[i]
				if lowest[i] == 0 || wait < lowest[i] {
					lowest[i] = wait
				}
				highest[i] = max(highest[i], wait)
			}
		})
	}
	for i, bound := range bounds {
		if highest[i] > bound || highest[i] < bound*95/100 || lowest[i] < bound/2 || lowest[i] > bound*55/100 {
			t.Errorf("retry %d: from %s to %s, want up to %s", i+1, lowest[i], highest[i], bound)
		}
	}
}

// No wait goes past the caller's deadline: the error comes at once, with the time the
// server asked for, so that the caller can come back later. That is waited for once, also
// where the retry after it is not sent.
func TestNoWaitPastTheDeadline(t *testing.T) {
	for _, col := range calls {
		if col.aliases > 1 { // of which the others wait with the first
			continue
		}
		bubble(t, col.name+"/once", func(t *testing.T) {
			fx := newFixture(t)
			fx.on(col.method, limited("50"), connectionRefused, regular)
			_, errs := col.call(within(t, 90*time.Second), fx, fx.api)
			want(t, errs[0], "-", 0)
		})
		for retryAfter, after := range map[string]time.Duration{"10": 10 * time.Second, "": 0} {
			bubble(t, fmt.Sprintf("%s/Retry-After %q", col.name, retryAfter), func(t *testing.T) {
				fx := newFixture(t, api.WithBackoff(func(int) time.Duration { return 10 * time.Second }))
				fx.on(col.method, limited(retryAfter))
				_, errs := col.call(within(t, 10*time.Second), fx, fx.api)
				e := want(t, errs[0], "RateLimited", 429)
				if fx.wantElapsed(0); e.RetryAfter != after || fx.sent(col.method) != 1 {
					t.Errorf("sent %d times, RetryAfter %s", fx.sent(col.method), e.RetryAfter)
				}
			})
		}
	}
}

// An attempt that another may follow leaves a quarter of the time to that. A timeout of the
// caller's http.Client is one of the attempt, not of the call.
func TestTimeOfAnAttempt(t *testing.T) {
	bubble(t, "a deadline", func(t *testing.T) {
		fx := newFixture(t, api.WithAttemptTimeout(time.Hour))
		fx.on("GET", hangs, regular)
		want(t, errOf(fx.api.ListJobSecrets(within(t, 40*time.Second), fx.job)), "-", 0)
		fx.wantElapsed(30 * time.Second)
	})
	bubble(t, "a client's timeout", func(t *testing.T) {
		fx := newFixture(t)
		fx.on("POST", applied(hangs))
		client := fx.client(nil, api.WithHTTPClient(&http.Client{Timeout: 5 * time.Second, Transport: fx}))
		s, err := client.CreateJobSecretAlias(t.Context(), fx.job, fx.secret, api.AliasRequest{Key: "PG"})
		fx.wantSecret(s, err)
		want(t, err, "-", 0)
		fx.wantElapsed(5 * time.Second)
	})
}

// A 401 with a token source is answered by asking the source again: a token that differs
// is tried once, beyond the retries. What fails with it is retried like any other.
func TestUnauthorizedAsksTheSourceAgain(t *testing.T) {
	for name, c := range map[string]struct {
		tokens []string
		want   string
		sent   int
		steps  []happening // to the requests in question, of a call that begins with one, with a retry
	}{
		"another token that is accepted": {[]string{"old", "TOKEN"}, "-", 2, nil},
		"the same token":                 {[]string{"old", "old", "TOKEN"}, "Unauthorized", 1, nil},
		"another that is refused":        {[]string{"old", "older", "TOKEN"}, "Unauthorized", 2, nil},
		"a source that fails then":       {[]string{"old", ""}, "Unauthorized", 1, nil},
		"accepted, rate limited":         {[]string{"old", "TOKEN"}, "-", 3, []happening{regular, answered(429, ""), regular}},
		"accepted, not sent":             {[]string{"old", "TOKEN"}, "-", 3, []happening{regular, connectionRefused, regular}},
		"another that is not sent":       {[]string{"old", "TOKEN"}, "Unauthorized", 3, []happening{regular, connectionRefused}},
		"refused after a rate limit":     {[]string{"old", "TOKEN", "old", "TOKEN"}, "Unauthorized", 3, []happening{regular, answered(429, ""), regular}},
	} {
		for _, col := range calls {
			if c.steps != nil && col.name != "create" && col.name != "list" {
				continue
			}
			t.Run(name+"/"+col.name, func(t *testing.T) {
				fx := newFixture(t)
				fx.on(col.method, c.steps...)
				var asked atomic.Int32
				client := fx.signed(api.APITokenSource(func(context.Context) (string, error) {
					token := c.tokens[min(int(asked.Add(1)), len(c.tokens))-1]
					if token == "" {
						return "", errWhy
					}
					return strings.Replace(token, "TOKEN", fx.srv.Token(), 1), nil
				}), api.WithRetries(min(len(c.steps), 1)))
				_, errs := col.call(t.Context(), fx, client)
				for _, err := range errs {
					if got := sentinels(err); got != c.want && !(errors.Is(err, errWhy) && got == "NotSent Unauthorized") {
						t.Errorf("matches %q, want %q: %v", got, c.want, err)
					}
				}
				sent := fx.sent("POST") + fx.sent("GET") + fx.sent("DELETE")
				if c.want != "-" && sent != c.sent || sent < c.sent {
					t.Errorf("sent %d times", sent)
				}
			})
		}
	}
}

// The longest that calls may take without a deadline: a request with its retries, the
// further requests of ensure and delete with a list before each, and settling.
const (
	longestRequest  = 4*30*time.Second + 3*time.Minute
	longestSettling = 30 * time.Second
	longestRounds   = longestRequest + 3*longestRequest
)

var longest = map[string]time.Duration{
	"list":        longestRequest,
	"create":      longestRequest + longestSettling,
	"ensure":      longestRequest + longestRounds + longestSettling,
	"ensure many": longestRequest + longestRounds + longestSettling,
	"delete":      longestRequest + longestRounds + longestSettling,
}

func TestTiming(t *testing.T) {
	const backoffs = 3500 * time.Millisecond
	for _, c := range []struct {
		name         string
		happens      happening
		via          func(t testing.TB) http.RoundTripper // instead
		want, create string                               // which differs for a create
		least, after time.Duration                        // the same
		slack        time.Duration
	}{
		{"never responds", hangs, nil, "NoResponse timeout", "Unknown NoResponse timeout", 2 * time.Minute, time.Minute, backoffs},
		{"no connection in time", nil, func(t testing.TB) http.RoundTripper { return hangingDials(t) },
			"NotSent timeout", "NotSent timeout", 2 * time.Minute, 2 * time.Minute, backoffs},
		{"refused", nil, func(testing.TB) http.RoundTripper { return &http.Transport{DialContext: refuse} },
			"NotSent refused", "NotSent refused", backoffs / 2, backoffs / 2, backoffs / 2},
		{"asks for more time in the last moment", func(_ http.RoundTripper, r *http.Request) (*http.Response, error) {
			time.Sleep(30*time.Second - time.Millisecond)
			return limited("60")(nil, r)
		}, nil, "RateLimited", "RateLimited", longestRequest - time.Second, longestRequest - time.Second, time.Second},
	} {
		for _, col := range calls {
			bubble(t, c.name+"/"+col.name, func(t *testing.T) {
				fx := newFixture(t, api.WithBackoff(nil))
				fx.on("POST", c.happens)
				fx.on("GET", c.happens)
				client := fx.api
				if c.via != nil {
					client = fx.client(c.via(t), api.WithBackoff(nil))
				}
				_, errs := col.call(t.Context(), fx, client)
				names, least := c.want, c.least
				if col.name == "create" {
					names, least = c.create, c.after
				}
				want(t, errs[0], names, map[bool]int{true: 429}[names == "RateLimited"])
				if took := time.Since(fx.start); took < least || took > least+c.slack {
					t.Errorf("took %s, want %s", took, least)
				}
				says := map[string]string{"NoResponse timeout": "no complete response within 30s", "NotSent timeout": "no connection within 30s"}
				if !strings.Contains(errs[0].Error(), says[c.want]) {
					t.Errorf("does not say %s: %v", says[c.want], errs[0])
				}
			})
		}
	}
}

// Random servers cannot make any call take longer than stated, nor longer than its
// context; and one that is cancelled ends in that instant and says so.
func TestTimingRandom(t *testing.T) {
	seeds := uint64(30)
	if testing.Short() {
		seeds = 5
	}
	for _, col := range calls {
		t.Run(col.name, func(t *testing.T) {
			for seed := range seeds {
				for _, mode := range []string{"", "deadline", "cancelled"} {
					synctest.Test(t, func(t *testing.T) {
						var mu sync.Mutex
						rng := rand.New(rand.NewPCG(seed, 7))
						fx := newFixture(t, api.WithBackoff(nil))
						fake := fx.wire.handler
						fx.wire.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
							mu.Lock()
							delay := []time.Duration{0, rand.N(30 * time.Second), 29999 * time.Millisecond, time.Hour}[rng.IntN(4)]
							status := []int{0, 0, 429, 429, 429, 503, 408}[rng.IntN(7)]
							after := []string{"", "60", "60", "60", "61", "3600", "-5"}[rng.IntN(7)]
							mu.Unlock()
							select {
							case <-r.Context().Done():
								return
							case <-time.After(delay):
							}
							if status == 0 {
								fake.ServeHTTP(w, r)
								return
							}
							w.Header().Set("Retry-After", after)
							w.WriteHeader(status)
						})
						ctx, most := t.Context(), longest[col.name]
						switch mode {
						case "deadline":
							most = 100 * time.Second
							ctx = within(t, most)
						case "cancelled":
							most = time.Duration(rng.Int64N(int64(200 * time.Second)))
							ctx = cancelledAfter(t, most, nil)
						}
						_, errs := col.call(ctx, fx, fx.api)
						if took := time.Since(fx.start); took > most {
							t.Errorf("seed %d, %s: took %s, want up to %s", seed, mode, took, most)
						}
						if err := errs[0]; err != nil && col.aliases == 1 && errors.Is(ctx.Err(), context.Canceled) && !errors.Is(err, context.Canceled) {
							t.Errorf("seed %d: cancelled, but: %v", seed, err)
						}
					})
				}
			}
		})
	}
}
