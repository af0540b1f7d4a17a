# `make book` and `make test` are all there is to know; see README.md.
PYTHON ?= python3
BIN := .venv/bin
# `make test CONSTRAINTS=` takes the newest releases instead of the pinned ones.
CONSTRAINTS ?= --constraint constraints.txt
# The tests run in this many processes, of one thread each: more would fight for the cores.
WORKERS ?= 2
INSTALL := $(BIN)/python -m pip install --disable-pip-version-check --quiet $(CONSTRAINTS)

# Compiled tests are kept, whatever the environment says: compiling takes as long as a tenth of them.
PYTEST := OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest --numprocesses $(WORKERS) \
	--dist loadfile --no-loadscope-reorder

.PHONY: archive book check lint links test bench format picture repository students vectors wheel clean

book: .venv/book
	@$(BIN)/python -m trainability.book.build

# The book first, alone: its notebooks take all cores.
test: .venv/test book lint
	$(PYTEST)

check: .venv/test lint
	$(PYTEST) --ignore tests/book --ignore tests/lab -m "not browser and not processes"

lint: .venv/test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/oxfmt --check lib
	$(BIN)/oxlint --quiet lib
	$(BIN)/mypy

archive: book
	$(BIN)/python -m trainability.book.archive

wheel: .venv/book
	$(BIN)/python -m pip wheel --disable-pip-version-check --quiet --no-deps --wheel-dir _build/wheel .

students: .venv/book
	$(BIN)/python -m trainability.book.students

bench: .venv/test
	$(BIN)/python -m benchmarks

format: .venv/test
	$(BIN)/python -m trainability.book.notebooks
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/oxfmt lib

picture: .venv/test book
	$(BIN)/python tests/picture.py

vectors: .venv/test
	$(BIN)/python tests/assembly.py

# Asks the network, with Python alone.
links:
	@$(PYTHON) -P lib/trainability/book/links.py

# make repository URL=https://github.com/someone/trainability
repository: .venv/book
	$(BIN)/python -m trainability.book.repository "$(URL)"

clean:
	rm -rf _build .venv

.venv/book: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(INSTALL) --editable ".[book]"
	@touch $@

.venv/test: .venv/book
	$(INSTALL) --editable ".[book,test]"
	$(BIN)/python tests/browser.py
	@touch $@
