"""Every candidate of one plan with its score, so that the best is picked once, at the end."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from ..costs.score import Score
from .belief import best_of


class Trace(NamedTuple):
    """The best candidate so far, after each round: the iterations, the final mean, the polish."""

    cost: Tensor
    """Shape (rounds, B)."""
    violation: Tensor
    """Shape (rounds, B)."""


class Tried:
    """Candidates in the order in which they were imagined."""

    def __init__(self) -> None:
        self._chunks: list[Tensor] = []
        self._scores: list[Score] = []
        self._sources: list[str] = []
        self._ends: list[int] = []
        self._ranking: Tensor | None = None

    def add(self, chunks: Tensor, score: Score, sources: Sequence[str]) -> None:
        """Note one round.

        Args:
            chunks: actions as they were imagined, within the bounds. Shape (B, N, T, A).
            score: theirs.
            sources: who offered each. Length N.
        """
        self._chunks.append(chunks)
        self._scores.append(score)
        self._sources.extend(sources)
        self._ends.append(len(self._sources))
        self._ranking = None

    def best(self, count: int) -> tuple[Tensor, Score, list[tuple[str, ...]]]:
        """Return the best candidates of each scene, best first; of equal ones, the earliest.

        Returns:
            Chunks of shape (B, E, T, A), their score with fields of shape (B, E), and B tuples of E sources.
        """
        score, ranking = self._ranked()
        chunks, _, order = best_of(torch.cat(self._chunks, dim=1), ranking, count)
        sources = [tuple(self._sources[i] for i in row) for row in order.tolist()]
        return chunks, score.at(order), sources

    def trace(self) -> Trace:
        """Say how the best grew."""
        score, ranking = self._ranked()
        ends = torch.tensor(self._ends, device=ranking.device) - 1
        leader = ranking.cummin(dim=1).indices[:, ends]  # (B, rounds)
        return Trace(score.cost.gather(1, leader).T, score.violation_or_inf().gather(1, leader).T)

    def __len__(self) -> int:
        """How many candidates were imagined for each scene."""
        return len(self._sources)

    def _ranked(self) -> tuple[Score, Tensor]:
        """The score of all candidates, and their ranking."""
        self._scores = [Score.joined(self._scores)]
        if self._ranking is None:
            self._ranking = self._scores[0].ranking()
        return self._scores[0], self._ranking
