"""What a cost is: one number per step, in a unit a person would say aloud."""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from torch import Tensor

Scene = Mapping[str, Tensor]
"""Quantity name -> values. Shape (..., T, *shape of the quantity)."""


@runtime_checkable
class Cost(Protocol):
    """Measures; what a measurement is worth, or how much is allowed, is the objective's business."""

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of the scene quantities it reads."""
        ...

    def __call__(self, scene: Scene, actions: Tensor) -> Tensor:
        """Measure every step.

        Args:
            scene: the quantities of `needs`, at least.
            actions: actions in [-1, 1]. Shape (..., T, A).

        Returns:
            One number per step. Shape (..., T).
        """
        ...
