// Package output makes what the command prints safe to show: the cells of tables, and JSON.
package output

import (
	"strconv"

	"github.com/qovery-alias/qovery-alias-go/internal/safetext"
)

// Cell returns s as it is, or quoted if it would not show as it is, or Withheld if it contains a
// part of one of the tokens.
func Cell(s string, tokens ...string) string {
	if safetext.Line(s, len(s)) != s {
		s = strconv.Quote(s)
	}
	return safetext.Withhold(s, tokens...)
}
