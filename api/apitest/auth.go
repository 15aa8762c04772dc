package apitest

// Who may come in.

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
)

// authorized accepts exactly one Authorization header, of either scheme.
func (s *Server) authorized(r *http.Request) bool {
	values := r.Header.Values("Authorization")
	if len(values) != 1 {
		return false
	}
	scheme, credentials, _ := strings.Cut(values[0], " ")
	switch strings.ToLower(scheme) {
	case "token":
		return credentials == s.token
	case "bearer":
		return looksLikeJWT(credentials)
	}
	return false
}

// looksLikeJWT wants three base64url parts, a JSON object in the first.
func looksLikeJWT(token string) bool {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return false
	}
	for _, part := range parts {
		if _, err := base64.RawURLEncoding.DecodeString(part); part == "" || err != nil {
			return false
		}
	}
	header, _ := base64.RawURLEncoding.DecodeString(parts[0])
	var object map[string]any
	return json.Unmarshal(header, &object) == nil && object != nil
}
