"""What an objective thinks of candidates, and the one key that sorts them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

PARTS = ("costs", "excesses", "binding")
"""Fields of a score that say more, by name."""


@dataclass(frozen=True)
class Score:
    """Costs and violations of N candidates in each of B scenes.

    A candidate with any number that is not finite, in any possible future, has infinite cost and violation.
    """

    cost: Tensor
    """Total weighted cost, risk taken. Shape (B, N)."""
    violation: Tensor
    """Sum over the limits of excess / scale where positive; 0 is feasible. Shape (B, N)."""
    costs: Mapping[str, Tensor] = field(default_factory=dict)
    """Name -> weighted cost of the term, averaged over the futures. Shape (B, N) each."""
    excesses: Mapping[str, Tensor] = field(default_factory=dict)
    """Name -> signed excess over the limit in the unit of its cost, risk taken; safe when <= 0. Shape (B, N) each."""
    binding: Mapping[str, Tensor] = field(default_factory=dict)
    """Name -> step, from 0, at which a limit is nearest to breaking, or broken most. Shape (B, N) each."""

    @property
    def feasible(self) -> Tensor:
        """Whether every limit holds and every number is finite. Shape (B, N), bool."""
        return (self.violation <= 0) & (self.cost.abs() < torch.inf)

    def ranking(self) -> Tensor:
        """Make one key that sorts the candidates of each scene; small is good.

        Feasible candidates come first and keep their cost. Infeasible ones follow in order of violation, evenly spaced
        between one and two spreads of the feasible costs above the worst of these; so the key stays on the scale of the
        cost, and neither large nor tiny numbers merge two candidates. Where no candidate of the scene is feasible, the
        key is the violation. What is not finite comes last, at +inf.

        Keys compare within a scene of one call only; `beats` compares across calls.

        Returns:
            Shape (B, N), in the type of the cost.
        """
        feasible = self.feasible
        if bool(feasible.all()):
            return self.cost  # what the general rule comes to, without its work
        violation = self.violation_or_inf()
        some = feasible.any(dim=-1, keepdim=True)  # (B, 1)
        top = self.cost.masked_fill(~feasible, -torch.inf).amax(dim=-1, keepdim=True)
        spread = top - self.cost.masked_fill(~feasible, torch.inf).amin(dim=-1, keepdim=True)
        # Some roundings of `top` at least, or neighbours in rank would merge.
        step = torch.maximum(spread / feasible.shape[-1], 8 * torch.finfo(top.dtype).eps * top.abs())
        step = torch.where(step > 0, step, 1.0)
        behind = top + (spread + step * dense_rank(violation))
        key = torch.where(feasible, self.cost, torch.where(some, behind, violation))
        return key.masked_fill(violation.isinf() | key.isnan(), torch.inf)  # a spread may overflow

    def at(self, index: Tensor) -> "Score":
        """Pick candidates. Shape of `index` (B, E), whole numbers below N; every field becomes (B, E)."""
        return self._each(lambda values: values.gather(1, index))

    @staticmethod
    def joined(scores: "Sequence[Score]") -> "Score":
        """Put the candidates of several calls side by side, in order."""
        if len(scores) == 1:
            return scores[0]
        first = scores[0]
        return Score(
            torch.cat([score.cost for score in scores], dim=1),
            torch.cat([score.violation for score in scores], dim=1),
            *(
                {
                    name: torch.cat([getattr(score, part)[name] for score in scores], dim=1)
                    for name in getattr(first, part)
                }
                for part in PARTS
            ),
        )

    def _each(self, change: Callable[[Tensor], Tensor]) -> "Score":
        parts = ({name: change(values) for name, values in getattr(self, part).items()} for part in PARTS)
        return Score(change(self.cost), change(self.violation), *parts)

    def beats(self, other: "Score") -> Tensor:
        """Say where these candidates rank strictly before the other ones, which any call may have scored.

        Returns:
            Shape (B, N) of both together, bool.
        """
        mine, theirs = self.feasible, other.feasible
        less_violated = self.violation_or_inf() < other.violation_or_inf()
        return torch.where(mine & theirs, self.cost < other.cost, torch.where(mine | theirs, mine, less_violated))

    def violation_or_inf(self) -> Tensor:
        """Violation, infinite where any number is not finite. Shape (B, N)."""
        finite = (self.cost.abs() < torch.inf) & (self.violation < torch.inf)
        return torch.where(finite, self.violation, torch.inf)


def dense_rank(values: Tensor) -> Tensor:
    """Count the distinct smaller values in each row: 0 for the smallest, equal for equal values. Shape (B, N)."""
    ordered, order = values.sort(dim=-1)
    steps = torch.zeros_like(order)
    steps[..., 1:] = (ordered[..., 1:] != ordered[..., :-1]).long()
    return torch.zeros_like(order).scatter(-1, order, steps.cumsum(dim=-1))
