"""Imagination against execution, in the rail world, whose model is exact."""

import json

from typer.testing import CliRunner

from foresee.planner.cli import app

SMALL = ["planner.candidates=32", "planner.iterations=2"]


def test_an_exact_model_imagines_what_happens(tmp_path):
    done = CliRunner().invoke(app, ["bench", "model", "rail", *SMALL, "--scenes", "6", "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    found = json.loads((tmp_path / "model.json").read_text())
    assert found["chunks"] == 6 and found["command"].endswith("--scenes 6")
    for step in found["steps"].values():
        for what in step.values():
            assert what["model"]["high"] < 1e-2 <= what["still"]["high"] + 1e-2
    assert found["events"]["held"]["accuracy"]["rate"] == 1.0
