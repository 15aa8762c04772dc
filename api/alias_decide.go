package api

import (
	"cmp"
	"context"
	"fmt"
)

// decide ends the task where the job's secrets, listed after its latest request, show what
// became of it. After the final list nothing is sent.
func (t *aliasTask) decide(secrets *jobSecrets, final bool) {
	t.listed = true
	if t.op == deleteJobSecret {
		if secrets.byID(t.secretID) == nil {
			t.end(nil, nil)
		} else if final && !t.undecided {
			t.end(nil, t.latest)
		}
		return
	}
	holder, is := secrets.holder(&t.aliasParams)
	inherited := secrets.narrowest(t.req.Key)
	switch {
	case t.refused() && t.exact:
		t.end(nil, t.conflict(cmp.Or(holder, inherited), is))
	case is == keyMatches && t.exact:
		t.possible = holder
		t.end(nil, t.unknown())
	case is >= keyMatches:
		t.end(alone(holder), nil)
	case is == keyTaken:
		t.end(nil, t.conflict(holder, is))
	case is == keyFree && t.refused() && inherited != nil:
		t.end(nil, t.conflict(inherited, is))
	}
	t.possible = holder
}

// giveUp ends a task that needs a list and that no list has decided.
func (t *aliasTask) giveUp(ctx context.Context) {
	e := t.unknown()
	if t.refused() && t.op == createJobSecretAlias && (t.exact || t.listed && t.possible == nil) {
		e = t.conflict(nil, keyFree)
	}
	t.end(nil, e.withContext(ctx))
}

// conflict is the error for a key that belongs to something else: the server's, or, where
// only a list says so, one without a status.
func (t *aliasTask) conflict(holder *Secret, is keyHolder) *Error {
	e := Error{Operation: t.op.id}
	if t.refused() {
		e = *t.latest
	}
	var why error
	switch {
	case holder == nil && !t.listed:
		return &e
	case holder == nil:
		why = fmt.Errorf("no secret of the job has the key %q, but a variable may", t.req.Key)
	case is == keyExact:
		why = fmt.Errorf("the alias %q exists as asked for, as %s", holder.Key, holder.ID)
	case is == keyFree:
		why = fmt.Errorf("the job inherits the key %q, from secret %s of scope %s", holder.Key, holder.ID, holder.Scope)
	default:
		why = fmt.Errorf("the job uses the key %q already, in secret %s", holder.Key, holder.ID)
	}
	e.Existing, e.Err = alone(holder), fmt.Errorf("%w: %w", ErrConflict, why)
	return &e
}
