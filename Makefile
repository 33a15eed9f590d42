# One word for each thing a developer does. Each step leaves a stamp, so that nothing is set up twice.
PYTHON ?= python3.11
RUNS ?= runs
BIN := .venv/bin
READY := .venv/.ready
TORCH := torch==2.13.0  # named in every pip command: any other request may fetch a CUDA build of several GB

.PHONY: setup demo test lint format types check wheel checkpoint clean

setup: $(READY)

$(READY): setup.py pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11) or not sys.platform.startswith("linux"))' 2>/dev/null || \
	{ echo "foresee needs Python 3.11 on Linux (PyBullet has no newer wheel): install it, or name it, as in 'make setup PYTHON=/path/to/python3.11'." >&2; exit 2; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt $(TORCH) -e '.[dev]'
	@touch $(READY)

demo: $(READY)  ## three scenes with the shipped checkpoint: report and films
	$(BIN)/foresee run demo --out $(RUNS)/demo

test: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(READY)
	$(BIN)/pyright

check: lint types test

wheel: $(READY)  ## build, install into an empty environment, run the smallest experiment there
	rm -rf dist build build-wheel
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .
	$(PYTHON) -m venv build-wheel
	build-wheel/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt $(TORCH) dist/*.whl
	cd build-wheel && bin/foresee doctor && bin/foresee run rail scenes.count=2 --out smoke
	rm -rf build build-wheel

checkpoint: $(READY)  ## the shipped checkpoint from nothing: data, a first model, what it finds, a second one, and so on to its actor
	$(BIN)/foresee collect data/tabletop --out runs/data/tabletop
	$(BIN)/foresee collect data/tabletop_glances --out runs/data/tabletop_glances
	$(BIN)/foresee train train/tabletop_first --out runs/train/tabletop_first
	$(BIN)/foresee collect data/tabletop_curious --out runs/data/tabletop_curious
	$(BIN)/foresee train train/tabletop --out runs/train/tabletop
	$(BIN)/foresee collect data/tabletop_contact --out runs/data/tabletop_contact
	$(BIN)/foresee collect data/tabletop_curious_2 --out runs/data/tabletop_curious_2
	$(BIN)/foresee train train/tabletop_actor --out runs/train/tabletop_actor
	rm -rf worldmodel/checkpoints/tabletop
	cp -r runs/train/tabletop_actor/checkpoint worldmodel/checkpoints/tabletop
	$(BIN)/foresee calibrate red_cup --scenes 200

clean:
	rm -rf build build-wheel dist
