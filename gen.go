// Package qoveryalias contains what everything else here is made from: the trimmed
// OpenAPI document, and the commands that generate code from it.
//
// To talk to Qovery, import the api package below this one.
package qoveryalias

import _ "embed"

// The generators are in modules of their own, so that importers of this one never
// see their dependencies. GOWORK=off and -mod=readonly let them run inside a
// workspace and beside a vendor folder too.
//
//go:generate -command derive env GOWORK=off go -C internal/tools/derive run -mod=readonly -buildvcs=false .
//go:generate -command oapi-codegen env GOWORK=off go run -mod=readonly -modfile=internal/tools/oapi-codegen/go.mod github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen
//go:generate derive
//go:generate oapi-codegen -config generated/types.yaml openapi.yaml
//go:generate oapi-codegen -config generated/client.yaml openapi.yaml
//go:generate oapi-codegen -config generated/api.yaml openapi.yaml
//go:generate oapi-codegen -config api/apitest/internal/server/server.yaml openapi.yaml

// Spec is openapi.yaml, the document the generated code comes from. Treat it as
// read-only.
//
//go:embed openapi.yaml
var Spec []byte
