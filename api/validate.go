package api

import (
	"errors"
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
		return fmt.Errorf("%s: must not be the zero UUID", name)
	}
	return nil
}

// validateKey refuses what cannot be a key: the empty one, and one with what comes along from a shell, an
// editor or an .env file.
func validateKey(name, key string) error {
	if key == "" {
		return fmt.Errorf("%s: must not be empty", name)
	}
	if !utf8.ValidString(key) {
		return fmt.Errorf("%s: is not valid UTF-8", name)
	}
	for _, r := range key {
		if unicode.IsSpace(r) || unicode.In(r, unicode.Cc, unicode.Cf) || strings.ContainsRune("=\"'`", r) {
			return fmt.Errorf("%s: must not contain %q", name, r)
		}
	}
	return nil
}

// validateSpec finds what the server would refuse and what JSON would change on the way.
func validateSpec(spec AliasSpec) error {
	description := orZero(spec.Request.Description)
	if err := validateKey("key", spec.Request.Key); err != nil {
		return err
	}
	switch n := utf8.RuneCountInString(description); {
	case n > MaxDescriptionLength:
		return fmt.Errorf("description: has %d characters, at most %d are allowed", n, MaxDescriptionLength)
	case !utf8.ValidString(description):
		return errors.New("description: is not valid UTF-8")
	case spec.SecretKey == "" && spec.SecretID == uuid.Nil:
		return errors.New("secret id: must not be the zero UUID; a SecretKey may name the secret instead")
	case spec.SecretKey != "" && spec.SecretID != uuid.Nil:
		return errors.New("name the secret by either SecretID or SecretKey")
	case spec.SecretKey != "":
		return validateKey("secret key", spec.SecretKey)
	}
	return nil
}

// validateSpecs names all that is wrong with the specs of a call.
func validateSpecs(jobID uuid.UUID, specs []AliasSpec) error {
	if err := validateID("job id", jobID); err != nil {
		return err
	}
	var wrong []string
	seen := make(map[string]bool, len(specs))
	for i, spec := range specs {
		err := validateSpec(spec)
		if err == nil && seen[spec.Request.Key] {
			err = errors.New("the key is asked for twice")
		}
		if err != nil && len(specs) == 1 {
			return err
		}
		if err != nil {
			wrong = append(wrong, fmt.Sprintf("aliases[%d] (%q): %v", i, spec.Request.Key, err))
		}
		seen[spec.Request.Key] = true
	}
	if wrong == nil {
		return nil
	}
	return errors.New(strings.Join(wrong, "; "))
}

// parseBaseURL parses the address of an API that a token may be sent to: https, or plain http on this
// machine. Its path ends in a slash, so that others can be appended. The errors do not repeat the
// address, which may contain a password.
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

// isLoopback accepts localhost in lower case only: in any other net/http would send the request through a
// proxy.
func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback() || host == "localhost"
}
