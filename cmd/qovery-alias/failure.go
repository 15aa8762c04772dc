package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"

	"github.com/qovery-alias/qovery-alias-go/api"
)

// failure is an error as users and programs see it.
type failure struct {
	Error      string  `json:"error"`
	Kind       string  `json:"kind"`        // the name of a sentinel of package api; empty: none
	Status     int     `json:"status"`      // of the response; 0: none
	RequestID  string  `json:"request_id"`  // of the response
	RetryAfter float64 `json:"retry_after"` // seconds; 0: the server did not ask for a wait
	Next       string  `json:"next"`        // what to do
}

// kinds are the sentinels of package api. The first that an error matches says what
// happened.
var kinds = []struct {
	name string
	err  error
}{
	{"ErrOutcomeUnknown", api.ErrOutcomeUnknown}, {"ErrNotSent", api.ErrNotSent},
	{"ErrInvalidRequest", api.ErrInvalidRequest}, {"ErrUnauthorized", api.ErrUnauthorized},
	{"ErrForbidden", api.ErrForbidden}, {"ErrNotFound", api.ErrNotFound},
	{"ErrConflict", api.ErrConflict}, {"ErrRateLimited", api.ErrRateLimited},
	{"ErrServer", api.ErrServer}, {"ErrUnexpectedResponse", api.ErrUnexpectedResponse},
	{"ErrNoResponse", api.ErrNoResponse},
}

func (c *call) failure(err error, about subject) failure {
	response := responseOf(err)
	f := failure{Status: response.StatusCode, RequestID: printable(response.RequestID),
		RetryAfter: response.RetryAfter.Seconds(), Next: printable(c.next(err, about))}
	for i, line := range strings.Split(err.Error(), "\n") {
		f.Error += "\n"[:min(i, 1)] + printable(line)
	}
	for _, kind := range kinds {
		if errors.Is(err, kind.err) || isUsage(err) && kind.err == api.ErrInvalidRequest {
			f.Kind = kind.name
			break
		}
	}
	if e := (*api.Error)(nil); errors.As(err, &e) {
		f.Error = strings.ReplaceAll(f.Error, e.Operation+": ", "")
		if f.Kind == "ErrConflict" && e.Existing != nil && !errors.As(err, new(*summaryError)) {
			f.Error = "conflict: the key is in use, by " + holder(e.Existing)
		}
	}
	return f
}

// holder names what has a key.
func holder(s *api.Secret) string {
	if s.AliasedSecret != nil {
		return "an alias of " + cell(s.AliasedSecret.Key)
	}
	return "a secret of scope " + cell(string(s.Scope))
}

// responseOf returns the first *api.Error of err that has a response, or an empty one.
func responseOf(err error) *api.Error {
	for e := (*api.Error)(nil); errors.As(err, &e); err = e.Err {
		if e.StatusCode != 0 {
			return e
		}
	}
	return &api.Error{}
}

// explain writes a failure to standard error.
func (c *call) explain(err error) {
	c.stop()
	io.WriteString(c.stderr, c.explanation(err))
}

// explanation is two lines, what happened and what to do next, or one of JSON. Each of
// several mistakes in the input has its own line.
func (c *call) explanation(err error) string {
	f := c.failure(err, c.subject)
	if c.json {
		return jsonText(f, "")
	}
	prefix := "qovery-alias: "
	if c.command.name != "" {
		prefix += strings.TrimSpace(c.command.name+" "+cell(c.subject.alias)) + ": "
	}
	return prefix + strings.ReplaceAll(f.Error, "\n", "\n"+prefix) + "\nhint: " + f.Next + "\n"
}

// next says what to do about an error.
func (c *call) next(err error, about subject) string {
	if summary := (*summaryError)(nil); errors.As(err, &summary) {
		return summary.worst.Error.Next
	}
	target, e := about.secretKey, &api.Error{}
	if errors.As(err, &e) && e.Existing != nil {
		target = ""
		if e.Existing.AliasedSecret != nil {
			target = e.Existing.AliasedSecret.Key
		}
	}
	job := c.job.String()
	return strings.NewReplacer(
		"{list}", "qovery-alias list --job "+job,
		"{ensure}", "qovery-alias ensure --job "+job+" "+shellQuote(about.alias+"="+target),
		"{help}", strings.TrimSpace("qovery-alias help "+c.command.name),
		"{job}", job, "{url}", c.baseURL(), "{token}", tokenVariable(),
		"{alias}", cell(about.alias), "{secret key}", cell(about.secretKey),
	).Replace(c.hint(err, target))
}

// hint is next with placeholders; target is the key of the secret that the alias in
// question points to, empty if that is not known.
func (c *call) hint(err error, target string) string {
	is := func(target error) bool { return errors.Is(err, target) }
	create, remove, known := c.command.name == "create", c.command.name == "delete", target != ""
	wait, listed := responseOf(err).RetryAfter, responseOf(err).StatusCode == 0
	e := &api.Error{}
	errors.As(err, &e)
	if advice := (*advised)(nil); errors.As(err, &advice) && !is(api.ErrOutcomeUnknown) {
		return advice.next
	}
	for _, hint := range []struct {
		applies bool
		text    string
	}{
		{is(api.ErrOutcomeUnknown) && create && known, "run: {ensure}, which is safe to repeat"},
		{is(api.ErrOutcomeUnknown) && create, "run: {list}, and create the alias again only if {alias} is missing"},
		{is(api.ErrOutcomeUnknown), "run the command again, which is safe; to see what is there now run: {list}"},
		{isWrongInput(err), "for help run: {help}"},
		{is(context.Canceled), "run the command again to go on"},
		{(is(context.DeadlineExceeded) || e.Timeout()) && c.timeout > 0, "give the command more time with --timeout"},
		{is(api.ErrUnauthorized), "check the token in {token}: the server at {url} does not know it, or it has expired"},
		{is(api.ErrForbidden), "check that the token in {token} may change job {job}, and that the job exists"},
		{(is(api.ErrRateLimited) || is(api.ErrServer)) && wait > 0, "run the command again in " + wait.String()},
		{is(api.ErrRateLimited) || is(api.ErrServer), "run the command again in a few minutes"},
		{errors.As(err, new(*tls.CertificateVerificationError)), "check that {url} is right; if its certificate is from a private authority, make this machine trust that, on Linux with SSL_CERT_FILE"},
		{errors.As(err, new(*net.DNSError)), "check the host name in {url}, and the DNS of this machine"},
		{is(api.ErrNotSent) || is(api.ErrNoResponse), "check that the server at {url} is up, and the network and proxy on the way to it; then run the command again"},
		{is(api.ErrConflict) && create && known, "choose another --key or, if that alias will do, run: {ensure}"},
		{is(api.ErrConflict) && remove, "to see what is there now run: {list}"},
		{is(api.ErrConflict), "choose another key than {alias}; to see which ones are in use run: {list}"},
		{is(api.ErrNotFound) && listed && remove, "to see the aliases of the job run: {list}; with --if-exists this is not a failure"},
		{is(api.ErrNotFound) && listed, "correct the key {secret key} of the secret; to see the keys of the job run: {list}"},
		{is(api.ErrNotFound) && create, "check --job and the secret; to see the secrets of the job run: {list}"},
		{is(api.ErrNotFound), "check --job, and that {url} is the Qovery API"},
		{is(api.ErrInvalidRequest) && remove, "delete only an alias at job level; to see them run: {list}"},
		{is(api.ErrInvalidRequest) && create, "check that the secret is not an alias itself; to see the secrets of the job run: {list}"},
	} {
		if hint.applies {
			return hint.text
		}
	}
	return "check that {url} is the Qovery API, and that no proxy responds in its place"
}

// shellQuote returns a word as a shell reads it.
func shellQuote(word string) string {
	if regexp.MustCompile(`^[A-Za-z0-9_./:,@%+=-]+$`).MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// usageError is wrong usage of the program.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func wrong(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

func isUsage(err error) bool { return errors.As(err, new(usageError)) }

// isWrongInput reports whether err was found before anything was sent. What cannot be
// deleted is found from the job's secrets, and is refused.
func isWrongInput(err error) bool {
	e := &api.Error{}
	errors.As(err, &e)
	return isUsage(err) || errors.Is(err, api.ErrInvalidRequest) && responseOf(err).StatusCode == 0 &&
		e.Operation != "deleteJobSecret"
}

// advised is an error that knows what to do next.
type advised struct {
	error
	next string
}

func advise(err error, next string) error { return &advised{err, next} }

func (a *advised) Unwrap() error { return a.error }
