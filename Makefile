# One command for each routine. Needs Python 3.11 or later, make and git; the rest comes into .venv.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help demo test check bench screenshots snapshots clean

help: ## what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: $(READY) ## the dashboard on a simulated cluster
	$(BIN)/ktui demo

test: $(READY) check ## lint, types, imports, and every test
	$(BIN)/pytest -n auto

check: $(READY) ## lint, types, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY) ## the budgets of the design, each beside its baseline
	$(BIN)/python -m tests.benchmarks

screenshots: $(READY) ## draw screenshots/ again from the simulated cluster
	$(BIN)/python -m tests.screenshots

snapshots: $(READY) ## accept the screens as they are now as the expected ones
	$(BIN)/pytest tests/tui --snapshot-update

clean: ## remove what the commands above made
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
