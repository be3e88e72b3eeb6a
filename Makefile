# One command for each routine. Needs Python 3.11 or later, make and git; the rest comes into .venv.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help demo test pytest test-cluster check fuzz bench performance chaos screenshots site snapshots clean

help: ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile -c constraints.txt -e '.[dev]'
	@# pip would compile on one core what it installs; some packages bring templates that are not Python, hence the "-".
	-@$(BIN)/python -m compileall -q -q -j 0 $(VENV)/lib
	@touch $@

demo: $(READY) ## the dashboard on a simulated cluster
	$(BIN)/ktui demo

test: $(READY) ## lint, types, imports, and every test
	@$(MAKE) --no-print-directory -j2 check pytest

# While the types are checked on one core, the tests have the others.
pytest: $(READY)
	$(BIN)/pytest -n auto --dist worksteal

# Named on the command line only: what a shell has in KUBECONFIG may be production.
CLUSTER := $(if $(filter command,$(firstword $(origin KUBECONFIG))),$(KUBECONFIG))
test-cluster: $(READY) ## the recorded scenarios on a real control plane: KUBECONFIG=… or KUBEBUILDER_ASSETS=…
	@test -n "$(CLUSTER)$(KUBEBUILDER_ASSETS)" || { echo "Name a cluster without nodes: make test-cluster KUBECONFIG=FILE," \
		"or a folder with etcd, kube-apiserver and kube-controller-manager: KUBEBUILDER_ASSETS=FOLDER"; exit 2; }
	KTUI_TEST_KUBECONFIG="$(CLUSTER)" KUBEBUILDER_ASSETS="$(KUBEBUILDER_ASSETS)" \
		$(BIN)/pytest tests/sim/test_recorded_scenarios.py

check: $(READY) ## lint, types, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fuzz: $(READY) ## 100,000 hostile texts, each on a screen and in every command, in a pseudo-terminal
	KTUI_FUZZ=100000 $(BIN)/pytest tests/test_hostile_text.py -k whatever_way

bench: $(READY) ## the budgets of the design, each beside its baseline
	$(BIN)/python -m tests.benchmarks

performance: $(READY) ## measure three times, on a machine with nothing else to do, and write docs/performance.md
	$(BIN)/python -m tests.benchmarks --write docs/performance.md

chaos: $(READY) ## everything goes wrong: writes docs/reliability.md (90 minutes; SEED=1, KTUI_CHAOS_SERVER=http://…)
	$(BIN)/python -m tests.chaos --seed $(or $(SEED),1)

screenshots: $(READY) ## draw screenshots/ again from the simulated cluster
	$(BIN)/python -m tests.screenshots

site: $(READY) ## build the documentation site into build/site
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[docs]'
	$(BIN)/mkdocs build

snapshots: $(READY) ## accept the screens as they are now as the expected ones
	$(BIN)/pytest tests/tui --snapshot-update

clean: ## remove what the commands above made
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
