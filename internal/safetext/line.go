// Package safetext makes text from a server, a proxy or an error safe to show: on
// one line, within a limit, and without the token.
package safetext

import (
	"strings"
	"unicode"
)

// Line returns s as one line of at most limit characters. Control and format
// characters, which could move the cursor or reorder the text of a terminal, are
// dropped; each run of white space becomes one space, at the ends none; invalid
// UTF-8 becomes U+FFFD.
func Line(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsSpace(r) && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	for i := range s {
		if limit <= 0 {
			return strings.TrimSuffix(s[:i], " ")
		}
		limit--
	}
	return s
}
