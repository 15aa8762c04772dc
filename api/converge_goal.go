package api

import (
	"context"
	"fmt"
	"net/http"
)

// change is what a goal changes about a job's secrets.
type change interface {
	operation() operation
	// request builds the request for a server.
	request(server string) (*http.Request, error)
	// decode returns the secret of a response with the status of success.
	decode(*exchange) (*Secret, error)
	// needsList reports whether a list has to say what a failed act leaves open.
	needsList(*failure) bool
	// decide ends the goal, if a list that began after the latest act says how.
	decide(*goal, *jobSecrets)
}

// goal is a change that is to become true, and how far it has come.
type goal struct {
	change
	once bool // it acts before it looks, and never again once it may have taken effect

	acts      int
	last      *failure // of the latest act; nil if there was none
	undecided bool     // an act may have taken effect
	noMore    bool     // no further act makes sense
	listed    bool     // a list was read that began after the latest act

	decided   bool
	secret    *Secret
	confirmed bool  // an act succeeded
	err       error // nil or an *Error
}

func (g *goal) isOpen() bool { return !g.decided }

func (g *goal) isUndecided() bool { return g.isOpen() && g.undecided }

// reach ends the goal with success.
func (g *goal) reach(secret *Secret) { g.decided, g.secret = true, secret }

// fail ends the goal with an error.
func (g *goal) fail(err *Error) { g.decided, g.err = true, err }

// act sends the request of the goal. another says whether another attempt may follow.
func (g *goal) act(ctx context.Context, c *Client, another bool) (secret *Secret, f *failure) {
	req, err := g.request(c.base.String())
	if err != nil {
		return nil, g.operation().unsent(invalid("%w", err))
	}
	_, f = c.attempt(ctx, g.operation(), req, g.acts+1, another && !g.once, func(x *exchange) (err error) {
		secret, err = g.decode(x)
		return err
	})
	return secret, f
}

// record draws the conclusions of an act.
func (g *goal) record(secret *Secret, f *failure) {
	g.acts++
	if f == nil {
		g.confirmed = true
		g.reach(secret)
		return
	}
	g.last, g.listed = f, false
	g.undecided = g.undecided || f.mayHaveTakenEffect
	g.noMore = g.once && g.undecided || !f.transient && !f.mayHaveTakenEffect
	if g.noMore && !g.wantsList() {
		g.fail(f.Error)
	}
}

// wantsList reports whether a list has to say what became of the acts.
func (g *goal) wantsList() bool {
	return g.isOpen() && g.last != nil && (g.undecided || g.needsList(g.last))
}

// mayAct reports whether an act makes sense: after one that a list has to decide, only once that has not
// shown its effect.
func (g *goal) mayAct() bool { return g.isOpen() && !g.noMore && (g.listed || !g.wantsList()) }

// wasLimited reports whether the latest act was refused by 503, as servers do that limit. The list that
// followed may have taken the place of the next act.
func (g *goal) wasLimited() bool {
	return g.mayAct() && g.last != nil && g.last.StatusCode == http.StatusServiceUnavailable
}

// giveUp ends a goal that nothing has decided. whyUnsent is why there was no act, listErr why the latest
// list could not be fetched.
func (g *goal) giveUp(ctx context.Context, whyUnsent, listErr error) {
	if g.last == nil {
		g.last = g.operation().unsent(whyUnsent)
	}
	e := g.last.withContext(ctx)
	if g.undecided || !g.once && g.needsList(g.last) && !g.listed && !g.last.unsent {
		e = e.unknown()
	}
	if listErr != nil && ctx.Err() == nil && g.wantsList() {
		e.Err = fmt.Errorf("%w (no list could be fetched: %v)", e.errOrSentinel(), listErr)
	}
	g.fail(e)
}
