package safetext

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

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
