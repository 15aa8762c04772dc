package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/internal/safetext"
	"github.com/qovery-alias/qovery-alias-go/internal/token"
)

// masked writes without the tokens. Each write is one complete text.
type masked struct {
	io.Writer
	tokens []string
}

func (m masked) Write(p []byte) (int, error) {
	_, err := io.WriteString(m.Writer, safetext.Withhold(string(p), m.tokens...))
	return len(p), err
}

// tokensInEnv returns the values of the variables that contain tokens, without the
// names of these variables, which may have been pasted along.
func tokensInEnv() (tokens []string) {
	names := regexp.MustCompile(strings.Join(token.Variables, "|"))
	for _, name := range token.Variables {
		tokens = append(tokens, strings.TrimSpace(names.ReplaceAllString(os.Getenv(name), "")))
	}
	return tokens
}

// print writes to standard output. After a change, its error says that the change is
// not what failed.
func (c *call) print(text string) error {
	c.stop()
	_, err := io.WriteString(c.stdout, text)
	if err == nil {
		return nil
	}
	what, next := "the output cannot be written", "check where standard output goes"
	if c.state.Load() == stateDecided {
		what = "the server has responded, but " + what
		next = "to see what the job has now run: qovery-alias list --job " + c.job.String()
	}
	return advise(fmt.Errorf("%s: %w", what, err), next)
}

// show writes a result as JSON or as text.
func (c *call) show(v any, text string) error {
	if c.json {
		text = jsonText(v, "  ")
	}
	return c.print(text)
}

// printable returns the text of a server or a user as one line that moves no cursor.
func printable(s string) string { return safetext.Line(s, len(s)) }

// cell returns a key as it is, or quoted if it would not show as it is.
func cell(s string) string {
	if printable(s) != s {
		return strconv.Quote(s)
	}
	return s
}

// maxPadded is the widest that a column is padded to; longer cells stand out.
const maxPadded = 40

// grid aligns the columns of printable cells.
func grid(rows [][]string) string {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = min(maxPadded, max(widths[i], utf8.RuneCountInString(cell)))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		for i, cell := range row {
			if i < len(row)-1 {
				cell = fmt.Sprintf("%-*s  ", widths[i], cell)
			}
			b.WriteString(cell)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// secretsText shows secrets, one a line.
func secretsText(secrets ...api.Secret) string {
	rows := [][]string{{"KEY", "SCOPE", "TYPE", "ALIAS OF", "ID"}}
	for _, s := range secrets {
		kind, target := "-", "-"
		if s.VariableType != nil {
			kind = cell(string(*s.VariableType))
		}
		if s.AliasedSecret != nil {
			target = cell(s.AliasedSecret.Key)
		}
		rows = append(rows, []string{cell(s.Key), cell(string(s.Scope)), kind, target, s.ID.String()})
	}
	return grid(rows)
}

// jsonText returns v as JSON in which every control and format character is escaped,
// also those that JSON allows.
func jsonText(v any, indent string) string {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	_ = enc.Encode(v) // every value that is shown can be encoded
	return invisible.ReplaceAllStringFunc(buf.String(), func(char string) (escaped string) {
		for _, unit := range utf16.Encode([]rune(char)) {
			escaped += fmt.Sprintf(`\u%04x`, unit)
		}
		return escaped
	})
}

// invisible are the control and format characters that JSON allows.
var invisible = regexp.MustCompile(`[\x7f-\x{9f}\p{Cf}]`)
