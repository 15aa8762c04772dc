package main

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"unicode/utf8"

	"github.com/qovery-alias/qovery-alias-go/api"
	"github.com/qovery-alias/qovery-alias-go/internal/safetext"
	"github.com/qovery-alias/qovery-alias-go/internal/safetext/output"
)

// show writes a result as JSON or as text. A pipe that its reader has closed is a failure only where
// something may have changed.
func (c *call) show(v any, text string) error {
	if c.json {
		text = output.JSON(v, "  ", c.tokens...)
	}
	_, err := io.WriteString(c.stdout, text)
	isClosed := errors.Is(err, syscall.EPIPE) ||
		runtime.GOOS == "windows" && errors.Is(err, syscall.Errno(232)) // ERROR_NO_DATA
	if err == nil || isClosed && !c.changed {
		return nil
	}
	return problem{"the output cannot be written: " + err.Error(), "output", err}
}

// safe returns the text of a server or a user as one line that moves no cursor and shows no token.
func (c *call) safe(s string) string {
	return safetext.Withhold(safetext.Line(s, len(s)), c.tokens...)
}

// table shows secrets, one a line.
func (c *call) table(secrets ...api.Secret) string {
	rows := [][]string{{"KEY", "SCOPE", "TYPE", "ALIAS OF", "ID"}}
	for _, s := range secrets {
		row := []string{s.Key, string(s.Scope), "-", "-", s.ID.String()}
		if s.VariableType != nil {
			row[2] = string(*s.VariableType)
		}
		if s.AliasedSecret != nil {
			row[3] = s.AliasedSecret.Key
		}
		for i, cell := range row {
			row[i] = output.Cell(cell, c.tokens...)
		}
		rows = append(rows, row)
	}
	return grid(rows, c.width)
}

// grid aligns columns. To stay within a width (0: any) it drops the last one, then breaks cells wider than 8.
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
	for ; width > 0 && total > width && slices.Max(widths) > 8; total-- {
		widths[slices.Index(widths, slices.Max(widths))]--
	}
	var b strings.Builder
	for _, row := range rows {
		for strings.Join(row[:len(widths)], "") != "" {
			line := ""
			for i, width := range widths {
				cell := []rune(row[i])
				n := min(width, len(cell))
				line += fmt.Sprintf("%-*s  ", width, string(cell[:n]))
				row[i] = string(cell[n:])
			}
			b.WriteString(strings.TrimRight(line, " ") + "\n")
		}
	}
	return b.String()
}
