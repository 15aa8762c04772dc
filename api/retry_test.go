package api_test

// What is sent again, how often, and after which time, in virtual time.

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/qovery-alias/qovery-alias-go/api"
)

// pace records when requests of one method are sent, and answers the others.
type pace struct {
	method string
	answer http.Handler
	mu     sync.Mutex
	began  time.Time
	at     []time.Duration
}

func (p *pace) client(t *testing.T, opts ...api.Option) *api.Client {
	t.Helper()
	p.began = time.Now()
	transport := over(func(r *http.Request) (*http.Response, error) {
		if r.Method != p.method {
			return response(answer{status: 200, body: results(alias(fields{"key": "OTHER"}), alias(fields{"id": aStranger}))}), nil
		}
		p.mu.Lock()
		p.at = append(p.at, time.Since(p.began))
		p.mu.Unlock()
		return response(p.answer.(answer)), nil
	})
	client, err := api.NewClient(api.APIToken(plantedToken), append([]api.Option{api.WithBaseURL("https://qovery.invalid"), transport}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// operations by the method of their request.
var operations = map[string]struct {
	id   string
	call func(context.Context, *api.Client) error
}{
	"POST": {creating, func(ctx context.Context, c *api.Client) error {
		_, err := c.CreateJobSecretAlias(ctx, aJob, aSecret, api.AliasRequest{Key: aKey})
		return err
	}},
	"GET": {listing, func(ctx context.Context, c *api.Client) error {
		_, err := c.ListJobSecrets(ctx, aJob)
		return err
	}},
	"DELETE": {deleting, func(ctx context.Context, c *api.Client) error {
		return c.DeleteJobSecretAlias(ctx, aJob, anAlias)
	}},
}

// A create is sent again after a 429 alone, since then nothing was done.
func TestRetriedStatuses(t *testing.T) {
	retried := func(status int) bool {
		return status == 408 || status == 429 || status >= 500 && status <= 599 && status != 501
	}
	for method, operation := range operations {
		for status := 200; status <= 700; status++ {
			if text := http.StatusText(status); text == "" && status%50 != 49 && status != 600 {
				continue // the odd ones are many
			}
			success := map[string]int{"POST": 201, "GET": 200, "DELETE": 204}[method]
			if status == success {
				continue
			}
			p := pace{method: method, answer: answer{status: status}}
			err := operation.call(t.Context(), p.client(t, atOnce))
			want := 1
			if retried(status) && (method != "POST" || status == 429) {
				want = 4
			}
			if len(p.at) != want {
				t.Errorf("%s, %d: sent %d times, want %d", method, status, len(p.at), want)
			}
			if e := (*api.Error)(nil); method != "POST" && (!errors.As(err, &e) || e.StatusCode != status || e.Operation != operation.id) {
				t.Errorf("%s, %d: %v", method, status, err)
			}
		}
	}
}

// A transport that fails leaves open whether the server has seen the request.
func TestRetriedFailures(t *testing.T) {
	for _, operation := range []string{"POST", "GET", "DELETE"} {
		sent := 0
		cause := errors.New("connection reset by test")
		client := clientOf(t, "https://qovery.invalid", over(func(r *http.Request) (*http.Response, error) {
			if r.Method != operation {
				return response(answer{status: 200, body: results(alias(fields{"key": "OTHER"}))}), nil
			}
			sent++
			return nil, cause
		}))
		err := operations[operation].call(t.Context(), client)
		want := map[string]int{"POST": 1, "GET": 4, "DELETE": 4}[operation]
		if sent != want || !errors.Is(err, cause) {
			t.Errorf("%s: sent %d times, want %d: %v", operation, sent, want, err)
		}
		if got := matched(err); (operation == "POST") != (got == "ErrOutcomeUnknown") || operation != "POST" && got != "" {
			t.Errorf("%s: matches %q", operation, got)
		}
	}
}

func TestRetriesAreCounted(t *testing.T) {
	for _, n := range []int{0, 1, 7} {
		p := pace{method: "GET", answer: answer{status: 503}}
		if _, err := p.client(t, atOnce, api.WithRetries(n)).ListJobSecrets(t.Context(), aJob); matched(err) != "ErrServer" || len(p.at) != n+1 {
			t.Errorf("%d retries: sent %d times, %v", n, len(p.at), err)
		}
		p = pace{method: "POST", answer: answer{status: 429}}
		if _, err := create(t, p.client(t, atOnce, api.WithRetries(n))); matched(err) != "ErrRateLimited" || len(p.at) != n+1 {
			t.Errorf("%d retries: sent %d times, %v", n, len(p.at), err)
		}
	}
	// The last answer is what is reported; a success ends it.
	statuses := []int{503, 429, 500, 200}
	client := clientOf(t, "https://qovery.invalid", over(func(*http.Request) (*http.Response, error) {
		status := statuses[0]
		statuses = statuses[1:]
		return response(answer{status: status, body: results()}), nil
	}))
	if list, err := client.ListJobSecrets(t.Context(), aJob); err != nil || list == nil || len(statuses) != 0 {
		t.Errorf("got %v, %v", list, err)
	}
}

// What was provably not sent is sent again, be it a create.
func TestRetriedUntilSent(t *testing.T) {
	srv := serve(t, answer{status: 201, body: alias()}, emptyList)
	dials := 0
	client := clientOf(t, srv.URL, api.WithHTTPClient(&http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			if dials++; dials <= 3 {
				return nil, errors.New("no route")
			}
			return (&net.Dialer{}).DialContext(ctx, network, addr)
		},
	}}))
	if s, err := create(t, client); err != nil || s.ID != anAlias || dials != 4 || srv.creates.Load() != 1 {
		t.Errorf("%d dials, %d creates: %v, %v", dials, srv.creates.Load(), s, err)
	}
}

// The body goes out whole each time.
func TestRetriedBody(t *testing.T) {
	var bodies []string
	client := clientOf(t, "https://qovery.invalid", over(func(r *http.Request) (*http.Response, error) {
		body := make([]byte, r.ContentLength)
		r.Body.Read(body)
		bodies = append(bodies, string(body))
		return response(answer{status: 429}), nil
	}))
	create(t, client)
	if len(bodies) != 4 {
		t.Errorf("sent %d times", len(bodies))
	}
	for _, body := range bodies {
		if body != `{"key":"PGPASSWORD"}` {
			t.Errorf("sent %q", body)
		}
	}
	// One that can be read only once is sent only once.
	bodies = nil
	generated := client.Generated()
	_, err := generated.CreateJobSecretAliasWithBodyWithResponse(t.Context(), aJob, aSecret, "application/json",
		struct{ *strings.Reader }{strings.NewReader(`{"key":"X"}`)},
		func(_ context.Context, r *http.Request) error { r.ContentLength = 11; return nil })
	if matched(err) != "ErrRateLimited" || len(bodies) != 1 || bodies[0] != `{"key":"X"}` {
		t.Errorf("sent %q: %v", bodies, err)
	}
}

// The wait the server asks for, or else the backoff.
func TestRetryAfter(t *testing.T) {
	at := func(d time.Duration) func() string {
		return func() string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
	}
	text := func(s string) func() string { return func() string { return s } }
	const backoff = 3 * time.Second
	for name, c := range map[string]struct {
		value func() string
		wait  time.Duration // 0: the error is returned at once
		after time.Duration // RetryAfter of the error
	}{
		"absent":              {text(""), backoff, 0},
		"1 s":                 {text("1"), time.Second, time.Second},
		"60 s":                {text("60"), time.Minute, time.Minute},
		"leading zeros":       {text("007"), 7 * time.Second, 7 * time.Second},
		"0":                   {text("0"), backoff, 0},
		"negative":            {text("-5"), backoff, 0},
		"plus":                {text("+5"), backoff, 0},
		"fraction":            {text("1.5"), backoff, 0},
		"exponent":            {text("1e3"), backoff, 0},
		"unit":                {text("5s"), backoff, 0},
		"hexadecimal":         {text("0x5"), backoff, 0},
		"two":                 {text("5, 6"), backoff, 0},
		"words":               {text("in a while"), backoff, 0},
		"other digits":        {text("٥"), backoff, 0},
		"a date":              {at(20 * time.Second), 20 * time.Second, 20 * time.Second},
		"a date past":         {at(-time.Hour), backoff, 0},
		"a date now":          {at(0), backoff, 0},
		"a date of 1970":      {text("Thu, 01 Jan 1970 00:00:00 GMT"), backoff, 0},
		"a malformed date":    {text("Thu, 32 Jan 2070 00:00:00 GMT"), backoff, 0},
		"61 s":                {text("61"), 0, 61 * time.Second},
		"a day":               {text("86400"), 0, 24 * time.Hour},
		"a date after a day":  {at(24 * time.Hour), 0, 24 * time.Hour},
		"a date in ISO form":  {text("2070-01-01T00:00:00Z"), backoff, 0},
		"more than a float":   {text(strings.Repeat("9", 400)), 0, math.MaxInt64},
		"more than int64":     {text("9223372036854775808"), 0, math.MaxInt64},
		"overflows in ns":     {text("9223372037"), 0, math.MaxInt64},
		"wraps to 1 s in ns":  {text("18446744074"), 0, math.MaxInt64},
		"a date after a life": {text("Fri, 31 Dec 9999 23:59:59 GMT"), 0, math.MaxInt64},
	} {
		t.Run(name, func(t *testing.T) {
			for _, method := range []string{"GET", "POST", "DELETE"} {
				synctest.Test(t, func(t *testing.T) {
					header := http.Header{}
					if v := c.value(); v != "" {
						header.Set("Retry-After", v)
					}
					p := pace{method: method, answer: answer{status: 429, header: header}}
					client := p.client(t, api.WithRetries(1), api.WithBackoff(func(retry int) time.Duration {
						if retry != 1 {
							t.Errorf("asked for retry %d", retry)
						}
						return backoff
					}))
					err := operations[method].call(t.Context(), client)
					e := failure(t, err, operations[method].id)
					if matched(err) != "ErrRateLimited" {
						t.Errorf("%s: %v", method, err)
					}
					switch {
					case c.wait == 0 && len(p.at) != 1:
						t.Errorf("%s: sent at %v", method, p.at)
					case c.wait != 0 && (len(p.at) != 2 || p.at[1] != c.wait):
						t.Errorf("%s: sent at %v, want after %s", method, p.at, c.wait)
					}
					// That of the error is what is left of a date.
					after := c.after
					if strings.HasPrefix(name, "a date") && c.wait != 0 && c.wait != backoff {
						after = 0
					}
					if e.RetryAfter != after {
						t.Errorf("%s: RetryAfter %s, want %s", method, e.RetryAfter, after)
					}
				})
			}
		})
	}
}

// No wait goes past the caller's deadline: the error comes at once, with the time
// the server asked for, so that the caller can come back later.
func TestNoWaitPastTheDeadline(t *testing.T) {
	for name, c := range map[string]struct {
		header http.Header
		after  time.Duration
	}{
		"Retry-After": {http.Header{"Retry-After": {"10"}}, 10 * time.Second},
		"backoff":     {nil, 0},
	} {
		for _, method := range []string{"GET", "POST", "DELETE"} {
			synctest.Test(t, func(t *testing.T) {
				p := pace{method: method, answer: answer{status: 429, header: c.header}}
				client := p.client(t, api.WithBackoff(func(int) time.Duration { return 10 * time.Second }))
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				err := operations[method].call(ctx, client)
				e := failure(t, err, operations[method].id)
				if took := time.Since(p.began); took != 0 || len(p.at) != 1 || matched(err) != "ErrRateLimited" || e.RetryAfter != c.after {
					t.Errorf("%s, %s: took %s, sent at %v, RetryAfter %s: %v", name, method, took, p.at, e.RetryAfter, err)
				}
			})
		}
	}
}

// A wait ends with the context, and what is known then is told: a 429 has changed
// nothing, and what was never sent was not sent.
func TestWaitEndsWithTheContext(t *testing.T) {
	for _, method := range []string{"GET", "POST", "DELETE"} {
		synctest.Test(t, func(t *testing.T) {
			p := pace{method: method, answer: answer{status: 429, header: http.Header{"Retry-After": {"50"}}}}
			client := p.client(t)
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(7*time.Second, cancel)
			err := operations[method].call(ctx, client)
			e := failure(t, err, operations[method].id)
			if took := time.Since(p.began); took != 7*time.Second || len(p.at) != 1 || matched(err) != "ErrRateLimited" ||
				!errors.Is(err, context.Canceled) || e.StatusCode != 429 {
				t.Errorf("%s: took %s, sent at %v: %v", method, took, p.at, err)
			}
		})
		synctest.Test(t, func(t *testing.T) {
			client := clientOf(t, inMemoryURL, api.WithBackoff(func(int) time.Duration { return time.Hour }), api.WithHTTPClient(&http.Client{
				Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, net.ErrClosed }},
			}))
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(7*time.Second, cancel)
			began := time.Now()
			err := operations[method].call(ctx, client)
			if took := time.Since(began); took != 7*time.Second || matched(err) != "ErrNotSent" ||
				!errors.Is(err, context.Canceled) || !errors.Is(err, net.ErrClosed) {
				t.Errorf("%s: took %s: %v", method, took, err)
			}
		})
	}
}

// The default backoff: any time from nothing up to 0.5 s, 1 s, 2 s, 4 s, then 8 s.
// Over many calls both ends of it are seen.
func TestFullJitter(t *testing.T) {
	const calls = 400
	bounds := []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 8 * time.Second, 8 * time.Second}
	lowest, highest := make([]time.Duration, len(bounds)), make([]time.Duration, len(bounds))
	for range calls {
		synctest.Test(t, func(t *testing.T) {
			p := pace{method: "GET", answer: answer{status: 503}}
			p.client(t, api.WithRetries(len(bounds))).ListJobSecrets(t.Context(), aJob)
			if len(p.at) != len(bounds)+1 {
				t.Fatalf("sent %d times", len(p.at))
			}
			for i := range bounds {
				wait := p.at[i+1] - p.at[i]
				if lowest[i] == 0 || wait < lowest[i] {
					lowest[i] = wait
				}
				highest[i] = max(highest[i], wait)
			}
		})
	}
	for i, bound := range bounds {
		if highest[i] > bound || highest[i] < bound*9/10 || lowest[i] > bound/10 {
			t.Errorf("retry %d: from %s to %s, want up to %s", i+1, lowest[i], highest[i], bound)
		}
	}
}

// The times the documentation promises at most: three waits of 60 s and four
// attempts of 30 s.
func TestLongestCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sent atomic.Int32
		client := clientOf(t, inMemoryURL, inMemory(t, func(conn net.Conn, _ *http.Request) {
			time.Sleep(30*time.Second - 1)
			fmt.Fprintf(conn, "HTTP/1.1 503 X\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n")
		}), attempts(&sent))
		began := time.Now()
		_, err := client.ListJobSecrets(t.Context(), aJob)
		if took := time.Since(began); took > 300*time.Second || took < 299*time.Second || sent.Load() != 4 || matched(err) != "ErrServer" {
			t.Errorf("%d attempts took %s: %v", sent.Load(), took, err)
		}
	})
}

// A backoff that makes no sense neither hangs nor fails.
func TestBackoffOfOnesOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked []int
		p := pace{method: "GET", answer: answer{status: 503}}
		client := p.client(t, api.WithBackoff(func(retry int) time.Duration {
			asked = append(asked, retry)
			return []time.Duration{-time.Hour, 0, 5 * time.Second}[retry-1]
		}))
		client.ListJobSecrets(t.Context(), aJob)
		if fmt.Sprint(asked) != "[1 2 3]" || fmt.Sprint(p.at) != "[0s 0s 0s 5s]" {
			t.Errorf("asked %v, sent at %v", asked, p.at)
		}
	})
}

// An alias that a repeated deletion finds gone was deleted by the one before; one
// that the first finds gone was not there.
func TestDeletedBefore(t *testing.T) {
	for name, c := range map[string]struct {
		statuses []int // 0: the connection breaks
		want     string
	}{
		"gone at once":                {[]int{404}, "ErrNotFound"},
		"gone after a 503":            {[]int{503, 404}, ""},
		"gone after a lost answer":    {[]int{0, 404}, ""},
		"gone after several":          {[]int{503, 0, 404}, ""},
		"gone after a 429 and a 503":  {[]int{429, 503, 404}, ""},
		"forbidden after a lost one":  {[]int{0, 403}, "ErrForbidden"},
		"deleted after a lost answer": {[]int{0, 204}, ""},
	} {
		statuses := c.statuses
		client := clientOf(t, "https://qovery.invalid", over(func(r *http.Request) (*http.Response, error) {
			if r.Method == "GET" {
				return response(aliasList), nil
			}
			status := statuses[0]
			statuses = statuses[1:]
			if status == 0 {
				return nil, errors.New("reset")
			}
			return response(answer{status: status}), nil
		}))
		if err := client.DeleteJobSecretAlias(t.Context(), aJob, anAlias); matched(err) != c.want || (err == nil) != (c.want == "") || len(statuses) != 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}
