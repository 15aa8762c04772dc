package api

import "context"

// change is what a goal changes about a job's secrets.
type change interface {
	operation() operation
	// act sends the request.
	act(context.Context, tries) (*Secret, *failure)
	// needsList reports whether a list has to say what a failed act leaves open.
	needsList(*failure) bool
	// decide ends the goal, if a list that began after the latest act says how.
	decide(*goal, *jobSecrets)
}

// goal is a change that is to become true, and how far it has come.
type goal struct {
	change
	once bool // it acts before it looks, and only once

	acts      int
	last      *failure // of the latest act; nil: there was none
	undecided bool     // an act may have taken effect
	over      bool     // no further act makes sense
	listed    bool     // a list was read that began after the latest act

	done   bool
	secret *Secret
	acted  bool  // an act succeeded
	err    error // nil or an *Error
}

func (g *goal) isOpen() bool { return !g.done }

// reach ends the goal with success.
func (g *goal) reach(secret *Secret) { g.done, g.secret = true, secret }

// fail ends the goal with an error.
func (g *goal) fail(err *Error) { g.done, g.err = true, err }

// observe draws the conclusions of an act.
func (g *goal) observe(secret *Secret, f *failure) {
	g.acts++
	if f == nil {
		g.acted = true
		g.reach(secret)
		return
	}
	g.last, g.listed = f, false
	g.undecided = g.undecided || f.mayHaveTakenEffect
	g.over = g.once || !f.transient && !f.mayHaveTakenEffect
	if g.over && !g.wantsList() {
		g.fail(f.Error)
	}
}

// wantsList reports whether a list has to say what became of the acts.
func (g *goal) wantsList() bool {
	return g.isOpen() && g.last != nil && (g.undecided || g.needsList(g.last))
}

// mayAct reports whether an act makes sense: after one that a list has to decide, only once
// that has not shown its effect.
func (g *goal) mayAct() bool { return g.isOpen() && !g.over && (g.listed || !g.wantsList()) }

// giveUp ends a goal that nothing has decided. nothingSent is why there was no act.
func (g *goal) giveUp(ctx context.Context, nothingSent error) {
	if g.done {
		return
	}
	if g.last == nil {
		g.last = g.operation().unsent(nothingSent)
	}
	e := g.last.withContext(ctx)
	if g.undecided || g.over && !g.once && !g.listed && !g.last.unsent {
		e = e.unknown()
	}
	g.fail(e)
}
