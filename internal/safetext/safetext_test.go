package safetext

import (
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

const secret = "qov<7Zk>2mQ&x9W<v4L>r8T&3Hs" // each part of it has a character whose escapes have letters

func TestWithhold(t *testing.T) {
	quoted, _ := json.Marshal(secret)
	nested, _ := json.Marshal(string(quoted))
	thrice, _ := json.Marshal(string(nested))
	each := func(format string) (s string) {
		for _, c := range []byte(secret) {
			s += fmt.Sprintf(format, c)
		}
		return s
	}
	for name, text := range map[string]string{
		"whole": secret, "in words": "Authorization: Token " + secret + "\r\n",
		"the first 8": "x" + secret[:8] + "x", "the last 8": secret[len(secret)-8:], "JSON": string(quoted),
		"other case": strings.ToUpper(secret), "JSON in JSON": string(nested), "three times": string(thrice),
		"HTML":    html.EscapeString(secret),
		"twice":   html.EscapeString(html.EscapeString(secret)),
		"percent": url.QueryEscape(secret), "percent twice": url.QueryEscape(url.QueryEscape(secret)),
		"all of \\u": each(`\u%04x`), "all of \\x": each(`\x%02X`), "all of %": each("%%%02x"),
		"all of %u": each("%%u%04x"), "decimal": each("&#%d;"), "hexadecimal": each("&#x%X;"),
		"apart":          strings.Join(strings.Split(secret, ""), "-\u200b \n"),
		"apart, escaped": strings.Join(strings.Split(secret, ""), `\n`),
		"Kelvin":         strings.Replace(secret, "k", "\u212a", 1),
	} {
		if got := Withhold(text, "", "another", secret); got != Withheld {
			t.Errorf("%s: %q", name, got)
		}
	}
	for _, token := range []string{"a-b-c-d-e-f-g-h-i", "!#$%&()*+,-./:;<=>"} { // with few letters or none
		if got := Withhold("not "+token[1:9]+"!", token); got != Withheld {
			t.Errorf("%s: %q", token, got)
		}
	}
	for text, tokens := range map[string][]string{
		"":                 {secret, ""},
		secret[:6] + "...": {secret},
		"a page of words":  {"----------", secret, ""},
		"short":            {"shart"},
		`%zz \u12 &#; \`:   {secret},
	} {
		if got := Withhold(text, tokens...); got != text {
			t.Errorf("%q is %q", text, got)
		}
	}
	if got := Withhold("a short one", "short"); got != Withheld {
		t.Errorf("a short token: %q", got)
	}
}

// FuzzWithhold: a text that has the token in it is withheld, whatever is around it.
func FuzzWithhold(f *testing.F) {
	for _, text := range []string{"", "x", "\\", `\u00`, "&#", "%", "qov_", "&quot"} {
		f.Add(text, text)
	}
	f.Fuzz(func(t *testing.T, before, after string) {
		if got := Withhold(before+" "+secret+" "+after, secret); got != Withheld {
			t.Errorf("%q", got)
		}
	})
}

func TestLine(t *testing.T) {
	for _, c := range []struct {
		s     string
		limit int
		want  string
	}{
		{"", 10, ""},
		{"a b", 0, ""},
		{"a b", -1, ""},
		{"a b", 1, "a"},
		{"a b", 2, "a"},
		{"a b", 3, "a b"},
		{" a\r\n\t b\u00a0\u2028c ", 10, "a b c"},
		{"a\x1b[2Jb\x00\u202e\u200b\ufeffc", 10, "a[2Jbc"},
		{"a \u200b b", 10, "a b"},
		{"caf\xe9", 10, "caf\ufffd"},
		{"日本語", 2, "日本"},
	} {
		if got := Line(c.s, c.limit); got != c.want {
			t.Errorf("Line(%q, %d) = %q, want %q", c.s, c.limit, got, c.want)
		}
	}
}

func FuzzLine(f *testing.F) {
	for _, s := range []string{
		"", "null", "a b", "a\r\nb", "a\u0000\u001b[2J\u202e\u2028\n\tb", "\x1b]0;title\x07", "caf\xe9",
		"\xff\xfe{\x00}", "\ufeff{}",
		"a\u200bb", "\u2028\u2029\u0085\u00a0", "\U000e0041", "\u0378", "🏳\ufe0f\u200d🌈",
		strings.Repeat("é ", 600),
		strings.Repeat(" ", 600) + "x", strings.Repeat("x", 511) + " y", strings.Repeat("x", 512) + " y",
	} {
		for _, limit := range []int{0, 1, 2, 512} {
			f.Add(s, limit)
		}
	}
	f.Fuzz(func(t *testing.T, s string, limit int) {
		line := Line(s, limit)
		if !utf8.ValidString(line) || utf8.RuneCountInString(line) > max(0, limit) {
			t.Fatalf("Line(%q, %d) = %q, %d characters", s, limit, line, utf8.RuneCountInString(line))
		}
		for _, r := range line {
			if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.IsSpace(r) && r != ' ' {
				t.Fatalf("Line(%q, %d) = %q contains %U", s, limit, line, r)
			}
		}
		if strings.Contains(line, "  ") || strings.TrimSpace(line) != line {
			t.Fatalf("Line(%q, %d) = %q: needless space", s, limit, line)
		}
		if again := Line(line, limit); again != line {
			t.Fatalf("Line(%q, %d) = %q, again %q", s, limit, line, again)
		}
		if whole := Line(s, len(s)); !strings.HasPrefix(whole, line) || limit >= len(s) && line != whole {
			t.Fatalf("Line(%q, %d) = %q, but %q without a limit", s, limit, line, whole)
		}
	})
}
