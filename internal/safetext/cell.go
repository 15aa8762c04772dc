package safetext

import "strconv"

// Cell returns s as it is, or quoted if it would not show as it is, or Withheld if it contains a
// part of one of the tokens.
func Cell(s string, tokens ...string) string {
	if Line(s, len(s)) != s {
		s = strconv.Quote(s)
	}
	return Withhold(s, tokens...)
}
