package api

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
)

// validateID refuses the zero UUID, which is an id that nobody has filled in.
func validateID(name string, id uuid.UUID) error {
	if id == uuid.Nil {
		return invalid("%s: must not be the zero UUID", name)
	}
	return nil
}

// validateKey refuses what cannot be a key: the empty one, and what a shell or an editor
// has left at its ends or in it.
func validateKey(name, key string) error {
	switch {
	case key == "":
		return invalid("%s: must not be empty", name)
	case !utf8.ValidString(key):
		return invalid("%s: is not valid UTF-8", name)
	case strings.ContainsFunc(key, unicode.IsControl):
		return invalid("%s: contains a control character", name)
	case strings.TrimSpace(key) != key:
		return invalid("%s: starts or ends with white space", name)
	}
	return nil
}

// validate finds what the server would refuse and what JSON would change on the way.
func (p *aliasParams) validate() error {
	if err := validateID("job id", p.jobID); err != nil {
		return err
	}
	if err := validateID("secret id", p.secretID); err != nil {
		return err
	}
	return validateRequest(p.req)
}

func validateRequest(req AliasRequest) error {
	if err := validateKey("key", req.Key); err != nil {
		return err
	}
	if req.Description != nil && !utf8.ValidString(*req.Description) {
		return invalid("description: is not valid UTF-8")
	}
	if req.Description != nil && utf8.RuneCountInString(*req.Description) > MaxDescriptionLength {
		return invalid("description: has %d characters, at most %d are allowed",
			utf8.RuneCountInString(*req.Description), MaxDescriptionLength)
	}
	return nil
}

func validateSpecs(jobID uuid.UUID, aliases []AliasSpec) error {
	if err := validateID("job id", jobID); err != nil {
		return err
	}
	seen := make(map[string]bool, len(aliases))
	for i, a := range aliases {
		err := validateRequest(a.Request)
		switch {
		case err != nil:
		case (a.SecretID == uuid.Nil) == (a.SecretKey == ""):
			err = invalid("name the secret by either SecretID or SecretKey")
		case a.SecretKey != "":
			err = validateKey("secret key", a.SecretKey)
		}
		if err != nil {
			return fmt.Errorf("aliases[%d] (%q): %w", i, a.Request.Key, err)
		}
		if seen[a.Request.Key] {
			return invalid("the key %q is asked for twice", a.Request.Key)
		}
		seen[a.Request.Key] = true
	}
	return nil
}

// parseBaseURL parses the address of an API that a token may be sent to: https, or plain
// http on this machine. Its path ends in a slash, so that others can be appended. The
// errors do not repeat the address, which may contain a password.
func parseBaseURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Hostname() == "" || strings.HasSuffix(u.Host, ":"):
		return nil, invalid("the base URL must be absolute, such as https://api.qovery.com")
	case !isSafe(u):
		return nil, invalid("the base URL must be https; plain http is for loopback addresses only")
	case u.User != nil:
		return nil, invalid("the base URL must not contain a user name or password")
	case u.RawQuery != "" || u.ForceQuery || strings.Contains(raw, "#"):
		return nil, invalid("the base URL must not contain a query or a fragment")
	}
	return u.JoinPath("/"), nil
}

// isSafe reports whether nobody on the way can read what is sent to u.
func isSafe(u *url.URL) bool {
	return u.Scheme == "https" || u.Scheme == "http" && isLoopback(u.Hostname())
}

// isLoopback accepts localhost in lower case only: in any other net/http would send the
// request through a proxy.
func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback() || host == "localhost"
}
