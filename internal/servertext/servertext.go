// Package servertext makes what a server says fit to be shown to a person: it finds
// the words in an answer, drops what a terminal would obey, and hides tokens.
package servertext

import (
	"encoding/json"
	"html"
	"net/url"
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
		if space && count < limit {
			b.WriteByte(' ')
			count++
		}
		if count >= limit {
			break
		}
		space = false
		b.WriteRune(r)
		count++
	}
	return b.String()
}

// Clip returns the first limit bytes of s at the most, without cutting a character
// in two.
func Clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

// Detail finds the server's words in the body of an error. Qovery sends them as
// detail today and sent them as message until 2024; what stands in between may send
// error or title, an HTML page, a part of any of these, or nothing.
func Detail(body []byte) string {
	var object map[string]json.RawMessage
	if json.Unmarshal(body, &object) == nil {
		for _, name := range []string{"detail", "message", "error", "title"} {
			var text string
			if json.Unmarshal(object[name], &text) == nil && strings.TrimSpace(text) != "" {
				return text
			}
		}
	}
	text := string(body)
	if !strings.HasPrefix(strings.TrimSpace(text), "<") {
		return text
	}
	if title := htmlTitle.FindStringSubmatch(text); title != nil {
		return html.UnescapeString(title[1])
	}
	return "an HTML page instead of an answer"
}

var htmlTitle = regexp.MustCompile(`(?is)<title[^>]*>([^<]+)`)

// Masked stands where a token was.
const Masked = "[masked]"

// Conceal takes the token out of a text that a server, a proxy or a transport has
// echoed it in, as it is or escaped.
func Conceal(text, token string) string {
	quoted, _ := json.Marshal(token) // cannot fail for a string
	escaped := string(quoted[1 : len(quoted)-1])
	return strings.NewReplacer(
		token, Masked,
		escaped, Masked,
		strings.ReplaceAll(escaped, "/", `\/`), Masked,
		html.EscapeString(token), Masked,
		url.QueryEscape(token), Masked,
	).Replace(text)
}
