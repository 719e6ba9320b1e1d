# Needs Python 3.11 or newer and make, nothing else.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
INSTALLED = $(VENV)/.installed

.PHONY: demo test lint types bench format clean

# Prepare, tune and annotate on a simulated genome; prints the scores before and after.
demo: $(INSTALLED)
	$(BIN)/helixdask demo --folder demo $(if $(SEED),--seed $(SEED))

test: $(INSTALLED)
	$(BIN)/python -m pytest

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# The three source folders make one package only when installed, so types are checked on an installed copy.
types: $(INSTALLED)
	rm -rf build/types build/lib
	$(BIN)/python -m pip install -q --no-deps --target build/types .
	cd build && MYPYPATH=types ../$(BIN)/mypy --config-file ../pyproject.toml -p helixdask

bench: $(INSTALLED)
	$(BIN)/python benchmarks/run.py

# Pages that are written by the code.
format: $(INSTALLED)
	$(BIN)/python tools/write_format.py
	$(BIN)/ruff format .

$(INSTALLED): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --upgrade pip
	$(BIN)/python -m pip install -q -e ".[tf-cpu,cloud,plot,dev]"
	touch $@

clean:
	rm -rf build demo $(VENV)
