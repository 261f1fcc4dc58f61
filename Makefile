# Everything here works on a machine that has Go, make, git and root: what else
# is needed is installed by scripts/setup.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# The engine that scripts/setup found, also where a docker client would not look.
engine = root=$(CURDIR); . scripts/lib.bash; use_engine

.PHONY: help setup demo test lint bench accuracy build release-check clean check-setup

help: ## show what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## make sure that a container engine answers
	@scripts/setup

demo: setup ## compare the example in Flask with the one in Gin; writes out/
	@scripts/images example
	@go build -o bin/plimsoll ./cmd/plimsoll
	@$(engine); bin/plimsoll compare -c examples/gin-vs-flask/plimsoll.yml --out out

test: ## run all the tests, against a real engine
	@scripts/fetch-k6 & scripts/setup test
	@# Beside each other: the first two wait for the network most of the time.
	@# With -race, so that the tests find the dependencies compiled.
	scripts/fetch-testdata & data=$$!; scripts/images & images=$$!; trap wait EXIT; \
	go vet -race ./... ./testdata/images/server; wait $$data; wait $$images
	go vet -C examples/gin-vs-flask/gin ./...
	@scripts/fetch-k6
	@# The longest first: they are started in this order. All are vetted by now.
	$(engine); go test -race -vet=off -p 3 -parallel 4 -timeout 20m $(addprefix ./internal/,app measure e2e analyze) ./...

lint: ## run the linters (building them takes 3 minutes the first time)
	@mkdir -p .cache/bin
	go build -C tools -o ../.cache/bin/ github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	go build -C tools/actionlint -o ../../.cache/bin/ github.com/rhysd/actionlint/cmd/actionlint
	.cache/bin/golangci-lint run
	.cache/bin/actionlint .github/workflows/*.yml example-workflows/*.yml

bench: ## measure the startup clock against the truth, reading images against dive, pricing, the shim
	@scripts/setup
	@scripts/images
	@scripts/fetch-rival
	@scripts/fetch-testdata
	$(engine); go test -run '^$$' -bench . -benchtime 1x -timeout 60m ./bench

accuracy: setup ## hold every claim against the truth (under 40 minutes; ROW=memory: one row); writes docs/accuracy
	@scripts/readme accuracy $(ROW)

# A release carries the agent and the launcher for each architecture; a build
# from a checkout makes them when they are first needed.
build: ## build bin/plimsoll and bin/action as they are released
	@arch=$$(go env GOHOSTARCH); scripts/build into $(or $(VERSION),dev) bin $$arch; \
	for program in plimsoll:plimsoll plimsoll-action:action; do \
	  cp bin/$${program%:*}-linux-$$arch bin/.$$$$ && mv bin/.$$$$ bin/$${program#*:}; \
	done

release-check: setup ## try a release in throw-away clones, up to what would be public (takes minutes)
	@scripts/release-check

clean: ## remove what was built and written, but not the images
	rm -rf bin ca-certificates.crt dist out internal/agent/programs/bin .cache/bin .cache/bench

check-setup: ## try scripts/setup on what a killed engine leaves behind (needs root)
	@scripts/check-setup
