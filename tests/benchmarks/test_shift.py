"""The table of shifts says what the summaries say."""

import json
from pathlib import Path

import pytest

from foresee.planner.stats import proportion


def finish(folder: Path, name: str, safe: int, n: int) -> None:
    """Leave a run folder behind in which the planner was safe and successful so often."""
    planner = {"safe_success": proportion(safe, n), "violation": proportion(1, n), "plan_ms": {"p50": 140.4}}
    if name == "colour":
        planner["doubts"] = {"flagged": {"failures": proportion(3, 4), "successes": proportion(0, 6)}}
    (folder / name).mkdir(parents=True)
    (folder / name / "summary.json").write_text(json.dumps({"methods": {"planner": planner}}))


def test_the_loss_is_in_points_against_the_run_without_a_shift(tables, tmp_path):
    finish(tmp_path, "colour", 48, 80)
    finish(tmp_path, "red_cup", 56, 70)
    runs = tables.kept(tmp_path)
    assert list(runs) == ["red_cup", "colour"]
    lost = tables.loss(*runs.values())
    assert lost == pytest.approx({"points": 20.0, "low": 5.24, "high": 33.39}, abs=0.01)
    rows = tables.table(runs | {"colour": runs["colour"] | {"loss": lost}})
    assert rows[2].startswith("| none | 70 | 80 % [69, 88] | – | 1 % [0, 8] | – | – | 140 ms | – |")
    assert rows[3].startswith("| colour | 80 | 60 % [49, 70] | 20 [5, 33] | 1 % [0, 7] | 75 % [30, 95] | 0 % [0, 39] |")


def test_shifts_without_anything_to_compare_with_are_refused(tables, tmp_path):
    finish(tmp_path, "colour", 1, 2)
    with pytest.raises(SystemExit, match=r"holds no finished run 'red_cup'.*run benchmarks/shift/run\.sh first"):
        tables.kept(tmp_path)
