package main

// Errors as users see them: what went wrong and what to do next, in one line.

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/internal/servertext"
)

// hints say what to do next. The first line that matches counts; an empty command
// stands for all of them.
var hints = []struct {
	is      error
	command string
	next    string
}{
	{api.ErrOutcomeUnknown, "", "the same command again is safe; to see what is there now run: qovery-alias list --job {job}"},
	{context.Canceled, "", "interrupted: run the command again to go on"},
	{api.ErrNotSent, "", "check that the server at {url} is up, and the network and proxy on the way to it"},
	{api.ErrUnauthorized, "", "check the token in {token}: the server at {url} does not know it, or it has expired"},
	{api.ErrForbidden, "", "check that the token in {token} may change this job, and the ids"},
	{api.ErrConflict, "create", "choose another --key or, if the alias that is there will do, run: qovery-alias ensure --job {job} ALIAS=SECRET_KEY"},
	{api.ErrConflict, "ensure", "choose another key for the alias; to see which ones are in use run: qovery-alias list --job {job}"},
	{api.ErrConflict, "", "to see what is there now run: qovery-alias list --job {job}"},
	{api.ErrNotFound, "list", "check --job, and that {url} is the Qovery API"},
	{api.ErrNotFound, "", "check --job; to see the secrets it has run: qovery-alias list --job {job}"},
	{api.ErrRateLimited, "", "run the command again in {wait}"},
	{api.ErrServer, "", "run the command again in a few minutes"},
	{api.ErrUnexpectedResponse, "", "check that {url} is the Qovery API, and that no proxy answers in its place"},
	{api.ErrInvalidRequest, "list", "check that {url} is the Qovery API"},
	{api.ErrInvalidRequest, "delete", "only an alias at job level can be deleted; to see them run: qovery-alias list --job {job}"},
	{api.ErrInvalidRequest, "", "the secret must be no alias and of a scope above the job's; to see them run: qovery-alias list --job {job}"},
}

// next says what to do about an error.
func (c *call) next(err error) string {
	if a := (*advised)(nil); errors.As(err, &a) {
		return a.next
	}
	if isWrongInput(err) {
		if c.command == nil {
			return "for help run: qovery-alias help"
		}
		return "for help run: qovery-alias help " + c.command.name
	}
	for _, h := range hints {
		if errors.Is(err, h.is) && (h.command == "" || c.command != nil && h.command == c.command.name) {
			return strings.NewReplacer("{job}", c.job.String(), "{url}", c.baseURL(),
				"{token}", tokenVariable(), "{wait}", wait(err)).Replace(h.next)
		}
	}
	return "run the command again; if that does not help, check the network"
}

// wait is how long the server asked to be left alone.
func wait(err error) string {
	if e := (*api.Error)(nil); errors.As(err, &e) && e.RetryAfter > 0 {
		return e.RetryAfter.String()
	}
	return "a few minutes"
}

// explain is the one line about a command that has failed.
func (c *call) explain(err error) string {
	line := "qovery-alias: "
	if c.command != nil && isWrongInput(err) && !errors.As(err, new(*api.Error)) {
		line += c.command.name + ": "
	}
	return hideTokens(line + describe(err) + "; " + printable(c.next(err)))
}

// describe is err without what to do about it.
func describe(err error) string {
	text := strings.ReplaceAll(err.Error(), "\n", "; ")
	if e := (*api.Error)(nil); errors.As(err, &e) && e.StatusCode != 0 && e.Existing != nil {
		text += "; the key belongs to " + holder(e.Existing)
	}
	return printable(text)
}

// holder names the secret that has a key.
func holder(s *api.Secret) string {
	if s.AliasedSecret != nil {
		return fmt.Sprintf("alias %s of %s", s.ID, aliasOf(s))
	}
	return fmt.Sprintf("secret %s, which is no alias", s.ID)
}

// hideTokens keeps a token off the screen that was pasted into the wrong place.
func hideTokens(line string) string {
	for _, name := range tokenVariables {
		// What is shorter is no token, and hiding it would garble the line.
		if token := strings.TrimSpace(os.Getenv(name)); len(token) >= 8 {
			line = servertext.Conceal(line, token)
		}
	}
	return line
}

// usageError is wrong usage of the program.
type usageError struct{ error }

func wrong(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// advised is an error that knows what to do next better than the hints.
type advised struct {
	error
	next string
}

func advise(err error, next string) error { return &advised{err, next} }

func (a *advised) Unwrap() error { return a.error }

// isWrongInput reports whether err was found before anything was sent. What cannot be
// deleted is found out from the job's secrets.
func isWrongInput(err error) bool {
	if errors.As(err, new(usageError)) {
		return true
	}
	e := (*api.Error)(nil)
	return errors.Is(err, api.ErrInvalidRequest) &&
		(!errors.As(err, &e) || e.StatusCode == 0 && e.Operation != deleteOperation)
}
