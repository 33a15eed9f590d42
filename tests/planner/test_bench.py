"""Measuring an experiment, in the rail world, whose model is exact."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from foresee.planner import build
from foresee.planner.bench import bench, rows
from foresee.planner.cli import app
from foresee.planner.experiment import Stage


@pytest.fixture(scope="module")
def found():
    with Stage(build.load("rail", ["planner.candidates=32", "planner.iterations=2"]), Path()) as stage:
        return bench(stage, 4)


def test_an_exact_model_imagines_what_happens(found):
    for row in found["budgets"]:
        assert row["real"]["mean"] == pytest.approx(row["imagined"]["mean"], abs=1e-5)
        assert row["gap"]["low"] == pytest.approx(0.0, abs=1e-5) and row["real_kept"]["mean"] == 1.0


def test_budgets_grow_to_four_times_the_experiments(found):
    assert [row["iterations"] for row in found["budgets"]] == [1, 2, 4, 8]
    assert [row["rollouts"] for row in found["budgets"]] == [33, 65, 129, 257]  # and the mean
    assert found["scenes"] == {"split": "validation", "first": 1_000_000, "count": 4}


def test_the_model_takes_a_part_of_the_time(found):
    assert 0 < found["time"]["model_ms"] and found["time"]["ratio"] > 0 and found["time"]["n"] == 12


def test_the_table_marks_the_experiments_own_budget(found):
    head, lines = rows(found)
    assert [line[0] for line in lines] == ["1", "2 *", "4", "8"] and len(head) == len(lines[0])


def test_on_the_command_line_it_is_kept_as_a_file(tmp_path):
    words = ["bench", "planner", "rail", "planner.candidates=16", "planner.iterations=1", "--scenes", "1"]
    done = CliRunner().invoke(app, [*words, "--out", str(tmp_path)])
    assert done.exit_code == 0 and "ms a plan" in done.stdout
    kept = json.loads((tmp_path / "planner.json").read_text())
    assert kept["command"] == "foresee bench planner rail planner.candidates=16 planner.iterations=1 --scenes 1"
    refused = CliRunner().invoke(app, ["bench", "planner", "rail", "--scenes", "0", "--out", str(tmp_path)])
    assert refused.exit_code == 2 and "scenes.count is 0; it is a whole number, at least 1." in refused.stderr
