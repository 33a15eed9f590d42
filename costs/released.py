"""Let an object go."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from .cost import Scene


@dataclass(frozen=True)
class Released:
    """Probability, 0 to 1, that the object *is* held; `Held` is the opposite wish."""

    unit: ClassVar[str] = "probability"
    object: str

    @property
    def needs(self) -> tuple[str, ...]:
        return (f"{self.object}.held",)

    def __call__(self, scene: Scene, actions: Tensor) -> Tensor:
        return scene[f"{self.object}.held"]
