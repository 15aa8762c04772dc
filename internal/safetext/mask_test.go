package safetext

import (
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	plain   = "qov_5tGh7Kp2Wx9Zr4Lm8Nc3"
	special = `q7<Zk>2m&Qx"9W\v4/Lr+8T'n3=H%s6{Yd}1B`
	jwt     = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4IiwiYXVkIjoieSJ9.c2lnbmVkLWJ5LW5vYm9keQ"
)

func TestMask(t *testing.T) {
	for name, c := range map[string]struct{ text, token, want string }{
		"empty text":              {"", plain, ""},
		"empty token":             {"any text", "", "any text"},
		"nothing to mask":         {`50% of a\b & "c" \u00 %4`, plain, `50% of a\b & "c" \u00 %4`},
		"whole":                   {"Authorization: Token " + plain + ".", plain, "Authorization: Token [masked]."},
		"twice":                   {plain + " " + plain, plain, "[masked] [masked]"},
		"twice, touching":         {plain + plain, plain, "[masked]"},
		"among other characters":  {"caf\xe9 日本" + plain + "é", plain, "caf\xe9 日本[masked]é"},
		"start cut":               {"…" + plain[7:] + " x", plain, "…[masked] x"},
		"end cut":                 {"x " + plain[:9], plain, "x [masked]"},
		"seven characters":        {"x " + plain[:7] + " " + plain[len(plain)-7:], plain, "x " + plain[:7] + " " + plain[len(plain)-7:]},
		"eight characters":        {"x " + plain[4:12] + " y", plain, "x [masked] y"},
		"starred":                 {plain[:10] + "****" + plain[14:], plain, "[masked]****[masked]"},
		"upper case":              {"X " + strings.ToUpper(plain), plain, "X [masked]"},
		"lower case":              {"x " + strings.ToLower(plain), plain, "x [masked]"},
		"two segments of a JWT":   {jwt[:strings.LastIndex(jwt, ".")], jwt, "[masked]"},
		"outer segments of a JWT": {jwt[:20] + "..." + jwt[51:], jwt, "[masked]..[masked]"},
		"wrapped":                 {plain[:12] + "\r\n  " + plain[12:], plain, "[masked]\r\n  [masked]"},
		"wrapped in short lines":  {wrap(plain, 6, "\n"), plain, Masked},
		"wrapped in a string":     {`"` + wrap(plain, 6, `\n`) + `"`, plain, Masked},
		"spread":                  {wrap(plain, 1, " "), plain, Masked},
		"zero-width space":        {wrap(plain, 5, "\u200b"), plain, Masked},
		"byte order mark":         {wrap(plain, 7, "\ufeff"), plain, Masked},
		"soft hyphen":             {wrap(plain, 7, "\u00ad"), plain, Masked},
		"combining character":     {wrap(plain, 7, "\u0301"), plain, Masked},
		"variation selector":      {wrap(plain, 7, "\U000e0100"), plain, Masked},
		"control character":       {wrap(plain, 7, "\x00"), plain, Masked},
		"escaped soft hyphen":     {wrap(plain, 7, "&shy;"), plain, Masked},
		"escaped zero width":      {wrap(plain, 7, `\u200b`), plain, Masked},
		"percent zero width":      {wrap(plain, 7, `%E2%80%8B`), plain, Masked},
		"Kelvin sign":             {"ab\u212adefgh", "abkdefgh", Masked},
		"Turkish capital":         {"AB\u0130DEFGH", "abidefgh", Masked},
		"a letter escaped":        {"qov_5tG\\u00687Kp2Wx", plain, Masked},
		"old percent":             {"qov%u005f5tGh7Kp2Wx", "qov_5tGh7K", Masked},
		"hexadecimal":             {`qov\x5f5tGh7Kp2Wx`, "qov_5tGh7K", Masked},
		"upper-case escape":       {`QOV\U005F5TGH7K`, "qov_5tGh7K", Masked},
		"runs beside escapes":     {`abcdefgh\"ijklmnop`, `abcdefgh"ijklmnop`, `[masked]\[masked]`},
		"half escape":             {`abcd\"efgh\u00`, `abcd"efgh<i`, Masked},
		"backslash before digit":  {`abcd\1234`, "abcd1234", Masked},
		"token with an escape":    {`x abcd\\u003cefg y`, `abcd\u003cefg`, `x abcd\[masked] y`},
		"literal percent":         {"x ab%41cdefg y", "ab%41cdefg", "x [masked] y"},
		"contains the mask":       {"x [masked]abc y", "[masked]abc", Masked},
		"short":                   {"token abc, abcd xabc (ABC) abc", "abc", "token [masked], abcd xabc ([masked]) [masked]"},
		"short, in a longer word": {"éabc abcé abc_ 1abc", "abc", "éabc abcé abc_ 1abc"},
		"short, with a sign":      {"x a-b-a-b y", "a-b", "x [masked]-[masked] y"},
		"longer than the text":    {"abc", "abcdef", "abc"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Mask(c.text, c.token); got != c.want {
				t.Errorf("Mask(%q, %q) = %q, want %q", c.text, c.token, got, c.want)
			}
		})
	}
	if got := Mask(jwt+" and "+plain, plain, "", jwt); got != "[masked] and [masked]" {
		t.Errorf("of several tokens: %q", got)
	}
}

// wrap puts separator after every n bytes of s.
func wrap(s string, n int, separator string) string {
	var b strings.Builder
	for i := 0; i < len(s); i += n {
		b.WriteString(s[i:min(i+n, len(s))] + separator)
	}
	return b.String()
}

// encodings are the ways in which a server or a proxy may write a token.
var encodings = []struct {
	encode func(string) string
	decode func(string) string // nil: there is nothing to undo
}{
	{func(s string) string { return s }, nil},
	{func(s string) string { q, _ := json.Marshal(s); return string(q[1 : len(q)-1]) }, undoJSON},
	{strings.NewReplacer(`\`, `\\`, `"`, `\"`, "/", `\/`).Replace, undoJSON},
	{each(`\u%04x`), undoJSON},
	{each(`\u%04X`), undoJSON},
	{eachByte(`\x%02x`), undoJSON},
	{url.QueryEscape, undoPercent},
	{url.PathEscape, undoPercent},
	{eachByte("%%%02x"), undoPercent},
	{each("%%u%04x"), undoPercent},
	{html.EscapeString, html.UnescapeString},
	{strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;", "/", "&sol;", "_", "&lowbar;").Replace, html.UnescapeString},
	{each("&#%d;"), html.UnescapeString},
	{each("&#x%X;"), html.UnescapeString},
	{strings.ToUpper, nil},
	{strings.ToLower, nil},
	{func(s string) string { return wrap(s, 5, "\n") }, nil},
	{func(s string) string { return wrap(s, 7, "\u200b") }, nil},
}

// each returns a function that formats every character of a string.
func each(format string) func(string) string {
	return func(s string) string {
		var b strings.Builder
		for _, r := range s {
			fmt.Fprintf(&b, format, r)
		}
		return b.String()
	}
}

// eachByte does the same with every byte.
func eachByte(format string) func(string) string {
	return func(s string) string {
		var b strings.Builder
		for _, c := range []byte(s) {
			fmt.Fprintf(&b, format, c)
		}
		return b.String()
	}
}

var (
	jsonEscape    = regexp.MustCompile(`(?s)\\(u[[:xdigit:]]{4}|x[[:xdigit:]]{2}|.)`)
	percentEscape = regexp.MustCompile(`%(u[[:xdigit:]]{4}|[[:xdigit:]]{2})`)
)

func undoJSON(text string) string {
	return jsonEscape.ReplaceAllStringFunc(text, func(escape string) string {
		switch c := escape[1]; {
		case len(escape) > 3:
			return character(escape[2:])
		case strings.IndexByte("abfnrtv", c) >= 0:
			return "\n"
		default:
			return escape[1:]
		}
	})
}

func undoPercent(text string) string {
	return percentEscape.ReplaceAllStringFunc(text, func(escape string) string {
		return character(strings.TrimLeft(escape, "%u"))
	})
}

func character(digits string) string {
	n, _ := strconv.ParseUint(digits, 16, 32)
	if len(digits) == 2 {
		return string([]byte{byte(n)})
	}
	return string(rune(n))
}

// leak returns 8 characters of token that a reader of text sees, or "".
func leak(text, token string) string {
	visible := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.M) {
			return -1
		}
		return r
	}, text)
	token = strings.ToLower(token)
	for _, seen := range []string{strings.ToLower(text), strings.ToLower(visible)} {
		for i := range len(token) - 7 {
			if strings.Contains(seen, token[i:i+8]) {
				return token[i : i+8]
			}
		}
	}
	return ""
}

// leaks does the same for text as it is and after one round of each kind of unescaping.
func leaks(text, token string) string {
	if text == Masked {
		return ""
	}
	for _, seen := range []string{text, undoJSON(text), undoPercent(text), html.UnescapeString(text)} {
		if run := leak(seen, token); run != "" {
			return fmt.Sprintf("%q of %q", run, seen)
		}
	}
	return ""
}

func TestMaskEncodings(t *testing.T) {
	for _, token := range []string{plain, special, jwt} {
		for a, first := range encodings {
			for b, second := range encodings {
				text := second.encode(first.encode(token))
				got := Mask("x "+text+" y", token)
				if !strings.Contains(got, Masked) {
					t.Errorf("encodings %d, %d: Mask(%q, %q) = %q", a, b, text, token, got)
				}
				if found := leaks(got, token); found != "" {
					t.Errorf("encodings %d, %d: Mask(%q, %q) = %q contains %s", a, b, text, token, got, found)
				}
				// A text may end anywhere, within an escape, too.
				for n := 0; b == 0 && n < len(text); n++ {
					got := Mask("x "+text[:n], token)
					if found := leaks(got, token); found != "" {
						t.Errorf("encodings %d, %d: Mask(%q, %q) = %q contains %s", a, b, text[:n], token, got, found)
					}
				}
			}
		}
	}
}

func FuzzMask(f *testing.F) {
	for _, token := range []string{plain, special, jwt, "abcdefgh", `abc"defgh`, "a&lt;bcdefgh", `a\u003cbcdefgh`, "%41bcdefgh", "aaaaaaaa", `\\\\\\\\\`, "&&&&amp;;;"} {
		for i := range encodings {
			f.Add(token, "before ", " after", uint8(i), uint8(i/3), uint8(3), uint8(2))
		}
	}
	f.Add("00000000", "000\\0000000", "", uint8(0), uint8(0), uint8(0), uint8(8))
	f.Add(`0000000\`, "", `0\x30\x30\x30\x30\x30\x30\x30\`, uint8(0), uint8(0), uint8(1), uint8(8))
	f.Add("[masked]x", "[mask", "ed]", uint8(0), uint8(0), uint8(0), uint8(0))
	f.Add("abcdefghi", "50% \\", ";", uint8(1), uint8(7), uint8(200), uint8(0))
	f.Fuzz(func(t *testing.T, token, before, after string, first, second, from, cut uint8) {
		visible := []byte(token)
		for i, c := range visible {
			visible[i] = '!' + c%94
			if c > ' ' && c <= '~' {
				visible[i] = c
			}
		}
		token = string(visible)
		if len(token) < 8 || len(token) > 500 || len(before)+len(after) > 500 {
			return
		}
		a, b := encodings[int(first)%len(encodings)], encodings[int(second)%len(encodings)]
		part := token[int(from)%(len(token)-7):]
		once := before + a.encode(part) + after
		twice := b.encode(a.encode(part))
		twice = before + twice[:len(twice)-min(int(cut), len(twice))] + after
		for _, text := range []string{once, twice, before + after} {
			got := Mask(text, token)
			if found := leaks(got, token); found != "" {
				t.Fatalf("Mask(%q, %q) = %q contains %s", text, token, got, found)
			}
			if utf8.ValidString(text) && !utf8.ValidString(got) {
				t.Fatalf("Mask(%q, %q) = %q", text, token, got)
			}
			ascii := strings.IndexFunc(text, func(r rune) bool { return r > '~' }) < 0
			if got != text && ascii && !strings.ContainsAny(text+token, `\%&`) && leak(text, token) == "" {
				t.Fatalf("Mask(%q, %q) = %q", text, token, got)
			}
			if again := Mask(got, token); again != got && leak(Masked, token) == "" {
				t.Fatalf("Mask(%q, %q) = %q, again %q", text, token, got, again)
			}
		}
		// Nested escapes of a token without any: whatever undoes them finds nothing.
		if !strings.ContainsAny(token, `\%&`) {
			got := Mask("x "+b.encode(a.encode(part))+" y", token)
			for _, undo := range []func(string) string{b.decode, a.decode} {
				if undo != nil && got != Masked {
					got = undo(got)
				}
				if run := leak(got, token); run != "" && got != Masked {
					t.Fatalf("encodings %d and %d of %q in %q: %q contains %q", first, second, part, token, got, run)
				}
			}
		}
	})
}

// Texts that are as large as a body that is kept, and made to take long.
func TestMaskTime(t *testing.T) {
	const size = 64 << 10
	large := strings.Repeat(plain+jwt, 80)[:4<<10]
	fill := func(s string) string { return strings.Repeat(s, size/len(s)+1)[:size] }
	for name, text := range map[string]string{
		"prose": fill("no token in here. "), "tokens": fill(large), "sevens": fill(jwt[:7] + " "), "percent": fill("%"), "backslash": fill(`\`),
		"ampersand": fill("&"), "escapes": fill(`\u0061%62&#99;`), "halves": fill(`\u00%4&#9`), "nested": fill("%25"), "entity": "&" + fill("a"), "wide": fill("日本"),
	} {
		start := time.Now()
		Mask(text, large)
		if took := time.Since(start); took > 10*time.Second { // far above what is linear, with the race detector on a busy machine
			t.Errorf("%s: %s", name, took)
		} else {
			t.Logf("%s: %s", name, took)
		}
	}
}

func BenchmarkMask(b *testing.B) {
	for name, text := range map[string]string{"short": "no such job", "long": strings.Repeat("no token in here. ", 3600)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Mask(text, plain)
			}
		})
	}
}
