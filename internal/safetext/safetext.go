// Package safetext makes text from a server, a proxy or an error safe to show: on one line, within a
// limit, and without the token.
package safetext

import (
	"html"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// Line returns s as one line of at most limit characters. Control and format characters, which could move
// the cursor or reorder the text of a terminal, are dropped; each run of white space becomes one space,
// at the ends none; invalid UTF-8 becomes U+FFFD.
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

// Withheld replaces a text that contains a part of a token.
const Withheld = "[withheld: it contains a part of the token]"

const (
	runLength  = 8 // characters of a token in a row that are a part of it and not a coincidence
	minLetters = 5 // letters and digits by which such a run is recognized
	maxNesting = 3 // how often escapes are undone
)

// Withhold returns text, or Withheld if it contains a part of one of the tokens: 8 or more of its
// characters in a row, in upper or lower case, with anything but letters and digits between them unless
// they are mostly of that kind themselves, also after undoing JSON, percent and HTML escapes, nested up
// to three times. A shorter token is looked for as a whole. An empty token is in no text.
func Withhold(text string, tokens ...string) string {
	reading := text
	for range maxNesting + 1 {
		lower, plain := strings.ToLower(reading), lettersAndDigits(reading)
		for _, token := range tokens {
			length := min(runLength, len(token))
			for i := length; length > 0 && i <= len(token); i++ {
				within, run := plain, lettersAndDigits(token[i-length:i])
				if len(run) < min(minLetters, length) {
					within, run = lower, strings.ToLower(token[i-length:i])
				}
				if strings.Contains(within, run) {
					return Withheld
				}
			}
		}
		reading = html.UnescapeString(escape.ReplaceAllStringFunc(reading, unescape))
	}
	return text
}

// lettersAndDigits returns the ASCII letters and digits of text, in lower case. Letters that are the
// upper or lower case of one of them, such as U+212A, count as that.
func lettersAndDigits(text string) string {
	return strings.Map(func(r rune) rune {
		r = unicode.ToLower(unicode.ToUpper(r))
		if '0' <= r && r <= '9' || 'a' <= r && r <= 'z' {
			return r
		}
		return -1
	}, text)
}

var escape = regexp.MustCompile(`(?i)%[0-9a-f]{2}|%u[0-9a-f]{4}|\\u[0-9a-f]{4}|\\x[0-9a-f]{2}|\\.`)

// unescape undoes one escape: %3c, %u003c, \u003c, \x3c, \n, or a backslash before another character.
func unescape(escape string) string {
	code, err := strconv.ParseUint(strings.TrimLeft(escape[1:], "uUxX"), 16, 16)
	if err == nil && len(escape) > 2 {
		return string(rune(code))
	}
	return strings.Trim(escape[1:], "bfnrtv")
}
