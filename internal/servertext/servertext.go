// Package servertext makes what a server says fit to be shown to a person: it finds
// the words in an answer, drops what a terminal would obey, and hides tokens.
package servertext

import (
	"encoding/json"
	"html"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line returns s as one line of at most limit characters. Control and format
// characters, which could move a cursor or reorder what is read, are dropped; runs
// of white space become one space; invalid UTF-8 becomes U+FFFD.
func Line(s string, limit int) string {
	var b strings.Builder
	count, space := 0, false
	for _, r := range s {
		switch {
		case unicode.IsSpace(r):
			space = count > 0
			continue
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			continue
		}
		if space {
			count++
		}
		if count >= limit {
			break
		}
		if space {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
		count, space = count+1, false
	}
	return b.String()
}

// Clip returns the first limit bytes of s at the most, without cutting a character
// in two.
func Clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for cut := limit; cut > limit-utf8.UTFMax && cut > 0; cut-- {
		if utf8.RuneStart(s[cut]) {
			return s[:cut]
		}
	}
	return s[:limit] // no text at all
}

// Detail finds the server's words in the body of an error. Qovery sends them as
// detail today and sent them as message until 2024; what stands in between may send
// error or title, an HTML page, a part of any of these, or nothing.
func Detail(body string) string {
	var object map[string]json.RawMessage
	if json.Unmarshal([]byte(body), &object) == nil {
		for _, name := range []string{"detail", "message", "error", "title"} {
			var text string
			if json.Unmarshal(object[name], &text) == nil && strings.TrimSpace(text) != "" {
				return text
			}
		}
	}
	if !strings.HasPrefix(strings.TrimSpace(body), "<") {
		return body
	}
	if title := htmlTitle.FindStringSubmatch(body); title != nil {
		return html.UnescapeString(title[1])
	}
	return "an HTML page instead of an answer"
}

var htmlTitle = regexp.MustCompile(`(?is)<title[^>]*>([^<]+)`)
