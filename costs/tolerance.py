"""Care about a cost only beyond some of it, and not without end."""

from dataclasses import dataclass
from typing import Literal, get_args

from torch import Tensor

from .cost import Cost, Scene, unit_of
from .expect import expect_cost, expect_number, expect_one_of

Beyond = Literal["linear", "smooth"]
MISSING = 0.1
"""Share that is still missing at x = most, where it saturates smoothly."""


@dataclass(frozen=True)
class Tolerance:
    """What of a cost is beyond `within`, in the unit of the cost; it may saturate.

    0 where the cost is at most `within`; then, with x = cost - within and m = `most`: x without it, min(x, m)
    for "linear", m · (1 - 0.1^((x/m)²)) for "smooth". The shape is one minus that of `tolerance` in dm_control (Tassa
    et al., 2018), times its margin m, so that the unit stays.
    """

    cost: Cost
    within: float = 0.0
    """In the unit of the cost."""
    most: float | None = None
    """What it saturates at, in the unit of the cost; it grows without end, if absent."""
    beyond: Beyond = "linear"

    def __post_init__(self):
        expect_cost("Tolerance", "cost", self.cost)
        expect_number("within", self.within)
        expect_one_of("beyond", self.beyond, get_args(Beyond))
        if self.most is not None:
            expect_number("most", self.most, above=0)
        elif self.beyond == "smooth":
            raise ValueError(
                "Tolerance: 'smooth' saturates; give 'most', what it saturates at, in the unit of the cost."
            )

    @property
    def unit(self) -> str:
        """That of the cost."""
        return unit_of(self.cost)

    @property
    def needs(self) -> tuple[str, ...]:
        return self.cost.needs

    def __call__(self, scene: Scene, actions: Tensor) -> Tensor:
        more = (self.cost(scene, actions) - self.within).clamp(min=0.0)
        if self.most is None:
            return more
        if self.beyond == "linear":
            return more.clamp(max=self.most)
        return self.most * (1.0 - MISSING ** (more / self.most).square())
