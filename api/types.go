package api

import (
	"github.com/google/uuid"

	"github.com/qovery-alias/qovery-alias-go/generated"
)

// The types of the API, generated from openapi.yaml. Their enums are open: the server may send values
// that are not among the constants, and they are kept. Optional fields are pointers.
type (
	// Secret is a secret as the API returns it, without its value: ID, Key, Scope, CreatedAt, and where
	// the server sends them VariableType, AliasedSecret, OverriddenSecret, Description,
	// EnableInterpolationInFile, OwnedBy, ServiceID, ServiceName, ServiceType and UpdatedAt. To print
	// one, encode it as JSON.
	Secret = generated.Secret
	// SecretReference is the secret that another one is an alias or an override of: ID, Key, Scope,
	// VariableType, MountPath, and where the server sends them Description and EnableInterpolationInFile.
	SecretReference = generated.SecretReference
	// AliasRequest describes a new alias: Key, which is required, Description, of at most
	// MaxDescriptionLength characters, and EnableInterpolationInFile. An optional field that is nil is
	// not sent; Ptr helps to set one.
	AliasRequest = generated.SecretAliasRequest
	// VariableScope is the level at which a secret is defined.
	VariableScope = generated.VariableScope
	// VariableType says how a secret gets its value.
	VariableType = generated.VariableType
	// ServiceType is the kind of service that a secret belongs to.
	ServiceType = generated.ServiceType
)

// Ptr returns a pointer to v, for the optional fields of a request:
//
//	api.AliasRequest{Key: "DB_PASSWORD", Description: api.Ptr("main database")}
func Ptr[T any](v T) *T { return &v }

// orZero returns what p points to, the zero value if that is nothing.
func orZero[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// AliasSpec asks for one alias: Request.Key becomes another key of a secret, which is named by exactly
// one of SecretID and SecretKey. A SecretKey means what FindAliasTarget finds: the narrowest secret of
// that key that is not an alias, of a scope above the job's where there is one.
type AliasSpec struct {
	SecretID  uuid.UUID
	SecretKey string
	Request   AliasRequest
}

// EnsureResult is the result of one AliasSpec.
type EnsureResult struct {
	Key     string  // of the spec's Request
	Secret  *Secret // the alias; nil where there is an error, or where it would be created
	Created bool    // this call created it, or would create it
	Err     error   // nil or an *Error
}

// IsAlias reports whether s is an alias: its type says so or, where that is missing or not among the
// constants, it names a target.
func IsAlias(s Secret) bool {
	if s.VariableType != nil && s.VariableType.Valid() {
		return *s.VariableType == VariableTypeAlias
	}
	return orZero(s.AliasedSecret).ID != uuid.Nil
}
