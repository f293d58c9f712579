# Everything that is done by hand or by a machine here has a target.
# `make help` lists them.

GOLANGCI_LINT := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

# A tag, or the commit; a tree without git says so.
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unversioned)

GO ?= go
BENCH ?= .
FUZZTIME ?= 20s
TORTURE ?= 1000,200,0
SOAK ?= 1h

# The race detector, for everything but SQLite itself: that is C translated to
# Go, whose memory the detector cannot see, and watching it doubles the time of
# the tests. The torture test builds its program with the same words.
RACE := -race -gcflags=modernc.org/...=-race=false

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## build bin/evenkeel: static, without paths of this machine
	@mkdir -p bin
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/evenkeel ./cmd/evenkeel

.PHONY: demo
demo: ## play the story in the browser: no account, no key, no network
	@$(GO) run ./cmd/evenkeel demo

.PHONY: test
test: test-deps ## install what the tests need where that is possible, then run them with the race detector
	@$(GO) test $(RACE) -timeout 20m ./...

.PHONY: test-deps
test-deps: ## install PostgreSQL, Chromium and a C compiler for the tests, or say what to install
	@scripts/test-deps.sh

.PHONY: test-peers
test-peers: ## tests against software that other people wrote; needs Node and npm
	@GO='$(GO)' scripts/test-peers.sh

.PHONY: torture
torture: test-deps ## kill the real program 200 times on each database, with 1000 reviews, replicas, storms and upgrades; TORTURE=reviews,kills,seed
	EVENKEEL_TORTURE='$(TORTURE)' $(GO) test -count=1 -timeout 120m -v ./internal/torture

.PHONY: soak
soak: ## the real program for SOAK (1h, or 1h,SEED) at 20 reviews and 50 presses a second with faults: memory, goroutines, acknowledgement
	EVENKEEL_SOAK='$(SOAK)' $(GO) test -count=1 -timeout 0 -run '^TestSoak$$' -v ./internal/torture

.PHONY: check-image
check-image: ## the Dockerfile's steps in a plain folder, for machines without images; needs root
	@scripts/check-image.sh

.PHONY: bench
bench: ## benchmarks; BENCH=regexp picks some, REVIEWS=1000000 makes the large ones large
	$(if $(REVIEWS),EVENKEEL_BENCH_REVIEWS=$(REVIEWS)) $(GO) test -run '^$$' -bench '$(BENCH)' -benchmem ./...

.PHONY: fuzz
fuzz: ## every fuzz test for FUZZTIME (20s) each
	@scripts/fuzz.sh '$(FUZZTIME)'

.PHONY: lint
lint: ## gofmt, go vet, golangci-lint at its pinned version, shell syntax
	@scripts/gofmt.sh
	$(GO) vet ./...
	$(GO) run $(GOLANGCI_LINT) run --allow-parallel-runners ./...
	@for f in scripts/*.sh .ci/run; do bash -n "$$f" || exit 1; done

.PHONY: tidy-check
tidy-check: ## go.mod and go.sum are as `go mod tidy` would have them
	$(GO) mod tidy -diff
