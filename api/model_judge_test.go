package api_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/internal/judge"
)

// judge says what is wrong with what the calls did and reported.
func (m *model) judge() (wrong []string) {
	if len(m.exchanges) > modelMaxRequests {
		wrong = append(wrong, "requests without end")
	}
	for _, c := range m.calls {
		for _, part := range c.parts {
			what := m.history.Misreport(m.inform(part))
			for _, what := range append(m.faultsOf(c, part), what) {
				if what != "" {
					wrong = append(wrong, fmt.Sprintf("seed %d, call %d, %s %s: %s", m.seed, part.ID, c.verb, part.Request.Key, what))
				}
			}
		}
	}
	return wrong
}

// requests returns the requests of a call: those that were to change something, and lists.
func (m *model) requests(part *judge.Call) (acts, lists []*exchange) {
	for _, x := range m.exchanges {
		switch {
		case x.call != part.ID:
		case x.method == http.MethodGet:
			lists = append(lists, x)
		case x.key == part.Request.Key || x.key == part.Target.String():
			acts = append(acts, x)
		}
	}
	return acts, lists
}

// shown is what a list shows of what a call is about.
type shown int

const (
	showsNone    shown = iota
	showsPerhaps       // it may be what is asked for
	showsIt            // it is
	showsOther         // something else has the key
)

func look(secrets []api.Secret, c *judge.Call) (best shown) {
	for _, s := range secrets {
		this := showsOther
		switch {
		case c.Verb == "delete" && s.ID == c.Target:
			this = showsIt
		case c.Verb == "delete" || s.Key != c.Request.Key:
			continue
		case s.AliasedSecret == nil && api.IsAlias(s):
			this = showsPerhaps
		case s.AliasedSecret == nil || s.AliasedSecret.ID != c.Target:
		case c.Verb == "create" && !judge.AsAsked(&s, c.Request):
			this = showsPerhaps
		default:
			this = showsIt
		}
		if best == showsNone || this < best {
			best = this
		}
	}
	return best
}

// inform tells the judge what a call could know.
func (m *model) inform(part *judge.Call) *judge.Call {
	acts, lists := m.requests(part)
	var last *exchange
	undecided := false
	for _, x := range acts {
		last = x
		undecided = undecided || x.effect() == actUnclear
		part.Repeated = part.Repeated || x.fault.twice
	}
	decided, listed, open := false, false, false
	part.Blind = true
	for _, x := range lists {
		secrets, ok := x.secrets()
		if !ok {
			continue
		}
		part.Start = min(part.Start, x.shows)
		after := last != nil && x.began > last.ended
		listed = listed || after
		what := look(secrets, part)
		open = open || after && what == showsPerhaps
		switch {
		case part.Verb == "delete":
			decided = decided || after && what == showsNone
			part.Blind = part.Blind && !(after && what == showsNone)
		case part.Verb == "ensure" || after:
			decided = decided || what >= showsIt
			part.Blind = part.Blind && what == showsNone
		}
	}
	switch {
	case part.Verb == "list", decided:
		part.Open = judge.No
	case undecided, part.Verb == "ensure" && last != nil && last.status == http.StatusConflict && (open || !listed):
		part.Open = judge.Yes
	case part.Verb == "delete" && last != nil && !listed:
		part.Open = judge.Maybe
	default:
		part.Open = judge.No
	}
	return part
}

// faultsOf says which rules a call broke that do not depend on what the server did.
func (m *model) faultsOf(c *modelCall, part *judge.Call) []string {
	acts, lists := m.requests(part)
	return []string{
		m.repeats(part, acts, lists),
		m.tooLong(c),
		m.tooMany(c, acts, lists),
		m.gaveUp(c, part, acts, lists),
		m.unheard(part, acts),
	}
}

// repeats says whether a request was sent again too soon.
func (m *model) repeats(part *judge.Call, acts, lists []*exchange) string {
	for i := 1; i < len(acts); i++ {
		earlier, later := acts[i-1], acts[i]
		if effect := earlier.effect(); effect == actUnsent || effect == actRefused {
			continue
		}
		free := slices.ContainsFunc(lists, func(x *exchange) bool {
			secrets, ok := x.secrets()
			want := showsNone
			if part.Verb == "delete" {
				want = showsIt
			}
			return ok && x.began > earlier.ended && x.ended < later.began && look(secrets, part) == want
		})
		if part.Verb == "create" || !free {
			return "sent again after a request that may have taken effect"
		}
	}
	return ""
}

// tooLong says whether a call went on for too long.
func (m *model) tooLong(c *modelCall) string {
	const looks, longestRetryAfter = 30 * time.Second, time.Minute
	if c.limit > 0 && c.ended.After(c.began.Add(c.limit)) {
		return "it ended later than its context"
	}
	var last time.Time
	for _, x := range m.exchanges {
		if x.ended == 0 {
			return "the body of a response was not closed"
		}
		if x.call == c.parts[0].ID && x.method != http.MethodGet {
			last = x.end
		}
	}
	if !last.IsZero() && c.ended.Sub(last) > looks+longestRetryAfter {
		return "it looked for too long: " + c.ended.Sub(last).String()
	}
	return ""
}

// tooMany says whether a call sent more requests than the documentation says.
func (m *model) tooMany(c *modelCall, acts, lists []*exchange) string {
	attempts, rounds := 1+m.retries, 1+m.retries
	switch c.verb {
	case "batch":
		rounds *= 1 + len(c.parts)
	case "list":
		rounds = 0
	}
	if len(acts) > rounds || len(lists) > (rounds+1)*attempts {
		return fmt.Sprintf("%d requests and %d lists", len(acts), len(lists))
	}
	return ""
}

// gaveUp says whether a call could have found out more.
func (m *model) gaveUp(c *modelCall, part *judge.Call, acts, lists []*exchange) string {
	kind := part.Kind()
	first := slices.IndexFunc(acts, func(x *exchange) bool { return x.effect() == actUnclear })
	looked := slices.ContainsFunc(lists, func(x *exchange) bool { return first >= 0 && x.began > acts[first].ended })
	switch {
	case kind == "outcome_unknown" && first >= 0 && !looked && !c.cancel:
		return "unknown, and it did not look"
	case !m.transient || first >= 0 && (c.verb == "create" || m.variables[part.Request.Key]):
		return ""
	case kind == "" || kind == "conflict" && c.verb != "list":
		return ""
	case c.verb == "delete" && (kind == "invalid_request" || kind == "not_found") && len(acts) == 0:
		return ""
	}
	return "it failed, though only a few requests did"
}

// unheard says whether a report contradicts a response.
func (m *model) unheard(part *judge.Call, acts []*exchange) string {
	if len(acts) == 0 {
		return ""
	}
	last := acts[len(acts)-1]
	switch {
	case last.effect() == actDone && (part.Err != nil || part.Verb == "ensure" && !part.Created):
		return "its request succeeded, and it does not say so"
	case part.Verb == "create" && part.Err == nil && last.effect() != actDone && last.effect() != actUnclear:
		return "a success, though its request was refused"
	}
	return ""
}

// script prints what happened.
func (m *model) script() string {
	var b strings.Builder
	fmt.Fprintf(&b, "retries %d, attempts of %s, faults %d %%, at most %d a call, transient %t, targets hidden %t, variables %v, targets %v\n",
		m.retries, m.timeout, m.faults, m.budget, m.transient, m.hideTargets, m.variables, m.targets)
	for _, c := range m.calls {
		fmt.Fprintf(&b, "call %d: %s, begins at %s, context %s, cancelled %t, took %s\n",
			c.parts[0].ID, c.verb, c.start, c.limit, c.cancel, c.ended.Sub(c.began))
		for _, part := range c.parts {
			fmt.Fprintf(&b, "\t%s\n", report(part))
		}
	}
	for _, x := range m.exchanges {
		fmt.Fprintf(&b, "%12s - %-12s %s\n", x.start.Sub(m.began), x.end.Sub(m.began), x)
	}
	b.WriteString(m.history.String())
	return b.String()
}

func report(c *judge.Call) string {
	request := c.Request.Key
	if c.Request.Description != nil {
		request += fmt.Sprintf(" %q", *c.Request.Description)
	}
	if c.Request.EnableInterpolationInFile != nil {
		request += fmt.Sprintf(" %t", *c.Request.EnableInterpolationInFile)
	}
	id := func(s *api.Secret) uuid.UUID {
		if s == nil {
			return uuid.Nil
		}
		return s.ID
	}
	e := &api.Error{}
	errors.As(c.Err, &e)
	return fmt.Sprintf("%s of %s: %s, created %t, existing %s: %v", request, c.Target, id(c.Secret), c.Created, id(e.Existing), c.Err)
}
