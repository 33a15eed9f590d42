"""Chunks that lead the hand by way of the things that are there."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from .belief import Belief
from .noise import Noise


@dataclass(frozen=True)
class Waypoints:
    """Go in a straight line to a point near one object, then on to a point near another, or straight up or down.

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

    def propose(self, state: Any, belief: Belief, n: int, noise: Noise) -> Tensor:
        """Offer `n` chunks. Shape (B, n, T, A)."""
        batch, steps, size = belief.mean.shape
        names = [q for q in self.model.quantities if q.endswith(".position") and q != "gripper.position"]
        read = self.model.read(state, ["gripper.position", *names])
        hand = read["gripper.position"].float()  # (B, 3)
        things = torch.stack([read[name].float() for name in names], 1)  # (B, O, 3)
        drawn = noise(n, 8, 3).to(hand)  # (B, n, 8, 3)
        chance = 0.5 * (1.0 + torch.erf(drawn / 2**0.5))  # uniform, from the same stream
        first = self._point(things, chance[:, :, 0, 0], chance[:, :, 1], drawn[:, :, 2])
        second = self._point(things, chance[:, :, 0, 1], chance[:, :, 3], drawn[:, :, 4])
        up = first + torch.stack([0 * first[..., 0], 0 * first[..., 0], 0.3 * (chance[:, :, 5, 0] - 0.3)], -1)
        second = torch.where((chance[:, :, 5, 1] < 0.5).unsqueeze(-1), up, second)
        squeeze = [(3.0 * chance[:, :, 6, leg]).floor() - 1.0 for leg in (0, 1)]  # close, leave, open
        pause = (3.0 * chance[:, :, 7, 0]).floor()  # steps for the fingers
        pace = 0.4 + 0.6 * chance[:, :, 7, 1].sqrt().unsqueeze(-1)
        here = hand[:, None].expand_as(first)
        arrived, waited = torch.zeros_like(pause), torch.zeros_like(pause)
        chunk = drawn.new_zeros(batch, n, steps, size)
        for t in range(steps):
            waited = torch.where(arrived > 0, waited + 1, waited)
            on = (waited > pause).unsqueeze(-1)
            goal = torch.where(on, second, first)
            way = (goal - here) / self.step
            way = pace * way / way.abs().amax(-1, keepdim=True).clamp_min(1.0)
            chunk[:, :, t, :3] = way
            chunk[:, :, t, -1] = torch.where(arrived > 0, squeeze[1], squeeze[0])
            here = here + self.step * way
            arrived = torch.maximum(arrived, ((first - here).norm(dim=-1) < 0.01).float())
        turn = 2.0 * chance[:, :, 7, 2] - 1.0
        chunk[:, :, : steps // 2, 3] = torch.where(chance[:, :, 6, 2] < 0.5, 0.0 * turn, turn).unsqueeze(-1)
        return chunk

    def _point(self, things: Tensor, which: Tensor, where: Tensor, off: Tensor) -> Tensor:
        """Draw a point: at an object, above it, or beside it. Shapes (B, O, 3), (B, n), (B, n, 3), (B, n, 3)."""
        count = things.shape[1]
        index = (which * count).long().clamp(max=count - 1)
        thing = things.gather(1, index.unsqueeze(-1).expand(-1, -1, 3))  # (B, n, 3)
        angle = 2 * torch.pi * where[..., 0]
        away = self.far * torch.stack([angle.cos(), angle.sin(), 0 * angle], -1)
        beside = thing + away * (where[..., 1] > 0.6).float().unsqueeze(-1)
        height = torch.where(where[..., 2] < 0.6, 0.05 * where[..., 2], 0.4 * (where[..., 2] - 0.5))
        return beside + torch.stack([0 * angle, 0 * angle, height], -1) + self.near * off
