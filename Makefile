# One word each. Everything a target needs is set up by the target; nothing is done twice.
PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv
PYTEST := $(BIN)/pytest -n auto --maxprocesses 4 --dist worksteal
STAMP := .venv/.stamps

.PHONY: help run test test-fast check fix bench torture lock clean
help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort

run: $(STAMP)/run ## the bot with the tokens of .env; without tokens the playground
	@$(BIN)/threadline start

test: $(STAMP)/dev ## every test
	$(PYTEST)

test-fast: $(STAMP)/dev ## the unit tests: no processes, no browser
	$(PYTEST) -m "not slow"

check: $(STAMP)/dev ## format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	PYRIGHT_PYTHON_IGNORE_WARNINGS=1 $(BIN)/pyright
	$(BIN)/lint-imports

fix: $(STAMP)/dev ## format and mend what can be mended by itself
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(STAMP)/dev ## speed and memory, printed as a table
	$(BIN)/python -m tests.bench

torture: $(STAMP)/dev ## kill the bot at 100 moments of a turn and compare what Slack shows
	$(BIN)/python -m tests.torture --kills 100

lock: $(STAMP)/uv ## resolve pyproject.toml anew into the two lock files
	$(UV) pip compile --quiet --universal --generate-hashes --no-annotate --no-header pyproject.toml -o requirements.lock
	$(UV) pip compile --quiet --universal --generate-hashes --no-annotate --no-header --group dev -c requirements.lock pyproject.toml -o tests/requirements.lock

clean: ## remove the virtual environment and caches
	rm -rf .venv .pytest_cache .ruff_cache .hypothesis

$(STAMP)/uv:
	@command -v $(PYTHON) >/dev/null || { echo "Python is missing: install Python 3.11 or newer, or name it with PYTHON=..."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; $$($(PYTHON) --version) was found. Name another with PYTHON=..."; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "Python's venv module is missing. On Debian or Ubuntu: apt-get install python3-venv"; exit 1; }
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9,<1'
	@mkdir -p $(STAMP) && touch $@

$(STAMP)/run: $(STAMP)/uv requirements.lock pyproject.toml
	@echo "Setting up .venv ..."
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps -e .
	@touch $@

$(STAMP)/dev: $(STAMP)/run tests/requirements.lock
	@echo "Setting up the test tools ..."
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r tests/requirements.lock
	@touch $@
