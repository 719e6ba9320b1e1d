# Needs Python 3.11, 3.12 or 3.13 and make, nothing else.
PYTHON ?= python3.13 python3.12 python3.11 python3
VENV ?= .venv
BIN = $(VENV)/bin
INSTALLED = $(VENV)/.installed

# The versions that the tests were run with; empty: the newest.
CONSTRAINTS ?= constraints.txt
# Processes that run tests. Each loads TensorFlow and takes up to 2 GB.
JOBS ?= 3
# File by file, in the order of tests/conftest.py.
PYTEST = $(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder

.PHONY: demo test test-quick test-newest check-wheel docs lint types bench format constraints clean

# Prepare, tune and annotate on a simulated genome; prints the scores before and after.
demo: $(INSTALLED)
	$(BIN)/helixdask demo --folder demo $(if $(SEED),--seed $(SEED))

test: $(INSTALLED)
	$(PYTEST)

# Without the tests that take more than about a second, and with fewer examples of properties.
test-quick: $(INSTALLED)
	$(PYTEST) -m "not slow"

# With the newest release of everything, in an environment of its own.
test-newest:
	$(MAKE) test VENV=.venv-newest CONSTRAINTS=

# The wheel with nothing but what it needs: every command that works without TensorFlow.
check-wheel:
	tools/check_wheel.sh $(or $(PYTHONS),python3.11 python3.12 python3.13)

# The documentation as build/docs/index.html. The notebook is run; warnings and broken links are errors.
docs: $(INSTALLED)
	$(BIN)/sphinx-build -q -W --keep-going -b html docs build/docs

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

# One file for all Pythons, from what pyproject.toml allows today. Run the tests before it is committed.
constraints: $(INSTALLED)
	$(BIN)/python -m pip install -q uv
	$(BIN)/uv pip compile pyproject.toml --extra tf-cpu --extra cloud --extra plot --extra docs --extra cluster --extra dev --universal \
		--python-version 3.11 --upgrade --no-annotate --custom-compile-command "make constraints" -o constraints.txt

$(INSTALLED): pyproject.toml $(CONSTRAINTS)
	@tools/new_environment.sh $(VENV) $(PYTHON)
	@echo "Installing helixdask and what it needs into $(VENV); this takes some minutes the first time"
	$(BIN)/python -m pip install -q --disable-pip-version-check $(if $(CONSTRAINTS),-c $(CONSTRAINTS),--upgrade) \
		-e ".[tf-cpu,cloud,plot,docs,dev]"
	@echo "Compiling what is compiled at its first use; this takes about a minute"
	-@$(BIN)/python tools/compile_kernels.py
	touch $@

clean:
	rm -rf build demo .venv-newest $(VENV)
