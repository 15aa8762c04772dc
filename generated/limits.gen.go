// Code generated from openapi.yaml by internal/tools/spec. DO NOT EDIT.

package generated

import (
	"cmp"
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

// CheckLengths returns an error where a string is shorter or longer than the spec allows.
func (r SecretAliasRequest) CheckLengths() error {
	return cmp.Or[error](
		checkLength("description", r.Description, 0, 255),
	)
}
