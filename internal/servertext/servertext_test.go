package servertext

// Words of a server that nobody has thought of, and tokens that are hard to find.

import (
	"encoding/json"
	"html"
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func FuzzDetail(f *testing.F) {
	for _, body := range []string{
		"", " ", "null", "{}", "[]", `"x"`, "7", `{"status":404,"detail":"no such job"}`, `{"detail":"","message":"m"}`, `{"detail":null,"error":"e"}`,
		`{"detail":{"a":1},"title":"t"}`, `{"detail":"a\u0000\u001b[2J\u202e\u2028\n\tb"}`, `{"detail":"\ud800"}`, `{"detail":"no suc`,
		"<html><title>502 Bad\nGateway</title>", "<TITLE lang='x'>a &amp; b &#0; &#x202e;</TITLE>", "<title></title>", "<", "<?xml?>", "  <p>",
		"caf\xe9", "\xff\xfe{\x00}", "\ufeff{}", "a\u200bb", "\x1b]0;title\x07", strings.Repeat("é ", 600), strings.Repeat(" ", 600) + "x",
		strings.Repeat("x", 511) + " y", strings.Repeat("x", 512) + " y", "\u2028\u2029\u0085\u00a0", "a\r\nb", "\U000e0041", "\u0378", "🏳\ufe0f\u200d🌈",
	} {
		f.Add([]byte(body), 512)
	}
	f.Add([]byte("abc"), 0)
	f.Add([]byte("a b"), 1)
	f.Add([]byte("a b"), 2)
	f.Fuzz(func(t *testing.T, body []byte, limit int) {
		if limit < 0 {
			return
		}
		line := Line(Detail(string(body)), limit)
		if !utf8.ValidString(line) || utf8.RuneCountInString(line) > limit {
			t.Fatalf("%q, %d characters of %d", line, utf8.RuneCountInString(line), limit)
		}
		for _, r := range line {
			if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.IsSpace(r) && r != ' ' {
				t.Fatalf("%q holds %U", line, r)
			}
		}
		if strings.Contains(line, "  ") || strings.HasPrefix(line, " ") || strings.HasSuffix(line, " ") {
			t.Fatalf("%q: space that is not needed", line)
		}
		if Line(line, limit) != line {
			t.Fatalf("%q: again %q", line, Line(line, limit))
		}
	})
}

func FuzzClip(f *testing.F) {
	f.Add("abc", 2)
	f.Add("aé", 2)
	f.Add("a日本", 5)
	f.Add("\x80\x80\x80\x80\x80", 3)
	f.Add("", 0)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		if limit < 0 {
			return
		}
		got := Clip(s, limit)
		if len(got) > limit || !strings.HasPrefix(s, got) {
			t.Fatalf("Clip(%q, %d) = %q", s, limit, got)
		}
		if utf8.ValidString(s) && !utf8.ValidString(got) {
			t.Fatalf("Clip(%q, %d) = %q cuts a character", s, limit, got)
		}
		if len(got) < min(len(s), limit)-utf8.UTFMax {
			t.Fatalf("Clip(%q, %d) = %q drops more than a character", s, limit, got)
		}
	})
}

// echoes are the ways in which servers and proxies write a token that was sent to them.
func echoes(token string) []string {
	goJSON, _ := json.Marshal(token)
	plainJSON := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(token)
	return []string{
		token, string(goJSON[1 : len(goJSON)-1]), plainJSON, strings.ReplaceAll(plainJSON, "/", `\/`), html.EscapeString(token),
		strings.ReplaceAll(html.EscapeString(token), "&#34;", "&quot;"), url.QueryEscape(token), url.PathEscape(token),
	}
}

// However a token is escaped, it is found, and what is not a token is left alone.
func FuzzConceal(f *testing.F) {
	for _, token := range []string{"abcdefgh", "a<b>c/d+e=f'g", `abc"defgh`, `abc\defgh`, "a&lt;bcdefgh", `a\u003cbcdefgh`, "%41bcdefgh", "aaaaaaaa"} {
		f.Add(token, "before ", " after")
	}
	f.Fuzz(func(t *testing.T, token, before, after string) {
		escapes := 0
		for _, r := range token {
			if r <= ' ' || r > '~' {
				return // no token
			}
			if strings.ContainsRune(`\%&`, r) {
				escapes++
			}
		}
		if len(token) < 9 || escapes > 1 || strings.Contains(token, "%25") || strings.Contains(token, "&amp") {
			return // too many to be told from what escapes them
		}
		if text := before + after; !strings.Contains(text, token[:8]) && !strings.ContainsAny(text+token, `&%\`) {
			if got := Conceal(text, token); got != text {
				t.Fatalf("Conceal(%q, %q) = %q", text, token, got)
			}
		}
		for _, echo := range echoes(token) {
			// With space around: what touches it could continue an escape.
			if got := Conceal("x "+echo+" y", token); strings.Contains(got, echo) || !strings.Contains(got, Masked) {
				t.Fatalf("Conceal(%q, %q) = %q", echo, token, got)
			}
		}
	})
}

func TestConceal(t *testing.T) {
	for _, c := range []struct{ text, token, want string }{
		{"Authorization: Token abcdefgh", "abcdefgh", "Authorization: Token [masked]"},
		{"abcdefghabcdefgh", "abcdefgh", "[masked][masked]"},
		{"no token here", "abcdefgh", "no token here"},
		{`50% of a\b & "c"`, "abcdefgh", `50% of a\b & "c"`},
		{"caf\xe9 日本 abcdefgh é", "abcdefgh", "caf\xe9 日本 [masked] é"},
		{"", "abcdefgh", ""},
	} {
		if got := Conceal(c.text, c.token); got != c.want {
			t.Errorf("Conceal(%q, %q) = %q, want %q", c.text, c.token, got, c.want)
		}
	}
	const special = `q7<Zk>2m&Qx"9W\v4/Lr+8T'n3=H%s6{Yd}1B`
	for _, echo := range echoes(special) {
		if got := Conceal("x "+echo+" y", special); !strings.Contains(got, Masked) || strings.Contains(got, echo) {
			t.Errorf("Conceal(%q) = %q", echo, got)
		}
	}
}

// A text may have been cut anywhere, in the middle of an escape too.
func TestConcealCut(t *testing.T) {
	for _, token := range []string{"abcdefghijklmnopqrstuvwxyz", `q7<Zk>2m&Qx"9W\v4/Lr+8T'n3=H%s6{Yd}1B`} {
		for _, echo := range echoes(token) {
			for n := len(echo); n >= len(echo)/2+6; n-- {
				if got := Conceal("x "+echo[:n], token); !strings.Contains(got, Masked) || strings.Contains(got, echo[:len(echo)/2]) {
					t.Errorf("Conceal(%q, %q) = %q", "x "+echo[:n], token, got)
				}
			}
		}
	}
}
