package safetext

import (
	"html"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// Withheld replaces a text that contains a part of a token.
const Withheld = "[withheld: it contains a part of the token]"

const (
	runLength    = 8 // characters of a token in a row that are a part of it and not a coincidence
	lettersInRun = 6 // letters and digits by which a run is recognized without its other characters
	maxNesting   = 3 // how often escapes are undone
)

// Withhold returns text, or Withheld if it contains a part of one of the tokens: 8 or more of
// its characters in a row, in upper or lower case, with anything but letters and digits between
// them, also after undoing JSON, percent and HTML escapes, nested up to three times. A shorter
// token is looked for as a whole. An empty token is in no text.
func Withhold(text string, tokens ...string) string {
	var parts []string
	for _, token := range tokens {
		parts = append(parts, runs(strings.ToLower(token))...)
	}
	reading := text
	for range maxNesting + 1 {
		lower := strings.Map(toLower, reading)
		plain := strings.Map(letterOrDigit, lower)
		for _, part := range parts {
			if strings.Contains(lower, part) || strings.Contains(plain, part) {
				return Withheld
			}
		}
		if !strings.ContainsAny(reading, `\%&`) {
			break
		}
		reading = html.UnescapeString(escape.ReplaceAllStringFunc(reading, unescape))
	}
	return text
}

// runs returns the parts of a token to look for: each run of its characters, and the letters
// and digits of it.
func runs(token string) (parts []string) {
	length := min(runLength, len(token))
	for i := 0; length > 0 && i+length <= len(token); i++ {
		run := token[i : i+length]
		parts = append(parts, run)
		if plain := strings.Map(letterOrDigit, run); plain != run && len(plain) >= lettersInRun {
			parts = append(parts, plain)
		}
	}
	return parts
}

// toLower returns the lower case of r, that of an ASCII letter for a letter such as U+212A too.
func toLower(r rune) rune { return unicode.ToLower(unicode.ToUpper(r)) }

// letterOrDigit drops a character that is not an ASCII letter or digit.
func letterOrDigit(r rune) rune {
	if '0' <= r && r <= '9' || 'a' <= r && r <= 'z' {
		return r
	}
	return -1
}

var escape = regexp.MustCompile(`(?i)%[0-9a-f]{2}|%u[0-9a-f]{4}|\\u[0-9a-f]{4}|\\x[0-9a-f]{2}|\\.`)

// unescape undoes one escape: %3c, %u003c, \u003c, \x3c, \n, or a backslash before another
// character.
func unescape(escape string) string {
	if code, err := strconv.ParseUint(strings.TrimLeft(escape[1:], "uUxX"), 16, 16); err == nil && len(escape) > 2 {
		return string(rune(code))
	}
	return strings.Trim(escape[1:], "bfnrtv")
}
