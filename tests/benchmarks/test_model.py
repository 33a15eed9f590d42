"""The tables of what world models know: from the JSON of the benches to Markdown."""

import json
import subprocess
import sys
from pathlib import Path

TABLES = Path(__file__).resolve().parents[2] / "benchmarks" / "model" / "tables.py"
RATE = {"k": 1, "n": 4, "rate": 0.25, "low": 0.05, "high": 0.7}
MEDIAN = {"median": 5.0, "low": 4.0, "high": 6.0, "n": 9}


def bench():
    step = {"gripper position, mm": {"model": MEDIAN, "still": MEDIAN}}
    event = {key: RATE for key in ("base", "recall", "precision", "accuracy")} | {"n": 4, "f1": 0.4}
    return {
        "steps": {"0": {}, "10": step},
        "events": {"tip": event},
        "coverage": {"upright": {"confidence": 0.95, **RATE}},
    }


def test_every_bench_of_every_experiment_is_in_the_table(tmp_path):
    for name in ("model", "model_random", "long/model"):
        path = tmp_path / "runs" / "rail" / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        steps = {"20": bench()["steps"]["10"]} if name.startswith("long") else {}
        path.write_text(json.dumps(bench() | {"steps": bench()["steps"] | steps}))
    copy = tmp_path / "tables.py"
    copy.write_text(TABLES.read_text())  # it writes beside itself
    done = subprocess.run([sys.executable, copy, tmp_path / "runs"], capture_output=True, text=True, check=True)
    assert "| gripper position, mm | – | 5 [4, 6] | 5 [4, 6] | – | 9 |" in done.stdout
    assert "| median error | read | step 10 | step 20 | nothing moves" in done.stdout
    assert "| tip, random | 25.0 % [5, 70] of 4 |" in done.stdout
    assert "| upright | 25.0 % [5, 70] of 4 | – | 25.0 % [5, 70] of 4 | – | – |" in done.stdout
    assert json.loads((tmp_path / "model.json").read_text())["experiments"]["rail"]["model"]["steps"]["0"] == {}


def test_results_of_several_checkpoints_are_not_mixed(tmp_path):
    for name, weights in (("model", "one"), ("model_random", "another")):
        path = tmp_path / "rail" / f"{name}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps({**bench(), "checkpoint": {"hash": weights}}))
    done = subprocess.run([sys.executable, TABLES, tmp_path], capture_output=True, text=True)
    assert done.returncode == 1 and "holds results of several checkpoints; delete those of other ones" in done.stderr


def test_nothing_to_read_is_said_in_one_sentence(tmp_path):
    done = subprocess.run([sys.executable, TABLES, tmp_path], capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr == "there is nothing yet; run benchmarks/model/run.sh first.\n"
