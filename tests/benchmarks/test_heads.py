"""Other heads for the actor: known answers, and the table says what the runs say."""

import json
import math
import sys

import pytest
import torch

from foresee.worldmodel.objects.state import ACTION, SIDE, State

from .conftest import BENCHMARKS

sys.path.append(str(BENCHMARKS / "heads"))

from heads import HEADS, Diffusion, Mixture

FEATURES, KINDS, STEPS, SCENES, SLOTS = 4, 3, 10, 5, 2


class Wish:
    """A goal of which nothing is said."""

    def told(self, now):
        return now.robot.new_zeros(SCENES, 18), now.robot.new_zeros(SCENES, SLOTS, 16)


@pytest.fixture
def scene():
    rng = torch.Generator().manual_seed(0)
    robot = torch.randn(SCENES, 14, generator=rng)
    robot[:, SIDE] = torch.tensor([1.0, 0.0, 0.0])
    slots = torch.randn(SCENES, SLOTS, 6 + FEATURES, generator=rng)
    who = torch.zeros(SCENES, SLOTS, dtype=torch.long)
    return State(robot, slots, who), (torch.zeros(SCENES, SLOTS, KINDS), torch.ones(SCENES, SLOTS, 1))


def noise(seed=1):
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(SCENES, STEPS * ACTION, generator=rng), torch.randn(SCENES, SLOTS, 6, generator=rng)


@pytest.mark.parametrize("name", HEADS)
def test_every_head_can_be_scored_and_sampled(name, scene):
    head = HEADS[name](FEATURES, KINDS, 8, STEPS)
    chunk, then = torch.zeros(SCENES, STEPS, ACTION), torch.zeros(SCENES, SLOTS, 6)
    action, outcome = head.error(*scene, Wish(), chunk, then, torch.full((SCENES, 1), 0.5), noise())
    assert action.isfinite().all() and outcome.shape == (SCENES, SLOTS, 6)
    chunks, place = head.sample(*scene, Wish(), noise())
    assert chunks.shape == chunk.shape and place.shape == then.shape
    assert not torch.equal(chunks, head.sample(*scene, Wish(), noise(2))[0])


def test_diffusion_that_knows_the_way_arrives(scene, monkeypatch):
    head, truth = Diffusion(FEATURES, KINDS, 8, STEPS), torch.full((SCENES, STEPS * ACTION), 0.3)

    def ideal(seen, there, goal, x, time):
        angle = 0.5 * math.pi * time
        return (truth * angle.cos() - (x[0] - truth * angle.sin()) / angle.cos() * angle.sin()), x[1]

    monkeypatch.setattr(head, "forward", ideal)
    chunks, _ = head.sample(*scene, Wish(), noise())
    torch.testing.assert_close(chunks.flatten(1), truth)


def test_a_mixture_scores_as_torch_does_and_its_middle_is_the_likeliest(scene):
    head = Mixture(FEATURES, KINDS, 8, STEPS, components=3)
    shares, middle, spread, *_ = head.parts(*scene, Wish())
    chunk = torch.full((SCENES, STEPS, ACTION), 0.2)
    found, _ = head.error(*scene, Wish(), chunk, None, torch.zeros(SCENES, 1), noise())
    parts = torch.distributions.Independent(torch.distributions.Normal(middle, spread.exp()), 1)
    whole = torch.distributions.MixtureSameFamily(torch.distributions.Categorical(logits=shares), parts)
    torch.testing.assert_close(found[:, 0], -whole.log_prob(chunk.flatten(1)) / (STEPS * ACTION))
    chunks, _ = head.sample(*scene, Wish(), (torch.zeros(SCENES, STEPS * ACTION), torch.zeros(SCENES, SLOTS, 6)))
    best = middle[torch.arange(SCENES), shares.argmax(1)]
    torch.testing.assert_close(chunks.flatten(1), best)


def test_the_table_says_what_was_measured(tables, tmp_path):
    ways = {key: {"median_mm": 2.0, "p90_mm": 5.0, "spread_tells": 0.25} for key in ("step", "chunk")}
    with pytest.raises(SystemExit, match="holds no head"):
        tables.kept(tmp_path)
    (tmp_path / "flow.json").write_text(json.dumps({**ways, "parameters": 1000, "minutes": 4.0}))
    with pytest.raises(SystemExit, match="holds no finished run 'alone'"):
        tables.kept(tmp_path)
    half = {"k": 1, "n": 2, "rate": 0.5, "low": 0.1, "high": 0.9}
    for run, method in (("alone", "policy"), ("best", "planner")):
        told = {**dict.fromkeys(("success", "violation", "safe_success"), half), "plan_ms": {"p50": 9.0}}
        (tmp_path / "flow" / run).mkdir(parents=True)
        (tmp_path / "flow" / run / "summary.json").write_text(json.dumps({"methods": {method: told}}))
    row = tables.table(tables.kept(tmp_path))[-1]
    assert row == (
        "| flow | 1,000 | 4 | 2.0 (5.0) | 2.0 (5.0) | 0.25, 0.25 | 2 | 50 % [10, 90] | 50 % [10, 90] | 9 ms |"
    )
