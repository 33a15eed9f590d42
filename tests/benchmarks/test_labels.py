"""The curve over shares of labels says what the episodes say."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks" / "labels"


def finish(folder: Path, arm: str, share: str, *seeds: str, first: int = 0) -> None:
    """Leave runs behind, one of each seed: in every scene a letter for success, violation, both or nothing."""
    for seed, letters in enumerate(seeds):
        run = folder / arm / share / str(seed) / "run"
        run.mkdir(parents=True)
        (run.parent / "choices.json").write_text(json.dumps({"seed": seed, "labels": float(share), "batch": 8}))
        told = {"scenes": {"first": first, "count": len(letters)}, "data": {"hash": "d"}, "commit": "c"}
        (run / "summary.json").write_text(json.dumps(told))
        lines = [
            {"scene": i, "seed": first + i, "success": letter in "sb", "violation": letter in "vb"}
            for i, letter in enumerate(letters)
        ]
        (run / "episodes.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in reversed(lines)))


def test_the_curve_and_the_row_that_is_asked_for(tables, tmp_path):
    finish(tmp_path, "with", "0.05", "ssss", "ss--")
    finish(tmp_path, "without", "0.2", "s-sb", "--vs")
    finish(tmp_path, "without", "0.05", "----", "----")
    found = tables.happened(tables.played(tmp_path))
    told, difference = tables.curve(found), tables.asked(found)
    assert told["with"]["0.05"]["safe_success"]["mean"] == 0.75 and told["with"]["0.05"]["of_each_seed"] == [1.0, 0.5]
    assert told["without"]["0.2"]["violation"]["mean"] == 0.25
    assert difference["mean"] == pytest.approx(0.75 - 0.375) and difference["low"] < 0.375 < difference["high"]
    lines = tables.table(told, difference)
    assert lines[2].startswith("| 5 % | 75 % [") and lines[2].endswith("| 0 % [0, 0] | 0 % [0, 0] | 2, 4 |")
    assert lines[3].startswith("| 20 % | – | – | 38 % [")
    assert lines[-1].startswith("With video at 5 % against without at 20 %: +38 points [")
    tables.figure(told, tmp_path / "labels.svg")
    assert (tmp_path / "labels.svg").read_text().rstrip().endswith("</svg>")


def test_intervals_know_seeds_as_well_as_scenes(tables):
    rng = np.random.default_rng(0)
    scenes = rng.random((3, 60)) < 0.5  # seeds agree but for chance
    seeds = np.repeat([[1.0], [0.0], [0.5]], 60, 1)  # seeds are all there is to know
    wide, narrow = (tables.both_ways(values.astype(float)) for values in (seeds, scenes))
    assert wide["high"] - wide["low"] > 3 * (narrow["high"] - narrow["low"])
    same = tables.both_ways(np.ones((1, 5)))
    assert (same["mean"], same["low"], same["high"]) == (1.0, 1.0, 1.0)


def test_what_cannot_be_compared_is_refused(tables, tmp_path):
    with pytest.raises(SystemExit, match=r"holds no finished run; run benchmarks/labels/run\.sh first"):
        tables.played(tmp_path)
    finish(tmp_path, "with", "0.05", "ss")
    assert tables.asked(tables.happened(tables.played(tmp_path))) is None
    finish(tmp_path, "without", "0.2", "ss", first=5)
    with pytest.raises(SystemExit, match=r"without/0.2/0/run is of other scenes than the rest; delete it"):
        tables.played(tmp_path)


def test_what_was_kept_of_other_seeds_stays(tables, tmp_path):
    finish(tmp_path / "one", "with", "0.05", "ssss", "s-s-")
    kept = json.loads(json.dumps(tables.played(tmp_path / "one")))
    assert tables.command(kept).startswith('SEEDS="0 1" COUNT=4 benchmarks/labels/run.sh 0.05; ')
    (tmp_path / "one/with/0.1/0/run").mkdir(parents=True)  # interrupted
    assert tables.played(tmp_path / "one") == kept
    finish(tmp_path / "two", "with", "0.05", "----")
    both = tables.happened(tables.played(tmp_path / "two", kept))
    assert both["with", "0.05"]["safe_success"].mean(1).tolist() == [0.0, 0.5]
    assert tables.played(tmp_path / "none", kept) == kept
    (tmp_path / "two/with/0.05/0/choices.json").write_text(json.dumps({"seed": 0, "batch": 9}))
    with pytest.raises(SystemExit, match="is of other training than the rest"):
        tables.played(tmp_path / "two", kept)
    finish(tmp_path / "other", "with", "0.1", "ss", first=5)
    with pytest.raises(SystemExit, match=r"or .*labels\.json to begin anew"):
        tables.played(tmp_path / "other", kept)


def test_the_script_trains_and_plays_what_is_named(planted):
    here = planted(FOLDER)

    def told(*shares: str, **given: str) -> list[list[str]]:
        env = {key: value for key, value in os.environ.items() if key not in ("COUNT", "SEEDS")} | given
        done = subprocess.run([here / "run.sh", *shares], env=env, capture_output=True, text=True, check=True)
        return [line.split() for line in done.stdout.splitlines()]

    whole = told()
    assert [line[0] for line in whole[:2]] == ["collect"] * 2 and len(whole) == 2 + 2 * 2 * 7 * 3
    assert ["runs/labels/with/0.01/0", "labels=0.01", "unlabelled=0.5", "seed=0"] in [line[3:] for line in whole]
    one = sorted(told("0.05", SEEDS="4", COUNT="7")[2:])  # two at a time, in any order
    assert [line[3] for line in one if line[0] == "train"] == ["runs/labels/with/0.05/4", "runs/labels/without/0.05/4"]
    assert one[0][3:] == [
        "runs/labels/with/0.05/4/run",
        "world_model.checkpoint=runs/labels/with/0.05/4/checkpoint",
        "scenes.count=7",
    ]
