package api

import (
	"cmp"
	"context"
	"fmt"
	"net/http"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/generated"
)

// aliasParams is what a call asks for.
type aliasParams struct {
	jobID, secretID uuid.UUID
	req             AliasRequest
}

// aliasTask is an alias to create, and what has become of it.
type aliasTask struct {
	aliasParams
	exact     bool    // an alias that differs in what was set is not the one asked for
	posts     int     // that count towards the retries
	latest    *Error  // of the latest POST; nil: none was made
	undecided bool    // a POST may have taken effect
	listed    bool    // a list was had since the latest POST
	possible  *Secret // an alias whose target is not told has the key

	done    bool
	secret  *Secret
	created bool
	err     *Error
}

func (t *aliasTask) end(secret *Secret, e *Error) { t.done, t.secret, t.err = true, secret, e }

// post creates the alias, and returns why it did not. It is sent again only where it
// provably was not sent or was rate limited.
func (t *aliasTask) post(ctx context.Context, c *Client, retries int, resent bool) *Error {
	r := request[*Secret]{op: createJobSecretAlias, retries: retries, resent: resent}
	r.http, r.buildErr = generated.NewCreateJobSecretAliasRequest(c.server, t.jobID, t.secretID, t.req)
	r.decode = func(b *body) (*Secret, error) { return decodeAlias(b, &t.aliasParams) }
	secret, e := send(ctx, c, r)
	if t.listed = false; e != nil {
		t.latest, t.undecided = merge(t.latest, e), t.undecided || e.mayHaveTakenEffect
		return e
	}
	t.end(secret, nil)
	t.created = true
	return nil
}

// refused reports whether the server said that the key is in use, and nothing before is
// undecided.
func (t *aliasTask) refused() bool {
	return !t.undecided && t.latest != nil && t.latest.StatusCode == http.StatusConflict
}

// needsList reports whether the job's secrets tell what became of the POSTs.
func (t *aliasTask) needsList() bool { return t.undecided || t.refused() }

// decide ends the task where the job's secrets, listed after its latest POST, tell what
// became of it.
func (t *aliasTask) decide(secrets *jobSecrets) {
	held, is := secrets.holder(&t.aliasParams)
	inherited := secrets.narrowest(t.req.Key)
	switch {
	case t.refused() && t.exact:
		t.end(nil, t.conflict(cmp.Or(held, inherited), is))
	case is == keyMatches && t.exact && !t.isAsSet(held):
		t.possible = held
		t.end(nil, t.unknown())
	case is == keyMatches:
		t.end(alone(held), nil)
	case is == keyTaken:
		t.end(nil, t.conflict(held, is))
	case is == keyFree && t.refused() && inherited != nil:
		t.end(nil, t.conflict(inherited, is))
	}
	t.possible = held
}

// isAsSet reports whether an alias has what the request set.
func (t *aliasTask) isAsSet(held *Secret) bool {
	want, got := t.req.Description, held.Description
	interpolate := t.req.EnableInterpolationInFile
	return (want == nil || *want == "") == (got == nil || *got == "") && (want == nil || got == nil || *want == *got) &&
		(interpolate == nil || held.EnableInterpolationInFile != nil && *interpolate == *held.EnableInterpolationInFile)
}

// giveUp ends a task that needs a list and that no list has decided.
func (t *aliasTask) giveUp(ctx context.Context, listed bool) {
	e := t.unknown()
	if t.refused() && listed && t.possible == nil {
		e = t.conflict(nil, keyFree)
	}
	t.end(nil, e.also(contextError(ctx)))
}

// conflict is the error for a key that belongs to something else: the server's, or, where
// only a list says so, one without a status.
func (t *aliasTask) conflict(held *Secret, is keyHolder) *Error {
	var why error
	switch {
	case held == nil:
		why = fmt.Errorf("no secret of the job has the key %q, but a variable may", t.req.Key)
	case is == keyMatches:
		why = fmt.Errorf("the alias %q exists as asked for, as %s", held.Key, held.ID)
	case is == keyFree:
		why = fmt.Errorf("the job inherits the key %q, from secret %s of scope %s", held.Key, held.ID, held.Scope)
	default:
		why = fmt.Errorf("the job uses the key %q already, in secret %s", held.Key, held.ID)
	}
	e := Error{Operation: createJobSecretAlias.id}
	if t.refused() {
		e = *t.latest
	}
	e.Existing, e.Err = alone(held), fmt.Errorf("%w: %w", ErrConflict, why)
	return &e
}

// unknown is the error of a task of which cannot be determined what became of it.
func (t *aliasTask) unknown() *Error {
	e := *t.latest.undecided()
	e.Existing = alone(t.possible)
	return &e
}
