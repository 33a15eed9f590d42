"""Fulfil one of several wishes."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from .cost import Cost, Scene
from .parts import check_per, joint_unit, scaled, union


@dataclass(frozen=True)
class AnyOf:
    """The least of several costs, each divided by its `per`."""

    costs: Mapping[str, Cost]
    """Name -> cost."""
    per: float | Mapping[str, float] = 1.0
    """How much of each cost counts as 1, in its unit; one number for all, or one by name. At 1, the unit is theirs."""

    def __post_init__(self):
        check_per("AnyOf", self.costs, self.per)

    @property
    def unit(self) -> str:
        """That of the costs where it is one and the same."""
        return joint_unit(self.costs, self.per)

    @property
    def needs(self) -> tuple[str, ...]:
        return union(self.costs.values())

    def __call__(self, scene: Scene, actions: Tensor) -> Tensor:
        return torch.stack(scaled(self.costs, self.per, scene, actions)).amin(dim=0)
