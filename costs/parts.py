"""Costs made of costs: what they need, and how their parts are compared."""

from collections.abc import Iterable, Mapping

from torch import Tensor

from .cost import Cost, Scene, unit_of
from .expect import expect_costs, expect_number

Scale = float | Mapping[str, float]


def union(costs: Iterable[Cost]) -> tuple[str, ...]:
    """What several costs need, each quantity once."""
    return tuple(dict.fromkeys(name for cost in costs for name in cost.needs))


def check_scale(owner: str, costs: Mapping[str, Cost], scale: Scale) -> None:
    """Raise unless these are costs, each with a scale above 0."""
    expect_costs(owner, costs)
    if not isinstance(scale, Mapping):
        return expect_number("scale", scale, above=0)
    if unknown := sorted(set(scale) ^ set(costs)):
        raise ValueError(f"{owner}: 'scale' is one number, or one for each of {sorted(costs)}; see '{unknown[0]}'.")
    for name, value in scale.items():
        expect_number(f"scale.{name}", value, above=0)


def scaled(costs: Mapping[str, Cost], scale: Scale, scene: Scene, actions: Tensor) -> list[Tensor]:
    """Measure several costs, each divided by its scale. Shape (..., T) each."""
    sizes = scale if isinstance(scale, Mapping) else dict.fromkeys(costs, scale)
    return [cost(scene, actions) / sizes[name] for name, cost in costs.items()]


def joint_unit(costs: Mapping[str, Cost], scale: Scale) -> str:
    """The unit of costs that share it and are not scaled; "" otherwise."""
    units = {unit_of(cost) for cost in costs.values()}
    return units.pop() if scale == 1.0 and len(units) == 1 else ""
