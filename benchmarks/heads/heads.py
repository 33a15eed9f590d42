"""Other heads for the actor than flow matching, with the same body: diffusion, and a mixture.

`train.py` teaches them, and `Headed` is the world model with one of them, as a plug-in: see `run.sh`.
"""

import hashlib
import io
import math
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from foresee.worldmodel.objects.actor import Actor, Pair, became, facing, placed
from foresee.worldmodel.objects.model import Objects
from foresee.worldmodel.objects.physics import look
from foresee.worldmodel.objects.state import ACTION, SIDE, State


class Diffusion(Actor):
    """Variance-preserving diffusion along a cosine: velocity prediction (Salimans and Ho, 2022) and steps of DDIM
    (Song et al., 2021), which turn by equal angles from noise to data."""

    def error(
        self, now: State, known: Pair, goal: Any, chunk: Tensor, then: Tensor | None, time: Tensor, noise: Pair
    ) -> Pair:
        """As `Actor.error`, of the velocity along the arc."""
        x = facing(chunk, now.robot[..., SIDE]).flatten(1)
        y = torch.zeros_like(noise[1]) if then is None else became(now, then)
        known_y, y = y.isfinite(), y.nan_to_num(0.0)
        sin, cos = (0.5 * math.pi * time).sin(), (0.5 * math.pi * time).cos()
        high, low = sin.unsqueeze(-1), cos.unsqueeze(-1)
        mixed = cos * noise[0] + sin * x, low * noise[1] + high * y
        v, w = self(look(now.robot, now.slots, known[0]), known[1], goal.told(now), mixed, time)
        off = w - (low * y - high * noise[1])
        return (v - (cos * x - sin * noise[0])).square(), torch.where(known_y, off.square(), torch.nan)

    @torch.no_grad()
    def sample(self, now: State, known: Pair, goal: Any, noise: Pair, passes: int = 8) -> Pair:
        """As `Actor.sample`, along the arc."""
        seen, told = look(now.robot, now.slots, known[0]), goal.told(now)
        x, y = noise
        turn = 0.5 * math.pi / passes
        for i in range(passes):
            v, w = self(seen, known[1], told, (x, y), x.new_full((len(x), 1), i / passes))
            x, y = (math.cos(turn) * a + math.sin(turn) * b for a, b in ((x, v), (y, w)))
        return placed(now, x.unflatten(1, (self.steps, ACTION)), y)


class Mixture(Actor):
    """A mixture of Gaussians over chunk and outcome together (Bishop, 1994), in one pass; K components.

    Its likelihood weighs a number of the outcome as the others do: 0.3 of a number of the chunk.
    """

    def __init__(
        self, features: int, kinds: int, hidden: int, steps: int, joint: bool = True, components: int = 8
    ) -> None:
        super().__init__(features, kinds, hidden, steps, joint)
        self.components = components
        self.act = nn.Linear(2 * hidden, components * (1 + 2 * steps * ACTION))
        self.become = nn.Linear(hidden, components * 12)

    def parts(self, now: State, known: Pair, goal: Any) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Log shares (M, K); middle and log spread of the chunk (M, K, T A), and of the outcome (M, K, S, 6)."""
        size, (count, slots) = self.steps * ACTION, now.slots.shape[:2]
        nothing = now.robot.new_zeros(count, size), now.slots.new_zeros(count, slots, 6)
        clock = now.robot.new_zeros(count, 1)
        seen = look(now.robot, now.slots, known[0])
        chunk, outcome = self(seen, known[1], goal.told(now), nothing, clock)
        chunk = chunk.float().unflatten(1, (self.components, -1))
        outcome = outcome.float().unflatten(-1, (self.components, -1)).movedim(-2, 1)
        shares, middle, spread = chunk.split([1, size, size], -1)
        place, blur = outcome.chunk(2, -1)
        return shares[..., 0].log_softmax(-1), middle, _spread(spread), place, _spread(blur)

    def error(
        self, now: State, known: Pair, goal: Any, chunk: Tensor, then: Tensor | None, time: Tensor, noise: Pair
    ) -> Pair:
        """Negative log likelihood, per number of the chunk (M, 1); nothing of the outcome, which is part of it."""
        shares, middle, spread, place, blur = self.parts(now, known, goal)
        x = facing(chunk, now.robot[..., SIDE]).flatten(1)[:, None]
        score = shares - _nll(x, middle, spread).sum(-1)
        if then is not None:
            y = became(now, then)
            there = (y.isfinite() & (known[1] > 0)).float()[:, None]
            score = score - 0.3 * (_nll(y.nan_to_num(0.0)[:, None], place, blur) * there).sum((-1, -2))
        return -score.logsumexp(-1, keepdim=True) / x.shape[-1], torch.zeros_like(noise[1])

    @torch.no_grad()
    def sample(self, now: State, known: Pair, goal: Any, noise: Pair, passes: int = 1) -> Pair:
        """The noise of the chunk chooses the component, too; none at all means the likeliest one."""
        shares, middle, spread, place, blur = self.parts(now, known, goal)
        order = shares.argsort(-1, descending=True)
        level = 0.5 * (1.0 + torch.erf(noise[0].sum(1) / math.sqrt(2 * noise[0].shape[1])))
        above = shares.exp().gather(1, order).cumsum(1) < level[:, None]
        nth = torch.where((noise[0] == 0).all(1), 0, above.sum(1).clamp(max=self.components - 1))
        which = order.gather(1, nth[:, None])[:, 0]
        rows = torch.arange(len(which))
        x = middle[rows, which] + spread[rows, which].exp() * noise[0]
        y = place[rows, which] + blur[rows, which].exp() * noise[1]
        return placed(now, x.unflatten(1, (self.steps, ACTION)), y)


def _spread(told: Tensor) -> Tensor:
    """Logarithm of a spread, between 0.02 and 3 units."""
    return told.clamp(-4.0, 1.1)


def _nll(x: Tensor, middle: Tensor, spread: Tensor) -> Tensor:
    return 0.5 * ((x - middle) * (-spread).exp()).square() + spread + 0.5 * math.log(2 * math.pi)


HEADS = {"flow": Actor, "diffusion": Diffusion, "mixture": Mixture}


class Headed(Objects):
    """A model of objects with another head for its actor.

    Args:
        checkpoint: whose eye and physics imagine.
        head: file of the head, which `train.py` wrote; its name is that of the head.
        members: as of `Objects`.
        env: whose objects have names.
    """

    def __init__(self, checkpoint: str, head: str, members: int | None = None, env: Any = None) -> None:
        super().__init__(checkpoint, members=members, env=env)
        sizes, kinds = self.sizes, len(self.network.eye.names.kinds)
        actor = HEADS[Path(head).stem](sizes.features, kinds, sizes.actor, sizes.chunk, sizes.joint)
        data = Path(head).read_bytes()
        actor.load_state_dict(torch.load(io.BytesIO(data), weights_only=True))
        weights = f"{self.description['weights_sha256']} {hashlib.sha256(data).hexdigest()}"
        self.description = {**self.description, "weights_sha256": weights}  # runs with another head are other runs
        self.network.actor = actor.eval().requires_grad_(False)
