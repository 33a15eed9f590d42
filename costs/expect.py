"""Refuse options that cannot be meant, in one sentence."""

from collections.abc import Mapping, Sequence
from math import isfinite
from numbers import Real
from typing import Any

from .cost import Cost

Point = tuple[float, float, float]


def expect_number(option: str, value: object, least: float | None = None, above: float | None = None) -> None:
    """Raise unless the value of an option is a finite number, at least `least` and larger than `above`."""
    if not isinstance(value, Real) or isinstance(value, bool) or not isfinite(value):
        raise ValueError(f"'{option}' is a finite number, got {value!r}.")
    if least is not None and value < least:
        raise ValueError(f"'{option}' is at least {least:g}, got {value!r}.")
    if above is not None and value <= above:
        raise ValueError(f"'{option}' is larger than {above:g}, got {value!r}.")


def expect_one_of(option: str, value: object, choices: Sequence[str]) -> None:
    """Raise unless the value of an option is one of some words."""
    if value not in choices:
        raise ValueError(f"'{option}' is one of {', '.join(choices)}, got {value!r}.")


def expect_costs(owner: str, costs: Any) -> None:
    """Raise unless these are costs by name, one at least."""
    if not isinstance(costs, Mapping) or not costs:
        raise ValueError(f"{owner}: 'costs' is a mapping of a name to a cost, one at least, got {costs!r}.")
    for name, cost in costs.items():
        expect_cost(owner, str(name), cost)


def expect_cost(owner: str, name: str, cost: Any) -> None:
    """Raise unless this is a cost."""
    if isinstance(cost, type) or not isinstance(cost, Cost):
        raise ValueError(
            f"{owner}: '{name}' is a cost, such as {{_target_: costs.tilt.Tilt, object: bowl}}, got {cost!r}."
        )


def is_point(value: object) -> bool:
    """Whether this is three numbers."""
    return isinstance(value, tuple | list) and len(value) == 3 and all(isinstance(each, int | float) for each in value)
