"""Learning from video: nested labels, mixed batches, inferred actions, and trainings that are repeated to the bit."""

import os
import signal
from dataclasses import fields, replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from foresee.worldmodel.batches import Latents
from foresee.worldmodel.begin import begin
from foresee.worldmodel.checkpoint import load
from foresee.worldmodel.data import Frames, Windows
from foresee.worldmodel.encoder import norm
from foresee.worldmodel.latent import Network, Sizes, from_description
from foresee.worldmodel.loss import Loss
from foresee.worldmodel.train import Interrupted, Learner, fit
from foresee.worldmodel.video import Mixed, divide, mixed

SMALL = {"latent": 16, "hidden": 32, "channels": 8, "members": 3}
SHORT = {
    "model": SMALL,
    "look": {"steps": 2, "batch": 6},
    "joint": {"steps": 4, "batch": 6, "every": 2, "horizon": 3},
    "settle": {"steps": 3, "batch": 6, "horizon": 3},
    "validation": 0.2,
}
FILMS = 5
"""Episodes of video, behind twelve labelled ones."""


def sized(frames: Frames, episodes: int) -> Frames:
    """The first episodes alone."""
    rows = int(frames.lengths[:episodes].sum())
    cut = {f.name: getattr(frames, f.name) for f in fields(frames)}
    cut = {k: v[: rows if len(v) == len(frames.images) else episodes] for k, v in cut.items() if hasattr(v, "dtype")}
    return replace(frames, **cut, scene={name: values[:rows] for name, values in frames.scene.items()})


def test_the_labels_of_a_smaller_share_are_among_those_of_a_larger_one(filmed):
    found = []
    for labels in (0.1, 0.2, 0.5, 0.9, 1.0):
        frames, seen, held_out = divide(filmed, 0.2, labels, 0.5, seed=3)
        kept = {*seen[frames.labelled[seen]]}
        assert len(kept) == round(labels * 10) and len(seen) == 10 + FILMS and not {*seen} & {*held_out}
        assert frames.labelled[held_out].all()  # to measure on
        hidden = np.isin(frames.episode, [*{*seen} - kept])
        assert all(np.isnan(v[hidden]).all() for v in (frames.actions, frames.proprio, *frames.scene.values()))
        assert all(np.array_equal(v[~hidden], filmed.scene[n][~hidden]) for n, v in frames.scene.items())
        found.append(kept)
    assert all(small < large for small, large in pairwise(found))
    again, other = (divide(filmed, 0.2, 0.5, 0.5, seed)[0].labelled.tolist() for seed in (3, 4))
    assert again == divide(filmed, 0.2, 0.5, 0.5, 3)[0].labelled.tolist() != other


def test_without_video_the_labelled_episodes_are_all_there_is(filmed):
    frames, seen, _ = divide(filmed, 0.2, 0.5, 0.0, seed=3)
    assert frames is filmed and len(seen) == 5 and frames.labelled[seen].all()
    whole = sized(filmed, 12)
    assert np.array_equal(divide(whole, 0.2, 1.0, 0.5, seed=3)[1], whole.split(0.2)[0])


def test_a_video_that_is_left_out_changes_no_bit(filmed, tmp_path):
    weights = [
        load(fit(frames, tmp_path / name, **SHORT, **options))[0]["weights_sha256"]
        for name, frames, options in (
            ("ordinary", sized(filmed, 12), {}),
            ("absent", sized(filmed, 12), {"unlabelled": 0.9}),
            ("left out", filmed, {"unlabelled": 0.0}),
            ("learned from", filmed, {}),
        )
    ]
    assert weights[0] == weights[1] == weights[2] != weights[3]


def test_every_batch_holds_labelled_windows_before_video(filmed):
    windows = Windows(filmed, 4)
    data = mixed(windows, filmed, 0.3)
    assert isinstance(data, Mixed) and len(data) == 12 * 11 * FILMS * 11
    batch = data.__getitems__([0, 5, len(data) - 1, 77])
    assert batch["known"].tolist() == [True, True, True, False]  # 0.3 of 4, rounded
    assert batch["actions"].isfinite().flatten(1).all(1).tolist() == batch["known"].tolist()
    assert torch.equal(batch["actions"][2], torch.from_numpy(filmed.actions[windows.firsts[131] + np.arange(4)]))
    drawn = np.random.default_rng(0).integers(len(data), size=4000).tolist()
    assert {*data.known[np.array(drawn) % 132]} == {*range(132)}  # all of either, by the same numbers
    assert {*data.video[np.array(drawn) // 132]} == {*range(132, len(windows))}
    assert mixed(Windows(filmed, 4, range(12)), filmed, 0.3).__class__ is Windows


@pytest.fixture
def started(filmed):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return begin(filmed, np.arange(len(filmed.lengths)), SMALL, None)


def test_normalisation_is_that_of_what_is_known(filmed, started):
    assert started.sizes.apart and torch.equal(
        started.encoder.mean, torch.from_numpy(filmed.proprio[: 12 * 14]).mean(0)
    )
    assert all(b.isfinite().all() for b in started.buffers())


def test_what_is_seen_does_not_depend_on_what_is_felt(filmed, started):
    images = torch.from_numpy(filmed.images[None, :2])
    felt = torch.from_numpy(filmed.proprio[None, :2])
    known, unknown = started.encoder(images, felt), started.encoder(images, torch.full_like(felt, torch.nan))
    assert torch.equal(known[:, :-2], unknown[:, :-2])
    assert torch.equal(known[:, -2:], (felt[:, -1] - started.encoder.mean) / started.encoder.scale)
    assert torch.allclose(unknown[:, -2:], started.encoder.guess(unknown[:, :-2]), atol=1e-4)
    assert torch.equal(started.inverse(known, known), started.inverse(unknown, known))


def test_what_is_felt_in_a_video_is_guessed_as_labels_teach(frames, tmp_path):
    options = SHORT | {"look": {"steps": 300, "batch": 32, "rate": 3e-3, "average": 0.9}}
    options |= {"joint": {"steps": 0}, "settle": {"steps": 0}}
    told, weights = load(fit(frames, tmp_path, labels=0.5, **options))
    network = from_description(told)
    network.load_state_dict(weights)
    video = ~divide(frames, 0.2, 0.5, 0.5, 0)[0].labelled[frames.episode]
    images, felt = (torch.from_numpy(x[video][:, None].repeat(2, 1)) for x in (frames.images, frames.proprio))
    with torch.no_grad():
        guess = network.encoder(images, torch.full_like(felt, torch.nan))[:, -2:]
    true = (felt[:, 0] - network.encoder.mean) / network.encoder.scale
    assert (guess - true).abs().mean() < 0.6 * true.abs().mean()


def test_every_part_learns_from_video_but_for_what_nobody_knows(filmed, started):
    batch = Mixed(Windows(filmed, 6), np.repeat([True, False], [12 * 9, FILMS * 9]), 0.5).__getitems__(
        [3, 4000, 200, 9]
    )
    for stage in ("look", "joint"):
        started.zero_grad()
        terms = getattr(Loss(), stage)(started, batch, torch.Generator().manual_seed(0))
        terms["total"].backward()
        grads = {n: p.grad for n, p in started.named_parameters()}
        assert all(g is None or g.isfinite().all() for g in grads.values()) and terms["total"].isfinite()
    assert all(g is not None and g.abs().sum() > 0 for g in grads.values())


@pytest.mark.parametrize("painted", [True, False])
def test_pictures_of_video_alone_reach_the_encoder_if_they_may(filmed, started, painted):
    loss, windows = Loss(painted=painted, pictures=10**6), Mixed(Windows(filmed, 6), np.arange(17 * 9) < 108, 0.5)
    batch = windows.__getitems__([3, 4000, 200, 9])
    for known, reaches in ((batch["known"], painted), (torch.ones(4, dtype=torch.bool), False)):
        started.zero_grad()
        loss.look(started, {**batch, "known": known}, torch.Generator().manual_seed(0))["picture"].backward()
        assert any(p.grad is not None and p.grad.any() for p in started.encoder.parameters()) == reaches


@pytest.mark.parametrize("latent_actions", [True, False])
def test_what_is_imagined_teaches_which_actions_were_taken_if_it_may(started, latent_actions):
    loss, known = Loss(latent_actions=latent_actions), torch.tensor([True, False])
    latents = torch.randn(2, 4, 16, requires_grad=True)
    actions = torch.where(known[:, None, None], torch.rand(2, 3, 2), torch.nan)
    targets = torch.full((2, 4, started.readout.mean.numel()), torch.nan)
    loss.imagination(started, latents, actions, targets, known)["latent"].backward()
    assert all((p.grad is not None and p.grad.any()) == latent_actions for p in started.inverse.parameters())
    assert latents.grad is not None and latents.grad.flatten(1).any(1).tolist() == [True, False]
    started.zero_grad()
    ordinary = Loss().imagination(started, latents, actions.nan_to_num(0.5), targets)["latent"]
    ordinary.backward()
    assert all(p.grad is None or not p.grad.any() for p in started.inverse.parameters())


NOISE, STEP, LABELS, WINDOWS = 0.01, 0.2, 12, 300
"""Of the linear world: what moves its state beside actions, and how far these do; labelled windows, of how many."""


def linear(count=WINDOWS + 100, steps=4):
    """Windows of a linear world: latents (B, T + 1, 16), of which two directions matter, and actions (B, T, 2)."""
    rng = torch.Generator().manual_seed(0)
    actions = torch.rand(count, steps, 2, generator=rng) * 2 - 1
    moves = STEP * actions + NOISE * torch.randn(count, steps, 2, generator=rng)
    state = torch.rand(count, 1, 2, generator=rng) * 2 - 1
    state = torch.cat([state, state + moves.cumsum(1)], 1)
    far, across = 3 * torch.randn(16, generator=rng), torch.randn(2, 16, generator=rng)
    return norm(far + state @ across, 0), actions  # far from 0, where the norm is nearly linear


def infer(loss, quantities):
    """Learn from few labelled windows and many others, and return how wrong actions are inferred elsewhere (rms)."""
    latents, actions = linear()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        sizes = Sizes(("front",), 16, proprio=0, action=2, latent=16, hidden=64, channels=8, members=1)
        network = Network(sizes, quantities)
    known, rng = torch.arange(32) < 16, torch.Generator().manual_seed(1)
    optimizer = torch.optim.Adam([*network.dynamics.parameters(), *network.inverse.parameters()])
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 5e-3, total_steps=400)
    for _ in range(400):
        rows = torch.where(
            known, torch.randint(LABELS, (32,), generator=rng), torch.randint(LABELS, WINDOWS, (32,), generator=rng)
        )
        batch = {"latents": latents[rows], "actions": torch.where(known[:, None, None], actions[rows], torch.nan)}
        batch |= {"known": known, "targets": torch.full((32, 5, network.readout.mean.numel()), torch.nan)}
        optimizer.zero_grad()
        loss.settle(network, batch, rng)["total"].backward()
        optimizer.step()
        schedule.step()
    with torch.no_grad():
        guess = network.inverse(latents[WINDOWS:, :-1], latents[WINDOWS:, 1:])
    return float((guess - actions[WINDOWS:]).square().mean().sqrt())


def test_with_few_labels_inferred_actions_are_those_commanded_up_to_the_noise(frames):
    assert infer(Loss(latent_actions=True), frames.quantities) < 2.5 * NOISE / STEP
    # Labels that drive the dynamics alone leave video a language of its own.
    assert infer(Loss(latent_actions=True, inverse=0.0), frames.quantities) > 5 * NOISE / STEP


def test_a_training_on_video_stopped_by_ctrl_c_continues_to_the_same_weights(filmed, tmp_path, monkeypatch):
    options = SHORT | {"labels": 0.3}
    straight = fit(filmed, tmp_path / "straight", **options)
    step = Learner.training_step

    def press(self, batch, index):
        if self.global_step == 2:
            os.kill(os.getpid(), signal.SIGINT)
        return step(self, batch, index)

    with monkeypatch.context() as patch:
        patch.setattr(Learner, "training_step", press)
        with pytest.raises(Interrupted, match=r"stopped at step 3 of 4 \(joint\)"):
            fit(filmed, tmp_path / "stopped", **options)
    told, again = (load(folder)[0] for folder in (straight, fit(filmed, tmp_path / "stopped", **options)))
    assert told["weights_sha256"] == again["weights_sha256"] and told["metrics"] == again["metrics"]
    assert (told["training"]["labels"], told["training"]["unlabelled"]) == (0.3, 0.5)
    with pytest.raises(FileExistsError, match=r"other choices \(labels\)"):
        fit(filmed, tmp_path / "stopped", **options | {"labels": 0.4})


def test_resting_latents_are_known_for_video_too(filmed, started):
    data = mixed(Latents(started, filmed, np.arange(17), 3), filmed, 0.5)
    batch = data.__getitems__([0, 900, 5000, 7])
    assert batch["latents"].isfinite().all() and batch["known"].tolist() == [True, True, False, False]


@pytest.mark.parametrize(
    "options, sentence",
    [
        ({"labels": 0.0}, r"labels is 0\.0; it is the share of the episodes that keeps its labels"),
        ({"labels": 1.5}, r"labels is 1\.5; .* above 0, at most 1"),
        ({"labels": 0.01}, r"labels is 0\.01 of 10 labelled episodes for training, which is none"),
        ({"unlabelled": 1.0}, r"unlabelled is 1\.0; it is the share of video in a batch"),
        ({"settle": {"steps": 1, "batch": 1}}, "a batch of 1 holds no labelled window beside one of video"),
        (
            {"settle": {"steps": 1, "horizon": 14}},
            "no window of 15 frames fits into an episode with labels, of 14 at most",
        ),
    ],
)
def test_what_cannot_be_learned_from_is_refused(filmed, tmp_path, options, sentence):
    with pytest.raises(ValueError, match=sentence):
        fit(filmed, tmp_path, **SHORT | options)
    assert not list(tmp_path.iterdir())  # so that the same folder takes what would be right


def test_video_alone_and_video_of_objects_are_refused(filmed, tmp_path):
    with pytest.raises(ValueError, match=r"of 0 labelled episodes .* give data with actions"):
        fit(filmed.as_video(np.arange(17)), tmp_path, **SHORT)
    slots = replace(filmed, quantities={**filmed.quantities, "object0.who": filmed.quantities["cup.held"]})
    with pytest.raises(ValueError, match="a model of objects learns nothing from video; leave video out"):
        fit(slots, tmp_path, **SHORT)
    assert not list(tmp_path.iterdir())
