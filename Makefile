# What people, hooks and continuous integration all call. `make help` lists the targets.
#
#   make demo PYTHON=python3.12 VENV=/tmp/v312     another Python, another environment

VENV ?= .venv
OUT ?= out
PYTEST_ARGS ?=

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
UV ?= $(firstword $(wildcard $(BIN)/uv) uv)

# A stamp is newer than all that it was made from, so that a second call has nothing to do.
RUN := $(VENV)/.sequela-run
DEV := $(VENV)/.sequela-dev

.DELETE_ON_ERROR:
.PHONY: help demo test check format docs pictures lock benchmark clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(RUN) ## install, and run the published series into out/
	$(BIN)/sequela run examples/lenalidomide --out $(OUT)
	@echo "Open $(OUT)/patient-level/report.html in a browser."

test: $(DEV) ## install, and run all tests
	$(BIN)/python -m pytest $(PYTEST_ARGS)

check: $(DEV) ## style, types, the rules of the house, documentation up to date
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python docs/generate.py --check
	$(BIN)/python -m pytest -q $(wildcard tests/house) tests/docs

format: $(DEV) ## put the source into the house style
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(DEV) ## write the generated reference pages anew
	$(BIN)/python docs/generate.py

pictures: $(DEV) ## make docs/images anew from a real run (needs chromium)
	$(BIN)/python docs/pictures.py

benchmark: $(DEV) ## measure a run of the published series
	$(BIN)/python benchmarks/run_study.py

# The lock holds every package of every supported Python and platform, with hashes and without
# the address of any package index. It is written by uv (https://docs.astral.sh/uv), the one
# thing here that pip cannot do; nothing else needs uv.
LOCK := pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-annotate \
        --custom-compile-command "make lock"

lock: ## pin the newest versions that pyproject.toml allows (needs uv)
	$(UV) $(LOCK) --upgrade --extra dev pyproject.toml requirements/build.in \
	    -o requirements/dev.lock
	$(UV) $(LOCK) --constraint requirements/dev.lock pyproject.toml requirements/build.in \
	    -o requirements/run.lock

clean: ## remove the environment and what was made
	rm -rf $(VENV) $(OUT) .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(BIN)/python:
	@test -n "$(PYTHON)" || scripts/choose-python >/dev/null
	"$${PYTHON:-$$(scripts/choose-python)}" -m venv $(VENV)

# The package is built from what the lock has installed, never from a download of the moment.
$(RUN): requirements/run.lock pyproject.toml | $(BIN)/python
	$(PIP) install --quiet --requirement requirements/run.lock
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): requirements/dev.lock $(RUN)
	$(PIP) install --quiet --requirement requirements/dev.lock
	@touch $@
