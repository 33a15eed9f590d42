"""Where candidate chunks may come from besides the search."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor

from .belief import Belief
from .noise import Noise


@runtime_checkable
class Proposal(Protocol):
    """Offers chunks that compete with the first candidates of a search: a policy, inverse dynamics, the last plan.

    One with a true attribute `anchored` is given, as the keyword `anchors`, what costs read of other moments: see
    `anchors.anchored`.
    """

    def propose(self, state: Any, belief: Belief, n: int, noise: Noise) -> Tensor:
        """Offer at most `n` chunks. Shape (B, n', T, A) with n' <= n, not clipped.

        Args:
            state: what the world model made of the observation.
            belief: where the search starts; its shape says B, T and A.
            n: how many candidates are free.
            noise: the scenes' private noise, for a proposal that draws.
        """
        ...


@dataclass(frozen=True)
class Share:
    """A proposal with its part of the first candidates."""

    proposal: Proposal
    at_most: float
    """Share of the first candidates, in (0, 1]."""

    def __post_init__(self) -> None:
        if not 0 < self.at_most <= 1:
            raise ValueError(f"the share of {type(self.proposal).__name__} is {self.at_most}; it must lie in (0, 1].")


class Offers:
    """Asks every proposal for its share of the candidates.

    Args:
        proposals: alone or with a share; those without one fill what the others leave of the first half, in order.
    """

    def __init__(self, proposals: Sequence[Proposal | Share]):
        self.proposals = tuple(proposals)
        self.shared = sum(each.at_most for each in self.proposals if isinstance(each, Share))
        if self.shared > 1:
            raise ValueError(f"the shares of the proposals add up to {self.shared:g}; they must not exceed 1.")

    def __call__(
        self, state: Any, belief: Belief, candidates: int, noise: Noise, anchors: Mapping[str, Tensor]
    ) -> list[tuple[str, Tensor]]:
        """Ask. Returns the name of each proposal with its chunks, shape (B, n, T, A), not clipped."""
        offers, free = [], max(int((0.5 - self.shared) * candidates), 0)
        for each in self.proposals:
            shared = isinstance(each, Share)
            proposal, most = (each.proposal, int(each.at_most * candidates)) if shared else (each, free)
            told = {"anchors": anchors} if getattr(proposal, "anchored", False) else {}
            name, chunks = type(proposal).__name__, proposal.propose(state, belief, most, noise, **told)[:, :most]
            if (chunks.shape[0], *chunks.shape[2:]) != tuple(belief.mean.shape):
                batch, steps, size = belief.mean.shape
                raise ValueError(
                    f"{name} must propose chunks of shape (B, n, T, A) = ({batch}, n, {steps}, {size}); "
                    f"its have shape {tuple(chunks.shape)}."
                )
            offers.append((name, torch.where(chunks.isfinite(), chunks, 0.0)))
            free -= 0 if shared else chunks.shape[1]
        return offers


@dataclass(frozen=True)
class LastPlan:
    """The rest of the last plan, unperturbed: the mean that the search starts from, and some of its best chunks."""

    best: int = 0
    """How many of the best chunks of the last plan, of which there are as many as the planner keeps (at least one)."""

    def __post_init__(self) -> None:
        if self.best < 0:
            raise ValueError(f"best is {self.best}; it must be at least 0.")

    def propose(self, state: Any, belief: Belief, n: int, noise: Noise) -> Tensor:
        """Offer the mean and then the best chunks, or the first `n` of them. Shape (B, n', T, A)."""
        mean = belief.mean[:, None]
        best = mean[:, :0] if belief.best is None else belief.best[:, : self.best]
        return torch.cat([mean, best], dim=1)[:, :n]


@dataclass(frozen=True)
class Primitives:
    """Stand still, and push one action all the way up or down for the whole chunk.

    With steps and a gripper opening as actions these are: wait, move along each axis both ways, open, close. Noise that
    is independent from step to step almost never draws such a chunk.
    """

    size: float = 1.0
    """Size of the constant action, in (0, 1]."""

    def propose(self, state: Any, belief: Belief, n: int, noise: Noise) -> Tensor:
        """Offer 1 + 2 A chunks, or the first `n` of them. Shape (B, n', T, A)."""
        batch, steps, size = belief.mean.shape
        axes = self.size * torch.eye(size, device=belief.mean.device)
        actions = torch.cat([torch.zeros_like(axes[:1]), axes, -axes])[:n]  # (n', A)
        return actions[None, :, None].expand(batch, -1, steps, -1)
