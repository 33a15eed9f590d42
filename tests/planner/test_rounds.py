"""Rounds in the smallest world: real recordings, real planning, and trainings of a few steps."""

import json
import os
import signal

import pytest
import yaml
from typer.testing import CliRunner

from foresee import configs
from foresee.planner import collect, rounds, training
from foresee.planner.cli import app
from foresee.worldmodel import train
from foresee.worldmodel.begin import TrainingError
from foresee.worldmodel.checkpoint import load
from foresee.worldmodel.data import Frames
from foresee.worldmodel.recorded import Recorded

COUNT, OWN, SCENES = 2, 3, 4
STEPS = {"look": 4, "settle": 3}
RAIL = {"_target_": "envs.rail.Rail", "steps": 12, "size": 32}
DATA = {"env": RAIL, "scenes": {"first": 0, "count": 6}, "behaviours": {"random": 1.0}}
RECORDING = {
    "base": "rail.yaml",
    "env": RAIL,
    "scenes": {"split": None, "first": 500, "count": OWN},
    "world_model": {"_target_": "worldmodel.latent.Latent", "checkpoint": "none"},
    "planner": {"horizon": 3, "candidates": 8, "iterations": 1},
    "search": {"elites": 4},
    "behaviours": {"planner": 1.0},
    "shard": 2,
}


def written(folder, name, content):
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(content))
    return str(path)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with the first data, a recording, and a training in rounds."""
    folder = tmp_path_factory.mktemp("rounds")
    collect.collect(DATA, folder / "data", workers=1, progress=False)
    recording = written(folder, "recording", RECORDING)
    config = {
        "data": str(folder / "data"),
        "validation": 0.3,
        "model": {"latent": 16, "hidden": 32, "channels": 8, "members": 2},
        "look": {"steps": STEPS["look"], "batch": 4},
        "joint": {"steps": 0},
        "settle": {"steps": STEPS["settle"], "batch": 4, "horizon": 4},
        "rounds": {"count": COUNT, "collect": recording, "scenes": SCENES, "look": {"steps": 2}},
    }
    written(folder, "training", config)
    return folder


def run(home, out, *overrides):
    return training.train(str(home / "training.yaml"), list(overrides), out, progress=False)


@pytest.fixture(scope="module")
def done(home):
    """The folder of a training of one round, then of two, the second of which was stopped by Ctrl-C and went on."""
    out, steps, step = home / "out", [], train.Learner.training_step

    def press(*args):
        steps.append(args[0].global_step)
        if len(steps) == 1:
            os.kill(os.getpid(), signal.SIGINT)
        return step(*args)

    run(home, out, "rounds.count=1")
    first = {name: (out / name).read_bytes() for name in ("rounds.json", "round1/checkpoint/weights.safetensors")}
    assert (out / "checkpoint/weights.safetensors").read_bytes() == first["round1/checkpoint/weights.safetensors"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train.Learner, "training_step", press)
        with pytest.raises(train.Interrupted, match="stopped at step 1 of 2"):
            run(home, out)
        assert all((out / name).read_bytes() == content for name, content in first.items())
        assert run(home, out) == out / "checkpoint"
    assert steps == [0, 1, 0, 1, 2]  # of the second round alone: looking, in two visits, then settling
    return out


def seeds(folder):
    return [episode["seed"] for episode in Recorded.open(folder).episodes]


def test_each_round_begins_with_the_last_one_and_records_with_it(done):
    last = "none"
    for number in range(1 + COUNT):
        folder = done / f"round{number}"
        told, _ = load(folder / "checkpoint")
        assert told["training"]["init_from"] == (None if number == 0 else last)
        assert told["training"]["look"]["steps"] == (STEPS["look"] if number == 0 else 2)
        assert told["training"]["settle"]["steps"] == STEPS["settle"]
        if number:
            info = json.loads((folder / "data/meta/info.json").read_text())["foresee"]
            assert info["world_model"]["checkpoint"] == last
        last = str(folder / "checkpoint")
    assert load(done / "checkpoint")[0] == load(last)[0]


def test_every_round_plays_scenes_that_nobody_played(done):
    assert seeds(done / "round1/data") == [503, 504, 505, 506] and seeds(done / "round2/data") == [507, 508, 509, 510]


def test_what_is_examined_was_never_trained_on(home, done):
    gains, data = json.loads((done / "rounds.json").read_text()), [home / "data"]
    trained, examined = set(), set()
    for number in range(1 + COUNT):
        data += [done / f"round{number}/data"] if number else []
        frames, played = Frames.open(data), [seed for folder in data for seed in seeds(folder)]
        assert load(done / f"round{number}/checkpoint")[0]["data_hash"] == frames.hash
        learned, held_out = ([played[e] for e in episodes] for episodes in frames.split(0.3))
        trained, examined = trained | {*learned}, examined | {*held_out}
        if number:
            gain = gains[number - 1]
            assert (gain["round"], gain["episodes"]) == (number, SCENES)
            new = [seeds(data[-1])[e] for e in gain["held_out"]]
            assert new and {*new} <= {*held_out}
    assert not trained & examined


def test_the_gain_is_that_of_both_checkpoints_on_the_same_episodes(done):
    first, second = json.loads((done / "rounds.json").read_text())
    for gain in (first, second):
        assert gain["before"].keys() == gain["after"].keys() and gain["before"] != gain["after"]
        assert {"cup.position/error/encoded", "cup.position/error/step 1", "bowl.up/degrees/step 8"} <= {*gain["after"]}
    lines = rounds.rows(done)
    assert all(len(line) == len(rounds.HEAD) for line in lines)
    (line,) = [line for line in lines if line[:2] == ("2", "cup.position, mm")]
    assert line[2] == f"{1000 * second['before']['cup.position/error/step 1']:.3g}"
    assert line[5] == f"{1000 * second['after']['cup.position/error/step 8']:.3g}"


def test_a_checkpoint_that_does_not_learn_gains_nothing(home, done, tmp_path):
    still = [f"rounds.{stage}.rate=0.0" for stage in ("look", "settle")]
    run(home, tmp_path / "out", "rounds.count=1", *still)
    (gain,) = json.loads((tmp_path / "out/rounds.json").read_text())
    assert gain["before"] == pytest.approx(gain["after"])
    again = json.loads((done / "rounds.json").read_text())[0]["before"]  # recorded by other processes
    assert gain["before"] == pytest.approx(again, rel=1e-2, abs=1e-4)


def test_what_is_finished_is_not_repeated(home, done, monkeypatch):
    before = {path: path.read_bytes() for path in (done / "rounds.json", done / "checkpoint/weights.safetensors")}
    monkeypatch.setattr(train.Learner, "training_step", None)
    monkeypatch.setattr(rounds, "_gain", None)
    said = CliRunner().invoke(app, ["train", str(home / "training.yaml"), "--out", str(done)])
    assert said.exit_code == 0 and f"checkpoint: {done}" in said.stdout and "cup.position, mm" in said.stdout
    assert all(path.read_bytes() == content for path, content in before.items())


def test_another_training_in_the_same_folder_is_refused(home, done):
    for change in ("rounds.scenes=5", "rounds.settle.steps=9", "seed=1", "rounds=null"):
        with pytest.raises(TrainingError, match=rf"other choices \(.*{change[:4]}.*\); choose another folder"):
            run(home, done, change)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("rounds.collect=null", "rounds needs count, collect and scenes, such as {count: 2,"),
        ("rounds.count=0", "rounds.count is 0; it is a whole number, at least 1."),
        ("devices=2", "rounds record what only one process may; leave devices out."),
        ("rounds.scenes=1", "rounds.scenes is 1; it is a whole number, at least 2."),
        ("rounds.scenes=some", "rounds.scenes is 'some'; it is a whole number"),
        ("rounds.stepz=1", "'rounds' has no 'stepz'"),
        ("validation=0.0", "give validation more than 0."),
        ("rounds.collect=data/tabletop", "'data/tabletop', which records no plans of a checkpoint; choose a recording"),
        ("rounds.collect=rail", "'rail', which records no plans of a checkpoint"),
        ("rounds.scenes=600000", "the seeds 503 to 1200502, which follow those of .* but from 1000000 on they are for"),
    ],
)
def test_what_makes_no_rounds_is_refused_before_anything_is_trained(home, tmp_path, change, sentence):
    with pytest.raises(configs.ConfigError, match=sentence):
        run(home, tmp_path / "out", change)
    assert not (tmp_path / "out").exists()


def test_scenes_that_the_data_hold_are_not_played_again(home, tmp_path):
    early = RECORDING | {"scenes": {"split": None, "first": 0, "count": 2}}
    with pytest.raises(configs.ConfigError, match=r"the seeds 2 to 9, which follow .* but the data hold seed 2;"):
        run(home, tmp_path / "out", f"rounds.collect={written(tmp_path, 'early', early)}")
    assert not (tmp_path / "out").exists()


def test_a_table_of_objects_leaves_out_their_kinds(tmp_path):
    names = ("object.position/error", "cup.position/error", "object.held/f1", "contact.gripper.object/f1")
    told = {f"{name}/step {t}": 0.5 * t for name in names for t in (1, 8) if t == 1 or "held" not in name}
    (tmp_path / "rounds.json").write_text(json.dumps([{"round": 1, "before": told, "after": told}]))
    assert rounds.rows(tmp_path) == [
        ("1", "object.position, mm", "500", "500", "4e+03", "4e+03"),
        ("1", "object.held, F1", "0.5", "0.5", "–", "–"),
        ("1", "contact.gripper.object, F1", "0.5", "0.5", "4", "4"),
    ]
    assert rounds.rows(tmp_path / "elsewhere") == []
