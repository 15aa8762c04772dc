package api

import (
	"context"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/generated"
)

// aliasParams is what a call asks for: an alias of the secret, or the deletion of the alias
// that secretID is.
type aliasParams struct {
	jobID, secretID uuid.UUID
	req             AliasRequest
}

// aliasTask is an alias to create or to delete, and what has become of it.
type aliasTask struct {
	op *operation
	aliasParams
	exact bool // an alias that differs in what was set is not the one asked for

	sends     int     // that count towards the retries
	latest    *Error  // of the latest request; nil: none was sent
	undecided bool    // a request may have taken effect
	listed    bool    // a list was had since the latest request
	possible  *Secret // what has the key, and may be the alias asked for

	done    bool
	secret  *Secret
	created bool
	err     *Error
}

func (t *aliasTask) end(secret *Secret, e *Error) { t.done, t.secret, t.err = true, secret, e }

// send sends the request, and returns why it did not succeed. What may have taken effect is
// not sent again.
func (t *aliasTask) send(ctx context.Context, c *Client, retries int, resent bool) *Error {
	r := request[*Secret]{op: t.op, retries: retries, resent: resent, fresh: t.latest != nil && t.latest.Timeout()}
	if t.op == deleteJobSecret {
		r.http, r.buildErr = generated.NewDeleteJobSecretRequest(c.server, t.jobID, t.secretID)
		r.decode = decodeNothing
	} else {
		r.http, r.buildErr = generated.NewCreateJobSecretAliasRequest(c.server, t.jobID, t.secretID, t.req)
		r.decode, r.asked = decodeAlias, &t.aliasParams
	}
	secret, e := send(ctx, c, r)
	if t.listed = false; e != nil {
		t.latest, t.undecided = merge(t.latest, e), t.undecided || e.mayHaveTakenEffect
		return e
	}
	t.end(secret, nil)
	t.created = true
	return nil
}

// refused reports whether the server refused with what the job's secrets have to confirm,
// and nothing before is undecided. A proxy may have repeated a DELETE that took effect.
func (t *aliasTask) refused() bool {
	if t.undecided || t.latest == nil {
		return false
	}
	switch t.latest.sentinel() {
	case ErrInvalidRequest, ErrForbidden, ErrNotFound:
		return t.op == deleteJobSecret
	case ErrConflict:
		return t.op == createJobSecretAlias
	}
	return false
}

// needsList reports whether the job's secrets decide what became of the requests.
func (t *aliasTask) needsList() bool { return !t.done && (t.undecided || t.refused()) }

// repeatable reports whether the request may be sent, for the first time or again.
func (t *aliasTask) repeatable(retries int) bool {
	if t.done || t.latest == nil {
		return !t.done
	}
	return t.possible == nil && t.sends <= retries && (t.latest.retryable || t.latest.mayHaveTakenEffect ||
		t.op == deleteJobSecret && t.latest.sentinel() == ErrNotFound)
}

// unknown is the error of a task of which cannot be determined what became of it.
func (t *aliasTask) unknown() *Error {
	e := *t.latest.undecided()
	e.Existing = alone(t.possible)
	return &e
}
