package token

import (
	"strings"
	"testing"
)

const jwt = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmVk"

func TestClean(t *testing.T) {
	for value, want := range map[string]string{
		"qov_5tGh7Kp2Wx9Zr4": "", " qov_5tGh7Kp2Wx9Zr4\r\n": "", jwt: "", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~a": "",
		"a**b": "", "x": "",
		"": "empty", " \t\n": "empty",
		"Bearer " + jwt: "Bearer", "token qov_5tGh7Kp2": "Token", "BEARER": "Bearer",
		`"qov_5tGh7Kp2"`: "quote", "'qov_5tGh7Kp2'": "quote", "`qov_5tGh7Kp2`": "quote", `qov_5tGh7Kp2"`: "quote",
		"QOVERY_API_TOKEN=qov_5tGh7Kp2":    "QOVERY_API_TOKEN=",
		"export QOVERY_CLI_ACCESS_TOKEN=x": "QOVERY_CLI_ACCESS_TOKEN=",
		"$QOVERY_API_TOKEN":                "use its value", "${Q_CLI_ACCESS_TOKEN}": "use its value",
		"***": "asterisks", "qov_***": "asterisks", "*": "asterisks", "qov_*****Kp2": "asterisks",
		"qov 5tGh7Kp2": "visible", "qov_\x00": "visible", "qov_é": "visible", "qov_\u200b5tGh7": "visible",
	} {
		got, err := Clean(value)
		switch {
		case want == "" && (err != nil || got != strings.TrimSpace(value)):
			t.Errorf("%q: %q, %v", value, got, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%q: %v does not mention %q", value, err, want)
		case err != nil && strings.Contains(err.Error(), "5tGh7Kp2"):
			t.Errorf("%q is repeated: %v", value, err)
		}
	}
}

func TestIsJWT(t *testing.T) {
	for value, want := range map[string]bool{
		jwt: true, " " + jwt + "\n": true, "eyJ9.x.y": false, "e30.e30.e30": true,
		"": false, "..": false, "e30.e30": false, "e30.e30.e30.e30": false, "e30..e30": false,
		"bnVsbA.e30.e30": false,
		"W10.e30.e30":    false, "e30=.e30.e30": false, "e30.e+0.e30": false, "qov_5tGh7Kp2Wx9Zr4": false,
	} {
		if got := IsJWT(value); got != want {
			t.Errorf("%q: %t", value, got)
		}
	}
}

// FuzzClean: what is accepted can stand in a header as it is.
func FuzzClean(f *testing.F) {
	for _, value := range []string{"qov_5tGh7Kp2", " x ", "Token x", "$QOVERY_API_TOKEN", "***", `"x"`, "a\nb"} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		got, err := Clean(value)
		if err != nil {
			if len(value) > 60 && strings.Contains(err.Error(), value) {
				t.Errorf("%q is repeated: %v", value, err)
			}
			return
		}
		if got == "" || strings.ContainsFunc(got, func(r rune) bool { return r <= ' ' || r > '~' }) {
			t.Errorf("%q: %q", value, got)
		}
		if again, err := Clean(got); err != nil || again != got {
			t.Errorf("%q: %q, then %q, %v", value, got, again, err)
		}
	})
}
