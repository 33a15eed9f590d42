"""The best candidate of each scene, kept across iterations."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from ..costs.score import Score


class Best(NamedTuple):
    """One evaluated chunk per scene, its own score, and who offered it."""

    chunk: Tensor
    """Actions in [-1, 1]. Shape (B, T, A)."""
    score: Score
    """Every field has shape (B, 1)."""
    source: tuple[str, ...]
    """Length B."""

    @classmethod
    def among(cls, chunks: Tensor, score: Score, ranking: Tensor, sources: Sequence[str]) -> "Best":
        """Pick from candidates that were just evaluated.

        Args:
            chunks: Shape (B, N, T, A).
            score: theirs.
            ranking: the score's, free of NaN. Shape (B, N).
            sources: where each candidate comes from. Length N.
        """
        first = ranking.argmin(dim=1, keepdim=True)  # (B, 1)
        rows = torch.arange(len(first), device=first.device)
        return cls(
            chunks[rows, first[:, 0]].clamp(-1.0, 1.0),
            _each(score, lambda values, _: values.gather(1, first), score),
            tuple(sources[int(i)] for i in first[:, 0]),
        )

    def or_earlier(self, earlier: "Best | None") -> "Best":
        """Each scene's better one; the earlier, where they are equal."""
        if earlier is None:
            return self
        new = self.score.beats(earlier.score)  # (B, 1)
        return Best(
            torch.where(new[..., None], self.chunk, earlier.chunk),
            _each(self.score, lambda ours, theirs: torch.where(new, ours, theirs), earlier.score),
            tuple(
                ours if wins else theirs
                for ours, theirs, wins in zip(self.source, earlier.source, new[:, 0].tolist(), strict=True)
            ),
        )

    @property
    def status(self) -> tuple[str, ...]:
        """ "feasible", "infeasible" or "not finite", per scene."""
        kind = torch.where(self.score.feasible, 0, torch.where(self.score.violation.isfinite(), 1, 2))
        words = ("feasible", "infeasible", "not finite")
        return tuple(words[i] for i in kind[:, 0].tolist())


def _each(score: Score, combine: Callable[[Tensor, Tensor], Tensor], other: Score) -> Score:
    """Combine two scores field by field."""
    return Score(
        combine(score.cost, other.cost),
        combine(score.violation, other.violation),
        {name: combine(values, other.costs[name]) for name, values in score.costs.items()},
        {name: combine(values, other.excesses[name]) for name, values in score.excesses.items()},
    )
