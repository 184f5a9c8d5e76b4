# Everything a newcomer needs: `make scan` and `make test`. `make help` lists the rest.
CARGO ?= cargo
# Quick to build; `make build` makes the smaller and faster release binary.
PROFILE ?= quick
NETSCAN = target/$(PROFILE)/netscan
LISTEN ?= 127.0.0.1:8000

# Such as `--only F7 --seed 3`.
CHAOS_ARGS ?=

# Such as `--quick` or `batches --html bench.html`.
BENCH_ARGS ?=

# Such as `--only live,mix --runs 3`.
RACE_ARGS ?=

.PHONY: ui-install help scan serve build bench bench-network test chaos chaos-quick check fmt lint doc contracts ui ui-check ui-test tools clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

tools: ## install nmap if it is missing (Debian, Ubuntu), or say what to install
	@sh scripts/install-tools.sh

scan: tools $(NETSCAN) ## build, scan this machine's loopback address, show the result
	$(NETSCAN) scan 127.0.0.1

serve: tools $(NETSCAN) ## build and start the server
	$(NETSCAN) serve --listen $(LISTEN)

$(NETSCAN): FORCE
	$(CARGO) build --locked --profile $(PROFILE) --bin netscan
FORCE:

build: ## the release binary, target/release/netscan
	$(CARGO) build --locked --release --bin netscan

bench: tools build ## measure the release binary on this machine: 3 minutes
	target/release/netscan bench $(BENCH_ARGS)

test: ## install what the tests need and run all of them
	@sh scripts/install-tools.sh tests
	$(CARGO) test --locked --workspace
	@$(MAKE) --no-print-directory chaos-quick

chaos: tools build ## every fault against the release binary, 300 kills and more: 15 to 30 minutes
	$(CARGO) build --locked --profile $(PROFILE) -p netscan-test-support --bins
	target/$(PROFILE)/chaos --netscan target/release/netscan --json target/chaos.json $(CHAOS_ARGS)

chaos-quick: ## a part of that against the binary of the tests: at most 2 minutes
	@$(CARGO) test --locked --workspace --no-run --quiet
	target/debug/chaos --quick --jobs 2 --seed 1 $(CHAOS_ARGS)

bench-network: tools ## netscan against fixed splits of nmap in simulated networks; as root
	$(CARGO) build --locked --profile $(PROFILE) --bin netscan
	$(CARGO) build --locked --profile $(PROFILE) -p netscan-test-support --bins
	target/$(PROFILE)/race $(RACE_ARGS)

check: fmt lint test doc ## what CI runs

fmt: ## is the code formatted?
	$(CARGO) fmt --all -- --check

lint: ## clippy, with warnings denied
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings

doc: ## build the documentation, with warnings denied
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --workspace --no-deps --document-private-items

contracts: ## write the documents of the API anew, and missing golden files of record formats
	UPDATE_EXPECT=1 $(CARGO) test --locked -p netscan-http --lib documents_are_as_they_are_committed
	UPDATE_GOLDEN=1 $(CARGO) test --locked -p netscan-store

ui: ui-install ## build the web UI into http/ui/dist/, which is committed; needs node and npm
	cd http/ui && npm run build

ui-install:
	cd http/ui && npm install --ignore-scripts --no-audit --no-fund

ui-check: ui-install ## is the web UI well-formed, and http/ui/dist/ what its source builds to?
	git diff --exit-code http/ui/package-lock.json
	cd http/ui && npm run types:check && npm run check
	rm -rf target/ui-dist
	mkdir -p target
	cp -r http/ui/dist target/ui-dist
	cd http/ui && npm run build
	diff -r target/ui-dist http/ui/dist

ui-test: ui-install $(NETSCAN) ## tests of the web UI, in node and in Chromium against the program
	@sh scripts/install-tools.sh tests
	cd http/ui && npm run test
	cd http/ui && NETSCAN=$(CURDIR)/$(NETSCAN) npm run e2e

clean:
	$(CARGO) clean
