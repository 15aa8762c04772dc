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

// CreateJobSecretAlias gives a secret a second key at job level and returns the new alias. It acts once:
// the request is never sent again once it may have been processed. If the response is lost or breaks the
// API's promise, the job's secrets are listed: the alias that was asked for is returned if it is there
// with the description and the interpolation that were set, even if it may be older.
//
// Errors: ErrInvalidRequest, ErrUnauthorized, ErrForbidden, ErrNotFound (no such job or secret),
// ErrConflict (the key is in use; see Error.Existing), ErrRateLimited, ErrUnexpectedResponse, ErrNotSent;
// ErrOutcomeUnknown if the alias may or may not have been created, which also matches what went wrong.
func (c *Client) CreateJobSecretAlias(
	ctx context.Context, jobID, secretID uuid.UUID, req AliasRequest,
) (*Secret, error) {
	v, err := c.aliases(jobID, AliasSpec{SecretID: secretID, Request: req})
	if err != nil {
		return nil, err
	}
	g := v.goals[0]
	g.once = true
	_ = v.converge(ctx) // which begins without a list
	return g.secret, g.err
}

// aliases returns what makes the aliases of the specs, or all that is wrong with these.
func (c *Client) aliases(jobID uuid.UUID, specs ...AliasSpec) (*convergence, error) {
	if err := validateSpecs(jobID, specs); err != nil {
		return nil, createJobSecretAlias.invalid(err)
	}
	goals := make([]*goal, len(specs))
	for i, spec := range specs {
		goals[i] = &goal{change: &creation{jobID, spec}}
	}
	return &convergence{client: c, jobID: jobID, goals: goals}, nil
}

// creation creates an alias.
type creation struct {
	jobID uuid.UUID
	AliasSpec
}

func (p *creation) operation() operation { return createJobSecretAlias }

func (p *creation) request(server string) (*http.Request, error) {
	return generated.NewCreateJobSecretAliasRequest(server, p.jobID, p.SecretID, p.Request)
}

// decode decodes a new alias, which has an id and is the one that was asked for.
func (p *creation) decode(x *exchange) (*Secret, error) {
	s, err := decodeSecret(x.body)
	switch {
	case err != nil:
		return nil, err
	case s.ID == uuid.Nil:
		return nil, errors.New("id: missing or not a UUID")
	case s.Key != p.Request.Key:
		return nil, errors.New("key: not the one asked for")
	case s.AliasedSecret != nil && s.AliasedSecret.ID != p.SecretID && namesTarget(x.body):
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

// needsList reports whether f is a 409, after which a list tells what has the key.
func (p *creation) needsList(f *failure) bool { return f.StatusCode == http.StatusConflict }

// decide ends the goal if the job has the alias, or if something else has its key. The first list also
// says which secret is meant by a key.
func (p *creation) decide(g *goal, secrets *jobSecrets) {
	e := createJobSecretAlias.failed(nil)
	if p.SecretKey != "" && g.last == nil {
		target := secrets.aliasTarget(p.SecretKey)
		if target == nil {
			e.Err = secrets.notFound(p.SecretKey)
			g.fail(e)
			return
		}
		p.SecretID = target.ID
	}
	taken := g.last != nil && p.needsList(g.last)
	if taken {
		e = g.last.Error
		e.Err = fmt.Errorf("%w: no secret of the job has the key, but a variable may", ErrConflict)
	}
	holder := secrets.holder(p.Request.Key, p.SecretID)
	if holder == nil {
		return
	}
	switch m := matchOf(holder, p.SecretID); {
	case m == matchNone, taken && g.once:
		e.Err = fmt.Errorf("%w: secret %s of scope %s has the key", ErrConflict, holder.ID, holder.Scope)
	case m == matchTarget && (!g.once || p.isOwn(holder)), m == matchPossible && !g.undecided && !taken:
		g.reach(Ptr(*holder))
		return
	default: // it may be the alias asked for, or an older one
		if taken {
			g.last.Err = nil
		}
		e = g.last.unknown()
	}
	e.Existing = Ptr(*holder)
	g.fail(e)
}

// isOwn reports whether an alias is as the request would have created it.
func (p *creation) isOwn(alias *Secret) bool {
	want, got := p.Request.EnableInterpolationInFile, alias.EnableInterpolationInFile
	return alias.Scope == VariableScopeJob && orZero(alias.Description) == orZero(p.Request.Description) &&
		(want == nil || got != nil && *got == *want)
}
