package safetext

import (
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"strings"
	"testing"
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
