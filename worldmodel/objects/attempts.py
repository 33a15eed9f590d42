"""What was done from a moment on, and what came of it at any later one."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from ..data import Frames
from .batches import BLUR, Slots
from .goal import AHEAD, Goal, hindsight
from .state import ACTION, POSITION, State
from .truth import Truth
from .words import retold

if TYPE_CHECKING:
    from .network import Network

WHOLE = 0.4
"""Share of the moments of which all of a later scene is said: inverse dynamics."""


class Attempts(Slots):
    """Chunks of `horizon` actions over encoded slots, and all that was true until `AHEAD` steps later."""

    def __init__(self, network: "Network", frames: Frames, episodes: np.ndarray, horizon: int) -> None:
        super().__init__(network, frames, episodes, horizon)
        self.last = torch.as_tensor(np.repeat(frames.starts + frames.lengths, frames.lengths)) - 1  # (F,)

    def __getitems__(self, indices: list[int]) -> dict[str, object]:
        """Gather a batch; what lies behind the end of an episode is its last moment."""
        now = torch.from_numpy(self.firsts[indices])
        left = (self.last[now] - now).clamp(max=AHEAD)
        rows = now[:, None] + torch.minimum(torch.arange(AHEAD + 1), left[:, None])
        return {
            "robot": self.robot[rows],
            "actions": self.actions[now[:, None] + torch.arange(self.horizon)],
            "slots": self.slots[now],
            "truth": self.truth.at(rows),
            "left": left,
        }


class Shown(Attempts):
    """The same with the pictures themselves in place of slots: for a policy that learns to see by acting."""

    def see(self, network: "Network", frames: Frames) -> Tensor:
        """Nothing is encoded beforehand."""
        self.images, self.frames = frames.images, network.sizes.frames
        self.first = torch.as_tensor(np.repeat(frames.starts, frames.lengths))  # (F,)
        return torch.zeros(len(frames.images), 0)

    def __getitems__(self, indices: list[int]) -> dict[str, object]:
        """Gather a batch; an episode's first frame stands in for those before it."""
        now = torch.from_numpy(self.firsts[indices])[:, None]
        rows = torch.maximum(now - torch.arange(self.frames - 1, -1, -1), self.first[now])
        shown = np.stack([self.images[row] for row in rows.flatten().tolist()])
        images = torch.from_numpy(shown).unflatten(0, rows.shape)
        return super().__getitems__(indices) | {"images": images, "felt": self.robot[rows]}


def attempts(network: "Network", frames: Frames, episodes: np.ndarray, horizon: int) -> Attempts:
    """What the actor of a network learns from."""
    return (Shown if network.sizes.words else Attempts)(network, frames, episodes, horizon)


def acted(network: "Network", batch: Mapping, noise: torch.Generator) -> dict[str, Tensor]:
    """Score the actor of a network on a batch of attempts: actions per whole stroke, outcomes per 10 cm and 0.3."""
    actor, truth, robot, left = network.actor, batch["truth"], batch["robot"], batch["left"]
    assert actor is not None
    slots, count, steps = batch["slots"], len(left), batch["actions"].shape[1]
    who = truth.who[:, 0]

    def drawn(*shape: int) -> Tensor:
        return torch.randn(shape, generator=noise).to(slots)

    def even(*shape: int) -> Tensor:
        return torch.rand(shape, generator=noise).to(slots)

    whole = even(count) < WHOLE
    most = torch.where(whole, left.clamp(max=steps), left)
    ahead, end = soon(most, noise), even(count)
    ahead = torch.where(whole & (end < 0.35), most, torch.where(whole & (end > 0.65), torch.ones_like(most), ahead))
    here = torch.arange(count)
    then: Truth = truth.at((here, ahead))
    goal = hindsight(truth.at((here, 0)), then, robot[here, ahead], ahead, whole, noise)
    moved = slots[..., POSITION] + BLUR * drawn(*slots.shape[:2], 3)
    now = State(robot[:, 0], torch.cat([moved, slots[..., 3:]], -1), who)
    known = network.known(who)
    silent = judged(goal, whole)[:, None, None]
    rest = drawn(count, steps * ACTION), drawn(*slots.shape[:2], 6).masked_fill(silent, 0.0)
    outcome = truth.place[:, steps].masked_fill(silent, torch.nan) if actor.joint else None
    action, scene = actor.error(now, known, goal, batch["actions"], outcome, even(count, 1), rest)
    there = (known[1] > 0) & scene.isfinite()
    terms = {"action": action.mean(), "outcome": (scene.nan_to_num(0.0) * there).sum() / there.sum().clamp_min(1)}
    return {"total": terms["action"] + (0.3 * terms["outcome"] if actor.joint else 0.0), **terms}


def judged(goal: Goal, whole: Tensor) -> Tensor:
    """Where a goal is one that the actor judges a chunk by: it says the places of all objects, or nothing. Shape (M,).

    There the actor is told zeros in place of a noisy outcome, as in `explain.unexplained`. That needs no flag: as long
    as there is noise, so many numbers are never all zero by chance.
    """
    nothing = goal.place.isnan().flatten(1).all(1)
    return goal.robot.isnan().all(1) & goal.held.isnan().all(1) & (whole | nothing)


def soon(most: Tensor, noise: torch.Generator) -> Tensor:
    """Draw whole numbers from 1 to `most`. Shape (M,)."""
    return 1 + (torch.rand(most.shape, generator=noise).to(most.device) * most).long().minimum(most - 1)


def followed(network: "Network", batch: Mapping, noise: torch.Generator) -> dict[str, Tensor]:
    """Score an actor that sees for itself and is told in words what came about: actions per whole stroke."""
    actor, truth, robot, left = network.actor, batch["truth"], batch["robot"], batch["left"]
    assert actor is not None
    who, here = truth.who[:, 0], torch.arange(len(left))
    slots = network.eye.window(batch["images"], batch["felt"], who)[:, 0]
    ahead = soon(left, noise)
    words = retold(truth.at((here, 0)), truth.at((here, ahead)), robot[here, ahead], noise)
    time = torch.rand(len(left), 1, generator=noise).to(slots)
    rest = torch.randn(len(left), actor.steps * ACTION, generator=noise).to(slots)
    state, nothing = State(robot[:, 0], slots, who), torch.zeros_like(slots[..., :6])
    error, _ = actor.error(state, network.known(who), words, batch["actions"], None, time, (rest, nothing))
    return {"total": error.mean()}
