package output

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode"

	"github.com/qovery-alias/qovery-alias-go/internal/safetext"
)

// Whatever is encoded can be decoded, and has no character that drives a terminal.
func TestJSONEscapes(t *testing.T) {
	want := []string{"plain <a> & b", "\x1b[31m\x00\t\n", "\x7f\u009b\u00ad\u202e\ufeff", "\U000e0041", `quote " \`}
	text := JSON(want, "  ", "a-token-0123456789")
	for _, c := range text {
		if c != '\n' && (unicode.IsControl(c) || unicode.Is(unicode.Cf, c)) {
			t.Errorf("%U in %q", c, text)
		}
	}
	var got []string
	if err := json.Unmarshal([]byte(text), &got); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%q became %q: %v", want, got, err)
	}
	if !strings.HasPrefix(text, "[\n  \"plain <a> & b\",\n") || !strings.HasSuffix(text, "\n]\n") {
		t.Error(text)
	}
}

// A token in one string costs that string alone.
func TestJSONWithholds(t *testing.T) {
	const token = `a-token-0123456789`
	text := JSON(map[string]string{"a": "left", "b": "x" + token, "c" + token: "right", "d": "a-to"}, "", token)
	var got map[string]string
	if err := json.Unmarshal([]byte(text), &got); err != nil || strings.Contains(text, "0123456789") {
		t.Fatalf("%s: %v", text, err)
	}
	want := map[string]string{"a": "left", "b": safetext.Withheld, safetext.Withheld: "right", "d": "a-to"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
