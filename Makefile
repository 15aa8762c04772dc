# Every step of working on this package is a target here; `make help` lists them. Needed are
# Go, make and git. What else a step uses is pinned in a module below internal/, and fetched
# by Go.

# So that all of it works beside a vendor/ folder and from inside a workspace, and where the
# version control system has no stamp to give.
export GOWORK := off
export GOFLAGS := $(strip $(shell go env GOFLAGS) -mod=readonly -buildvcs=false)

.DEFAULT_GOAL := help
.PHONY: help run test generate fmt check lines soak proxies bench update drift apidiff dist vuln

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 12

run: ## create an alias in the embedded fake, and see it refused the second time
	@go run ./cmd/qovery-alias demo

# The race detector needs cgo and a C compiler. RACE=-race demands it, RACE= leaves it out.
test: RACE ?= $(shell go build -race -o /dev/null ./internal/token 2>/dev/null && echo -race)
test: ## run all tests, with the race detector where it works
	go test $(RACE) ./...

generate: ## derive openapi.yaml from the trimmed copy, and write all generated code
	go generate .

fmt: ## format all Go files
	@git ls-files -co --exclude-standard -z '*.go' | xargs -0 gofmt -w

check: ## all that must hold besides the tests; STEPS="vet lint" runs these alone
	@.ci/check $(STEPS)

lines: ## count the lines of Go by hand next to what is planned
	@.ci/lines

soak: ## SOAK_CALLS (20,000) calls through a server that loses responses
	SOAK_CALLS=$(or $(SOAK_CALLS),20000) go test -count=1 -run=TestSoak -v ./api

proxies: ## the client behind nginx, haproxy and cut connections; ARGS=-short, ARGS=-compare
	cd internal/proxies && go run . $(ARGS)

bench: ## measure next to hand-written and generated clients in ROUNDS (20), renew RESULTS.md
	ROUNDS=$(ROUNDS) internal/bench/run

update: ## UPSTREAM=file or URL: follow Qovery's document, and say what that means
	@.ci/update "$$UPSTREAM"

drift: ## UPSTREAM=file or URL: what has Qovery changed in our operations?
	@.ci/update -n "$$UPSTREAM"

apidiff: ## BASE=git ref: what does the work tree change for importers?
	@.ci/apidiff "$$BASE" $(RELEASE)

dist: ## build the binaries of a release into dist/; VERSION=v1.2.3: fail unless this is it
	@.ci/dist $(VERSION)

vuln: ## look for known vulnerabilities; needs the network
	go tool -modfile=internal/tools/govulncheck/go.mod govulncheck ./...
