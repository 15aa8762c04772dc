package credential

// Inputs that nobody would think of: nothing that is refused may be repeated, and
// nothing that is accepted may take a token elsewhere.

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func FuzzToken(f *testing.F) {
	for _, token := range []string{
		"", " ", "abc", " abc\r\n", "a b", "a\nb", "a\x00", "é", "a\u00a0", "\u00a0a\u2003", "Bearer abc", "bearer", "TOKEN x",
		"Token", "Tokens", "BEARER\tabc", "Token\u00a0x", "!~", "a\u200b", "\ufeffabc", "\xff", strings.Repeat("x", 10000),
		"eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmVk", "e30.e30.", "e30.e30.e30", "bnVsbA.e30.e30", "ſtoken x", "Toκen x",
	} {
		f.Add(token)
	}
	// All that is ever said, with the word in it that is the prefix.
	said := []string{"the token is empty", "the token holds a character that is not visible ASCII"}
	f.Fuzz(func(t *testing.T, raw string) {
		token, err := Clean(raw)
		if err != nil {
			prefix, ok := strings.CutPrefix(err.Error(), `the token starts with the word "`)
			word, rest, _ := strings.Cut(prefix, `"`)
			if token != "" || !slices.Contains(said, err.Error()) &&
				!(ok && rest == ": leave that out, it is added here" && (strings.EqualFold(word, Bearer) || strings.EqualFold(word, Token))) {
				t.Fatalf("%q: %q, %v", raw, token, err)
			}
			return
		}
		if token == "" || !strings.Contains(raw, token) || strings.TrimSpace(raw) != token {
			t.Fatalf("%q became %q", raw, token)
		}
		for i := range len(token) {
			if token[i] <= ' ' || token[i] > '~' {
				t.Fatalf("%q: byte %#x", raw, token[i])
			}
		}
		if again, err := Clean(token); err != nil || again != token {
			t.Fatalf("%q: again %q, %v", token, again, err)
		}
		if IsJWT(raw) && strings.Count(token, ".") != 2 {
			t.Fatalf("%q is no JWT", raw)
		}
	})
}

func FuzzBaseURL(f *testing.F) {
	for _, raw := range []string{
		"https://api.qovery.com", "https://api.qovery.com/", "https://api.qovery.com:443/a/b", "https://api.qovery.com:", "http://127.0.0.1:1",
		"http://[::1]:1/x", "http://[::1%25lo]/", "http://[::ffff:127.0.0.1]", "http://localhost", "http://LOCALHOST:80", "http://localhost.",
		"http://example.com", "http://127.0.0.1.example.com", "http://127.1", "http://0x7f.0.0.1", "https://user:hunter2@x", "https://@x",
		"https://x?", "https://x#", "https://x?q=1", "https://x/%2f..", "https://x/../..", "https://x/a%2Fb/", "//x", "x", "", "https:x", "https://",
		"https://:1", "https://x:y", "https://[::1", "https://x\\@y", "https://x%00y", "https://x\n", "https://bücher.example", "https://%41.example",
		"https://x:99999", "HTTPS://X", "https://x//a//", "https://x/;a=b", "https://x/:a", "https://user:hunter2@x:y", "https://user:hunter2@%zz",
		"http://127.0.0.1@evil.example", "http://evil.example\\127.0.0.1", "https://x/*", "https://xn--a.example", "https://a b", "https://x/a b",
	} {
		f.Add(raw)
	}
	said := []string{
		"the base URL must be absolute, such as https://api.qovery.com",
		"the base URL must be https; plain http is for loopback addresses only",
		"the base URL must not hold a user name or password",
		"the base URL must not hold a query or a fragment",
	}
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := BaseURL(raw)
		if err != nil {
			if u != nil || !slices.Contains(said, err.Error()) {
				t.Fatalf("%q: %v, %v", raw, u, err)
			}
			return
		}
		if u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())) {
			t.Fatalf("%q: %s", raw, u)
		}
		if u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.Opaque != "" || u.Hostname() == "" {
			t.Fatalf("%q: %#v", raw, u)
		}
		if !strings.HasSuffix(u.Path, "/") {
			t.Fatalf("%q: path %q", raw, u.Path)
		}
		// As the generated client does it: made a string, parsed, resolved. The
		// request has to end up at the host that every attempt is checked against,
		// and below the path.
		parsed, err := url.Parse(u.String())
		if err != nil {
			t.Fatalf("%q: %v", raw, err)
		}
		target, err := parsed.Parse("./job/1/secret")
		if err != nil {
			t.Fatalf("%q: %v", raw, err)
		}
		req, err := http.NewRequest("GET", target.String(), nil)
		if err != nil {
			t.Fatalf("%q: %v", raw, err)
		}
		if req.URL.Scheme != u.Scheme || req.URL.Host != u.Host || req.Host != u.Host || req.URL.Path != u.Path+"job/1/secret" {
			t.Fatalf("%q: %q at %q becomes %q, %q at %q", raw, u.Path, u.Host, req.URL, req.URL.Path, req.Host)
		}
	})
}

func TestIsJWT(t *testing.T) {
	for token, want := range map[string]bool{
		"e30.e30.e30": true, " e30.e30.e30\n": true, "eyJhbGciOiJSUzI1NiJ9.e30.c2ln": true,
		"": false, "abc": false, "e30.e30": false, "e30.e30.e30.e30": false, "e30..e30": false, ".e30.e30": false, "e30.e30.": false,
		"bnVsbA.e30.e30": false, "W10.e30.e30": false, "eA.e30.e30": false, "e30=.e30.e30": false, "e30.e3+.e30": false, "e30.e30.e": false,
	} {
		if IsJWT(token) != want {
			t.Errorf("%q: %t", token, !want)
		}
	}
}
