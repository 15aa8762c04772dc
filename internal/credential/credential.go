// Package credential knows what a token looks like and where it may be sent. Its
// errors never repeat what they refuse, since that may be a secret.
package credential

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// The two schemes of the Authorization header.
const (
	Token  = "Token"
	Bearer = "Bearer"
)

// Clean trims white space, such as the line end of a file, and refuses what cannot
// be a token.
func Clean(token string) (string, error) {
	token = strings.TrimSpace(token)
	first, _, _ := strings.Cut(token, " ")
	switch {
	case token == "":
		return "", errors.New("the token is empty")
	case strings.EqualFold(first, Bearer), strings.EqualFold(first, Token):
		return "", fmt.Errorf("the token starts with the word %q: leave that out, it is added here", first)
	case strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }):
		return "", errors.New("the token holds a character that is not visible ASCII")
	}
	return token, nil
}

// IsJWT reports whether token has the shape of a JWT: three base64url parts, the
// first of which holds a JSON object.
func IsJWT(token string) bool {
	parts := strings.Split(strings.TrimSpace(token), ".")
	if len(parts) != 3 {
		return false
	}
	for _, part := range parts {
		if _, err := base64.RawURLEncoding.DecodeString(part); err != nil || part == "" {
			return false
		}
	}
	var header map[string]any
	decoded, _ := base64.RawURLEncoding.DecodeString(parts[0])
	return json.Unmarshal(decoded, &header) == nil && header != nil
}

// BaseURL parses the address of an API that a token may be sent to: https, or plain
// http on this machine. Its path ends in a slash, so that others can be appended.
func BaseURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Hostname() == "" || strings.HasSuffix(u.Host, ":"):
		return nil, errors.New("the base URL must be absolute, such as https://api.qovery.com")
	case !Safe(u):
		return nil, errors.New("the base URL must be https; plain http is for loopback addresses only")
	case u.User != nil:
		return nil, errors.New("the base URL must not hold a user name or password")
	case u.RawQuery != "" || u.ForceQuery || strings.Contains(raw, "#"):
		return nil, errors.New("the base URL must not hold a query or a fragment")
	}
	return u.JoinPath("/"), nil
}

// Safe reports whether nobody on the way can read what is sent to u.
func Safe(u *url.URL) bool {
	return u.Scheme == "https" || u.Scheme == "http" && isLoopback(u.Hostname())
}

// isLoopback knows localhost in lower case only: in any other net/http would send
// the request through a proxy.
func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback() || host == "localhost"
}
