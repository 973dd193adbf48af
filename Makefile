# FracOps: one verb a target. `make` lists them.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000

.DEFAULT_GOAL := help
.PHONY: help demo start test lint types imports bench lock screenshots clean

help: ## list what can be done
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# An installation is as fresh as the locks it was made from.
$(VENV)/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 12))' || { echo "FracOps needs Python 3.12 or newer; name one with PYTHON=…" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.lock requirements-uv.lock | $(VENV)/pyvenv.cfg
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.lock
	[ -e $(VENV)/.dev ] || $(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock requirements-uv.lock
	@$(BIN)/python -m fracops.prerequisites
	@touch $@

$(VENV)/.dev: requirements-dev.lock requirements.lock requirements-uv.lock | $(VENV)/pyvenv.cfg
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.lock
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements-dev.lock requirements-uv.lock
	@$(BIN)/python -m fracops.prerequisites --browser
	@touch $@

demo: $(VENV)/.runtime ## start everything with a demo practice; Ctrl-C stops it (PORT=8000)
	@PORT=$(PORT) $(BIN)/python manage.py demo

start: $(VENV)/.runtime ## start everything without a demo, to begin with a practice of your own (PORT=8000)
	@PORT=$(PORT) $(BIN)/python manage.py start

test: lint types imports ## lint, types, import contract, and every test
	$(BIN)/python -m pytest -n 2

lint: $(VENV)/.dev ## ruff, and the Dockerfile's and compose file's linters
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/hadolint Dockerfile
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml

types: $(VENV)/.dev ## mypy with django-stubs
	$(BIN)/mypy .

imports: $(VENV)/.dev ## the house's import contract
	$(BIN)/lint-imports

bench: $(VENV)/.dev ## measure ingest, page, PDF and memory; prints what docs/benchmarks.md reports
	$(BIN)/python -m tests.bench

lock: $(VENV)/.dev ## pin the newest versions that pyproject.toml allows, with hashes and without index addresses
	$(BIN)/uv pip compile --upgrade --universal --python-version 3.12 --generate-hashes --no-header --no-annotate -q pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --upgrade --universal --python-version 3.12 --generate-hashes --no-header --no-annotate -q pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
	$(BIN)/uv pip compile --upgrade --universal --python-version 3.12 --generate-hashes --no-header --no-annotate -q --group phoenix -o requirements-phoenix.lock

screenshots: $(VENV)/.dev ## take the README's pictures of a running demo
	$(BIN)/python -m tests.e2e.screenshots

clean: ## remove the virtual environment and all local data
	@# Below a folder closed to others, root's PostgreSQL lives elsewhere, linked from here.
	[ ! -L var/postgres ] || rm -rf "$$(dirname "$$(readlink var/postgres)")"
	rm -rf $(VENV) var staticfiles
