// Package ogen adds to the benchmarks what ogen generates from openapi.yaml. The code is
// written on the spot by go generate, into a folder that git and ./... ignore.
package ogen

import (
	// What the generated client needs, for go.sum.
	_ "github.com/go-faster/errors"
	_ "github.com/go-faster/jx"
	_ "github.com/google/uuid"
	_ "github.com/ogen-go/ogen/http"
	_ "github.com/ogen-go/ogen/json"
	_ "github.com/ogen-go/ogen/otelogen"
	_ "github.com/ogen-go/ogen/validate"
	_ "go.opentelemetry.io/otel"
	_ "go.opentelemetry.io/otel/metric"
	_ "go.opentelemetry.io/otel/trace"

	_ "github.com/qovery-alias/qovery-alias-go/internal/bench"
)

//go:generate go tool ogen -target _bench/client -package client -clean ../../../openapi.yaml
