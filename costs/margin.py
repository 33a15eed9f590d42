"""A safety margin: how far from a limit an imagined scene has to stay, step by step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .expect import expect_number


@dataclass(frozen=True)
class Margin:
    """margin_t = min(first + growth · t, most): imagination errs more the farther it looks.

    What grows has an end: without one, no chunk would be feasible far ahead.
    """

    first: float = 0.0
    """At the first step, in the unit of the limit's cost."""
    growth: float = 0.0
    """Added at every further step, at least 0."""
    most: float | None = None
    """Where it ends; needed if it grows."""

    def __post_init__(self) -> None:
        expect_number("margin.first", self.first)
        expect_number("margin.growth", self.growth)
        if self.growth < 0:
            raise ValueError(f"'margin.growth' is at least 0, got {self.growth!r}.")
        if self.most is None and self.growth > 0:
            raise ValueError("a margin that grows needs an end: give 'margin.most', in the unit of the cost.")
        if self.most is not None:
            expect_number("margin.most", self.most)
            if self.most < self.first:
                raise ValueError(f"'margin.most' is at least 'margin.first' = {self.first!r}, got {self.most!r}.")

    def steps(self, horizon: int) -> float | list[float] | None:
        """The margin of each step of a chunk; one number where all are alike, None where there is none."""
        if self.growth == 0:
            return self.first or None
        return [min(self.first + self.growth * t, self.most or 0.0) for t in range(horizon)]


@dataclass(frozen=True)
class Steps:
    """One margin per step, such as calibration finds."""

    values: tuple[float, ...]

    def __post_init__(self) -> None:
        for value in self.values:
            expect_number("margin", value)

    def steps(self, horizon: int) -> list[float]:
        """The margins of the first steps."""
        if len(self.values) < horizon:
            raise ValueError(
                f"'margin' has {len(self.values)} steps, but the chunk has {horizon}; "
                "give one number, or one for each step."
            )
        return list(self.values[:horizon])


def margin_of(value: Any) -> Margin | Steps:
    """Read a margin as configs write it: nothing, a number, one number per step, or the fields of `Margin`."""
    if isinstance(value, Margin | Steps):
        return value
    if value is None:
        return Margin()
    if isinstance(value, Mapping):
        if unknown := sorted(set(value) - set(Margin.__dataclass_fields__)):
            raise ValueError(f"a margin has no '{unknown[0]}'; it is made of {', '.join(Margin.__dataclass_fields__)}.")
        return Margin(**value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return Steps(tuple(value))
    expect_number("margin", value)
    return Margin(float(value))
