# Every target does the set-up it needs, and skips it when nothing changed.
VENV := .venv
# Of the containers: the folder is for its owner alone, so the files in it may be readable for the containers' user.
SECRETS ?= secrets
BENCH := .c360/bench
# How many processes share the tests; `auto` is by cores and memory (tests/conftest.py), 0 is one after the other.
TEST_PROCESSES ?= auto
STAMP := $(VENV)/.installed
PYTHONS := python3.11 python3.12 python3.13 python3
IS_CURRENT := import sys; sys.exit(sys.version_info < (3, 11))

.DEFAULT_GOAL := help
.PHONY: help setup demo containers secrets test chaos check format bench bench-curves lock clean

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(STAMP) ## create .venv and install what the lock pins

# A name on PATH proves nothing (version managers leave stubs), so each candidate is run.
$(VENV)/bin/python:
	@for candidate in $(PYTHONS); do \
	  if "$$candidate" -c '$(IS_CURRENT)' >/dev/null 2>&1; then found=$$candidate; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "c360 needs Python 3.11 or newer: none of $(PYTHONS) on PATH is one; install it and run make again." >&2; \
	  exit 1; \
	fi; \
	"$$found" -m venv --clear $(VENV) || { \
	  rm -rf $(VENV); \
	  echo "$$found could not create $(VENV): install its venv module (Debian: apt-get install python3-venv) and run make again." >&2; \
	  exit 1; }

$(STAMP): $(VENV)/bin/python requirements.lock pyproject.toml
	@echo "Installing what requirements.lock pins into $(VENV) ..."
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

demo: setup ## replay a real bank's history into live views and alerts
	@$(VENV)/bin/c360 demo

containers: secrets ## the whole stack in containers, by Docker; see docker-compose.yml
	SECRETS=$(abspath $(SECRETS)) docker compose up --build --detach --wait

# Made once, and never again while they are there: another index key needs the indexes made anew.
secrets: setup
	@umask 077; mkdir -p $(SECRETS)
	@test -e $(SECRETS)/index-key || { \
	  $(VENV)/bin/python -c 'import secrets; print(secrets.token_hex(32))' > $(SECRETS)/.index-key; \
	  chmod 444 $(SECRETS)/.index-key; mv $(SECRETS)/.index-key $(SECRETS)/index-key; }
	@test -e $(SECRETS)/machines.yaml || { set -e; \
	  made=$$($(VENV)/bin/c360 api-key desk --role call_centre); \
	  { echo "machines:"; echo "$$made" | tail -n 1; } > $(SECRETS)/.machines.yaml; \
	  chmod 444 $(SECRETS)/.machines.yaml; mv $(SECRETS)/.machines.yaml $(SECRETS)/machines.yaml; \
	  echo "$$made" | head -n 1; }

# The long files first: what is small fills the end, where some processes would have nothing left to do.
test: setup ## unit, property, contract, integration and browser tests
	$(VENV)/bin/python -m pytest -q -n $(TEST_PROCESSES) --durations=25 \
	  tests/integration tests/browser tests/contract tests/property tests/unit

chaos: setup ## processes and brokers killed; slow
	$(VENV)/bin/python -m pytest -q tests/chaos

check: setup ## lint, format, types, layers, contracts
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(VENV)/bin/c360 schemas check

format: setup ## put the code into its one format
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

bench: setup ## c360 beside plain Faust, Quix Streams, Kafka Streams and a hand-written loop; latency, recovery
	@mkdir -p $(BENCH)
	@$(VENV)/bin/c360 bench --json $(BENCH)/bench.json --charts $(BENCH)

bench-curves: setup ## what an event, a customer and a take-over cost at 10,000 to 1,000,000 customers; renews the pages
	@$(VENV)/bin/c360 bench --curves --json ops/bench/curves.json --charts ops/bench
	@$(VENV)/bin/python -m ops.bench.renewal ops/bench/curves.json

# pip-tools lives in a venv of its own, so that the lock never depends on what it locks.
lock: ## resolve requirements.in, and that of the Quix Streams peer, into their locks again
	@set -e; work=$$(mktemp -d); trap 'rm -rf "$$work"' EXIT; \
	python3.11 -m venv "$$work/venv"; "$$work/venv/bin/pip" install --quiet pip-tools; \
	resolve() { \
	  "$$work/venv/bin/pip-compile" --quiet --generate-hashes --allow-unsafe --strip-extras --no-header \
	    --no-emit-options --no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
	    --output-file "$$work/lock" "$$1"; \
	  { echo "# Every package of $$3, pinned with hashes; made by \`make lock\` from $$(basename $$1)."; \
	    echo "#"; cat "$$work/lock"; } > "$$2"; \
	  rm "$$work/lock"; \
	}; \
	resolve requirements.in requirements.lock "c360, run and checks alike"; \
	resolve ops/bench/peers/quix.in ops/bench/peers/quix.lock "the Quix Streams peer"

clean: ## remove the venv and what running left behind
	rm -rf $(VENV) .c360 *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
