"""The `tables.py` of the benchmark that a test file is named after."""

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
