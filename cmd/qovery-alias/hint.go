package main

import (
	"context"
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
)

// next says what to do about an error: of the lines of hints.txt that fit, the most special one.
func (c *call) next(err error, about subject) string {
	if summary := (*summaryError)(nil); errors.As(err, &summary) {
		about = subject{summary.worst.spec.Request.Key, summary.worst.spec.SecretKey}
	}
	kind, detail := c.situation(err, about)
	hint, hints := "", "\n"+helpText("hints")+"\n"
	command := c.command + " " + kind
	for _, key := range []string{"other", kind, command, kind + detail, command + detail} {
		if _, text, ok := strings.Cut(hints, "\n"+key+": "); ok {
			hint, _, _ = strings.Cut(text, "\n")
		}
	}
	wait := "a few minutes"
	if after := asError(err).RetryAfter; after > 0 {
		wait = after.String()
	}
	i := slices.IndexFunc(tokenVariables, func(name string) bool { return os.Getenv(name) != "" })
	job := " --job " + c.job.String()
	return strings.NewReplacer(
		"{list}", "qovery-alias list"+job,
		"{ensure}", "qovery-alias ensure"+job+" "+shellQuote(about.alias+"="+about.secretKey),
		"{delete}", "qovery-alias delete"+job+" --key "+shellQuote(about.alias),
		"{help}", strings.TrimSpace("qovery-alias help "+c.command),
		"{job}", c.job.String(), "{url}", c.url, "{token}", tokenVariables[max(i, 0)], "{wait}", wait,
		"{alias}", c.cell(about.alias), "{secret key}", c.cell(about.secretKey),
	).Replace(hint)
}

// situation returns what hints.txt knows an error by: its kind, and a detail of it.
func (c *call) situation(err error, about subject) (kind, detail string) {
	kind, e, own := kindOf(err), asError(err), hinted{}
	switch {
	case kind == "outcome_unknown" && about.secretKey == "":
		return kind, " by id"
	case kind == "outcome_unknown":
		return kind, ""
	case errors.As(err, &own):
		return own.key, ""
	case isWrongInput(err):
		return "usage", ""
	case errors.Is(err, context.Canceled):
		return "interrupted", ""
	case c.timeout > 0 && (errors.Is(err, context.DeadlineExceeded) || e.Timeout()):
		return "timeout", ""
	case kind == "not_found" && e.StatusCode == 0:
		return kind, " in list"
	case isOwnAlias(e.Existing):
		return kind, " of alias"
	}
	return kind, ""
}

// shellQuote returns a word as a shell reads it.
func shellQuote(word string) string {
	if regexp.MustCompile(`^[A-Za-z0-9_./:,@%+=-]+$`).MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
