"""What a cost is: one number per step, in a unit a person would say aloud."""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from torch import Tensor

Scene = Mapping[str, Tensor]
"""Quantity name -> values. Shape (..., T, *shape of the quantity).

`<quantity>@start` is its value when the episode began, `<quantity>@now` its value when the chunk begins: the same at
all T steps. A cost that reads them names them in `needs`, and they are supplied like any other quantity."""


@runtime_checkable
class Cost(Protocol):
    """Measures; what a measurement is worth, or how much is allowed, is the objective's business.

    A cost may say the unit of its numbers in a class attribute `unit`, such as "degrees".
    """

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


def unit_of(cost: Cost) -> str:
    """The unit that a cost says its numbers are in; "" if it says none."""
    return getattr(cost, "unit", "")
