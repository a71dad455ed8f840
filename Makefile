# Verbs for people. Each makes .venv when it is missing.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-move test test-matrix test-faults test-oracle test-browser test-docs test-release screens lint docs bench-lint \
	bench-build bench-deploy bench-rehearse bench-move lock

help: ## what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## / — /'

$(VENV)/.ready: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

setup: $(VENV)/.ready ## the environment, from the lock, hashes checked

demo: $(VENV)/.ready ## the incident, replayed and cured on a real Postgres (DEMO_SCALE=1)
	$(BIN)/python -m codeintel demo

demo-move: $(VENV)/.ready ## from files to Postgres and back, under traffic, with a mover that is killed
	$(BIN)/python -m codeintel demo-move

test: $(VENV)/.ready ## every test but those of the suites below, real servers included, on all cores
	$(BIN)/python -m pytest -n auto --dist worksteal

test-matrix: $(VENV)/.ready ## what the rules claim, measured on PostgreSQL 14 to 18
	OUTOFBAND_MATRIX=require $(BIN)/python -m pytest tests/matrix

test-faults: $(VENV)/.ready ## what the runbook survives, with an application at work (FAULTS=all: all on 14 to 18)
	FAULTS=$(or $(FAULTS),cut) OUTOFBAND_MATRIX=require \
		$(BIN)/python -m pytest -n auto --dist loadgroup tests/faults tests/ephemeral/test_killed.py \
		tests/postgres/test_constraint_faults.py tests/postgres/test_moving_faults.py \
		tests/postgres/test_partition_keys.py tests/postgres/test_partitions.py \
		tests/postgres/test_prefixes.py \
		tests/postgres/test_temp_files.py tests/postgres/test_waiting.py \
		tests/revisions/test_cut_off.py tests/revisions/test_pods.py \
		tests/cli/test_signals.py tests/cli/test_targets.py \
		tests/codeintel/test_demo_whole.py tests/codeintel/test_mover.py \
		tests/codeintel/test_old_code_new_schema.py \
		tests/codeintel/test_seed_schema_versions.py

test-oracle: $(VENV)/.ready ## the reader against PostgreSQL's grammar, and other sampled tests, in full
	ORACLE_EVERY=1 $(BIN)/python -m pytest -n auto \
		tests/lint/test_reader_oracle.py tests/lint/test_fold_oracle.py \
		tests/codeintel/test_index_oracles.py tests/codeintel/test_real_dumps.py \
		tests/postgres/test_forecast.py \
		tests/revisions/test_generated_chains.py tests/revisions/test_schema_oracle.py \
		tests/revisions/test_own_chain.py

test-browser: $(VENV)/.ready ## the rehearsal's page in a real Chromium (OUTOFBAND_SCREENSHOTS=DIR keeps pictures)
	OUTOFBAND_BROWSER=require $(BIN)/python -m pytest tests/browser

test-release: $(VENV)/.ready ## wheel and sdist, on each Python, with the oldest and newest of what they need; CI's files
	OUTOFBAND_RELEASE=1 $(BIN)/python -m pytest tests/release tests/workflow tests/frameworks \
		tests/testing/test_plugin_workers.py

test-docs: $(VENV)/.ready ## every page of docs/: its files written, its commands run, its output compared
	OUTOFBAND_DOCS=all $(BIN)/python -m pytest -n auto tests/docs

screens: $(VENV)/.ready ## docs/screens, pictures of what the commands of the pages show
	OUTOFBAND_DOCS=all OUTOFBAND_SCREENS=write $(BIN)/python -m pytest -n auto tests/docs/test_pages.py

lint: $(VENV)/.ready ## style, types, walls between rooms, and the gate on our own revisions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/outofband lint
	$(BIN)/python -m outofband_lint.pages docs/rules --check
	$(BIN)/python -m reference docs --check

docs: $(VENV)/.ready ## what the code says of itself: docs/rules, and the made parts of other pages
	$(BIN)/python -m outofband_lint.pages docs/rules
	$(BIN)/python -m reference docs

bench-lint: $(VENV)/.ready ## the gate's speed beside other linters' (BENCH=--quick for a small run)
	$(BIN)/python bench/lint.py $(BENCH)

bench-build: $(VENV)/.ready ## builds beside psql's, and estimates beside what came (BENCH=--quick)
	$(BIN)/python bench/build.py $(BENCH)

bench-rehearse: $(VENV)/.ready ## what a rehearsal costs, and how true its plans are
	$(BIN)/python bench/rehearse.py $(BENCH)
	$(BIN)/python bench/plans.py

bench-deploy: $(VENV)/.ready ## an upgrade over 0, 1 million and 10 million rows (BENCH=--quick)
	$(BIN)/python bench/deploy.py $(BENCH)

bench-move: $(VENV)/.ready ## the mover beside pgloader, INSERT, psql and psycopg's COPY (BENCH=--quick)
	$(BIN)/python bench/move.py $(BENCH)

lock: $(VENV)/.ready ## renew requirements.lock
	$(BIN)/uv pip compile pyproject.toml --all-extras --group dev --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-header --quiet --upgrade -o requirements.lock
