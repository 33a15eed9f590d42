"""Let two things touch."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from .cost import Scene


@dataclass(frozen=True)
class Touching:
    """Probability, 0 to 1, that `a` and `b` do *not* touch; `Contact` is the opposite wish."""

    unit: ClassVar[str] = "probability"
    a: str
    """One name of the quantity contact.<a>.<b>, in either order."""
    b: str

    @property
    def needs(self) -> tuple[str, ...]:
        return (f"contact.{self.a}.{self.b}",)

    def __call__(self, scene: Scene, actions: Tensor) -> Tensor:
        return 1.0 - scene[f"contact.{self.a}.{self.b}"]
