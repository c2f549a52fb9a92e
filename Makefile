# Two commands matter: `make run` brings the whole portal up on this machine, `make test` proves it.
PYTHON ?= python3
BIN := .venv/bin
unexport PYTHONDONTWRITEBYTECODE # else every process compiles all that it loads, each time

.DEFAULT_GOAL := help
.PHONY: help run test checks suite accounts screens lock clean

help:
	@echo "make run       the whole portal on this machine, in rehearsal from 2 December 2025; Ctrl-C stops it"
	@echo "make accounts  the demonstration accounts again"
	@echo "make test      lint, types, import contracts and every test, on real PostgreSQL and Valkey"
	@echo "make screens   every page in every state as a picture, in screens/index.html; ONLY=door takes some"
	@echo "make lock      the two locks from pyproject.toml"
	@echo "make clean     removes .venv and everything a local run kept"

run:
	@$(PYTHON) portal/bootstrap.py requirements.txt
	@exec $(BIN)/python -m portal.processes up

accounts:
	@$(PYTHON) portal/bootstrap.py requirements.txt
	@$(BIN)/python -m portal.processes manage demo_accounts --print

test:
	@$(PYTHON) portal/bootstrap.py requirements-dev.txt
	@$(BIN)/python -m portal.processes manage catalogue --compile
	@$(MAKE) --no-print-directory --jobs 2 checks suite

checks:
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/python -m portal.processes run mypy
	@$(BIN)/lint-imports

suite:
	@$(BIN)/pytest --collect-only -qq -n 0 >/dev/null # writes down once what four would each compile
	@$(BIN)/pytest -n 4 --dist loadgroup

screens:
	@$(PYTHON) portal/bootstrap.py requirements-dev.txt
	@$(BIN)/python -m portal.processes manage catalogue --compile
	@$(BIN)/python -m tests.screens $(ONLY)

lock:
	@$(PYTHON) portal/bootstrap.py requirements-dev.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
		pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
		pyproject.toml --group dev -c requirements.txt -o requirements-dev.txt

clean:
	@$(PYTHON) portal/bootstrap.py --stopped
	@[ ! -x $(BIN)/python ] || $(BIN)/python -c "from portal import embedded; embedded.clear_leftovers(); embedded.remove()"
	rm -rf .venv .portal staticfiles screens
