"""The benchmark of training trains what it says it does."""

from importlib.util import module_from_spec, spec_from_file_location

import pytest

from foresee.planner.collect import collect
from foresee.worldmodel.data import Frames

from .conftest import BENCHMARKS

RAIL = {"_target_": "envs.rail.Rail", "steps": 12, "size": 32}


@pytest.fixture(scope="module")
def training():
    spec = spec_from_file_location("training_benchmark", BENCHMARKS / "training.py")
    assert spec and spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_lightning_and_the_bare_loop_are_timed_at_every_stage(training, tmp_path, monkeypatch):
    collect({"env": RAIL, "scenes": {"first": 0, "count": 6}, "behaviours": {"random": 1.0}}, tmp_path, 1, False)
    frames = Frames.open(tmp_path)
    monkeypatch.setattr(training, "VALIDATION", 0.3)
    for name, stage in training.STAGES.items():
        monkeypatch.setitem(training.STAGES, name, {**stage, "batch": 4})
        found = training.measure(frames, name, steps=2, rounds=1)
        assert found["lightning"]["frames_per_second"] > 0 and 0 < found["bare"]["data_share"] < 1
