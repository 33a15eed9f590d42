"""Keep one thing away from another."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from .cost import Scene


@dataclass(frozen=True)
class Clearance:
    """Depth `keep` - clearance inside the zone to keep free, in metres; negative outside of it.

    As a limit, `at_most: 0.0` keeps the distance. Under `minimize` it is signed too: farther away always costs less.
    """

    unit: ClassVar[str] = "m"
    of: str
    """One name of the quantity clearance.<of>.<to>, in either order."""
    to: str
    keep: float
    """Width of the zone in metres."""

    @property
    def needs(self) -> tuple[str, ...]:
        return (f"clearance.{self.of}.{self.to}",)

    def __call__(self, scene: Scene, actions: Tensor) -> Tensor:
        return self.keep - scene[f"clearance.{self.of}.{self.to}"]
