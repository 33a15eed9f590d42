"""A filter for other policies: an action passes if some imagined future after it keeps the limits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..costs.cost import Scene
from ..costs.objective import Limit, Objective, Weighted
from ..costs.risk import Mean, Risk
from ..worldmodel.interface import WorldModel
from .anchors import read_at
from .belief import Belief, Search
from .noise import Noise
from .outcome import Plan
from .plan import Planner


class Verdict(NamedTuple):
    """What a filter says of an action. Row b belongs to scene b."""

    action: Tensor
    """The action itself where it is safe, or else the nearest safe one found; zero where none was. Shape (B, A)."""
    ok: Tensor
    """Whether the action passed unchanged. Shape (B,), bool."""
    reason: tuple[str, ...]
    """One sentence per scene."""
    plan: Plan
    """The future that keeps the limits, or breaks them least."""


class Guard:
    """Predictive safety filter (Wabersich & Zeilinger, 2021): change an action as little as the limits ask for.

    minimize |a_0 - action| subject to the limits along a chunk that begins with a_0; half of the candidates begin with
    the very action, so that it passes wherever one of its continuations is safe.

    Args:
        model: imagines what actions would cause.
        subject_to: the limits, by name.
        search: looks for continuations.
        limit_risk: taken over the possible futures.
        options: of `Planner`, such as horizon, candidates, iterations.
    """

    def __init__(
        self,
        model: WorldModel,
        subject_to: Mapping[str, Limit],
        search: Search,
        limit_risk: Risk | None = None,
        options: Mapping[str, Any] | None = None,
    ):
        if not subject_to:
            raise ValueError("a guard needs at least one limit; without any, every action passes.")
        self.model, self.search, self.options = model, search, dict(options or {})
        self.objective = Objective({}, subject_to, limit_risk=limit_risk or Mean())
        Planner(model, self.objective, search, **self.options)  # refuses what cannot work before anything moves

    def start(self, state: Any) -> dict[str, Tensor]:
        """Read what the limits compare with the start of the episode, off its first state.

        Returns:
            The model's name of the quantity -> value. Shape (B, *shape of the quantity) each.
        """
        names = read_at("start", self.objective.needs, self.model.quantities)
        with torch.no_grad():
            return self.model.read(state, names) if names else {}  # type: ignore[attr-defined]

    def certify(
        self,
        state: Any,
        action: Tensor,
        belief: Belief | None = None,
        seeds: Sequence[Sequence[int]] | None = None,
        start: Mapping[str, Tensor] | None = None,
    ) -> Verdict:
        """Judge the action that some policy wants to execute now.

        Args:
            state: what `model.encode` returned.
            action: in [-1, 1]; an action beyond is judged as if clipped. Shape (B, A).
            belief: where to look for continuations, such as the last verdict's `plan.belief.shifted(1)`.
            seeds: see `Planner.plan`.
            start: what `start` returned for the episode's first state; the episode begins now, if absent.
        """
        if action.dim() != 2 or action.shape[1] != self.model.action_dim:
            raise ValueError(
                f"an action to certify has shape (B, A) = (B, {self.model.action_dim}), got {tuple(action.shape)}."
            )
        wanted = action.clamp(-1.0, 1.0)
        aim = replace(self.objective, minimize={"change": Weighted(_Change(wanted), 1.0, over="max")})
        planner = Planner(self.model, aim, _Beginning(self.search, wanted), **self.options)
        belief = belief or planner.start(len(action))
        mean = torch.cat([wanted[:, None], belief.mean[:, 1:]], dim=1)  # what is nearest is looked for around it
        plan = planner.plan(state, belief._replace(mean=mean), seeds=seeds, start=start)
        ok = plan.feasible & (plan.chunk[:, 0] == wanted).all(dim=1)
        found = torch.where(plan.feasible[:, None], plan.chunk[:, 0], 0.0)
        return Verdict(found, ok, tuple(_sentence(plan, bool(passed), b) for b, passed in enumerate(ok)), plan)


@dataclass(frozen=True)
class _Change:
    """Distance of the first action from the wanted one, in units of the action range."""

    wanted: Tensor
    """Shape (B, A)."""
    needs: tuple[str, ...] = ()

    def __call__(self, scene: Scene, actions: Tensor) -> Tensor:
        first = (actions[..., :1, :] - self.wanted[:, None, None]).norm(dim=-1)  # (..., B, N, 1)
        return torch.cat([first, torch.zeros_like(actions[..., 1:, 0])], dim=-1)


@dataclass(frozen=True)
class _Beginning:
    """A search half of whose candidates begin with a given action."""

    search: Search
    first: Tensor
    """Shape (B, A)."""

    @property
    def prefers(self) -> Mapping[str, Any]:
        return getattr(self.search, "prefers", {})

    def sample(self, belief: Belief, n: int, noise: Noise) -> Tensor:
        chunks = self.search.sample(belief, n, noise).clone()
        chunks[:, : (n + 1) // 2, 0] = self.first[:, None]
        return chunks

    def update(self, belief: Belief, chunks: Tensor, ranking: Tensor) -> Belief:
        return self.search.update(belief, chunks, ranking)


def _sentence(plan: Plan, passed: bool, b: int) -> str:
    if passed:
        return "A future after this action keeps every limit."
    if plan.feasible[b]:
        return f"No future after this action was found that keeps the limits; one was {plan.cost[b]:.2g} away from it."
    return f"No action was found that keeps the limits; the best one exceeds {broken(plan, b)}."


def broken(plan: Plan, b: int = 0) -> str:
    """Name the limits that the best chunk does not keep, in the words of the config."""
    worst = [f"{name} by {excess[b].item():.3g}" for name, excess in plan.excesses.items() if not excess[b] <= 0]
    return ", ".join(worst) or "nothing finite"
