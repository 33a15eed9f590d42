"""The table of rounds says what the episodes say, and its runs begin with what is there."""

import json
import subprocess
from pathlib import Path

import pytest

from foresee import configs
from foresee.planner import training
from foresee.planner.stats import proportion

BENCHMARK = Path(__file__).resolve().parents[2] / "benchmarks" / "rounds"


def finish(folder: Path, safe: list[bool]) -> None:
    """Leave a run folder behind whose planner succeeded safely in these scenes."""
    folder.mkdir(parents=True)
    line = {"method": "planner", "layout": "roomy", "violation": False}
    episodes = [{**line, "scene": i, "seed": i, "success": good} for i, good in enumerate(safe)]
    (folder / "episodes.jsonl").write_text("".join(f"{json.dumps(each)}\n" for each in episodes))
    rate = proportion(sum(safe), len(safe))
    planner = {"success": rate, "violation": rate, "safe_success": rate, "imagined_success": rate}
    (folder / "summary.json").write_text(json.dumps({"methods": {"planner": planner}}))


def test_a_model_is_compared_with_the_first_one_and_with_one_that_saw_nothing_new(tables, tmp_path):
    for name in tables.MODELS:
        finish(tmp_path / name, [name.startswith("round"), name != "round0", False])
    rows = tables.table(tables.kept(tmp_path))
    assert rows[2].startswith("| round0 | before any round | 3 | 33 % ") and rows[2].endswith(" | – | – | – |")
    assert rows[3].startswith("| round1 | after one round | 3 | 67 % ") and rows[3].endswith(
        "] | 1, 0 (1) | 1, 0 (1) |"
    )
    assert " | 33.3 [0.0, " in rows[3]
    assert rows[4].startswith("| again1 |") and rows[4].endswith(" | 1, 1 (1) | – |")


def test_what_has_not_been_played_is_named(tables, tmp_path):
    finish(tmp_path / "round0", [True])
    with pytest.raises(SystemExit, match="no finished run of round1, again1, round2, again2; run benchmarks/rounds"):
        tables.kept(tmp_path)


def test_the_recordings_are_made_first_and_the_control_takes_the_steps_of_a_round(planted, tmp_path):
    here = planted(BENCHMARK)
    ablations = here.parent / "ablations"
    ablations.mkdir()
    (ablations / "record.sh").write_text((BENCHMARK.parent / "ablations" / "record.sh").read_text())
    done = subprocess.run(["sh", here / "run.sh"], capture_output=True, text=True, check=True, env={"COUNT": "3"})
    said = done.stdout.splitlines()
    assert [line.split()[0] for line in said] == ["collect"] * 2 + ["train"] * 3 + ["run"] * 5
    rounds = configs.load(str(BENCHMARK / "train.yaml"), known=training.KEYS).rounds
    steps = {f"{stage}.steps={rounds[stage].steps}" for stage in ("look", "settle")}
    rates = {f"{stage}.rate": rounds[stage].rate for stage in ("look", "settle")}
    for line in said[3:5]:
        told = dict(part.split("=") for part in line.split() if "=" in part)
        assert steps <= {*line.split()} and {key: float(told[key]) for key in rates} == rates
    assert all("scenes.count=3" in line for line in said[5:])
