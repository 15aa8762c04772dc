package api

import "github.com/qovery-alias/qovery-alias-go/generated"

// The types of the API, generated from openapi.yaml. Their enums are open: the
// server may send values that are not among the constants, and they are kept.
type (
	// Secret is a secret as the API shows it, which is without its value.
	Secret = generated.Secret
	// SecretReference is the secret that another one is an alias or an override of.
	SecretReference = generated.SecretReference
	// AliasRequest says what a new alias is to look like. Only Key is required. An
	// optional field that is nil is not sent; see Ptr for setting one.
	AliasRequest = generated.SecretAliasRequest
	// VariableScope is the level at which a secret is defined.
	VariableScope = generated.VariableScope
	// VariableType is how a secret comes by its value.
	VariableType = generated.VariableType
	// ServiceType is the kind of service a secret belongs to.
	ServiceType = generated.ServiceType
)

// The levels a secret can be defined at.
const (
	VariableScopeAgenticWorkflow = generated.VariableScopeAgenticWorkflow
	VariableScopeApplication     = generated.VariableScopeApplication
	VariableScopeBuiltIn         = generated.VariableScopeBuiltIn
	VariableScopeContainer       = generated.VariableScopeContainer
	VariableScopeEnvironment     = generated.VariableScopeEnvironment
	VariableScopeHelm            = generated.VariableScopeHelm
	VariableScopeJob             = generated.VariableScopeJob
	VariableScopeProject         = generated.VariableScopeProject
	VariableScopeTerraform       = generated.VariableScopeTerraform
)

// The ways a secret comes by its value.
const (
	VariableTypeAlias              = generated.VariableTypeAlias
	VariableTypeBuiltIn            = generated.VariableTypeBuiltIn
	VariableTypeExternalSecret     = generated.VariableTypeExternalSecret
	VariableTypeFile               = generated.VariableTypeFile
	VariableTypeFileExternalSecret = generated.VariableTypeFileExternalSecret
	VariableTypeOverride           = generated.VariableTypeOverride
	VariableTypeValue              = generated.VariableTypeValue
)

// The kinds of service a secret can belong to.
const (
	ServiceTypeApplication = generated.ServiceTypeApplication
	ServiceTypeContainer   = generated.ServiceTypeContainer
	ServiceTypeDatabase    = generated.ServiceTypeDatabase
	ServiceTypeHelm        = generated.ServiceTypeHelm
	ServiceTypeJob         = generated.ServiceTypeJob
	ServiceTypeTerraform   = generated.ServiceTypeTerraform
)

// Ptr returns a pointer to v, for the optional fields of a request:
//
//	api.AliasRequest{Key: "DB_PASSWORD", Description: api.Ptr("main database")}
func Ptr[T any](v T) *T { return &v }
