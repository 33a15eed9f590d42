"""Chunks that the world model's own actor proposes for what an objective wants."""

from collections.abc import Mapping

import torch
from torch import Tensor

from ..costs.objective import Objective
from ..worldmodel.objects.goal import Goal
from ..worldmodel.objects.model import Objects
from ..worldmodel.objects.state import ACTION, UP, State
from .belief import Belief
from .noise import Noise
from .wanted import Wanted

SOONEST, LATEST = 3.0, 25.0
"""Fewest and most actions until then."""


class Acting:
    """Finds scenes that the objective would like, and asks the actor which chunks of actions lead there.

    The first chunk is the actor's middle one for the best of these scenes; the others are sampled for all of them, and
    say more or less of each: where the hand is then, and how soon.

    Args:
        model: a model of objects with an actor.
        objective: what is wanted.
        scenes: how many wanted scenes share the chunks.
        whole: whether all of a wanted scene is always said, as of the last moment of the chunk, so that the actor is
            goal-conditioned inverse dynamics.
    """

    anchored = True

    def __init__(self, model: Objects, objective: Objective, scenes: int = 8, whole: bool = False):
        if scenes < 1:
            raise ValueError(f"scenes is {scenes}; it must be at least 1.")
        self.model, self.wanted, self.whole = model, Wanted(model, objective, best=scenes), whole

    def propose(
        self, state: State, belief: Belief, n: int, noise: Noise, anchors: Mapping[str, Tensor] | None = None
    ) -> Tensor:
        """Offer `n` chunks. Shape (B, n, T, A)."""
        batch, steps, size = belief.mean.shape
        sizes = self.model.sizes
        goal, _ = self.wanted(state, anchors)
        which = torch.arange(n, device=belief.mean.device) % goal.steps.shape[1]
        goal = type(goal)(*(each[:, which] for each in goal))
        goal = self._all(goal, state) if self.whole else self._parts(goal, noise)
        drawn = independent(noise, n, 1, sizes.chunk * ACTION + 6 * sizes.slots)[:, :, 0].to(belief.mean)
        drawn[:, :1, : sizes.chunk * ACTION] = 0.0  # in the middle; zeros for an outcome would say that none is told
        chunks = self.model.act(state, goal, drawn).to(belief.mean)[:, :, :steps]
        still = chunks.new_zeros(batch, n, steps - chunks.shape[2], size)
        return torch.cat([chunks, still], 2)

    def _parts(self, goal: Goal, noise: Noise) -> Goal:
        """Say more or less of each scene; of the first the least: what is to move, and where."""
        normal = independent(noise, goal.steps.shape[1], 1, 3)[:, :, 0].to(goal.steps)
        even = 0.5 * (1.0 + torch.erf(normal / 2**0.5))  # (B, n, 3)
        even[:, :1] = 1.0
        moves = goal.place.isfinite().any(-1).any(-1)  # (B, n)
        hand, width = ((even[..., :1] < share) | ~moves[..., None] for share in (0.5, 0.25))
        said = torch.cat([hand.expand(-1, -1, 5), width], -1)
        return goal._replace(
            robot=torch.where(said, goal.robot, torch.nan),
            steps=torch.where(even[..., 1] < 0.5, SOONEST + (LATEST - SOONEST) * even[..., 2], torch.nan),
        )

    def _all(self, goal: Goal, state: State) -> Goal:
        """Say all of each scene: what is not to move stays where it is."""
        place = torch.where(goal.place.isnan(), state.slots[:, None, :, : UP.stop].to(goal.place), goal.place)
        return goal._replace(place=place, steps=torch.full_like(goal.steps, float(self.model.sizes.chunk)))


def independent(noise: Noise, n: int, count: int, size: int) -> Tensor:
    """Draw numbers that hang together in no way, whatever the colour of the noise. Shape (B, n, count, size)."""
    return noise(n * count, 1, size)[:, :, 0].unflatten(1, (n, count))
