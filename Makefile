# Names of these targets are promises. `make help` lists them.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Passed through: make demo DEMO_ARGS="--once --port 9000", make test TEST_ARGS="-k handoff -x"
DEMO_ARGS ?=
TEST_ARGS ?=
BENCH_ARGS ?= $(ARGS)
# How many processes share the tests: 0 runs them one after the other.
TEST_PROCESSES ?= 2
# How often a test that failed is tried again: never for a developer, once where a landing hangs on it.
# Whatever passed only then is listed at the end, as a race to mend.
TEST_RETRIES ?= 0
# How often `make chaos` plays each fault that chance has a part in.
CHAOS_SEEDS ?= 20
# Python keeps what it compiled, whatever the surroundings say: else each service that a test, the demo or a
# benchmark starts compiles every library again, which takes twice as long as all the rest of its start.
export PYTHONDONTWRITEBYTECODE =
COMMA := ,
ALL_EXTRAS := [embedded$(COMMA)sms$(COMMA)parquet]
COMPOSE = $(shell docker compose version >/dev/null 2>&1 && echo docker compose || echo docker-compose)

.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench chaos secrets rehearse compose-up compose-down clean

help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.ready-to-develop ## Install everything into .venv

# What running needs, then what developing needs, then what measuring needs. With uv where it works:
# exactly the locked versions. Else with venv and pip, which resolve the same ranges.
$(VENV)/.ready-to-run: pyproject.toml uv.lock
	@$(call install,--extra embedded --extra sms --no-default-groups,[embedded$(COMMA)sms],)
$(VENV)/.ready-to-develop: pyproject.toml uv.lock
	@$(call install,--all-extras,$(ALL_EXTRAS),--group dev)
$(VENV)/.ready-to-measure: pyproject.toml uv.lock
	@$(call install,--all-extras --group bench,$(ALL_EXTRAS),--group dev --group bench)

# $(1) options for uv sync; $(2) extras and $(3) further options for pip install; one line of shell.
define install
if uv --version >/dev/null 2>&1; then \
  echo "Setting up $(VENV) with uv"; uv sync --quiet --frozen --inexact $(1) || exit 1; \
else \
  $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
    { echo "Onward needs Python 3.11 or newer: make PYTHON=/path/to/python3.11" >&2; exit 1; }; \
  echo "Setting up $(VENV) with pip (uv would be quicker); this takes a minute or two"; \
  test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || exit 1; \
  $(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1' && \
  $(BIN)/python -m pip install --quiet --editable '.$(2)' $(3) || exit 1; \
fi; touch $@
endef

demo: $(VENV)/.ready-to-run ## Play the scenario, then serve it until stopped (DEMO_ARGS=--once exits)
	@$(BIN)/onward demo $(DEMO_ARGS)

test: setup ## Run every test on the best servers found
	@$(BIN)/pytest -n $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder --reruns $(TEST_RETRIES) -r R $(TEST_ARGS)

check: setup ## Style, types, boundaries, spelling, migrations and contract snapshots
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/codespell
	@ONWARD_TEST_BACKEND=embedded $(BIN)/pytest -q tests/contract

bench: $(VENV)/.ready-to-measure ## Measure side by side, write benchmarks/RESULTS.md
	@$(BIN)/python -m benchmarks $(BENCH_ARGS)

chaos: setup ## Break servers and services, check the promises, write docs/chaos.md
	@ONWARD_CHAOS_SEEDS=$(CHAOS_SEEDS) $(BIN)/pytest -q -m "" tests/chaos $(TEST_ARGS)

secrets: $(VENV)/.ready-to-run ## Make fresh secrets for docker-compose.yml (NAMES="broker.example.org": what partners call it)
	@$(BIN)/python deploy/make_secrets.py .onward/secrets $(NAMES)

rehearse: setup ## Play the story against the production-shaped stack, in containers made for it
	@deploy/rehearse

compose-up: secrets ## Build and start the production-shaped stack on http://127.0.0.1:8080
	$(COMPOSE) up -d --build

compose-down: ## Stop that stack and forget its data
	$(COMPOSE) down --volumes

clean: ## Remove .venv and what tools left
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis dist build
