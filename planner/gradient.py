"""Multi-start gradient descent through the world model."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from .belief import Belief, sampled
from .noise import Noise
from .polish import Adam
from .shooting import to_best


@dataclass(frozen=True)
class Gradient:
    """Draw starts, and follow the gradient from each of them; the polish does the work, see `planner.polish.Adam`.

    `candidates` of the planner is the number of starts.
    """

    steps: int = 70
    """Of Adam, from the best start; the worse ones are given up earlier."""
    rate: float = 0.3
    """First step size, in units of the action range."""
    halvings: int = 5
    """How often the worse half of the starts is given up."""

    def __post_init__(self) -> None:
        self._polish()

    @property
    def prefers(self) -> Mapping[str, Any]:
        """One round of starts, each of them polished."""
        return {"iterations": 1, "try_mean": False, "polish": self._polish()}

    def _polish(self) -> Adam:
        return Adam(self.steps, self.rate, None, self.halvings)

    def sample(self, belief: Belief, n: int, noise: Noise) -> Tensor:
        """Draw starts. Shape (B, n, T, A)."""
        return sampled(belief, n, noise)

    def update(self, belief: Belief, chunks: Tensor, ranking: Tensor) -> Belief:
        """Move the mean to the best chunk."""
        return to_best(belief, chunks, ranking)
