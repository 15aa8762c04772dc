// Code generated from openapi.yaml by github.com/oapi-codegen/oapi-codegen/v2 version v2.8.2. DO NOT EDIT.

package api

import "github.com/qovery-alias/qovery-alias-go/generated"

// The values of ServiceType that are known. The server may send others.
const (
	ServiceTypeApplication = generated.ServiceTypeApplication
	ServiceTypeContainer   = generated.ServiceTypeContainer
	ServiceTypeDatabase    = generated.ServiceTypeDatabase
	ServiceTypeHelm        = generated.ServiceTypeHelm
	ServiceTypeJob         = generated.ServiceTypeJob
	ServiceTypeTerraform   = generated.ServiceTypeTerraform
)

// The values of VariableScope that are known. The server may send others.
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

// The values of VariableType that are known. The server may send others.
const (
	VariableTypeAlias              = generated.VariableTypeAlias
	VariableTypeBuiltIn            = generated.VariableTypeBuiltIn
	VariableTypeExternalSecret     = generated.VariableTypeExternalSecret
	VariableTypeFile               = generated.VariableTypeFile
	VariableTypeFileExternalSecret = generated.VariableTypeFileExternalSecret
	VariableTypeOverride           = generated.VariableTypeOverride
	VariableTypeValue              = generated.VariableTypeValue
)

// MaxDescriptionLength is the most characters that the Description of a request may have.
const MaxDescriptionLength = 255
