# One word each. Everything a target needs is set up by the target; nothing is done twice.
PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv
PYTEST := $(BIN)/pytest -n auto --dist worksteal
STAMP := .venv/.stamps
unexport PYTHONDONTWRITEBYTECODE # else every process compiles all it imports anew

.PHONY: help run doctor claude test test-fast explore check fix bench bench-peers torture lock clean
help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort

run: $(STAMP)/run ## the bot with the tokens of .env; without tokens the playground
	@$(BIN)/threadline start

doctor: $(STAMP)/run ## what a bot with the tokens of .env still needs
	@$(BIN)/threadline doctor

claude: $(STAMP)/claude ## Claude Code itself, as an agent of this bot and for its tests (166 MB)

test: $(STAMP)/dev ## every test; one that fails is run once more, and named
	$(PYTEST) --reruns 1

test-fast: $(STAMP)/dev ## the unit tests: no processes, no browser
	$(PYTEST) -m "not slow"

explore: $(STAMP)/dev ## the unit tests with new random examples
	$(PYTEST) -m "not slow" --hypothesis-profile=default

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

bench-peers: $(STAMP)/dev ## the same for a few threads, beside Vercel's Chat SDK (needs Node)
	@command -v npm >/dev/null || { echo "npm is missing: install Node.js 20 or newer"; exit 1; }
	$(BIN)/python -m tests.bench --peers --row quiet-several --row quiet-one --row ten-several --row ten-one

torture: $(STAMP)/dev ## kill the bot at 100 moments of a turn and compare what Slack shows
	$(BIN)/python -m tests.torture --kills 100

lock: $(STAMP)/uv ## resolve pyproject.toml anew into the lock files
	$(UV) pip compile --quiet --universal --generate-hashes --no-annotate --no-header pyproject.toml -o requirements.lock
	$(UV) pip compile --quiet --universal --generate-hashes --no-annotate --no-header --group dev -c requirements.lock pyproject.toml -o tests/requirements.lock
	$(UV) pip compile --quiet --universal --generate-hashes --no-annotate --no-header --extra claude -c tests/requirements.lock pyproject.toml -o requirements-claude.lock

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

$(STAMP)/claude: $(STAMP)/run requirements-claude.lock
	@echo "Getting Claude Code ..."
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements-claude.lock
	@touch $@
