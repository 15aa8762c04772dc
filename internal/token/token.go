// Package token knows the shape of Qovery's tokens and the environment variables that contain them. Its
// errors never repeat a token.
package token

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Variables are the environment variables that may contain a token, in the order in which they are tried.
// The first contains an API token, the others an API token or a JWT.
var Variables = []string{"QOVERY_API_TOKEN", "QOVERY_CLI_ACCESS_TOKEN", "Q_CLI_ACCESS_TOKEN"}

// Clean returns token without the white space around it, such as the line break at the end of a file. It
// returns an error if what remains cannot be a token: if it is empty, is not visible ASCII, or was pasted
// together with what surrounds a token.
func Clean(token string) (string, error) {
	token = strings.TrimSpace(token)
	if token == "" {
		return "", errors.New("the token is empty: set it to the API token or JWT from Qovery")
	}
	for _, scheme := range []string{"Bearer", "Token"} {
		if strings.EqualFold(strings.Fields(token)[0], scheme) {
			return "", fmt.Errorf("the token starts with the word %s: leave that out", scheme)
		}
	}
	for _, name := range Variables {
		switch {
		case strings.Contains(token, name+"="):
			return "", fmt.Errorf("the token contains %s=: leave it out, and everything before it", name)
		case strings.Contains(token, "$"+name), strings.Contains(token, "${"+name):
			return "", fmt.Errorf("the token is the name of the variable %s: use its value", name)
		}
	}
	switch {
	case strings.Trim(token, "\"'`") != token:
		return "", errors.New("the token starts or ends with a quote: leave the quotes out")
	case strings.Contains(token, "***"), strings.Trim(token, "*") == "":
		return "", errors.New("the token is masked by asterisks: copy it from where it is shown in full")
	case strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }):
		return "", errors.New("the token contains white space or other than visible ASCII: copy it again")
	}
	return token, nil
}

// IsJWT reports whether token has the shape of a JWT: three parts of base64url without padding, the first
// of which is a JSON object. White space around the token is ignored.
func IsJWT(token string) bool {
	parts := strings.Split(strings.TrimSpace(token), ".")
	if len(parts) != 3 {
		return false
	}
	for _, part := range parts {
		_, err := base64.RawURLEncoding.DecodeString(part)
		// DecodeString ignores line breaks.
		if err != nil || part == "" || strings.ContainsAny(part, "\r\n") {
			return false
		}
	}
	header, _ := base64.RawURLEncoding.DecodeString(parts[0])
	var object map[string]json.RawMessage
	return json.Unmarshal(header, &object) == nil && object != nil
}
