package servertext

import (
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// Masked stands where a token was.
const Masked = "[masked]"

// minEcho is how many characters of a token count as an echo where the text breaks
// off in the middle of one.
const minEcho = 8

// Conceal takes the token out of a text that a server, a proxy or a transport has
// echoed it in, as it is or escaped. Of a text that holds it in a form which is not
// foreseen here, nothing is left.
func Conceal(text, token string) string {
	for _, echo := range usualForms(token) {
		text = strings.ReplaceAll(text, echo, Masked)
	}
	if n := brokenEcho(text, token); n > 0 {
		text = text[:len(text)-n] + Masked
	}
	plain, plainToken := halfEscape.ReplaceAllString(text, ""), token
	for range 3 {
		for _, undo := range []func(string) string{unescape, html.UnescapeString} {
			plain, plainToken = undo(plain), undo(plainToken)
			for _, t := range []string{token, plainToken} {
				if strings.Contains(plain, t) || brokenEcho(plain, t) > 0 {
					return Masked
				}
			}
		}
	}
	return text
}

// halfEscape is what is left of an escape where a text breaks off in it.
var halfEscape = regexp.MustCompile(`(%[[:xdigit:]]?|\\+(u0{0,2}[[:xdigit:]]?)?|&#?[[:alnum:]]{0,4})$`)

// usualForms returns the usual forms of a token: itself, in JSON, in HTML, in a URL.
func usualForms(token string) []string {
	quoted, _ := json.Marshal(token) // cannot fail for a string
	plain := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(token)
	page := html.EscapeString(token)
	return []string{
		token, string(quoted[1 : len(quoted)-1]), plain, strings.ReplaceAll(plain, "/", `\/`),
		page, strings.ReplaceAll(page, "&#34;", "&quot;"), url.QueryEscape(token), url.PathEscape(token),
	}
}

// brokenEcho returns how much of the end of text is the beginning of token.
func brokenEcho(text, token string) int {
	for n := min(len(text), len(token)-1); n >= minEcho; n-- {
		if strings.HasSuffix(text, token[:n]) {
			return n
		}
	}
	return 0
}

// unescape undoes what a URL, JSON or a string literal does to a character: %3C,
// \u003c, \x3c, and a backslash in front.
func unescape(text string) string {
	if !strings.ContainsAny(text, `\%`) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		n := 1
		switch rest := text[i:]; {
		case strings.HasPrefix(rest, "%"):
			n = hex(&b, rest, 1, 3)
		case strings.HasPrefix(rest, `\u00`):
			n = hex(&b, rest, 4, 6)
		case strings.HasPrefix(rest, `\x`):
			n = hex(&b, rest, 2, 4)
		case strings.HasPrefix(rest, `\`) && len(rest) > 1:
			b.WriteByte(rest[1])
			n = 2
		default:
			b.WriteByte(rest[0])
		}
		i += n
	}
	return b.String()
}

// hex writes the byte that text gives as digits from here to there and returns how
// much of text that took; where they are no digits, the first byte as it is.
func hex(b *strings.Builder, text string, from, to int) int {
	if len(text) >= to {
		if c, err := strconv.ParseUint(text[from:to], 16, 8); err == nil {
			b.WriteByte(byte(c))
			return to
		}
	}
	b.WriteByte(text[0])
	return 1
}
