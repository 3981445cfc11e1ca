# Two commands matter: `make demo` and `make test`. Each sets up a virtual environment
# first, once, with what it needs; running it again does not install again.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
TESTED := $(VENV)/.ready-for-tests

.PHONY: demo test test-all fuzz lint format bench clean

demo: $(READY)
	$(BIN)/incay run quickstart --results results/demo
	$(BIN)/incay table quickstart --results results/demo

# Two processes test at once: much of a test's time is waiting for Ray, for servers, for imports.
WORKERS ?= 2
test: $(TESTED) lint
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

# Ends by naming what was not run for want of a program; fails for it with ALL=1.
test-all: $(TESTED) lint
	$(BIN)/python -m pytest -m "" $(if $(ALL),--all-must-run)

# Arbitrary studies, books and bytes, each for so many seconds of the processor.
FUZZ_SECONDS ?= 3600
fuzz: $(TESTED)
	FUZZ_SECONDS=$(FUZZ_SECONDS) $(BIN)/python -m pytest -m long --timeout 0 -s -k 'many or much' \
	  tests/study/spec/test_arbitrary_studies.py tests/study/commands/test_arbitrary_books.py \
	  tests/trainables/data/inspection/test_any_bytes.py

lint: $(TESTED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: $(TESTED)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(TESTED)
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) results/demo .mypy_cache .ruff_cache .pytest_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)

$(READY): pyproject.toml | $(VENV)/bin/python
	@echo 'Installing into $(VENV): about 6.5 GB, most of it PyTorch for GPUs; some minutes.'
	$(BIN)/python -m pip install --disable-pip-version-check -e .
	touch $@

$(TESTED): pyproject.toml | $(VENV)/bin/python
	@echo 'Installing into $(VENV), with what tests need: about 7 GB; some minutes.'
	$(BIN)/python -m pip install --disable-pip-version-check -e '.[dev]'
	touch $(READY) $@
