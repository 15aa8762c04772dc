package api

import (
	"context"
	"fmt"
	"net/http"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/internal/resolve"
)

// CreateJobSecretAlias gives the secret a second key at job level and returns the
// new alias. The request is never sent again once it may have been processed. If
// the answer is lost or makes no sense, the job's secrets are listed to find out:
// where they hold the alias that was asked for, that is returned, even if it may
// have been there before.
//
// Errors: ErrInvalidRequest, ErrUnauthorized, ErrForbidden, ErrNotFound (no such
// job or secret), ErrConflict (the key is in use; see Error.Existing),
// ErrRateLimited, ErrUnexpectedResponse, ErrNotSent; ErrOutcomeUnknown if the alias
// may or may not have been created, which also matches what went wrong first.
func (c *Client) CreateJobSecretAlias(ctx context.Context, jobID, secretID uuid.UUID, req AliasRequest) (*Secret, error) {
	w := wanted{jobID, secretID, req}
	if err := w.check(); err != nil {
		return nil, refuse(createJobSecretAlias, err)
	}
	budget := settlingTime(ctx)
	secret, e := c.post(ctx, w)
	switch {
	case e == nil:
	case e.StatusCode == http.StatusConflict:
		e.Existing = c.look(ctx, budget, 1, w)
	case e.unclear:
		secret, e = w.settle(ctx, c.look(ctx, budget, settlingLooks, w), e)
	}
	if e != nil {
		return nil, e
	}
	return secret, nil
}

// wanted is the alias that a call asks for.
type wanted struct {
	jobID, secretID uuid.UUID
	req             AliasRequest
}

// maxDescription is the longest description the API takes, in characters.
const maxDescription = 255

// check finds what the server would refuse and what JSON would change on the way.
func (w wanted) check() error {
	if err := checkID("job id", w.jobID); err != nil {
		return err
	}
	if err := checkID("secret id", w.secretID); err != nil {
		return err
	}
	return checkRequest(w.req)
}

func checkRequest(req AliasRequest) error {
	switch {
	case req.Key == "":
		return invalid("key: must not be empty")
	case !utf8.ValidString(req.Key):
		return invalid("key: is not valid UTF-8")
	case req.Description == nil:
		return nil
	case !utf8.ValidString(*req.Description):
		return invalid("description: is not valid UTF-8")
	case utf8.RuneCountInString(*req.Description) > maxDescription:
		return invalid("description: has %d characters, at most %d are allowed",
			utf8.RuneCountInString(*req.Description), maxDescription)
	}
	return nil
}

// checkID refuses the zero UUID, which is an id nobody has filled in.
func checkID(name string, id uuid.UUID) error {
	if id == uuid.Nil {
		return invalid("%s: must not be the zero UUID", name)
	}
	return nil
}

// post creates the alias, once, and checks that the answer speaks of it.
func (c *Client) post(ctx context.Context, w wanted) (*Secret, *Error) {
	resp, err := c.api.CreateJobSecretAlias(ctx, w.jobID, w.secretID, w.req)
	return decode(createJobSecretAlias, resp, err, func(s *Secret) error {
		switch target := resolve.Aliased(s); {
		case s.ID == uuid.Nil:
			return fmt.Errorf("the new alias has no id")
		case s.Key != w.req.Key:
			return fmt.Errorf("the new alias has another key than the one asked for")
		case target != uuid.Nil && target != w.secretID:
			return fmt.Errorf("the new alias points to another secret than the one asked for")
		}
		return nil
	})
}
