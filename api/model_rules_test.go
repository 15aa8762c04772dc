package api_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/internal/judge"
)

// connects reports whether the request is sent.
func (x *exchange) connects() bool { return x.Fault.End != "refused" && x.Fault.End != "no host" }

// done reports whether the response says that the request succeeded.
func (x *exchange) done() bool { return x.Status > 0 && x.Status < 300 && x.Whole }

// unclear reports whether the request may have taken effect, by all that is known.
func (x *exchange) unclear() bool {
	refused := x.Status == 300 || x.Status >= 304 && x.Status < 500 && x.Status != http.StatusRequestTimeout
	return !x.done() && !refused && x.connects()
}

// before reports whether x had ended when another one began.
func (x *exchange) before(other *exchange) bool { return !other.Start.Before(x.End) }

// evidence is what a call could know from its responses.
type evidence struct {
	acts, lists []*exchange // requests that change something, and those that list
	last        *exchange   // of the acts
	unclear     *exchange   // the first act that may have taken effect; nil: none
	listed      bool        // a list began after the last act
	perhaps     bool        // such a list shows what may be the alias
	decided     bool        // a list says what became of the acts
}

// gather returns what a call could know, and tells the judge.
func (m *model) gather(c *judge.Call) *evidence {
	e := &evidence{last: &exchange{}}
	for _, x := range m.exchanges {
		switch {
		case x.Call != c.ID:
		case x.Method == http.MethodGet:
			e.lists = append(e.lists, x)
		case c.Verb == "delete" || x.Key == c.Request.Key:
			e.acts, e.last = append(e.acts, x), x
			c.Repeated = c.Repeated || x.Fault.Twice || x.Fault.Status != nil && !x.Fault.Lost && !x.unclear()
			if e.unclear == nil && x.unclear() {
				e.unclear = x
			}
		}
	}
	c.Blind = true
	for _, x := range e.lists {
		if !x.Whole {
			continue
		}
		if x.AsOf.Before(c.Start) {
			c.Start = x.AsOf
		}
		shown, after := look(x.List, c), len(e.acts) > 0 && e.last.before(x)
		e.listed, e.perhaps = e.listed || after, e.perhaps || after && shown == perhaps
		if after || c.Verb != "create" {
			e.decided = e.decided || shown == taken || shown == reached
			c.Blind = c.Blind && shown == nothing
		}
	}
	return e
}

// shown is what a list shows of what a call is about.
type shown int

const (
	nothing shown = iota // of an act's effect
	taken                // the key, by something else
	reached
	perhaps // it may be the alias that was asked for
)

func look(secrets []api.Secret, c *judge.Call) (best shown) {
	if c.Verb == "delete" {
		best = reached
	}
	for _, s := range secrets {
		asked := s.AliasedSecret != nil && s.AliasedSecret.ID == c.Target
		switch {
		case c.Verb == "delete" && s.ID == c.Target:
			return nothing
		case c.Verb == "delete" || s.Key != c.Request.Key:
		case s.AliasedSecret == nil && api.IsAlias(s),
			asked && c.Verb == "create" && !judge.AsAsked(&s, c.Request):
			best = perhaps
		case asked:
			best = max(best, reached)
		default:
			best = max(best, taken)
		}
	}
	return best
}

// repeated reports whether a request was sent again after one that may have taken effect. A create
// never does that, others do after a list that shows that it has not.
func (e *evidence) repeated(c *judge.Call) bool {
	for i := 1; i < len(e.acts); i++ {
		earlier, later := e.acts[i-1], e.acts[i]
		listed := slices.ContainsFunc(e.lists, func(x *exchange) bool {
			return x.Whole && earlier.before(x) && x.before(later) && look(x.List, c) == nothing
		})
		if earlier.done() || earlier.unclear() && (c.Verb == "create" || !listed) {
			return true
		}
	}
	return false
}

// exceeds reports whether a call took longer, or sent more, than is documented.
func (m *model) exceeds(c *judge.Call, e *evidence, took time.Duration, together int) bool {
	rounds := 1 + m.retries
	acts := rounds
	if together > 1 {
		acts += rounds * together // a round in which an alias is made does not count
	}
	type bound struct{ lists, minutes int }
	most := map[string]bound{"list": {1, 5}, "create": {rounds, 7}, "delete": {rounds + 1, 13},
		"ensure": {acts + 1, 13 * together}}[c.Verb]
	return len(e.acts) > acts || len(e.lists) > most.lists*rounds || took.Minutes() > float64(most.minutes)
}

// misreports says all that is wrong with one of the calls that were made together.
func (m *model) misreports(c *judge.Call, together int) (wrong []string) {
	took, e, failure := c.End.Sub(c.Start), m.gather(c), &api.Error{}
	errors.As(c.Err, &failure)
	kind, acted, create, ensure := c.Kind(), len(e.acts) > 0, c.Verb == "create", c.Verb == "ensure"
	unknown, done := kind == "outcome_unknown", acted && e.last.done()
	certain := !acted || done || e.decided
	open := !certain && (e.unclear != nil || ensure && e.last.Status == 409 && (e.perhaps || !e.listed))
	question := e.unclear // what a list has to decide
	if question == nil && acted && (c.Verb == "delete" || e.last.Status == 409) {
		question = e.last
	}
	looked := question == nil || slices.ContainsFunc(e.lists, question.before)
	looking := 38 * time.Second // with the waits between lists
	if slices.Contains(e.last.Fault.Retry, "60") {
		looking += time.Minute
	}
	mayFail := c.Err == nil || kind == "conflict" && c.Verb != "list" ||
		c.Verb == "delete" && !acted && (kind == "invalid_request" || kind == "not_found") ||
		e.unclear != nil && (create || c.Request.Key == variable)
	for _, rule := range []struct {
		broken bool
		says   string
	}{
		{true, m.history.Misreport(c)},
		// "Once undecided, always honest": a success or a list that decides ends a call with certainty.
		{!unknown && open, "certain, though a request may have taken effect"},
		{unknown && (certain || !open && (e.listed || c.Verb != "delete")), "unknown, though nothing is open"},
		{unknown && e.perhaps && failure.Existing == nil, "it does not say what may be the alias"},
		{done && (c.Err != nil || ensure && !c.Created), "its success is not reported"},
		{create && c.Err == nil && e.unclear == nil && !done, "a success, though it was refused"},
		// "A POST that may have been processed is never sent again", other requests only after a list.
		{e.repeated(c), "sent again after a request that may have taken effect"},
		{c.Err != nil && !looked && question.Status != 401 && !(c.Cancel && c.Limit > 0), "it did not look"},
		{acted && together == 1 && c.End.Sub(e.last.End) > looking, "it looked for too long"},
		{c.Limit > 0 && took > c.Limit, "it ended later than its context"},
		{m.exceeds(c, e, took, together), "more requests or time than documented"},
		// "Ensure and delete converge", all the more if only a few requests fail.
		{m.transient && !mayFail, "it failed, though only a few requests did"},
	} {
		if rule.broken && rule.says != "" {
			wrong = append(wrong, fmt.Sprintf("call %d, %s %s: %s", c.ID, c.Verb, c.Request.Key, rule.says))
		}
	}
	return wrong
}
