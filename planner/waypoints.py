"""Chunks that lead the hand by way of the things that are there."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from .belief import Belief
from .noise import Noise


@dataclass(frozen=True)
class Waypoints:
    """Go in a straight line to a point near one object, then on to a point near another, or straight up or down; some
    of them draw back first.

    Objects, offsets and what the fingers do on each leg are drawn anew for every chunk and say nothing about the task:
    such movements matter in any task, and noise around one action at a time almost never draws them. The world model
    says where the objects are.
    """

    model: Any
    """Has `read(state, names)`."""
    step: float = 0.04
    """Metres that an action of 1 moves the hand, and that it opens the fingers."""
    near: float = 0.012
    """Standard deviation of where a point lies from where it is meant to, metres."""
    far: float = 0.13
    """How far beside an object a point may lie, metres."""
    back: float = 0.3
    """Share of the chunks that first draw back: straight up, opening the fingers."""
    above: float = 0.5
    """Share of the chunks that come to the first point from above it."""

    def propose(self, state: Any, belief: Belief, n: int, noise: Noise) -> Tensor:
        """Offer `n` chunks. Shape (B, n, T, A)."""
        batch, steps, size = belief.mean.shape
        names = [q for q in self.model.quantities if q.endswith(".position") and q != "gripper.position"]
        read = self.model.read(state, ["gripper.position", *names])
        hand = read["gripper.position"].float()  # (B, 3)
        things = torch.stack([read[name].float() for name in names], 1)  # (B, O, 3)
        drawn = noise(n, 9, 3).to(hand)  # (B, n, 9, 3)
        chance = 0.5 * (1.0 + torch.erf(drawn / 2**0.5))  # uniform, from the same stream
        first = self._point(things, chance[:, :, 0, 0], chance[:, :, 1], drawn[:, :, 2])
        second = self._point(things, chance[:, :, 0, 1], chance[:, :, 3], drawn[:, :, 4])
        up = first + self._up(0.3 * (chance[:, :, 5, 0] - 0.3))
        second = torch.where((chance[:, :, 5, 1] < 0.5).unsqueeze(-1), up, second)
        here = hand[:, None].expand_as(first)
        back = here + self._up(0.02 + 0.1 * chance[:, :, 6, 2])
        above = first + self._up(0.02 + 0.08 * chance[:, :, 8, 0])
        above = torch.where((chance[:, :, 8, 1] < self.above).unsqueeze(-1), above, first)
        points = torch.stack([back, above, first, second], 2)  # (B, n, legs, 3)
        come, leave = ((3.0 * chance[:, :, 6, leg]).floor() - 1.0 for leg in (0, 1))  # close, keep, open
        fingers = torch.stack([torch.ones_like(come), come, come, leave], 2)  # (B, n, legs)
        none = torch.zeros_like(come)
        pause = torch.stack([none, none, (3.0 * chance[:, :, 7, 0]).floor()], 2)  # steps for the fingers
        pace = 0.3 + 0.7 * chance[:, :, 7, 1].unsqueeze(-1)
        leg = (chance[:, :, 5, 2] >= self.back).long().unsqueeze(-1)  # who does not draw back begins with the next one
        waited = torch.zeros_like(pause[..., :1])
        chunk = drawn.new_zeros(batch, n, steps, size)
        for t in range(steps):
            goal = points.gather(2, leg.unsqueeze(-1).expand(-1, -1, 1, 3)).squeeze(2)
            way = (goal - here) / self.step
            way = pace * way / way.abs().amax(-1, keepdim=True).clamp_min(1.0)
            there = ((goal - here).norm(dim=-1, keepdim=True) < 0.01) & (leg < 3)
            chunk[:, :, t, :3] = way
            chunk[:, :, t, -1] = fingers.gather(2, leg + there.long()).squeeze(2)
            here = here + self.step * way
            go = there & (waited >= pause.gather(2, leg.clamp(max=2)))
            leg, waited = leg + go.long(), torch.where(there & ~go, waited + 1, 0.0 * waited)
        turn = 2.0 * chance[:, :, 7, 2] - 1.0
        chunk[:, :, : steps // 2, 3] = torch.where(chance[:, :, 0, 2] < 0.5, 0.0 * turn, turn).unsqueeze(-1)
        return chunk

    @staticmethod
    def _up(far: Tensor) -> Tensor:
        """Straight up by so many metres. Shape (...) -> (..., 3)."""
        return torch.stack([0 * far, 0 * far, far], -1)

    def _point(self, things: Tensor, which: Tensor, where: Tensor, off: Tensor) -> Tensor:
        """Draw a point: at an object, above it, or beside it. Shapes (B, O, 3), (B, n), (B, n, 3), (B, n, 3)."""
        count = things.shape[1]
        index = (which * count).long().clamp(max=count - 1)
        thing = things.gather(1, index.unsqueeze(-1).expand(-1, -1, 3))  # (B, n, 3)
        angle = 2 * torch.pi * where[..., 0]
        away = self.far * torch.stack([angle.cos(), angle.sin(), 0 * angle], -1)
        beside = thing + away * (where[..., 1] > 0.6).float().unsqueeze(-1)
        height = torch.where(where[..., 2] < 0.6, 0.1 * where[..., 2], 0.4 * (where[..., 2] - 0.5))
        return beside + self._up(height) + self.near * off
