SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.PHONY: help demo lab test check lint types imports lua sizes suites browser coverage format reference clean

PYTHON := .venv/bin/python
PYTEST := $(PYTHON) -m pytest
RUN := .venv/.installed
TEST := .venv/.installed-test

help:
	@echo "make demo      a first look: submit, claim, approve, complete"
	@echo "make lab       JupyterLab on the tutorials"
	@echo "make test      everything that CI runs"
	@echo "make check     lint, types, layers, the Lua library, sizes"
	@echo "make format    put the source into its form"
	@echo "make reference write ff_core/contract/REFERENCE.md anew"
	@echo "make coverage  tests with branch coverage"
	@echo "make clean     away with .venv and all that was built"

$(RUN): pyproject.toml tools/venv.sh
	@tools/venv.sh .
	@touch $@

$(TEST): pyproject.toml tools/venv.sh
	@tools/venv.sh '.[test]'
	@touch $(RUN) $@

demo: $(RUN)
	@$(PYTHON) -m ff_core.demo

lab: $(RUN)
	@$(PYTHON) -m jupyterlab --ServerApp.root_dir=. --LabApp.default_url=/lab/tree/notebooks $$([ "$$(id -u)" != 0 ] || echo --allow-root)

test: check suites browser
	@for program in luacheck chromium; do \
	  command -v $$program >/dev/null || echo "NOT RUN: whatever needs $$program, which is not installed"; \
	done

check: lint types imports lua sizes

lint: $(TEST)
	$(PYTHON) -m ruff check
	$(PYTHON) -m ruff format --check

types: $(TEST)
	$(PYTHON) -m pyright

imports: $(TEST)
	.venv/bin/lint-imports --no-logo

lua: $(TEST)
	@mkdir -p build
	$(PYTHON) -m ff_core.lua >build/flowfabric.lua
	$(PYTHON) -m ff_core.lua --library flowfabric_ext >build/flowfabric_ext.lua
	@tools/needing.sh luacheck lua-check luacheck --quiet build/flowfabric.lua build/flowfabric_ext.lua

sizes: $(TEST)
	$(PYTEST) --quiet --numprocesses=0 tests/meta/test_sizes.py

suites: $(TEST)
	$(PYTEST)

browser: $(TEST)
	@tools/needing.sh chromium 'chromium fonts-dejavu-core' \
	  $(PYTEST) --numprocesses=0 --timeout=180 -m browser --screenshot=only-on-failure --output=build/browser tests/browser

coverage: $(TEST)
	$(PYTEST) --cov --cov-report=term

format: $(TEST)
	$(PYTHON) -m ruff check --fix-only
	$(PYTHON) -m ruff format

reference: $(RUN)
	$(PYTHON) -m ff_core.contract.reference >ff_core/contract/REFERENCE.md

clean:
	rm -rf .venv build dist .hypothesis .import_linter_cache .pytest_cache .ruff_cache .ipynb_checkpoints
	find ff_core tests -name __pycache__ -exec rm -rf {} +
