# Netwright: everything a checkout needs. `make` alone lists what there is.
PYTHON ?= python3
ARGS ?=
PY := .venv/bin/python
BOOTSTRAP := $(PYTHON) tools/bootstrap.py
CHECK := $(PY) tools/check.py

.DEFAULT_GOAL := help
.PHONY: help run install dev check-docker test lint format test-python test-frontend test-e2e check-generated generate page docs fuzz chromium postgres peers lock clean check-trust

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: install ## Install and build what is missing, then serve the studio on http://127.0.0.1:8000 (ARGS="--port 9000")
	@exec .venv/bin/netwright serve $(ARGS)

install: ## What `make run` does before it serves
	@$(BOOTSTRAP) run

dev: ## The environment for working on Netwright: tests and checks too
	@$(BOOTSTRAP) dev

test: dev page chromium postgres ## All checks and tests, the browser's included
	@$(CHECK)

lint: dev ## ruff check, ruff format --check, mypy --strict
	@$(CHECK) lint

format: dev ## Let ruff mend and format the Python code
	@$(PY) -m ruff check --fix --quiet . || true
	@$(PY) -m ruff format .

test-python: dev postgres ## Python tests without the browser's
	@$(CHECK) python

check-trust: dev postgres ## Kill, fill and flood the studio; print each figure beside its bar (ARGS="killed_server --quick")
	@$(PY) -m tests.trust $(ARGS)

test-frontend: dev ## The page: eslint, tsc, vitest
	@$(CHECK) frontend

test-e2e: dev page docs chromium ## The real server and page in a real Chromium
	@$(CHECK) e2e

check-generated: dev ## Fail when a generated file is stale
	@$(CHECK) generated

generate: dev ## Make the stubs of nd and sym and the page's API types anew
	@$(CHECK) generate

page: dev ## Build the page where its sources changed
	@$(PY) tools/page.py

docs: dev ## Build the documentation where it changed; the studio serves it at /docs/
	@$(PY) tools/documentation.py

fuzz: dev ## Send 2,000 odd requests to all routes (CASES=500); the tests send fewer
	@NETWRIGHT_FUZZ_CASES=$(or $(CASES),2000) $(PY) -m pytest tests/backend/test_fuzz.py

chromium: ## Find Chromium, or install it (apt-get, as root)
	@$(PYTHON) tools/chromium.py --install

postgres: ## Find PostgreSQL for the tests, or install it (apt-get, as root)
	@$(PYTHON) tools/postgres.py --install

peers: dev ## The other frameworks that benchmarks/ measures, in an environment of their own (.peers)
	@$(PY) -m benchmarks.environment

lock: dev ## Write the hashed requirements*.txt anew from pyproject.toml (ARGS="--upgrade-package numpy")
	@$(PY) tools/lock.py $(ARGS)

check-docker: dev ## Build the images and use them, in a Docker engine of its own (root; ARGS="--engine running")
	@$(PY) docker/trial $(ARGS)

clean: ## Remove the environment, what was built and every cache (your data folder stays)
	rm -rf .venv .peers build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	rm -rf frontend/node_modules frontend/dist
	cd backend/netwright_studio && rm -rf static .static-new docs .docs-new
	find framework backend tools tests -name __pycache__ -type d -prune -exec rm -rf {} +
