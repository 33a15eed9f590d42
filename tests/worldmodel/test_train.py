import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import torch

from foresee.worldmodel.begin import TrainingError, versions
from foresee.worldmodel.checkpoint import CheckpointMissingError, load, save
from foresee.worldmodel.latent import Latent
from foresee.worldmodel.train import Interrupted, Learner, fit, pace

SMALL = {"latent": 16, "hidden": 32, "channels": 8, "members": 3}
SHORT = {
    "model": SMALL,
    "look": {"steps": 0},
    "joint": {"steps": 6, "batch": 8, "every": 3, "horizon": 4},
    "settle": {"steps": 4, "batch": 8, "every": 2, "horizon": 4},
    "validation": 0.2,
}
STILL = {"forget": 0.0, "pictures": 10**6}
"""A loss that draws nothing at random: every window has its history, every picture is decoded."""


@pytest.fixture(scope="module")
def trained(frames, tmp_path_factory):
    out = tmp_path_factory.mktemp("trained")
    return fit(frames, out, **SHORT)


def test_a_machine_without_git_still_trains(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert "torch" in versions() and "commit" not in versions()


def test_a_training_leaves_a_checkpoint_that_imagines(trained, context):
    model = Latent(trained)
    scene = model.imagine(model.encode(context), torch.zeros(3, 2, 5, 2), ["cup.up", "disagreement"])
    assert scene["cup.up"].shape == (3, 3, 2, 5, 3) and scene["disagreement"].isfinite().all()


def test_a_model_that_sees_points_trains_and_imagines(frames, context, tmp_path):
    model = Latent(fit(frames, tmp_path, **SHORT | {"model": SMALL | {"points": 3}, "loss": {"points": 10.0}}))
    ground = frames.images.reshape(len(frames.images), -1).mean() / 255
    assert model.network.encoder.eye.points.ground.mean() == pytest.approx(ground, abs=0.02)
    scene = model.imagine(model.encode(context), torch.zeros(3, 2, 5, 2), ["cup.up"])
    assert scene["cup.up"].isfinite().all()
    with pytest.raises(ValueError, match=r"model\.points is -1; it is a whole number, at least 0"):
        fit(frames, tmp_path / "other", **SHORT | {"model": SMALL | {"points": -1}})


def test_the_description_says_what_was_trained_and_how_well(trained):
    told, _ = load(trained)
    assert told["data_hash"] == "dots" and told["training"]["joint"]["steps"] == 6 and "torch" in told["versions"]
    assert {"cup.position/error/encoded", "cup.position/error/step 4", "cup.held/accuracy/step 1"} <= set(
        told["metrics"]
    )


def test_curves_and_films_are_written(trained):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(trained.parent / "events" / "joint")).Reload()
    curves = {"loss/total", "rate", "cup.position/error/step 4", "time/data_share", "time/frames_per_second"}
    assert curves <= set(events.Tags()["scalars"])
    assert events.Tags()["images"] == ["film"]


def test_the_second_stage_leaves_the_encoder_alone(trained):
    (_, joint), (_, settled) = load(trained.parent / "joint"), load(trained)
    changed = {name.split(".")[0] for name in joint if not torch.equal(joint[name], settled[name])}
    assert changed == {"dynamics", "readout", "inverse"}


def test_a_run_stopped_by_ctrl_c_continues_to_the_same_weights(frames, trained, tmp_path, monkeypatch):
    step = Learner.training_step

    def press(self, batch, index):
        if self.global_step == 4:
            os.kill(os.getpid(), signal.SIGINT)
        return step(self, batch, index)

    with monkeypatch.context() as patch:
        patch.setattr(Learner, "training_step", press)
        with pytest.raises(Interrupted, match=r"stopped at step 5 of 6 \(joint\); the same command continues"):
            fit(frames, tmp_path, **SHORT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    steps = []
    with monkeypatch.context() as patch:
        patch.setattr(Learner, "training_step", lambda *args: steps.append(args[0].global_step) or step(*args))
        done = fit(frames, tmp_path, **SHORT)
    assert steps == [5, 0, 1, 2, 3]  # the one that was left, then the second stage
    (_, straight), (_, resumed) = load(trained), load(done)
    assert all(torch.equal(straight[name], resumed[name]) for name in straight)


def total(out, stage):
    """The losses that were logged."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    return [event.value for event in EventAccumulator(str(out / "events" / stage)).Reload().Scalars("loss/total")]


def check_alike(one, other, stages, whole=True):
    """Two folders hold the same training, but for the order of sums; the losses too, of those that are whole."""
    for stage in stages:
        (told, mine), (_, theirs) = load(one / stage), load(other / stage)
        for name in mine:  # matrices are stored in half precision
            torch.testing.assert_close(mine[name], theirs[name], rtol=1e-3, atol=1e-4, msg=f"{stage}: {name}")
        assert load(other / stage)[0]["metrics"] == pytest.approx(told["metrics"], rel=1e-2, abs=1e-4)
        assert not whole or total(other, stage) == pytest.approx(total(one, stage), rel=1e-4)


def test_passes_of_a_step_add_up_to_one_batch(frames, tmp_path):
    joint = {"steps": 6, "every": 4, "horizon": 4, "rate": 3e-3}
    rest = SHORT | {"loss": STILL, "precision": "32-true", "settle": {"steps": 0}}
    fit(frames, tmp_path / "one", **rest | {"joint": joint | {"batch": 12}})
    fit(frames, tmp_path / "three", **rest | {"joint": joint | {"batch": 4, "accumulate": 3}})
    fit(frames, tmp_path / "third", **rest | {"joint": joint | {"batch": 4}})
    check_alike(tmp_path / "one", tmp_path / "three", ["joint"])
    with pytest.raises(AssertionError):  # fewer windows are another training
        check_alike(tmp_path / "one", tmp_path / "third", ["joint"])


@pytest.mark.parametrize("at", [0, 4])
def test_a_run_of_several_passes_continues_to_the_same_weights(frames, tmp_path, monkeypatch, at):
    options = SHORT | {"joint": SHORT["joint"] | {"batch": 4, "accumulate": 3}, "settle": {"steps": 0}}
    straight = fit(frames, tmp_path / "straight", **options)
    step = Learner.training_step

    def press(self, batch, index):
        if self.global_step == at and index % 3 == 1:  # between two passes
            os.kill(os.getpid(), signal.SIGINT)
        return step(self, batch, index)

    with monkeypatch.context() as patch:
        patch.setattr(Learner, "training_step", press)
        with pytest.raises(Interrupted, match=f"stopped at step {at + 1} of 6"):
            fit(frames, tmp_path / "stopped", **options)
    resumed = fit(frames, tmp_path / "stopped", **options)
    assert load(resumed)[0]["weights_sha256"] == load(straight)[0]["weights_sha256"]


SCRIPT = """
import json, os, runpy, signal, sys
from foresee.worldmodel.train import Learner, fit

step, at = Learner.training_step, json.loads(sys.argv[4])

def press(self, batch, index):
    if self.global_step == at and self.trainer.is_global_zero:
        os.kill(os.getpid(), signal.SIGTERM)
    return step(self, batch, index)

Learner.training_step = press
fit(runpy.run_path(sys.argv[1])["dots"](), sys.argv[2], **json.loads(sys.argv[3]), devices=2)
"""


def in_two_processes(folder, options, terminated_at=None):
    """Train in the folder until both processes have ended; the first gets SIGTERM at a step."""
    script, dots = folder.with_suffix(".py"), Path(__file__).with_name("conftest.py")
    script.write_text(SCRIPT)
    command = [sys.executable, script, dots, folder, json.dumps(options), json.dumps(terminated_at)]
    alone = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.run(command, env=alone, capture_output=True, text=True, timeout=900)  # both hold the pipes


def test_two_processes_learn_what_one_does(frames, tmp_path):
    options = SHORT | {
        "loss": STILL,
        "precision": "32-true",
        "look": {"steps": 2, "batch": 8},
        "joint": {"steps": 3, "batch": 4, "accumulate": 2, "every": 2, "horizon": 4},
        "settle": {"steps": 3, "batch": 8, "every": 2, "horizon": 4},
    }
    ended = in_two_processes(tmp_path / "two", options)
    assert ended.returncode == 0, ended.stderr
    fit(frames, tmp_path / "one", **options)
    check_alike(tmp_path / "one", tmp_path / "two", ["look", "joint", "settle"])


def test_both_processes_end_when_the_first_is_terminated_and_the_training_goes_on(frames, tmp_path, monkeypatch):
    options = SHORT | {"loss": STILL, "precision": "32-true", "settle": {"steps": 0}}
    ended = in_two_processes(tmp_path / "two", options, terminated_at=3)
    assert "stopped at step 4 of 6 (joint); the same command continues" in ended.stderr
    step, steps = Learner.training_step, []
    with monkeypatch.context() as patch:
        patch.setattr(Learner, "training_step", lambda *args: steps.append(args[0].global_step) or step(*args))
        fit(frames, tmp_path / "two", **options)
    assert steps == [4, 5]
    fit(frames, tmp_path / "one", **options)
    check_alike(tmp_path / "one", tmp_path / "two", ["joint"], whole=False)


def test_a_batch_that_cannot_be_shared_is_refused(frames, tmp_path):
    with pytest.raises(ValueError, match=r"joint.batch is 9; 2 devices share a multiple of 2 windows"):
        fit(frames, tmp_path, **SHORT | {"joint": {"steps": 1, "batch": 9}}, devices=2)
    for devices in (0, "two"):
        with pytest.raises(ValueError, match=f"devices is {devices!r}; it must be at least 1"):
            fit(frames, tmp_path, **SHORT, devices=devices)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="steps is 'many'; it is a whole number, at least 0"):
        fit(frames, tmp_path, **SHORT | {"look": {"steps": "many"}})
    with pytest.raises(ValueError, match="accumulate is 0; it is a whole number, at least 1"):
        fit(frames, tmp_path, **SHORT | {"joint": {"accumulate": 0}})


def test_how_quickly_it_learned_is_beside_the_checkpoint_and_not_in_it(frames, trained, tmp_path):
    again = fit(frames, tmp_path, **SHORT)
    assert (again / "description.json").read_bytes() == (trained / "description.json").read_bytes()
    timing = json.loads((tmp_path / "timing.json").read_text())
    assert list(timing) == ["joint", "settle"]
    assert all(told["frames_per_second"] > 0 and 0 <= told["data_share"] < 1 for told in timing.values())


def test_training_leaves_the_global_generator_alone(frames, tmp_path):
    before = torch.random.get_rng_state()
    fit(frames, tmp_path, **SHORT | {"settle": {"steps": 0}, "joint": {"steps": 1, "batch": 4}})
    assert torch.equal(before, torch.random.get_rng_state())


def test_a_finished_training_is_not_repeated(frames, trained, monkeypatch):
    monkeypatch.setattr(Learner, "training_step", None)
    assert fit(frames, trained.parent, **SHORT) == trained


def test_a_stage_ends_when_its_time_is_over(frames, tmp_path):
    out = fit(
        frames, tmp_path, **SHORT | {"joint": {"steps": 10**6, "batch": 4, "minutes": 0.0}, "settle": {"steps": 0}}
    )
    assert load(out)[0]["metrics"]


def test_training_makes_the_error_smaller(frames, tmp_path):
    short = SHORT | {"settle": {"steps": 0}, "validation": 0.2}
    begun = fit(frames, tmp_path / "short", **short | {"joint": {"steps": 1, "batch": 16, "rate": 3e-3}})
    more = fit(frames, tmp_path / "long", **short | {"joint": {"steps": 80, "batch": 16, "rate": 3e-3, "average": 0.9}})
    name = "cup.position/error/step 4"
    assert load(more)[0]["metrics"][name] < 0.75 * load(begun)[0]["metrics"][name]


def test_another_training_in_the_same_folder_is_refused(frames, trained):
    with pytest.raises(TrainingError, match=r"other choices \(seed, validation\); choose another folder"):
        fit(frames, trained.parent, **SHORT | {"seed": 1, "validation": 0.3})
    assert json.loads((trained.parent / "choices.json").read_text())["seed"] == 0


def test_a_training_can_begin_with_a_checkpoint(frames, trained, tmp_path):
    still = {"steps": 1, "batch": 4, "rate": 0.0}
    out = fit(frames, tmp_path, **SHORT | {"init_from": str(trained), "joint": still, "settle": {"steps": 0}})
    (_, old), (_, new) = load(trained), load(out)
    assert all(torch.equal(old[name], new[name]) for name in old)


def test_a_training_goes_on_from_the_weights_that_it_began_with_and_says_what_made_them(frames, trained, tmp_path):
    told, weights = load(trained)
    first = save(tmp_path / "first", weights, told)
    once = SHORT | {"init_from": str(first), "joint": {"steps": 1, "batch": 4}, "settle": {"steps": 0}}
    begun = load(fit(frames, tmp_path / "out", **once))[0]["begun_from"]
    assert begun["seed"] == 0 and begun["weights_sha256"] == load(first)[0]["weights_sha256"]
    shutil.rmtree(tmp_path / "out" / "joint")  # as if it had been stopped before
    save(first, weights, told | {"seed": 1, "versions": {}})
    assert load(fit(frames, tmp_path / "out", **once))[0]["begun_from"] == begun
    save(first, {name: value + 1 for name, value in weights.items()}, told)
    with pytest.raises(TrainingError, match="began with other weights than"):
        fit(frames, tmp_path / "out", **once)


def test_a_checkpoint_of_other_sizes_is_no_beginning(frames, trained, tmp_path):
    with pytest.raises(ValueError, match="does not fit these data and choices"):
        fit(frames, tmp_path, **SHORT | {"init_from": str(trained), "model": SMALL | {"latent": 8}})


def test_wrong_options_are_named(frames, tmp_path):
    with pytest.raises(ValueError, match="Stage has no option stepz; it takes steps, batch, rate"):
        fit(frames, tmp_path, joint={"stepz": 1})
    with pytest.raises(ValueError, match="nothing to train"):
        fit(frames, tmp_path, look={"steps": 0}, joint={"steps": 0}, settle={"steps": 0})


def test_the_rate_warms_up_and_then_falls():
    rates = [pace(step, 1000) for step in range(1000)]
    assert rates[0] < 0.06 and max(rates) > 0.99 and rates.index(max(rates)) < 30 and rates[-1] < 0.021


def test_training_works_outside_the_main_thread(frames, tmp_path):
    args = SHORT | {"settle": {"steps": 0}, "joint": {"steps": 1, "batch": 4}}
    thread = threading.Thread(target=fit, args=(frames, tmp_path), kwargs=args)
    thread.start()
    thread.join()
    assert (tmp_path / "checkpoint" / "description.json").exists()


@pytest.mark.parametrize("foreign", ["checkpoint/thesis.txt", "look/notes.txt", "events/mine", "choices.json"])
def test_what_no_training_left_is_not_replaced(foreign, frames, tmp_path):
    (tmp_path / foreign).parent.mkdir(exist_ok=True)
    (tmp_path / foreign).write_text('["mine"]')
    with pytest.raises(TrainingError, match=f"holds '{foreign.split('/')[0]}' that no training left there"):
        fit(frames, tmp_path, **SHORT)
    assert (tmp_path / foreign).read_text() == '["mine"]' and len([*tmp_path.iterdir()]) == 1


def test_a_training_that_was_refused_keeps_no_other_out(frames, tmp_path):
    with pytest.raises(CheckpointMissingError):
        fit(frames, tmp_path, init_from="nowhere", **SHORT)
    short = SHORT | {"settle": {"steps": 0}, "joint": {"steps": 1, "batch": 4}}
    assert load(fit(frames, tmp_path, **short))[0]["training"]["init_from"] is None
    with pytest.raises(TrainingError, match="other choices"):
        fit(frames, tmp_path, **SHORT)
