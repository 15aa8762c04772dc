package safetext

import (
	"html"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// Masked replaces a token, or a part of one, in a text.
const Masked = "[masked]"

// minRun is how many characters of a token in a row are a part of it and no coincidence.
const minRun = 8

// Mask returns text without the tokens. Each run of 8 or more consecutive characters of a
// token, in upper or lower case, is replaced by Masked. If a run appears only after undoing
// JSON, percent or HTML escapes, nested up to three times, or after dropping white space and
// everything else that is not visible ASCII, the whole text is replaced by Masked.
//
// A token of fewer than 8 visible ASCII characters is replaced where it stands as a word. An
// empty token changes nothing.
func Mask(text string, tokens ...string) string {
	for _, token := range tokens {
		if token != "" {
			text = mask(text, token)
		}
	}
	return text
}

func mask(text, token string) string {
	runs := map[string]bool{}
	for _, t := range readings(token) {
		for i := minRun; i <= len(t); i++ {
			runs[t[i-minRun:i]] = true
		}
	}
	if len(runs) == 0 {
		word := regexp.MustCompile(`(?i)(^|[^\pL\pN_])` + regexp.QuoteMeta(strings.ToValidUTF8(token, "?")) + `($|[^\pL\pN_])`)
		return word.ReplaceAllString(word.ReplaceAllString(text, "${1}"+Masked+"${2}"), "${1}"+Masked+"${2}")
	}
	text = maskRuns(text, runs)
	for _, t := range readings(text) {
		for i := minRun; i <= len(t); i++ {
			if runs[t[i-minRun:i]] {
				return Masked
			}
		}
	}
	return text
}

// maskRuns replaces what the runs cover in text; those that overlap or touch together.
func maskRuns(text string, runs map[string]bool) string {
	var b strings.Builder
	lower := []byte(text)
	for i, c := range lower {
		if 'A' <= c && c <= 'Z' {
			lower[i] = c | 0x20
		}
	}
	end := -1 // of the latest run
	for i := range lower {
		if i+minRun <= len(lower) && runs[string(lower[i:i+minRun])] {
			if i > end {
				b.WriteString(Masked)
			}
			end = i + minRun
		}
		if i >= end {
			b.WriteByte(text[i])
		}
	}
	return b.String()
}

// readings returns text as it may be meant: as it is, with the escapes of one kind undone,
// and with all undone up to three times, each in lower case and without what is not visible
// ASCII.
func readings(text string) []string {
	all := []string{visible(text)}
	if !strings.ContainsAny(text, `\%&`) {
		return all
	}
	percent := func(s string) string { return percentForm.ReplaceAllStringFunc(s, unescape) }
	backslash := func(s string) string { return backslashForm.ReplaceAllStringFunc(s, unescape) }
	all = append(all, visible(html.UnescapeString(text)), visible(percent(text)), visible(backslash(text)))
	for range 3 {
		text = html.UnescapeString(percent(backslash(visible(text))))
		all = append(all, visible(text))
	}
	return all
}

var (
	percentForm   = regexp.MustCompile(`(?i)%[0-9a-f]{2}|%u[0-9a-f]{4}`)
	backslashForm = regexp.MustCompile(`(?i)\\u[0-9a-f]{4}|\\x[0-9a-f]{2}|\\.`)
)

// unescape undoes one escape: %3c, %u003c, \u003c, \x3c, \n, or a backslash before another
// character.
func unescape(escape string) string {
	if code, err := strconv.ParseUint(strings.TrimLeft(escape[1:], "uUxX"), 16, 16); err == nil && len(escape) > 2 {
		return string(rune(code))
	}
	return strings.Trim(escape[1:], "bfnrtv")
}

// visible returns text in lower case and without what is not visible ASCII. Letters that
// are the upper or lower case of an ASCII letter, such as U+212A, count as that.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		if r = unicode.ToLower(unicode.ToUpper(r)); r <= ' ' || r > '~' {
			return -1
		}
		return r
	}, text)
}
