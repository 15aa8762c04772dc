package output

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"unicode/utf16"

	"github.com/qovery-alias/qovery-alias-go/internal/safetext"
)

var (
	jsonString = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
	invisible  = regexp.MustCompile(`[\x7f-\x{9f}\p{Cf}]`) // the control and format characters that JSON allows
)

// JSON returns v, which must be a value that can be encoded, as JSON that ends in a line break.
// Every control and format character is escaped, and a string that contains a part of one of
// the tokens is Withheld.
func JSON(v any, indent string, tokens ...string) string {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	_ = enc.Encode(v)
	text := buf.String()
	mayLeak := safetext.Withhold(text, tokens...) != text
	return jsonString.ReplaceAllStringFunc(text, func(s string) string {
		if mayLeak && safetext.Withhold(s, tokens...) != s {
			return strconv.Quote(safetext.Withheld)
		}
		return invisible.ReplaceAllStringFunc(s, escapeJSON)
	})
}

// escapeJSON writes a character as JSON's escape, or as two of them.
func escapeJSON(char string) (escaped string) {
	for _, unit := range utf16.Encode([]rune(char)) {
		escaped += fmt.Sprintf(`\u%04x`, unit)
	}
	return escaped
}
