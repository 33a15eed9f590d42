"""From a scene and a wanted one to chunks of actions that lead there, and to what they lead to."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .goal import BODY, OBJECT, Goal
from .physics import ABOUT, MESSAGE, Seen, look
from .state import ACTION, POSITION, SIDE, UP, State, turned
from .words import Words

Pair = tuple[Tensor, Tensor]
"""Of the chunk and of the objects."""
CLOCK = 16
"""Numbers that say how much of the noise is left."""
WAY, LEAN = 0.1, 0.3
"""Metres that an object goes, and part of an axis that it leans, that count as one."""


class Actor(nn.Module):
    """Samples chunks of T actions, jointly with what becomes of every object, given what is wanted: flow matching.

    A straight path x = (1 - τ) noise + τ data has the velocity data - noise, which a relational network learns
    (Lipman et al., 2023; Liu et al., 2023). One network has three roles: with all of a later scene wanted it is
    inverse dynamics; with a task's few quantities wanted it predicts actions and outcome jointly; and with `joint` off
    it predicts actions alone, on features that are the world model's.

    Args:
        features: F, learned numbers of a slot.
        kinds: kinds of objects.
        hidden: width.
        steps: T, actions of a chunk.
        joint: whether what becomes of the objects is predicted too.
    """

    def __init__(self, features: int, kinds: int, hidden: int, steps: int, joint: bool = True) -> None:
        super().__init__()
        self.steps, self.joint, chunk = steps, joint, steps * ACTION
        told = ABOUT + BODY + chunk + CLOCK
        node = 10 + features + kinds + OBJECT + 6
        self.object, self.scene = nn.Linear(node, hidden), nn.Linear(told, hidden)
        self.send, self.hear = nn.Linear(hidden, MESSAGE), nn.Linear(hidden, MESSAGE)
        self.heard = nn.Linear(MESSAGE, hidden)
        self.think, self.gather = nn.Linear(hidden, hidden), nn.Linear(hidden, hidden)
        wide = 2 * hidden
        self.whole = nn.Sequential(nn.Linear(told + hidden, wide), nn.SiLU(), nn.Linear(wide, wide), nn.SiLU())
        self.act = nn.Linear(wide, chunk)
        self.back = nn.Linear(wide, hidden)
        self.become = nn.Linear(hidden, 6)

    def forward(self, seen: Seen, there: Tensor, goal: Pair, x: Pair, time: Tensor) -> Pair:
        """Velocity of a chunk and of an outcome.

        Args:
            seen: the scene as the hand sees it.
            there: 1 where a slot is not empty. Shape (M, S, 1).
            goal: see `Goal.told`.
            x: noisy chunk (M, T A) and outcome (M, S, 6), in the hand's frame.
            time: τ, from 0 (noise) to 1. Shape (M, 1).
        """
        beat = torch.pi * 2.0 ** torch.arange(CLOCK // 2, device=time.device) * time / 4.0
        told = torch.cat([seen.robot, goal[0], x[0], beat.sin(), beat.cos()], -1)
        outcome = x[1] if self.joint else torch.zeros_like(x[1])
        h = F.silu(self.object(torch.cat([seen.objects, goal[1], outcome], -1)) + self.scene(told)[:, None])
        pairs = F.silu(self.send(h)[:, None] + self.hear(h)[:, :, None])  # (M, S to, S from, ...)
        others = there[:, None] * (1.0 - torch.eye(h.shape[1], device=h.device))[None, :, :, None]
        h = F.silu(h + self.heard((pairs * others).sum(2)))
        h = F.silu(h + self.think(h))
        felt = (F.silu(self.gather(h)) * there).sum(1)
        whole = self.whole(torch.cat([told, felt], -1))
        return self.act(whole), self.become(F.silu(h + self.back(whole)[:, None]))

    def error(
        self, now: State, known: Pair, goal: Goal | Words, chunk: Tensor, then: Tensor | None, time: Tensor, noise: Pair
    ) -> Pair:
        """How far the velocity is from the straight way to a chunk (M, T, A) and its outcome (M, S, 6): squares, NaN
        where nobody knows. Shapes (M, T A) and (M, S, 6)."""
        side = now.robot[..., SIDE]
        x = facing(chunk, side).flatten(1)
        y = torch.zeros_like(noise[1]) if then is None else became(now, then)
        known_y = y.isfinite()
        y = torch.where(known_y, y, 0.0)
        clock = time.unsqueeze(-1)
        mixed = (1 - time) * noise[0] + time * x, (1 - clock) * noise[1] + clock * y
        seen = look(now.robot, now.slots, known[0])
        v, w = self(seen, known[1], goal.told(now), mixed, time)
        return (v - (x - noise[0])).square(), torch.where(known_y, (w - (y - noise[1])).square(), torch.nan)

    @torch.no_grad()
    def sample(self, now: State, known: Pair, goal: Goal | Words, noise: Pair, passes: int = 8) -> Pair:
        """Follow the velocity from noise (M, T A) and (M, S, 6) in equal steps (Euler).

        Returns:
            Chunks, world frame, not clipped (M, T, A); position and up axis of each object after them (M, S, 6).
        """
        seen, told = look(now.robot, now.slots, known[0]), goal.told(now)
        x, y = noise
        for i in range(passes):
            time = x.new_full((len(x), 1), i / passes)
            v, w = self(seen, known[1], told, (x, y), time)
            x, y = x + v / passes, y + w / passes
        return placed(now, x.unflatten(1, (self.steps, ACTION)), y)


def facing(chunk: Tensor, side: Tensor, back: bool = False) -> Tensor:
    """Turn the ways in a chunk (M, T, A) into the frame of the hand as it is now, or back."""
    return torch.cat([turned(chunk[..., :3], side, back), chunk[..., 3:]], -1)


def placed(now: State, chunk: Tensor, change: Tensor) -> Pair:
    """Turn a chunk (M, T, A), and what becomes of the objects (M, S, 6), in units, from the hand's frame to the
    world's: places and axes."""
    side = now.robot[..., SIDE]
    way, lean = (turned(part, side, back=True) for part in change.split(3, -1))
    place = [now.slots[..., POSITION] + WAY * way, F.normalize(now.slots[..., UP] + LEAN * lean, dim=-1)]
    return facing(chunk, side, back=True), torch.cat(place, -1)


def became(now: State, then: Tensor) -> Tensor:
    """What became of the objects, as the hand sees it: position and axis (M, S, 6) -> change, in units."""
    side = now.robot[..., SIDE]
    way, lean = then[..., POSITION] - now.slots[..., POSITION], then[..., UP] - now.slots[..., UP]
    return torch.cat([turned(way, side) / WAY, turned(lean, side) / LEAN], -1)
