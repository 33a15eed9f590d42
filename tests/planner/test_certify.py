"""A filter for other policies, on a point that is driven towards a wall."""

from dataclasses import dataclass

import pytest
import torch

from foresee.costs.displacement import Displacement
from foresee.costs.objective import Limit
from foresee.planner.cem import CEM
from foresee.planner.certify import Guard
from foresee.planner.proposal import Primitives
from foresee.worldmodel.interface import Quantity

WALL = 0.5


@dataclass(frozen=True)
class Beyond:
    """How far the point is along x, metres."""

    needs: tuple[str, ...] = ("point.position",)

    def __call__(self, scene, actions):
        return scene["point.position"][..., 0]


class Gliding:
    """Keeps half of its speed: who comes too fast cannot stop any more. State (x, y, speeds)."""

    action_dim = 2

    def __init__(self):
        self.quantities = {"point.position": Quantity((2,), "m", "")}

    def imagine(self, state, chunks, names):
        place, speed = state[:, None, :2], state[:, None, 2:]
        path = []
        for action in chunks.unbind(2):
            speed = 0.5 * speed + 0.1 * action
            place = place + speed
            path.append(place)
        return {"point.position": torch.stack(path, dim=2)[None]}


class Readable(Gliding):
    """One whose present can be read."""

    def read(self, state, names):
        return {name: state[:, :2] for name in names}


def guard(**options) -> Guard:
    options = {"horizon": 6, "candidates": 128, "proposals": (Primitives(),), **options}
    return Guard(Gliding(), {"wall": Limit(Beyond(), at_most=WALL)}, CEM(), options=options)


def state(x, speed=0.0):
    return torch.tensor([[x, 0.0, speed, 0.0]])


FORWARD = torch.tensor([[1.0, 0.3]])


def test_a_safe_action_passes_unchanged():
    verdict = guard().certify(state(0.0), FORWARD)
    assert bool(verdict.ok) and torch.equal(verdict.action, FORWARD)
    assert verdict.reason == ("A future after this action keeps every limit.",)


def test_an_action_that_is_safe_now_and_fatal_later_is_changed_as_little_as_needed():
    verdict = guard().certify(state(0.37), FORWARD)  # it would stand at 0.47 and glide beyond 0.5 unless it brakes
    assert bool(verdict.ok)
    verdict = guard().certify(state(0.45), FORWARD)
    assert not verdict.ok and "No future after this action was found" in verdict.reason[0]
    assert verdict.action[0].tolist() == pytest.approx([0.5, 0.3], abs=0.1)


def test_where_nothing_is_safe_it_says_what_breaks():
    verdict = guard().certify(state(0.49, speed=1.0), FORWARD)
    assert not verdict.ok and not verdict.action.any()
    assert "No action was found that keeps the limits; the best one exceeds wall by" in verdict.reason[0]


def test_many_scenes_are_judged_in_one_call():
    states = torch.cat([state(0.0), state(0.45), state(0.49, 1.0)])
    verdict = guard().certify(states, FORWARD.expand(3, -1))
    assert verdict.ok.tolist() == [True, False, False] and len(verdict.reason) == 3
    alone = guard().certify(states[1:2], FORWARD)
    assert torch.equal(alone.action[0], verdict.action[1])


def test_limits_may_compare_with_the_start_of_the_episode():
    away = {"near": Limit(Displacement("point.position"), at_most=0.3)}
    near = Guard(Readable(), away, CEM(), options={"horizon": 4, "candidates": 64, "proposals": (Primitives(),)})
    start = near.start(state(0.0))
    assert torch.equal(start["point.position"], torch.zeros(1, 2))
    assert bool(near.certify(state(0.25), FORWARD).ok)  # as if the episode began here
    assert not near.certify(state(0.25), FORWARD, start=start).ok
    assert guard().start(state(0.0)) == {}


def test_impossible_requests_are_refused():
    with pytest.raises(ValueError, match="a guard needs at least one limit"):
        Guard(Gliding(), {}, CEM())
    with pytest.raises(ValueError, match=r"has shape \(B, A\) = \(B, 2\), got \(2,\)"):
        guard().certify(state(0.0), FORWARD[0])
    with pytest.raises(LookupError, match="does not know"):
        Guard(Gliding(), {"wall": Limit(Beyond(needs=("point.speed",)), at_most=1.0)}, CEM())
