// Package ogen is the client that ogen generates from openapi.yaml, with ogen's defaults, not committed.
package ogen

//go:generate go tool ogen -target . -package ogen ../../../../openapi.yaml
