// Code generated from openapi.yaml by internal/tools/spec. DO NOT EDIT.

// Package limits checks requests against the lengths that the spec allows.
package limits

import (
	"cmp"
	"fmt"
	"unicode/utf8"

	"github.com/qovery-alias/qovery-alias-go/generated"
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

// CheckSecretAliasRequest returns an error where a string is shorter or longer than the spec allows.
func CheckSecretAliasRequest(r generated.SecretAliasRequest) error {
	return cmp.Or[error](
		checkLength("description", r.Description, 0, 255),
	)
}
