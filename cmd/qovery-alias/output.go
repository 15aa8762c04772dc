package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/internal/safetext"
)

// output is standard output. It drops what comes after the first error.
type output struct {
	io.Writer
	err error
}

func (o *output) Write(p []byte) (int, error) {
	if o.err == nil {
		_, o.err = o.Writer.Write(p)
	}
	return len(p), nil
}

// outputError is nil too where a command that changes nothing wrote to a pipe that its reader has closed.
func (c *call) outputError() error {
	isClosed := errors.Is(c.stdout.err, syscall.EPIPE) ||
		runtime.GOOS == "windows" && errors.Is(c.stdout.err, syscall.Errno(232)) // ERROR_NO_DATA
	switch changed := c.changing.Load(); {
	case c.stdout.err == nil, isClosed && !changed:
		return nil
	case changed:
		err := fmt.Errorf("the server has responded, but the output cannot be written: %w", c.stdout.err)
		return hinted{err, "lost output"}
	}
	return hinted{fmt.Errorf("the output cannot be written: %w", c.stdout.err), "output"}
}

// show writes a result as JSON or as text.
func (c *call) show(v any, text string) {
	if c.json {
		text = c.jsonText(v, "  ")
	}
	io.WriteString(c.stdout, text)
}

// progress replaces the line of progress on a terminal; an empty one erases it.
func (c *call) progress(line string) {
	if c.showsProgress {
		fmt.Fprint(c.stderr, "\r\x1b[K"+line)
	}
}

// safe returns the text of a server or a user as one line that moves no cursor and shows no token.
func (c *call) safe(s string) string {
	return safetext.Withhold(safetext.Line(s, len(s)), c.tokens...)
}

// cell returns a key as it is, or quoted if it would not show as it is.
func (c *call) cell(s string) string {
	if safetext.Line(s, len(s)) != s {
		s = strconv.Quote(s)
	}
	return c.safe(s)
}

// secretsText shows secrets, one a line.
func (c *call) secretsText(secrets ...api.Secret) string {
	rows := [][]string{{"KEY", "SCOPE", "TYPE", "ALIAS OF", "ID"}}
	for _, s := range secrets {
		kind, target := "-", "-"
		if s.VariableType != nil {
			kind = string(*s.VariableType)
		}
		if s.AliasedSecret != nil {
			target = s.AliasedSecret.Key
		}
		row := []string{c.cell(s.Key), c.cell(string(s.Scope)), c.cell(kind), c.cell(target), s.ID.String()}
		rows = append(rows, row)
	}
	return grid(rows, c.width)
}

// minColumn is the narrowest that a column gets.
const minColumn = 8

// grid aligns columns. To stay within a width (0: any) it leaves out the last one, then breaks the cells of
// the widest.
func grid(rows [][]string, width int) string {
	widths := make([]int, len(rows[0]))
	total := -2
	for i := range widths {
		for _, row := range rows {
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i]))
		}
		total += widths[i] + 2
	}
	if last := len(widths) - 1; width > 0 && total > width {
		total -= widths[last] + 2
		widths = widths[:last]
	}
	for ; width > 0 && total > width && slices.Max(widths) > minColumn; total-- {
		widths[slices.Index(widths, slices.Max(widths))]--
	}
	var b strings.Builder
	for _, row := range rows {
		for rest := "more"; rest != ""; {
			line := ""
			rest = ""
			for i, width := range widths {
				cell := []rune(row[i])
				n := min(width, len(cell))
				line += fmt.Sprintf("%-*s  ", width, string(cell[:n]))
				row[i] = string(cell[n:])
				rest += row[i]
			}
			b.WriteString(strings.TrimRight(line, " ") + "\n")
		}
	}
	return b.String()
}

// jsonText returns v as JSON without tokens, in which every control and format character is escaped, also
// those that JSON allows.
func (c *call) jsonText(v any, indent string) string {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	_ = enc.Encode(v) // every value that is shown can be encoded
	text := buf.String()
	if safetext.Withhold(text, c.tokens...) != text {
		text = jsonString.ReplaceAllStringFunc(text, func(s string) string {
			if safetext.Withhold(s, c.tokens...) != s {
				return strconv.Quote(safetext.Withheld)
			}
			return s
		})
	}
	return invisible.ReplaceAllStringFunc(text, func(char string) (escaped string) {
		for _, unit := range utf16.Encode([]rune(char)) {
			escaped += fmt.Sprintf(`\u%04x`, unit)
		}
		return escaped
	})
}

var (
	jsonString = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
	invisible  = regexp.MustCompile(`[\x7f-\x{9f}\p{Cf}]`) // the control and format characters that JSON allows
)
