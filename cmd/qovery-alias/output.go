package main

// How results are written: for people, and as JSON.

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
	"unicode/utf16"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/internal/servertext"
)

// print writes to standard output.
func (c *call) print(text string) error {
	if _, err := io.WriteString(c.stdout, text); err != nil {
		return advise(fmt.Errorf("cannot write the output: %w", err), "check where standard output goes")
	}
	return nil
}

// printResult writes what a change has led to. If it cannot, the error says that the
// change itself is not what failed.
func (c *call) printResult(text string) error {
	if err := c.print(text); err != nil {
		return advise(fmt.Errorf("the server has answered, but %w", err),
			"to see what the job has now run: qovery-alias list --job "+c.job.String())
	}
	return nil
}

// format is how a result is written.
type format string

const (
	asTable format = "table"
	asJSON  format = "json"
)

// accept is for flags.add.
func (f *format) accept(s string) error {
	if *f = format(s); *f != asTable && *f != asJSON {
		return fmt.Errorf("must be %s or %s", asTable, asJSON)
	}
	return nil
}

// pick is v as JSON, or its text.
func (f format) pick(v any, text string) string {
	if f == asJSON {
		return jsonText(v)
	}
	return text
}

// printable takes out of a server's text what a terminal would obey.
func printable(s string) string { return servertext.Line(s, len(s)) }

// grid aligns cells; each row ends in a newline.
func grid(rows ...[]string) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		for i, cell := range row {
			row[i] = printable(cell)
		}
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	w.Flush()
	return b.String()
}

// secretText shows one secret.
func secretText(s *api.Secret) string {
	return grid(
		[]string{"KEY", s.Key},
		[]string{"ID", s.ID.String()},
		[]string{"ALIAS OF", aliasOf(s)},
		[]string{"SCOPE", string(s.Scope)},
		[]string{"CREATED AT", s.CreatedAt.Format(time.RFC3339Nano)},
	)
}

// secretsText shows secrets, one a line.
func secretsText(secrets []api.Secret) string {
	rows := [][]string{{"KEY", "SCOPE", "TYPE", "ALIAS OF", "ID"}}
	for _, s := range secrets {
		kind, target := "-", "-"
		if s.VariableType != nil {
			kind = string(*s.VariableType)
		}
		if s.AliasedSecret != nil {
			target = s.AliasedSecret.Key
		}
		rows = append(rows, []string{s.Key, string(s.Scope), kind, target, s.ID.String()})
	}
	return grid(rows...)
}

// reportsText shows what became of aliases, one a line.
func reportsText(reports []report) string {
	var b strings.Builder
	for _, r := range reports {
		fmt.Fprintf(&b, "%-8s  %s", r.Status, printable(r.Key))
		if r.Error != "" {
			b.WriteString(": " + r.Error)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// aliasOf names the secret behind an alias.
func aliasOf(s *api.Secret) string {
	if s.AliasedSecret == nil {
		return "-"
	}
	return fmt.Sprintf("%s (%s)", printable(s.AliasedSecret.Key), s.AliasedSecret.ID)
}

// jsonText is v as indented JSON in which every control and format character is
// escaped, also those that JSON would leave.
func jsonText(v any) string {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		panic(err) // what is written here can be encoded
	}
	var b strings.Builder
	for _, r := range buf.String() {
		if r == '\n' || !unicode.IsControl(r) && !unicode.Is(unicode.Cf, r) {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}
