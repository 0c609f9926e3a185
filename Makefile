# Two commands: `make demo` runs the platform here, `make test` runs the whole test suite.
# Each sets up all it needs: a virtual environment and a PostgreSQL server of its own.

PYTHON ?= python3
PORT ?= 8000
SANDBOX_PORT ?= 0
PYTEST ?=

.DEFAULT_GOAL := help
.PHONY: help demo demo-reset test lint format check-demo

help: ## Show what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | expand -t 14

demo: ## Run the platform with three demo businesses until Ctrl-C (PORT=8000)
	@python=$$($(PYTHON) demo/bootstrap.py requirements-demo.txt) && exec $$python -m demo --port $(PORT) --sandbox-port $(SANDBOX_PORT)

demo-reset: ## Empty the demo
	@python=$$($(PYTHON) demo/bootstrap.py requirements-demo.txt) && exec $$python -m demo --reset

test: ## Run all tests, browser journeys included (PYTEST='-k name' to choose)
	@python=$$($(PYTHON) demo/bootstrap.py requirements-dev.txt) && \
	CHROMIUM=$$($$python -m tests.browser) && export CHROMIUM && \
	exec $$python -m pytest --numprocesses auto --dist loadgroup $(PYTEST)

lint: ## Check style, types, layers and migrations
	@python=$$($(PYTHON) demo/bootstrap.py requirements-dev.txt) && exec $$python -m tests.lint

format: ## Put the code into its usual shape
	@python=$$($(PYTHON) demo/bootstrap.py requirements-dev.txt) && \
	$$python -m ruff check --fix --quiet . ; $$python -m ruff format .

check-demo: ## Start the demo, book and pay once through HTTP, stop it
	@python=$$($(PYTHON) demo/bootstrap.py requirements-demo.txt) && exec $$python -m demo.check
