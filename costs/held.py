"""Hold an object."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from .cost import Scene


@dataclass(frozen=True)
class Held:
    """Probability, 0 to 1, that the object is *not* held."""

    unit: ClassVar[str] = "probability"
    object: str

    @property
    def needs(self) -> tuple[str, ...]:
        return (f"{self.object}.held",)

    def __call__(self, scene: Scene, actions: Tensor) -> Tensor:
        return 1.0 - scene[f"{self.object}.held"]
