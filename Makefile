# Every step of working on this package is a target here; `make help` lists them.
# Needed are Go, make and git. What else a step uses is pinned in a module below
# internal/, and fetched by Go.

# So that all of it works beside a vendor/ folder and from inside a workspace.
export GOWORK := off
export GOFLAGS := $(strip $(shell go env GOFLAGS) -mod=readonly)

# The modules besides the root one.
MODULES := $(patsubst %/go.mod,%,$(sort $(wildcard internal/*/go.mod internal/*/*/go.mod)))
# Those with code of their own.
CODE := $(filter-out $(addprefix internal/tools/,actionlint govulncheck oapi-codegen staticcheck),$(MODULES))

# $(call tool,MODULE,PACKAGE) runs a tool that is pinned in internal/tools/MODULE.
tool = go run -modfile=$(CURDIR)/internal/tools/$(1)/go.mod $(2)

.DEFAULT_GOAL := help
.PHONY: help run test generate verify generated tidy fmt vet lint spec workflows tools consumer \
	bench bench-short soak drift apidiff vuln bin/spec bin/apidiff

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

run: ## create an alias in the embedded fake, and see it refused the second time
	@go run ./cmd/qovery-alias demo

# The race detector needs cgo and a C compiler. RACE=-race demands it, RACE= leaves it out.
test: RACE ?= $(shell go build -race -o /dev/null ./internal/resolve 2>/dev/null && echo -race)
test: ## run all tests, with the race detector where it works
	go test $(RACE) ./...

generate: ## write generated/ from openapi.yaml
	go generate ./...

verify: generated tidy fmt vet lint spec workflows test tools bench-short consumer ## run all that must hold before a commit

# Regenerates, and fails if that changes anything.
generated:
	@before=$$(mktemp -d) && trap 'rm -rf "$$before"' EXIT && cp -R generated/. "$$before" && \
	$(MAKE) --no-print-directory generate && diff -r "$$before" generated || \
	{ echo 'generated/ was not what openapi.yaml gives; it is now: look at the difference and commit it' >&2; exit 1; }

tidy:
	@for m in . $(MODULES); do (cd $$m && go mod tidy -diff) || { echo "run go mod tidy in $$m" >&2; exit 1; }; done

fmt:
	@unformatted=$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go')); \
	[ -z "$$unformatted" ] || { echo "run gofmt -w on:" $$unformatted >&2; exit 1; }

vet:
	@for m in . $(CODE); do (cd $$m && go vet ./...) || exit 1; done

lint:
	@for m in . $(CODE); do \
		(cd $$m && $(call tool,staticcheck,honnef.co/go/tools/cmd/staticcheck) ./...) || exit 1; done

spec: bin/spec
	@bin/spec check

workflows:
	@$(call tool,actionlint,github.com/rhysd/actionlint/cmd/actionlint) -shellcheck= -pyflakes=

# The tests of the checkers.
tools:
	@for m in $(filter internal/tools/% internal/consumer/check,$(CODE)); do (cd $$m && go test ./...) || exit 1; done

consumer: ## import and vendor the module as a user would, and bound what that costs
	@go -C internal/consumer/check run .

bench: ## measure against hand-written code and the bare generated client
	cd internal/bench && go run .

bench-short:
	cd internal/bench && go run . -short

soak: ## 20,000 calls through a server that loses answers
	SOAK_CALLS=$(or $(SOAK_CALLS),20000) go test -count=1 -run=TestSoak -v ./api

drift: bin/spec ## UPSTREAM=file or URL: what has Qovery changed in our operations?
	@bin/spec drift "$(UPSTREAM)"

apidiff: bin/apidiff ## BASE=git ref: what does the work tree change for importers?
	@bin/apidiff $(if $(RELEASE),-release $(RELEASE)) $(BASE)

vuln: ## look for known vulnerabilities; needs the network
	$(call tool,govulncheck,golang.org/x/vuln/cmd/govulncheck) ./...

# Programs that keep their exit codes, which make does not: 0 nothing found, 1 found, 2 failed.
bin/spec bin/apidiff:
	@go build -C internal/tools/$(@F) -o $(CURDIR)/bin/ .
