"""Stay where the imagined futures agree."""

from dataclasses import dataclass

from torch import Tensor

from .cost import Cost, Scene

DEGREES = ("up", "down", "side")
METRES = ("position", "point", "width")


@dataclass(frozen=True)
class Disagreement:
    """How far apart the possible futures are: how unsure the world model is.

    As a limit it keeps the planner to what the model knows; `at_most` may then be left to calibration (`confidence`).
    """

    of: str = ""
    """A quantity such as cup.up: the standard deviation of its futures, in its unit, axes in degrees. Without one, that
    of object positions, in metres, averaged over the objects."""

    @property
    def unit(self) -> str:
        """That of the quantity; "" for probabilities."""
        last = self.of.rpartition(".")[2]
        if last in DEGREES:
            return "degrees"
        if last == "force":
            return "N"
        return "m" if not self.of or last in METRES or self.of.startswith("clearance.") else ""

    @property
    def needs(self) -> tuple[str, ...]:
        return (f"{self.of}.disagreement" if self.of else "disagreement",)

    def __call__(self, scene: Scene, actions: Tensor) -> Tensor:
        return scene[self.needs[0]]


def of_the_model(cost: Cost) -> bool:
    """Whether a cost measures what a world model knows, and not a scene: nothing real can be judged by it."""
    return any(name.endswith(("disagreement", "unexplained")) for name in cost.needs)
