"""Margins from what really happened, in the rail world, whose model is exact until somebody makes it wrong."""

import json

import numpy as np
import pytest
from omegaconf import OmegaConf
from typer.testing import CliRunner

from foresee import configs
from foresee.costs.conformal import Calibration
from foresee.planner import build, experiment, margins
from foresee.planner.calibrate import calibrate, worst
from foresee.planner.cli import app
from foresee.worldmodel import checkpoint

EFFORT = {"_target_": "costs.effort.Effort", "at_most": 2.0}
SMALL = ["planner.candidates=32", "planner.iterations=2"]


def test_an_exact_model_needs_no_margin(tmp_path):
    config = build.load("rail", [*SMALL, f"margins={tmp_path / 'margins.json'}"])
    found = calibrate(config, 16)
    assert found["limits"]["upright"]["margin"] == pytest.approx([0.0] * 8, abs=1e-4)
    kept = json.loads((tmp_path / "margins.json").read_text())["limits"]
    assert [len(each["scores"]) for each in kept.values()] == [12]  # a quarter gives the shape


def test_a_limit_with_a_confidence_gets_the_margin_that_was_measured(tmp_path):
    path = tmp_path / "margins.json"
    config = build.load("rail", ["subject_to.upright.confidence=0.8", f"margins={path}"])
    with pytest.raises(configs.ConfigError, match=r"holds no margins of it .*; make them with 'foresee calibrate'"):
        build.objective(config)
    scores = tuple(float(i) for i in range(1, 20))
    margins.add(path, {margins.key(config.subject_to.upright): Calibration((1.0,) * 8, scores)}, {"scenes": {}})
    limit = build.objective(config).subject_to["upright"]
    assert limit.margin == [16.0] * 8 and limit.at_most == 10.0
    too_sure = build.load("rail", ["subject_to.upright.confidence=0.99", f"margins={path}"])
    with pytest.raises(configs.ConfigError, match=r"'upright': 'confidence' is 0\.99, but 19 calibrated chunks"):
        build.objective(too_sure)


def test_margins_of_other_weights_promise_nothing(tmp_path):
    path = tmp_path / "margins.json"
    config = build.load("red_cup", ["subject_to.upright.confidence=0.8", f"margins={path}"])
    found = {margins.key(config.subject_to.upright): Calibration((1.0,) * 10, tuple(map(float, range(1, 20))))}
    margins.add(path, found, {"checkpoint": {"name": "tabletop", "hash": "of an earlier training"}})
    with pytest.raises(configs.ConfigError, match="holds no margins of it that were made with these weights"):
        build.objective(config)
    assert margins.known(config) == {} and margins.read(path) == found
    margins.add(path, found, {"checkpoint": {"hash": checkpoint.load("tabletop")[0]["weights_sha256"]}})
    assert margins.known(config) == {"upright": found[margins.key(config.subject_to.upright)]}


def test_what_is_known_of_a_bowl_is_known_of_every_bowl():
    nodes = [
        {"_target_": "costs.tilt.Tilt", "object": f"{colour}_bowl", "at_most": most}
        for colour, most in (("red", 10), ("blue", 15))
    ]
    assert margins.key(nodes[0]) == margins.key(nodes[1])
    assert margins.key(nodes[0]) != margins.key({**nodes[0], "object": "red_cup"})


def test_of_limits_that_share_their_margins_the_worst_error_counts():
    nan = float("nan")
    lines = [{"errors": {"red": [1.0, 5.0], "blue": [2.0, nan]}}, {"errors": {"red": [3.0, nan], "blue": [0.0, nan]}}]
    np.testing.assert_array_equal(worst(lines, ["red", "blue"]), [[2.0, 5.0], [3.0, nan]])


def test_a_dropped_limit_is_none(tmp_path):
    config = build.load("rail", [*SMALL, f"margins={tmp_path / 'margins.json'}", "subject_to.upright=null"])
    dropped = OmegaConf.merge(config, {"subject_to": {"upright": None, "calm": EFFORT}})
    assert list(calibrate(dropped, 8)["limits"]) == ["calm"]


def test_a_new_calibration_makes_another_run(tmp_path):
    path = tmp_path / "margins.json"
    choices = ["subject_to.upright.confidence=0.5", f"margins={path}", "scenes.count=1", "env.steps=20", "films=0"]
    config = build.load("rail", [*SMALL, *choices])
    key = margins.key(config.subject_to.upright)
    margins.add(path, {key: Calibration((1.0,) * 8, (0.0,) * 19)}, {"scenes": {}})
    experiment.run(config, tmp_path / "run")
    margins.add(path, {key: Calibration((9.0,) * 8, (1.0,) * 19)}, {"scenes": {}})
    with pytest.raises(FileExistsError, match=r"holds another run \(another margins\)"):
        experiment.run(config, tmp_path / "run")


def test_nobody_waits_for_a_thread_where_margins_are_measured(tmp_path):
    slow = ["control.delay=1", "control.asynchronous=hold", f"margins={tmp_path / 'margins.json'}"]
    assert calibrate(build.load("rail", [*SMALL, *slow]), 8)["limits"]


def test_what_is_no_file_of_margins_is_refused_before_anything_is_measured(tmp_path):
    (tmp_path / "notes.txt").write_text("margins")
    with pytest.raises(ValueError, match=r"notes\.txt is damaged: it is not JSON"):
        calibrate(build.load("rail", [f"margins={tmp_path / 'notes.txt'}"]), 12)


def test_on_the_command_line(tmp_path):
    path = tmp_path / "new/margins.json"
    done = CliRunner().invoke(app, ["calibrate", "rail", *SMALL, f"margins={path}", "--scenes", "12"])
    assert done.exit_code == 0 and "upright" in done.stdout and path.exists()
    refused = CliRunner().invoke(app, ["calibrate", "rail", "--scenes", "12"])
    assert refused.exit_code == 2 and "say margins=FILE.json" in refused.stderr
