"""Care about a cost only beyond some of it, and not without end."""

from dataclasses import dataclass
from typing import Literal, get_args

from torch import Tensor

from .cost import Cost, Scene, unit_of
from .expect import expect_cost, expect_number, expect_one_of

Beyond = Literal["linear", "smooth"]
AT_MARGIN = 0.1
"""Share of the margin that is still missing at the margin, where it saturates smoothly."""


@dataclass(frozen=True)
class Tolerance:
    """What of a cost is beyond `within`, in the unit of the cost; with a margin, it saturates there.

    0 where the cost is at most `within`; then, with x = cost - within and m the margin: x without a margin, min(x, m)
    for "linear", m · (1 - 0.1^((x/m)²)) for "smooth". The shape is one minus that of `tolerance` in dm_control (Tassa
    et al., 2018), times the margin, so that the unit stays.
    """

    cost: Cost
    within: float = 0.0
    """In the unit of the cost."""
    margin: float | None = None
    """How far beyond `within` the cost goes on counting, in its unit; without end, if absent."""
    beyond: Beyond = "linear"

    def __post_init__(self):
        expect_cost("Tolerance", "cost", self.cost)
        expect_number("within", self.within)
        expect_one_of("beyond", self.beyond, get_args(Beyond))
        if self.margin is not None:
            expect_number("margin", self.margin, above=0)
        elif self.beyond == "smooth":
            raise ValueError("Tolerance: 'smooth' saturates at a margin; give 'margin', in the unit of the cost.")

    @property
    def unit(self) -> str:
        """That of the cost."""
        return unit_of(self.cost)

    @property
    def needs(self) -> tuple[str, ...]:
        return self.cost.needs

    def __call__(self, scene: Scene, actions: Tensor) -> Tensor:
        more = (self.cost(scene, actions) - self.within).clamp(min=0.0)
        if self.margin is None:
            return more
        if self.beyond == "linear":
            return more.clamp(max=self.margin)
        return self.margin * (1.0 - AT_MARGIN ** (more / self.margin).square())
