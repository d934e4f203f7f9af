# Two commands do everything: make train, make test. Each installs first what is missing.
PYTHON ?= python3
EXPERIMENT ?=
PORT ?= 5000
RUNS ?=
KILLS ?= 200
TEXTS ?= 100000
BIN := .venv/bin
READY := .venv/.ready

.DEFAULT_GOAL := help
.PHONY: help install train adapt test nightly check ui compare promote bench clean

help:  ## show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: $(READY)  ## make .venv and install what requirements.lock pins, by hash

$(READY): requirements.lock requirements-encoders.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info[:2] >= (3, 11) else "Python 3.11 or newer is needed; make PYTHON=python3.11 …")'
	@echo "installing, takes some minutes"
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-encoders.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $(READY)

train: $(READY)  ## train the default experiment and show the result (EXPERIMENT=experiments/x.toml: another)
	@$(BIN)/stance train $(EXPERIMENT) --seeds

# PyTorch has another build, and so another hash, for each kind of machine: it is pinned by version.
adapt: $(READY)  ## train the released model's adapter anew (installs PyTorch; hours; resumes)
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation -e '.[adapt]'
	@$(BIN)/stance train experiments/adapted.toml

test: $(READY)  ## run the tests
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist worksteal

nightly: $(READY)  ## the tests that take hours: kills, made-up texts (KILLS=1000 TEXTS=1000000: more)
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 STANCE_KILLS=$(KILLS) $(BIN)/python -m pytest tests/test_killed.py
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 STANCE_FUZZ=$(TEXTS) $(BIN)/python -m pytest tests/test_fuzz.py -n auto --maxprocesses 4 --dist worksteal

check: $(READY)  ## labels, seeds, experiments, types, imports, style
	@$(BIN)/stance check
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy stance
	@$(BIN)/lint-imports

ui: $(READY)  ## open the runs in the browser (PORT=5051: another port)
	@$(BIN)/stance ui --port $(PORT)

compare: $(READY)  ## the leaderboard; with RUNS='ngrams frozen' one run against another
	@$(BIN)/stance compare $(RUNS)

promote: $(READY)  ## make a run the champion that predict uses (RUN=frozen)
	@$(BIN)/stance promote $(RUN)

bench: $(READY)  ## what training and prediction cost, as ratios (takes minutes)
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python benchmarks/training.py
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python benchmarks/prediction.py

clean:  ## remove what training and tests wrote; labels, seeds and .venv stay
	rm -rf build models mlruns mlflow.db .cache .store.lock .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info
