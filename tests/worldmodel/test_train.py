import json
import os
import signal
import threading

import pytest
import torch

from foresee.worldmodel.begin import TrainingError
from foresee.worldmodel.checkpoint import load
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


@pytest.fixture(scope="module")
def trained(frames, tmp_path_factory):
    out = tmp_path_factory.mktemp("trained")
    return fit(frames, out, **SHORT)


def test_a_training_leaves_a_checkpoint_that_imagines(trained, context):
    model = Latent(trained)
    scene = model.imagine(model.encode(context), torch.zeros(3, 2, 5, 2), ["cup.up", "disagreement"])
    assert scene["cup.up"].shape == (3, 3, 2, 5, 3) and scene["disagreement"].isfinite().all()


def test_the_description_says_what_was_trained_and_how_well(trained):
    told, _ = load(trained)
    assert told["data_hash"] == "dots" and told["training"]["joint"]["steps"] == 6 and "torch" in told["versions"]
    assert {"cup.position/error/encoded", "cup.position/error/step 4", "cup.held/accuracy/step 1"} <= set(
        told["metrics"]
    )


def test_curves_and_films_are_written(trained):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(trained.parent / "events" / "joint")).Reload()
    assert {"loss/total", "rate", "cup.position/error/step 4"} <= set(events.Tags()["scalars"])
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
