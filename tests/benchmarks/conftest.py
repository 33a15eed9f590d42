"""The `tables.py` of the benchmark that a test file is named after, and a place to try its script."""

import shutil
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def tables(request):
    name = request.path.stem.removeprefix("test_")
    spec = spec_from_file_location(f"{name}_tables", BENCHMARKS / name / "tables.py")
    assert spec and spec.loader
    module = module_from_spec(spec)
    before = list(sys.path)
    spec.loader.exec_module(module)
    sys.path[:] = before
    return module


@pytest.fixture
def planted(tmp_path):
    """Copies a benchmark's folder to where `foresee` only says what it is asked for."""

    def plant(folder: Path) -> Path:
        here, program = tmp_path / "benchmarks" / folder.name, tmp_path / ".venv" / "bin" / "foresee"
        shutil.copytree(folder, here)
        shutil.copy(folder.parent / "words.sh", here.parent)
        program.parent.mkdir(parents=True)
        program.write_text('#!/bin/sh\necho "$@"\n')
        program.chmod(0o755)
        return here

    return plant
