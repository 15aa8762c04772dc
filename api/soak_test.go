package api_test

// The soak: many calls at once through a server that loses, cuts and delays responses and
// says no at random. Afterwards what each call reported is held against what the server
// knows of it. SOAK_CALLS is their number, SOAK_SEED makes a run again.

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/api/apitest"
)

const (
	soakAtOnce = 32
	soakBad    = 30 // percent of the requests
)

// TestSoak is in virtual time, with responses that come too late, Retry-After and contexts
// that end.
func TestSoak(t *testing.T) {
	t.Parallel()
	calls, seed := soakSize(t, "400")
	synctest.Test(t, func(t *testing.T) {
		s := newSoak(t, seed, true)
		wire := &wire{handler: s}
		s.connect(nowhere, wire)
		s.run(calls)
		wire.running.Wait() // some take effect after their client has left
		s.check()
	})
}

// TestSoakWire is over real connections.
func TestSoakWire(t *testing.T) {
	t.Parallel()
	calls, seed := soakSize(t, "400")
	for _, http2 := range []bool{false, true} {
		t.Run(map[bool]string{false: "HTTP/1.1", true: "HTTP/2"}[http2], func(t *testing.T) {
			s := newSoak(t, seed, false)
			server := quiet(httptest.NewUnstartedServer(s))
			server.EnableHTTP2 = http2
			server.StartTLS()
			transport := server.Client().Transport.(*http.Transport)
			transport.MaxConnsPerHost, transport.MaxIdleConnsPerHost = 8, 8 // as the default
			s.connect(server.URL, transport)
			s.run(calls / 10)
			transport.CloseIdleConnections()
			server.Close()
			s.check()
		})
	}
}

func soakSize(t *testing.T, calls string) (n int, seed uint64) {
	n, err := strconv.Atoi(cmp.Or(os.Getenv("SOAK_CALLS"), calls))
	seed, seedErr := strconv.ParseUint(cmp.Or(os.Getenv("SOAK_SEED"), fmt.Sprint(time.Now().UnixNano())), 10, 64)
	if err != nil || seedErr != nil {
		t.Fatal(err, seedErr)
	}
	t.Logf("SOAK_SEED=%d SOAK_CALLS=%d", seed, n)
	return n, seed
}

// soak is the server, and the record of what everybody did.
type soak struct {
	t     *testing.T
	seed  uint64
	slow  bool // virtual time: delays are long, contexts end
	srv   *apitest.Server
	fake  http.Handler
	api   *api.Client
	clock atomic.Int64 // orders what happens
	jobs  []soakJob
	calls []*soakCall

	requests, bad  atomic.Int64
	asked, unknown int // of ensure and batch, whose contexts did not end
}

// soakJob has two secrets to alias.
type soakJob struct {
	id      uuid.UUID
	secrets [2]uuid.UUID
}

// soakCall is one call and what the server saw of it.
type soakCall struct {
	number int
	kind   string // create, ensure, batch, delete, list
	job    *soakJob
	alias  uuid.UUID // to delete
	specs  []soakSpec
	ends   bool // its context may end before it
	alone  bool // the server asked it for more patience than there is, after which nothing more is sent

	mu    sync.Mutex
	rng   *rand.Rand
	posts map[string][]*soakPost // by key
	lists []soakList
	sent  int // DELETEs
}

// soakSpec is one alias that is asked for, and what was reported of it.
type soakSpec struct {
	key    string
	target uuid.UUID
	api.EnsureResult
}

// soakPost is a create that reached the server.
type soakPost struct {
	came    int64     // when it arrived
	effect  uuid.UUID // the alias it has made; zero: none
	made    int64     // when
	regular bool      // the response was that of the server, whole, and somebody was there to get it
	refused bool      // the response said that nothing was done, and somebody was there to get it
	status  int
	what    string
}

// soakList is a list that reached the server.
type soakList struct {
	came, made int64
	regular    bool // the response was that of the server, whole
	seen       bool // the response was a list
}

func newSoak(t *testing.T, seed uint64, slow bool) *soak {
	srv := apitest.Start(t)
	return &soak{t: t, seed: seed, slow: slow, srv: srv, fake: srv.Handler()}
}

type soakKey struct{}

const soakHeader = "X-Soak-Call"

func (s *soak) connect(url string, rt http.RoundTripper) {
	opts := []api.Option{api.WithBaseURL(url), api.WithBackoff(nil), over(func(req *http.Request) (*http.Response, error) {
		req = req.Clone(req.Context())
		req.Header.Set(soakHeader, strconv.Itoa(req.Context().Value(soakKey{}).(*soakCall).number))
		return rt.RoundTrip(req)
	})}
	if !s.slow {
		opts = append(opts, api.WithBackoff(func(int) time.Duration { return 100 * time.Microsecond }))
	}
	s.api = clientWith(s.t, api.APIToken(s.srv.Token()), opts...)
}

// run makes so many calls, 32 at a time.
func (s *soak) run(calls int) {
	for n := range calls {
		if n%50 == 0 {
			job := soakJob{id: s.srv.AddJob(fmt.Sprint("job ", n))}
			for i := range job.secrets {
				job.secrets[i] = s.srv.AddSecret(job.id, fmt.Sprint("SECRET_", i), api.VariableScopeProject)
			}
			s.srv.AddSecret(job.id, "SHARED_0", api.VariableScopeJob) // a key that is in use for good
			s.jobs = append(s.jobs, job)
		}
		s.calls = append(s.calls, s.plan(n, &s.jobs[len(s.jobs)-1]))
	}
	var next atomic.Int64
	var workers sync.WaitGroup
	for range soakAtOnce {
		workers.Go(func() {
			for n := next.Add(1) - 1; n < int64(calls); n = next.Add(1) - 1 {
				s.call(s.calls[n])
			}
		})
	}
	workers.Wait()
}

// plan decides what call n is to be: 4 of 12 create, 5 ensure, one each is a batch, deletes
// and lists; one key in five is asked for by others, too, for either secret.
func (s *soak) plan(n int, job *soakJob) *soakCall {
	rng := rand.New(rand.NewPCG(s.seed, uint64(n)))
	kinds := strings.Fields("create create create create ensure ensure ensure ensure ensure batch delete list")
	c := &soakCall{number: n, job: job, rng: rng, posts: map[string][]*soakPost{}, kind: kinds[rng.IntN(len(kinds))]}
	most := 1
	switch c.kind {
	case "batch":
		most += rng.IntN(20)
	case "delete":
		c.alias = s.srv.AddAlias(job.id, job.secrets[0], fmt.Sprint("DELETED_", n))
	}
	for i := range most {
		spec := soakSpec{key: fmt.Sprintf("KEY_%d_%d", n, i), target: job.secrets[0]}
		if rng.IntN(5) == 0 {
			spec.key, spec.target = fmt.Sprint("SHARED_", rng.IntN(5)), job.secrets[rng.IntN(2)]
		}
		if !slices.ContainsFunc(c.specs, func(s soakSpec) bool { return s.key == spec.key }) {
			c.specs = append(c.specs, spec)
		}
	}
	c.ends = s.slow && rng.IntN(10) == 0
	return c
}

// call makes a call and notes what it reports.
func (s *soak) call(c *soakCall) {
	ctx, cancel := context.WithCancel(context.WithValue(context.Background(), soakKey{}, c))
	defer cancel()
	if c.ends {
		after := time.Duration(c.rng.Int64N(int64(60 * time.Second)))
		if c.rng.IntN(2) == 0 {
			ctx, cancel = context.WithTimeout(ctx, after)
			defer cancel()
		} else {
			defer time.AfterFunc(after, cancel).Stop()
		}
	}
	one, req := &c.specs[0], api.AliasRequest{Key: c.specs[0].key}
	switch c.kind {
	case "delete":
		one.Err = s.api.DeleteJobSecretAlias(ctx, c.job.id, c.alias)
	case "list":
		_, one.Err = s.api.ListJobSecrets(ctx, c.job.id)
	case "create":
		one.Secret, one.Err = s.api.CreateJobSecretAlias(ctx, c.job.id, one.target, req)
	case "ensure":
		one.Secret, one.Created, one.Err = s.api.EnsureJobSecretAlias(ctx, c.job.id, one.target, req)
	case "batch":
		specs := make([]api.AliasSpec, len(c.specs))
		for i, spec := range c.specs {
			specs[i] = api.AliasSpec{SecretID: spec.target, Request: api.AliasRequest{Key: spec.key}}
		}
		got, err := s.api.EnsureJobSecretAliases(ctx, c.job.id, specs)
		if len(got) != len(specs) {
			s.t.Errorf("call %d: %d results for %d specs: %v", c.number, len(got), len(specs), err)
			return
		}
		for i, r := range got {
			c.specs[i].EnsureResult = r
		}
	}
}

// ServeHTTP passes a request on to the fake and does something to it and its response.
func (s *soak) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(r.Header.Get(soakHeader))
	if err != nil {
		panic(err)
	}
	body, _ := io.ReadAll(r.Body)
	var req api.AliasRequest
	json.Unmarshal(body, &req)
	came := s.clock.Add(1)
	c, post := s.calls[n], &soakPost{came: came}
	c.mu.Lock()
	f := s.draw(c, r.Method)
	switch r.Method {
	case http.MethodPost:
		c.posts[req.Key] = append(c.posts[req.Key], post)
	case http.MethodDelete:
		c.sent++
	}
	c.mu.Unlock()
	s.requests.Add(1)
	if f.what != "regular" {
		s.bad.Add(1)
	}

	time.Sleep(f.before)
	rec := newRecorder()
	if f.apply {
		asked := r.WithContext(context.WithoutCancel(r.Context()))
		asked.Body = io.NopCloser(bytes.NewReader(body))
		rec.serve(s.fake, asked)
	}
	made := s.clock.Add(1)
	time.Sleep(f.after)

	there := r.Context().Err() == nil
	c.mu.Lock()
	post.what, post.status = f.what, cmp.Or(f.status, rec.Code)
	if r.Method == http.MethodGet {
		regular := there && f.regular() && rec.Code == 200
		c.lists = append(c.lists, soakList{came, made, regular, regular || there && f.what == "old list"})
	} else if rec.Code == 201 {
		var alias api.Secret
		if err := json.Unmarshal(rec.Body.Bytes(), &alias); err != nil {
			panic(err)
		}
		post.effect, post.made = alias.ID, made
	}
	post.regular = there && f.regular()
	post.refused = there && !f.apply && f.status >= 400 && f.status < 500 && f.status != 408
	c.alone = c.alone || r.Method == http.MethodPost && post.refused && f.header.Get("Retry-After") > "60"
	c.mu.Unlock()

	switch {
	case f.reset:
		panic(http.ErrAbortHandler)
	case f.status != 0:
		maps.Copy(w.Header(), f.header)
		w.WriteHeader(f.status)
		io.WriteString(w, f.body)
	default:
		maps.Copy(w.Header(), rec.Result().Header)
		w.Header().Set("Content-Length", strconv.Itoa(rec.Body.Len()))
		w.WriteHeader(rec.Code)
		if f.cut {
			w.Write(rec.Body.Bytes()[:rec.Body.Len()/2])
			http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}
		w.Write(rec.Body.Bytes())
	}
}

// soakFault is what happens to one request.
type soakFault struct {
	what          string
	before, after time.Duration // waits around taking effect
	apply         bool          // it takes effect
	reset, cut    bool          // the connection, the response
	status        int           // of another response
	header        http.Header
	body          string
}

// regular reports whether the response is that of the server, whole.
func (f *soakFault) regular() bool { return f.apply && !f.reset && !f.cut && f.status == 0 }

// draw decides what happens to a request: three of ten are bad.
func (s *soak) draw(c *soakCall, method string) soakFault {
	rng, old := c.rng, method == http.MethodGet && c.kind != "delete" && c.kind != "list"
	wait := func(limit time.Duration) time.Duration { return time.Duration(rng.Int64N(int64(limit))) }
	pick := func(some ...int) int { return some[rng.IntN(len(some))] }
	f := soakFault{what: "regular", apply: true}
	if s.slow {
		f.before, f.after = wait(time.Second), wait(time.Second)
	}
	if rng.IntN(100) >= soakBad {
		return f
	}
	f.apply = rng.IntN(2) == 0
	switch rng.IntN(10) {
	case 0, 1:
		f.what, f.reset = "reset", true
	case 2, 3:
		f.what, f.status, f.body = "5xx", pick(408, 500, 501, 502, 503, 504, 599), page
	case 4:
		f.what, f.apply, f.cut = "cut", true, true
	case 5:
		f.what, f.apply, f.status = "429", false, 429
		if s.slow {
			f.header = http.Header{"Retry-After": {fmt.Sprint(pick(0, 1, 5, 60, 61, 900))}}
		}
	case 6:
		f.what, f.status, f.header = "redirect", pick(301, 302, 303), http.Header{"Location": {"/elsewhere"}}
	case 7:
		f.what, f.status = "odd success", pick(200, 202, 203, 206)
		f.body = []string{`{}`, `null`, `<html>`, ``, `{"results":null}`}[rng.IntN(5)]
	case 8:
		f.what, f.status, f.body = "broken success", successOf[method], []string{`{}`, `null`, `<html>`, `{"id":`}[rng.IntN(4)]
		f.apply = f.apply || method == http.MethodDelete // of which the status says all
	case 9:
		f.what, f.apply = "late", true
		f.before, f.after = wait(2*time.Millisecond), wait(2*time.Millisecond)
		if s.slow {
			f.before, f.after = wait(50*time.Second), wait(50*time.Second)
		}
		if old && rng.IntN(2) == 0 {
			f.what, f.status, f.body, f.apply = "old list", 200, results(), false
		}
	}
	return f
}

// check holds what was reported against what happened.
func (s *soak) check() {
	table, made := map[string]int{}, map[uuid.UUID]bool{}
	holders := map[uuid.UUID]map[string]*api.Secret{}
	for _, job := range s.jobs {
		holders[job.id] = map[string]*api.Secret{}
		for _, secret := range s.srv.Secrets(job.id) {
			if secret.Scope == api.VariableScopeJob {
				if holders[job.id][secret.Key] != nil {
					s.t.Errorf("job %s has %s twice", job.id, secret.Key)
				}
				holders[job.id][secret.Key] = &secret
			}
		}
	}
	for _, c := range s.calls {
		if made[c.alias] = true; c.kind == "delete" || c.kind == "list" {
			table[c.kind+": "+s.checkOther(c)]++
			continue
		}
		for i := range c.specs {
			if c.kind != "create" && !c.ends {
				s.asked++
			}
			outcome := s.checkSpec(c, &c.specs[i], holders[c.job.id][c.specs[i].key], made)
			table[c.kind+": "+outcome]++
		}
		for key, posts := range c.posts {
			if !slices.ContainsFunc(c.specs, func(spec soakSpec) bool { return spec.key == key }) {
				s.t.Errorf("call %d posted %q %d times", c.number, key, len(posts))
			}
		}
	}
	for job, held := range holders {
		for key, secret := range held {
			if *secret.VariableType == api.VariableTypeAlias && !made[secret.ID] {
				s.t.Errorf("job %s: nobody has made %s", job, key)
			}
		}
	}
	if s.asked > 2000 && s.unknown*200 > s.asked {
		s.t.Errorf("%d of %d aliases ensured are unknown", s.unknown, s.asked)
	}
	counts, _ := json.MarshalIndent(table, "", "") // cannot fail for a map of numbers
	s.t.Logf("SOAK_SEED=%d: %d calls, %d requests, %d of them bad\n%s", s.seed, len(s.calls), s.requests.Load(), s.bad.Load(), counts)
}

// checkOther checks what was reported of a deletion or a list.
func (s *soak) checkOther(c *soakCall) string {
	err, is := c.specs[0].Err, func(target error) bool { return errors.Is(c.specs[0].Err, target) }
	there := slices.ContainsFunc(s.srv.Secrets(c.job.id), func(secret api.Secret) bool { return secret.ID == c.alias })
	whole := slices.ContainsFunc(c.lists, func(l soakList) bool { return l.regular })
	if err == nil && (there || !whole) || err != nil && c.kind == "delete" && !there && !is(api.ErrOutcomeUnknown) ||
		err != nil && c.kind == "list" && whole && !c.ends || is(api.ErrOutcomeUnknown) && c.sent == 0 || is(api.ErrNotSent) && c.sent > 0 ||
		is(api.ErrNotFound) || (is(context.Canceled) || is(context.DeadlineExceeded)) && !c.ends {
		s.t.Errorf("call %d, %s: %d DELETEs, there %t: %v", c.number, c.kind, c.sent, there, err)
	}
	return sentinels(err)
}

// checkSpec checks what was reported of one alias, and names it for the table. held is what
// has the key in the end; nothing was ever deleted.
func (s *soak) checkSpec(c *soakCall, spec *soakSpec, held *api.Secret, made map[uuid.UUID]bool) (outcome string) {
	posts := c.posts[spec.key]
	wrong := func(text string) {
		s.t.Helper()
		var log []string
		for _, p := range posts {
			log = append(log, fmt.Sprintf("%s (status %d, effect %v, whole %v)", p.what, p.status, p.effect != uuid.Nil, p.regular))
		}
		s.t.Errorf("call %d, %s %s: %s\n\treported: %+v\n\tthe server has: %+v\n\tposts: %v, lists: %+v", c.number, c.kind, spec.key, text, spec.EnsureResult, held, log, c.lists)
	}

	// What this call did. A create sends no POST after one that may have been processed;
	// ensure and batch do, after a list that began later and does not show its effect.
	var effect, last *soakPost
	undecided := false
	for i, p := range posts {
		last = p
		undecided = undecided || !p.regular && !p.refused
		if i < len(posts)-1 && !p.refused && !p.regular && (c.kind == "create" || !slices.ContainsFunc(c.lists, func(l soakList) bool {
			return l.seen && l.came > p.came && l.made < posts[i+1].came && (!l.regular || p.effect == uuid.Nil || p.made > l.came)
		})) {
			wrong("sent again after one that may have been processed")
		}
		if p.effect != uuid.Nil {
			if made[p.effect] = true; effect != nil {
				wrong("two POSTs took effect")
			}
			effect = p
		}
	}
	listed := func(f func(soakList) bool) bool {
		return slices.ContainsFunc(c.lists, func(l soakList) bool { return l.regular && f(l) })
	}

	// What it reported.
	is := func(target error) bool { return errors.Is(spec.Err, target) }
	e := (*api.Error)(nil)
	switch {
	case (spec.Secret == nil) == (spec.Err == nil), spec.Created && spec.Err != nil:
		wrong("neither or both of a success and an error")
	case spec.Err == nil:
		switch {
		case held == nil || held.ID != spec.Secret.ID:
			wrong("success without an alias")
		case spec.Secret.Key != spec.key || spec.Secret.AliasedSecret == nil || spec.Secret.AliasedSecret.ID != spec.target:
			wrong("not the alias that was asked for")
		case spec.Created && (effect == nil || effect.effect != spec.Secret.ID || !effect.regular):
			wrong("created, but this call did not see it")
		case c.kind != "create" && !spec.Created && effect != nil && effect.regular:
			wrong("this call has created it and does not say so")
		case c.kind == "create" && last == nil:
			wrong("success without a POST")
		}
		switch {
		case effect != nil && effect.regular:
			return "created"
		case effect != nil:
			return "created, response lost"
		}
		return "was there"
	case !errors.As(spec.Err, &e):
		wrong("no *Error")
	case is(api.ErrOutcomeUnknown):
		switch {
		case last == nil:
			wrong("unknown, but nothing was sent")
		case !undecided && !(last.regular && last.status == 409 && c.kind != "create"):
			wrong("unknown, but the response arrived")
		case !c.ends && effect != nil && listed(func(l soakList) bool { return l.made > effect.made }):
			wrong("unknown, but a list showed it")
		case !c.ends && !slices.ContainsFunc(c.lists, func(l soakList) bool { return l.came > last.came }):
			wrong("unknown, but nobody looked")
		case !c.ends && c.kind != "create" && !c.alone:
			s.unknown++
		}
		if effect != nil {
			return "unknown, is there"
		}
		return "unknown, is not there"
	case effect != nil:
		wrong("an error that says it was not created")
	case undecided && !is(api.ErrConflict):
		wrong("an error that knows more than it can")
	case is(api.ErrConflict):
		if held == nil || c.kind != "create" && held.AliasedSecret != nil && held.AliasedSecret.ID == spec.target && !c.ends && e.Existing != nil &&
			listed(func(soakList) bool { return true }) {
			wrong("a conflict without one")
		}
		if e.Existing != nil && held != nil && e.Existing.ID != held.ID {
			wrong("another holder than " + held.ID.String())
		}
		return "conflict"
	case is(api.ErrNotSent):
		// In a batch the others give up, too, once the server wants to be left alone.
		alone := c.kind == "batch" && c.alone
		if last != nil || !c.ends && !alone {
			wrong("said not to be sent")
		}
		return "not sent"
	case is(context.Canceled), is(context.DeadlineExceeded):
		if !c.ends {
			wrong("the context has not ended")
		}
		return "context over"
	case is(api.ErrRateLimited):
		if last != nil && last.status != 429 {
			wrong("no 429 for it")
		}
		return "rate limited"
	case last != nil, c.kind == "create":
		wrong("no reason for it")
	}
	return "list failed"
}
