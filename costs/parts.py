"""Costs made of costs: what they need, and how their parts are compared."""

from collections.abc import Iterable, Mapping

from torch import Tensor

from .cost import Cost, Scene, unit_of
from .expect import expect_costs, expect_number

Per = float | Mapping[str, float]


def union(costs: Iterable[Cost]) -> tuple[str, ...]:
    """What several costs need, each quantity once."""
    return tuple(dict.fromkeys(name for cost in costs for name in cost.needs))


def check_per(owner: str, costs: Mapping[str, Cost], per: Per) -> None:
    """Raise unless these are costs, each with a `per` above 0."""
    expect_costs(owner, costs)
    if not isinstance(per, Mapping):
        return expect_number("per", per, above=0)
    if unknown := sorted(set(per) ^ set(costs)):
        raise ValueError(f"{owner}: 'per' is one number, or one for each of {sorted(costs)}; see '{unknown[0]}'.")
    for name, value in per.items():
        expect_number(f"per.{name}", value, above=0)


def scaled(costs: Mapping[str, Cost], per: Per, scene: Scene, actions: Tensor) -> list[Tensor]:
    """Measure several costs, each divided by its `per`. Shape (..., T) each."""
    sizes = per if isinstance(per, Mapping) else dict.fromkeys(costs, per)
    return [cost(scene, actions) / sizes[name] for name, cost in costs.items()]


def joint_unit(costs: Mapping[str, Cost], per: Per) -> str:
    """The unit of costs that share it and are not scaled; "" otherwise."""
    units = {unit_of(cost) for cost in costs.values()}
    return units.pop() if per == 1.0 and len(units) == 1 else ""
