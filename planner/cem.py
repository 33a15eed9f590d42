"""The cross-entropy method."""

from dataclasses import dataclass

from torch import Tensor

from .belief import Belief, best_of, check_options, fitted_evenly, sampled
from .noise import Noise


@dataclass(frozen=True)
class CEM:
    """Refit the belief to the best candidates, all counting alike (Rubinstein, 1999).

    μ' = mean of the elites, σ' = their standard deviation. Only the order of the candidates matters, so a cost may be
    scaled freely. Samples are refitted unclipped: clipped ones would pull the mean away from the bounds.
    """

    elites: int = 32
    """How many candidates to refit to; fewer converge faster, and to worse places."""
    smoothing: float = 0.1
    """Share of the old belief in the new one, in [0, 1)."""
    min_std: float = 0.05
    """Lower bound of the standard deviation, in units of the action range."""

    def __post_init__(self) -> None:
        check_options(self.elites, self.smoothing, self.min_std)

    def sample(self, belief: Belief, n: int, noise: Noise) -> Tensor:
        """Draw candidate chunks. Shape (B, n, T, A)."""
        return sampled(belief, n, noise)

    def update(self, belief: Belief, chunks: Tensor, ranking: Tensor) -> Belief:
        """Refit to the elites that are usable at all."""
        best, rank, _ = best_of(chunks, ranking, self.elites)
        return fitted_evenly(belief, best, rank, self.smoothing, self.min_std)
