package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/generated"
)

// CreateJobSecretAlias gives a secret a second key at job level and returns the new alias. It
// acts once: the request is never sent again once it may have been processed. Where the
// response is lost or breaks the API's promise, the job's secrets are listed: the alias that
// was asked for is returned if it is there with the description and the interpolation that
// were set, even if it may be older.
//
// Errors: ErrInvalidRequest, ErrUnauthorized, ErrForbidden, ErrNotFound (no such job or
// secret), ErrConflict (the key is in use; see Error.Existing), ErrRateLimited,
// ErrUnexpectedResponse, ErrNotSent; ErrOutcomeUnknown if the alias may or may not have been
// created, which also matches what went wrong.
func (c *Client) CreateJobSecretAlias(
	ctx context.Context, jobID, secretID uuid.UUID, req AliasRequest,
) (*Secret, error) {
	goals, err := c.aliasGoals(jobID, AliasSpec{SecretID: secretID, Request: req})
	if err != nil {
		return nil, err
	}
	g := goals[0]
	g.once = true
	c.converge(ctx, jobID, g)
	return g.secret, g.err
}

// aliasGoal is the goal that a job has an alias.
type aliasGoal struct {
	client *Client
	jobID  uuid.UUID
	AliasSpec
}

// aliasGoals returns a goal for each spec, or all that is wrong with them.
func (c *Client) aliasGoals(jobID uuid.UUID, specs ...AliasSpec) ([]*goal, error) {
	if err := validateSpecs(jobID, specs); err != nil {
		return nil, createJobSecretAlias.invalid(err)
	}
	goals := make([]*goal, len(specs))
	for i, spec := range specs {
		a := &aliasGoal{c, jobID, spec}
		goals[i] = &goal{op: createJobSecretAlias, act: a.create, needsList: isConflict, decide: a.decide}
	}
	return goals, nil
}

// isConflict reports whether a list says what has the key that the server refused.
func isConflict(f *failure) bool { return f.StatusCode == http.StatusConflict }

// create sends the POST.
func (a *aliasGoal) create(ctx context.Context, t tries) (secret *Secret, f *failure) {
	req, err := generated.NewCreateJobSecretAliasRequest(a.client.base.String(), a.jobID, a.SecretID, a.Request)
	f = a.client.call(ctx, createJobSecretAlias, req, err, t, func(x *exchange) (err error) {
		secret, err = a.decode(x.body)
		return err
	})
	return secret, f
}

// decode decodes a new alias, which has an id and is the one that was asked for.
func (a *aliasGoal) decode(body []byte) (*Secret, error) {
	s, err := decodeSecret(body)
	switch {
	case err != nil:
		return nil, err
	case s.ID == uuid.Nil:
		return nil, errors.New("id: missing or not a UUID")
	case s.Key != a.Request.Key:
		return nil, errors.New("key: not the one asked for")
	case s.AliasedSecret != nil && s.AliasedSecret.ID != a.SecretID && namesTarget(body):
		return nil, errors.New("aliased_secret.id: not the secret asked for")
	}
	return &s, nil
}

// namesTarget reports whether an alias has the id of a target, readable or not.
func namesTarget(body []byte) bool {
	var alias struct {
		Target struct{ ID any } `json:"aliased_secret"`
	}
	return json.Unmarshal(body, &alias) == nil && alias.Target.ID != nil
}

// decide ends the goal if the job has the alias, or if something else has its key. The first
// list also says which secret is meant by a key.
func (a *aliasGoal) decide(g *goal, secrets *jobSecrets) {
	if a.SecretKey != "" && g.last == nil {
		target := secrets.aliasTarget(a.SecretKey)
		if target == nil {
			g.fail(g.op.failed(secrets.notFound(a.SecretKey)))
			return
		}
		a.SecretID = target.ID
	}
	refused := g.last != nil && isConflict(g.last)
	holder := secrets.holder(a.Request.Key, a.SecretID)
	if holder == nil {
		if refused {
			g.last.Err = fmt.Errorf("%w: no secret of the job has the key, but a variable may", ErrConflict)
		}
		return
	}
	switch m := matchOf(holder, a.SecretID); {
	case m == matchNone, refused && g.once:
		g.fail(conflict(g.last, holder))
	case m == matchTarget && (!g.once || a.isOwn(holder)), m == matchPossible && !g.undecided && !refused:
		g.reach(Ptr(*holder))
	default: // it may be the alias asked for, or an older one
		e := g.last.unknown()
		e.Existing = Ptr(*holder)
		g.fail(e)
	}
}

// isOwn reports whether an alias is as the request would have created it.
func (a *aliasGoal) isOwn(alias *Secret) bool {
	want, got := a.Request.EnableInterpolationInFile, alias.EnableInterpolationInFile
	return alias.Scope == VariableScopeJob && orZero(alias.Description) == orZero(a.Request.Description) &&
		(want == nil || got != nil && *got == *want)
}

// conflict is the error for a key that something else has: that of the latest act, if it was
// refused for it.
func conflict(last *failure, holder *Secret) *Error {
	e := createJobSecretAlias.failed(nil)
	if last != nil && isConflict(last) {
		e = last.Error
	}
	e.Existing = Ptr(*holder)
	e.Err = fmt.Errorf("%w: secret %s of scope %s has the key", ErrConflict, holder.ID, holder.Scope)
	return e
}
