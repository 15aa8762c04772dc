# Every step of working on this package is a target here; `make help` lists them.
# Needed are Go, make and git. What else a step uses is pinned in a module below
# internal/, and fetched by Go.

# So that all of it works beside a vendor/ folder and from inside a workspace, and where
# the version control system has no stamp to give.
export GOWORK := off
export GOFLAGS := $(strip $(shell go env GOFLAGS) -mod=readonly -buildvcs=false)

# The modules besides the root one.
MODULES := $(patsubst %/go.mod,%,$(sort $(wildcard internal/*/go.mod internal/*/*/go.mod)))
# Those with code of their own.
CODE := $(filter-out internal/bench/ogen $(addprefix internal/tools/,actionlint apidiff govulncheck oapi-codegen oasdiff staticcheck),$(MODULES))

# $(call tool,NAME) runs the tool that is pinned in internal/tools/NAME.
tool = go tool -modfile="$(CURDIR)/internal/tools/$(1)/go.mod" $(1)

.DEFAULT_GOAL := help
.PHONY: help run dist test test-tools generate fmt verify check check-generated check-tidy check-fmt check-vet \
	check-lint check-workflows check-import check-go bench bench-short compare soak proxies \
	drift update apidiff vuln

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 17

run: ## create an alias in the embedded fake, and see it refused the second time
	@go run ./cmd/qovery-alias demo

# The race detector needs cgo and a C compiler. RACE=-race demands it, RACE= leaves it out.
test: RACE ?= $(shell go build -race -o /dev/null ./internal/token 2>/dev/null && echo -race)
test: ## run all tests, with the race detector where it works
	go test $(RACE) ./...

test-tools: ## run the tests of the checkers and of the other modules
	@for m in $(CODE); do (cd "$$m" && go test -count=1 ./...) || exit 1; done
	@.ci/propose_test

generate: ## derive openapi.yaml from the trimmed copy, and write all generated code
	go generate .

fmt: ## format all Go files
	@files=$$(git ls-files -co --exclude-standard -z '*.go' | tr '\0' '\n') && [ -n "$$files" ] && \
	printf '%s\n' "$$files" | tr '\n' '\0' | xargs -0 gofmt -w

verify: test check ## run all that must hold before a commit

check: check-generated check-tidy check-fmt check-vet check-lint check-workflows test-tools bench-short check-import ## verify without the tests

check-generated: sum = cat openapi.yaml generated/*.go api/*.gen.go api/apitest/internal/server/*.go | cksum
check-generated: ## generate, and fail if that changes anything
	@before=$$($(sum)) && $(MAKE) --no-print-directory generate && [ "$$before" = "$$($(sum))" ] || \
	{ echo 'the generated code was not what openapi.yaml gives; it is now: look at the difference and commit it' >&2; exit 1; }

check-tidy: ## fail where go mod tidy would change something
	@for m in . $(MODULES); do (cd "$$m" && go mod tidy -diff) || { echo "run go mod tidy in $$m" >&2; exit 1; }; done

check-fmt: ## fail where a Go file is not formatted
	@files=$$(git ls-files -co --exclude-standard -z '*.go' | tr '\0' '\n') && [ -n "$$files" ] || \
	{ echo 'git does not list the Go files here: check that this is a checkout of yours (git status)' >&2; exit 1; }; \
	unformatted=$$(printf '%s\n' "$$files" | tr '\n' '\0' | xargs -0 gofmt -l) && [ -z "$$unformatted" ] || \
	{ echo "run make fmt: $$unformatted" >&2; exit 1; }

check-vet: ## run go vet in every module
	@for m in . $(CODE); do (cd "$$m" && go vet ./...) || exit 1; done

check-lint: ## run staticcheck in every module
	@for m in . $(CODE); do (cd "$$m" && $(call tool,staticcheck) ./...) || exit 1; done

check-workflows: ## run actionlint over the workflows
	@$(call tool,actionlint) -shellcheck= -pyflakes=

check-import: ## import and vendor the module as a user would, and bound what that costs
	@.ci/importer

check-go: ## run the tests of api with the oldest and the newest Go, where they can be had
	@.ci/go-versions

bench: ## measure against hand-written code, the bare generated client and that of ogen
	cd internal/bench/ogen && go generate . && go build -o "$(CURDIR)/bin/bench" ./_bench
	cd internal/bench && "$(CURDIR)/bin/bench"

bench-short: ## check what is exact of that: allocations, requests, connections
	cd internal/bench && go run ./cmd/bench -short

soak: ## SOAK_CALLS (20,000) calls through a server that loses responses
	SOAK_CALLS=$(or $(SOAK_CALLS),20000) go test -count=1 -run=TestSoak -v ./api

proxies: ## the client behind nginx, haproxy and cut connections; ARGS=-short for a minute
	cd internal/proxies && go run . $(ARGS)

compare: ## what clients report behind haproxy, side by side; ARGS=-short for half a minute
	cd internal/proxies && go run . -compare $(ARGS)

drift: ## UPSTREAM=file or URL: what has Qovery changed in our operations?
	@.ci/update -n "$$UPSTREAM"

update: ## UPSTREAM=file or URL: follow it, and say what that means
	@.ci/update "$$UPSTREAM"

apidiff: ## BASE=git ref: what does the work tree change for importers?
	@.ci/apidiff "$$BASE"

dist: ## build the binaries of a release into dist/; VERSION=v1.2.3: fail unless this is it
	@.ci/dist $(VERSION)

vuln: ## look for known vulnerabilities; needs the network
	$(call tool,govulncheck) ./...
