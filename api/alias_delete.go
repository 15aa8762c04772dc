package api

import (
	"cmp"
	"context"
	"fmt"
	"net/http"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/generated"
)

// DeleteJobSecretAlias deletes an alias of the job, and nothing else: deleting a secret would delete its
// aliases with it, so the job's secrets are listed first and whatever is not an alias at job level is
// refused. It converges: if a DELETE may have taken effect, the list decides, and the request is sent
// again while the alias is still there.
//
// Errors: those of ListJobSecrets; ErrInvalidRequest if the id is not that of an alias at job level;
// ErrNotFound if the job has no such secret, found before anything was sent (StatusCode 0), or if the
// server does not know an alias that it lists; ErrConflict; ErrOutcomeUnknown if the alias may or may not
// be gone, which also matches what went wrong.
func (c *Client) DeleteJobSecretAlias(ctx context.Context, jobID, aliasID uuid.UUID) error {
	if err := validateID("alias id", aliasID); err != nil {
		return deleteJobSecret.invalid(err)
	}
	g := &goal{change: &deletion{jobID, aliasID}}
	v := &convergence{client: c, jobID: jobID, goals: []*goal{g}}
	return cmp.Or(v.converge(ctx), g.err)
}

// deletion deletes an alias.
type deletion struct{ jobID, aliasID uuid.UUID }

func (d *deletion) operation() operation { return deleteJobSecret }

func (d *deletion) request(server string) (*http.Request, error) {
	return generated.NewDeleteJobSecretRequest(server, d.jobID, d.aliasID)
}

func (d *deletion) decode(*exchange) (*Secret, error) { return nil, nil }

// needsList reports whether a list decides what became of a DELETE: always but after a 401, since
// net/http may have repeated one that it could not finish.
func (d *deletion) needsList(f *failure) bool { return f.StatusCode != http.StatusUnauthorized }

// decide ends the goal if the alias is gone, if it is not one to delete, or if the server has refused to.
func (d *deletion) decide(g *goal, secrets *jobSecrets) {
	s := secrets.byID(d.aliasID)
	switch {
	case s == nil && g.last == nil:
		g.fail(deleteJobSecret.failed(fmt.Errorf("%w: the job has no secret with id %s", ErrNotFound, d.aliasID)))
	case s == nil:
		g.reach(nil)
	case g.last == nil && (s.Scope != VariableScopeJob || !IsAlias(*s)):
		kind := cmp.Or(orZero(s.VariableType), "unknown")
		g.fail(deleteJobSecret.invalid(fmt.Errorf(
			"alias id: %q is not an alias at job level but a secret of scope %s and type %s", s.Key, s.Scope, kind)))
	case g.last == nil:
	case g.last.sentinel() == ErrNotFound:
		g.noMore = false // the 404 is not the API's: the alias is still listed
	case g.noMore && !g.undecided:
		g.fail(g.last.Error)
	}
}
