# `make help` lists the targets. Each part of `make test` runs alone as well.

SHELL := /bin/bash
CARGO ?= cargo
NODE ?= node
TARGET_DIR = $(or $(CARGO_TARGET_DIR),target)
DEVNET = $(TARGET_DIR)/debug/pars-devnet
# The whole workspace with its programs: the same everywhere, so that nothing is compiled twice.
WHOLE = --locked --workspace --features pars-nvtrust/cli
COMPAT = node-patch/rust/compat-0.38/Cargo.toml
BUILD_DEVNET = $(CARGO) build $(WHOLE) --bin pars-devnet

.DEFAULT_GOAL := help
.PHONY: help demo test long asan bench vectors setup fmt fmt-check lint unit doc clients contracts contracts-check test-contracts \
	invariants crash capi tools compat test-go test-subnetevm test-luxevm conformance walkthrough

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## a node, a miner, five proofs with and without a GPU, eight refusals; the C interface. ARGS='--input FILE --json'
	@$(BUILD_DEVNET) --lib
	@$(DEVNET) demo $(ARGS)
	@test -n "$(ARGS)" || scripts/demo-c.sh $(TARGET_DIR)/debug

test: ## everything that CI runs; prints each part's result, the total time and the budget
	@scripts/run-parts.sh setup fmt-check lint unit doc compat test-go test-subnetevm test-luxevm contracts-check test-contracts clients invariants

long: ## the tests that take longer (those marked #[ignore])
	PARS_LONG=1 $(CARGO) test $(WHOLE) -- --ignored
	$(CARGO) test --locked --release -p pars-mldsa --test conformance
	@PARS_LONG=1 $(MAKE) --no-print-directory test-contracts

asan: ## the vector code under AddressSanitizer; needs rustup's nightly toolchain on x86-64
	RUSTFLAGS=-Zsanitizer=address $(CARGO) +nightly test --locked --target x86_64-unknown-linux-gnu --target-dir $(TARGET_DIR)/asan \
		-p pars-keccak -p pars-mldsa --lib --test conformance -- c1_wycheproof c5_ c7_

crash: ## kills a child that writes the ledger 2,000 times (200 in `make test`), prints what was lost and doubled
	$(CARGO) test $(WHOLE) --test crash -- --kills 2000

bench: ## the benchmarks, each selector beside ecrecover
	$(CARGO) bench --locked

vectors: ## writes precompile-spec/vectors and precompile-spec/abi again
	$(CARGO) run --locked --example vectors
	$(CARGO) run --locked --example conformance

setup: ## checks what is needed, installs what apt offers if it may
	@scripts/setup.sh

fmt: ## formats the Rust sources
	$(CARGO) fmt --all

fmt-check:
	$(CARGO) fmt --all -- --check

lint: ## clippy over all targets, warnings denied
	$(CARGO) clippy $(WHOLE) --all-targets -- -D warnings
	$(CARGO) clippy --locked -p pars-precompile --no-default-features -- -D warnings
	$(CARGO) clippy --locked -p pars-capi -p pars-evm --no-default-features -- -D warnings

unit: ## all Rust tests and doc tests
	$(CARGO) test $(WHOLE)

doc: ## rustdoc, warnings denied
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc $(WHOLE) --no-deps

contracts: ## compiles the contracts into contracts/artifacts
	@scripts/npm-ci.sh contracts
	$(NODE) contracts/build.mjs

contracts-check: ## artifacts equal to the sources, interfaces equal to the precompile's ABI, locks without addresses
	@scripts/npm-ci.sh contracts
	$(NODE) contracts/build.mjs --check
	$(NODE) scripts/npm-locks.mjs --check

test-contracts: ## the Foundry suite on a fork of a devnet, twice; the kit in a new project; scripts, gas tables
	$(BUILD_DEVNET)
	$(NODE) contracts/run.mjs $(DEVNET)

capi: ## the precompile as a C library, with its header, where the Go module looks for it
	$(CARGO) build $(WHOLE) --lib
	@scripts/go-library.sh $(TARGET_DIR)/debug

tools: ## pars-devnet and pars-ledger
	@$(CARGO) build $(WHOLE) --bins

compat: ## the Rust hosts' hooks on the alloy-evm of the newest reth release
	$(CARGO) fmt --manifest-path $(COMPAT) -- --check
	$(CARGO) clippy --locked --manifest-path $(COMPAT) --all-targets -- -D warnings
	$(CARGO) test --locked --manifest-path $(COMPAT)

test-go: capi ## the Go module, on a chain of its own and under the race detector
	cd node-patch/go && ../../scripts/go.sh gofmt . && ../../scripts/go.sh vet ./... && \
		../../scripts/go.sh test -count=1 ./... && ../../scripts/go.sh test -count=1 -short -race ./...

test-subnetevm: capi ## the Go module in a chain of subnet-evm, luxfi/evm's nearest published relative
	@node-patch/go/subnetevm/test.sh

test-luxevm: capi ## the Go module in luxfi/evm itself, where its modules can be had
	@node-patch/go/luxevm/test.sh

conformance: capi ## one file of blocks on every host: alloy-evm, revm, the C ABI, Go alone, Go in subnet-evm
	$(CARGO) test $(WHOLE) --test evm -- conformance --nocapture
	$(CARGO) test $(WHOLE) --test interface -- conformance --nocapture
	cd node-patch/go && ../../scripts/go.sh test -count=1 -v -run Conformance .
	@node-patch/go/subnetevm/test.sh -v -run Conformance

walkthrough: ## runs the code blocks of node-patch/README.md in order, in a fresh folder
	$(NODE) scripts/walkthrough.mjs node-patch/README.md

clients: ## cast, ethers and viem against a devnet of their own
	$(BUILD_DEVNET)
	$(NODE) tests/clients/run.mjs $(DEVNET)

invariants: ## each invariant of the specification has a test
	$(NODE) scripts/check-invariants.mjs
