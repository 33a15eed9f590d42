"""Imagination against execution, in the rail world, whose model is exact, and on the table."""

import json
from itertools import combinations

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from foresee.costs.conformal import Calibration
from foresee.planner import build, margins, scenes
from foresee.planner.bench_model import bench_model
from foresee.planner.chosen import KINDS, choose
from foresee.planner.cli import app
from foresee.planner.experiment import Stage

SMALL = ["planner.candidates=32", "planner.iterations=2"]


def test_an_exact_model_imagines_what_happens(tmp_path):
    done = CliRunner().invoke(app, ["bench", "model", "rail", *SMALL, "--scenes", "6", "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    found = json.loads((tmp_path / "model.json").read_text())
    assert found["chunks"] == 6 and found["command"].endswith("--scenes 6 --chunks chosen")
    assert found["scenes"] == {"split": "validation", "first": 1_000_000, "count": 6}
    assert "0" in found["steps"] and "coverage" not in found
    for step, quantities in found["steps"].items():
        for what in quantities.values():
            assert what["model"]["high"] < 1e-2 and ("still" in what) == (step != "0")
    assert found["events"]["held"]["accuracy"]["rate"] == 1.0


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    with Stage(build.load("rail", [*SMALL, "planner.high=[1.0, 1.0, 0.5]"]), tmp_path_factory.mktemp("rail")) as made:
        yield made


def test_every_kind_of_chunk_begins_at_the_same_moment_and_is_imagined_as_it_is_executed(stage):
    names = ("gripper.position", "gripper.width", "bowl.up")
    for slot in scenes.slots({"split": "validation", "count": 2}, build.layouts(stage.env)):
        found = {kind: choose(stage, slot, names, kind) for kind in KINDS}
        for each in found.values():
            assert all(np.array_equal(each.now[name], found["chosen"].now[name]) for name in names)
            assert float(each.chunk[:, 2].max()) <= 0.5 and 0 < each.steps <= len(each.chunk) <= 8
            for name in names:
                assert each.imagined[name][:, : each.steps].numpy() == pytest.approx(each.real[0][name], abs=1e-5)
        extreme = found["extreme"].chunk.numpy()
        assert (extreme == extreme[0]).all() and {*extreme[0, :2]} <= {-1.0, 1.0} and extreme[0, 2] in (-1.0, 0.5)
        again = choose(stage, slot, names, "random").chunk
        assert (again == found["random"].chunk).all() and (again[1:] != again[:-1]).any(1).all()
        del found["blind"]  # the chosen one, where no limit is in the way
        same = [len(a.chunk) == len(b.chunk) and (a.chunk == b.chunk).all() for a, b in combinations(found.values(), 2)]
        assert not any(same)


def test_scripted_chunks_are_the_experts(stage):
    slot = scenes.slots({"split": "validation", "count": 1}, build.layouts(stage.env))[0]
    chosen = choose(stage, slot, ("gripper.width",), "scripted")
    expert, planner = stage.method("scripted"), stage.planned.controller.planner
    first = planner.bounds.clip(torch.as_tensor(expert.act({}, {"scene": chosen.now})))
    assert (chosen.chunk[0] == first).all()


def test_what_cannot_be_drawn_is_refused():
    said = ["bench", "model", "rail", "--scenes", "2"]
    refused = CliRunner().invoke(app, [*said, "--chunks", "wild"])
    assert refused.exit_code == 2 and "one of chosen, blind, random, scripted, extreme" in refused.stderr
    refused = CliRunner().invoke(app, [*said, "expert=null", "--chunks", "scripted"])
    assert refused.exit_code == 2 and "names none; add expert" in refused.stderr


def test_margins_are_tried_on_scenes_that_they_were_not_made_from(tmp_path):
    path = tmp_path / "margins.json"
    config = build.load("rail", [*SMALL, f"margins={path}"])
    scores = tuple(float(i) for i in range(1, 20))
    upright = margins.key(config.subject_to.upright)
    for spread, k in ((1.0, 4), (-1.0, 0)):  # an exact model is within any margin, and beyond a negative one
        margins.add(path, {upright: Calibration((spread,) * 8, scores)}, {})
        found = bench_model(config, 4)["coverage"]["upright"]
        assert (found["k"], found["n"], found["confidence"]) == (k, 4, 0.95)


def test_on_the_table_depth_touch_and_pictures_are_compared(tmp_path):
    small = ["planner.candidates=16", "planner.iterations=1", "planner.horizon=3", "planner.keep=2", "search.elites=3"]
    said = ["bench", "model", "red_cup", *small, "env.steps=4", "world_model.compile=false", "workers=1"]
    done = CliRunner().invoke(app, [*said, "--scenes", "2", "--chunks", "extreme", "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    found = json.loads((tmp_path / "model_extreme.json").read_text())
    assert found["kind"] == "extreme" and found["checkpoint"]["name"] == "tabletop"
    for step in ("0", "1"):
        *_, last = found["steps"][step]
        assert last.startswith("picture PSNR") and 15 < found["steps"][step][last]["model"]["median"] < 60
        assert 0 < found["steps"][step]["depth of objects, %"]["model"]["median"] < 20
