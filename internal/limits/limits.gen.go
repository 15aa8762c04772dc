// Code generated from openapi.yaml by internal/tools/spec. DO NOT EDIT.

package limits

import (
	"cmp"

	"github.com/qovery-alias/qovery-alias-go/generated"
)

// CheckSecretAliasRequest returns an error where a string is shorter or longer than the spec allows.
func CheckSecretAliasRequest(r generated.SecretAliasRequest) error {
	return cmp.Or[error](
		checkLength("description", r.Description, 0, 255),
	)
}
