// Package limits checks requests against the lengths that the spec allows.
package limits

import (
	"fmt"
	"unicode/utf8"
)

// checkLength counts characters; nil is a value that is not sent.
func checkLength(name string, value *string, least, most int) error {
	if value == nil {
		return nil
	}
	switch n := utf8.RuneCountInString(*value); {
	case n < least:
		return fmt.Errorf("%s: has %d characters, at least %d are required", name, n, least)
	case n > most:
		return fmt.Errorf("%s: has %d characters, at most %d are allowed", name, n, most)
	}
	return nil
}
