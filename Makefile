# `make` lists the targets. Everything stays below this folder: .venv/ and var/.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help run env test drill delivery lint ci bench lock clean

PORT ?= 8000
SPLIT ?=
ARGS ?=
DRILL_SECONDS ?= 60
PYTHON ?= $(shell for each in python3 python3.13 python3.12 python3.11; do \
	$$each -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$each && break; done)
BIN := .venv/bin
READY := .venv/.ready

# What the checks need to load the settings; nothing is ever connected to.
CHECK_ENV := SECRET_KEY=only-for-the-checks-and-long-enough-to-please-all-of-them-0123456789 \
	DATABASE_URL=postgresql://nobody@127.0.0.1:1/none REDIS_URL=redis://127.0.0.1:1/0 \
	DATABASE_READER_URL=postgresql://nobody@127.0.0.1:1/none DEBUG=off

help:  ## List the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16

run: $(READY)  ## Run the shop on http://127.0.0.1:8000 (PORT=8001 moves it, SPLIT=1 runs three roles)
	@exec $(BIN)/python manage.py serve --port $(PORT) $(if $(filter 1 on yes true,$(SPLIT)),--split)

env:  ## Write .env for `docker compose`: random secrets, and what else can be set
	@$(PYTHON) scripts/make_env.py

test: $(READY)  ## Run the tests (ARGS="-k basket" picks some)
	@$(BIN)/python -m pytest -n auto --dist loadgroup $(ARGS)

drill: $(READY)  ## Break things on purpose for longer, and show what was measured (DRILL_SECONDS=60)
	@DRILL_SECONDS=$(DRILL_SECONDS) $(BIN)/python -m pytest -m drill -s -rs $(ARGS) tests

delivery: .venv/.delivery  ## Test the way to production: image, Compose, AWS, workflows (needs Docker, Terraform)
	@$(BIN)/python -m pytest -rs $(ARGS) deploy/tests

.venv/.delivery: $(READY) requirements-delivery.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-delivery.txt
	@touch $@

lint: $(READY)  ## Check style, types, dependencies, migrations and every role's settings
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(CHECK_ENV) $(BIN)/mypy
	$(CHECK_ENV) $(BIN)/lint-imports
	$(CHECK_ENV) $(BIN)/python -W ignore::RuntimeWarning manage.py makemigrations --check
	@for role in rds redis frontend all; do \
		echo "check --deploy as $$role"; \
		$(CHECK_ENV) BOOKSTORE_ROLE=$$role $(BIN)/python manage.py check --deploy --fail-level WARNING || exit 1; \
	done

ci: lint test delivery  ## All that must pass

bench: $(READY)  ## Measure the shop under load (ARGS=all: beside a bare view and other shops)
	@$(BIN)/python -m benchmarks $(ARGS)

lock: $(READY)  ## Write the lock files anew after a change of pyproject.toml
	@for each in "" "-dev --group dev" "-delivery --group dev --group delivery"; do \
		set -- $$each; file=requirements$${1:-}.txt; [ $$# -gt 0 ] && shift; \
		$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
			--python-version 3.11 "$$@" pyproject.toml -o $$file || exit 1; \
	done

clean:  ## Remove everything that was made here, the shop's data too
	rm -rf .venv var .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

$(READY): requirements-dev.txt scripts/bootstrap.py
	@if [ -z "$(PYTHON)" ]; then \
		echo "The bookstore needs Python 3.11 or later. Install one, or name it: make PYTHON=/path/to/python" >&2; \
		exit 1; \
	fi
	@$(PYTHON) scripts/bootstrap.py
