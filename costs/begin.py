"""Which limits are broken before anything has moved."""

from collections.abc import Mapping

import torch
from torch import Tensor

from .cost import unit_of
from .names import known_as, split
from .objective import Objective


def broken_at_start(objective: Objective, readings: Mapping[str, Tensor]) -> dict[str, float]:
    """Say by how much the limits that must hold at every step are broken by the scene as it is, at rest.

    Args:
        objective: its limits with `over: max` are looked at, without their margins.
        readings: the present value of each quantity that these read. Shape of the quantity.

    Returns:
        Name of the limit -> excess in the unit of its cost, above 0; a limit that holds is left out.
    """
    return {name: excess for name, (_, excess) in _measured(objective, readings).items()}


def sentences_at_start(objective: Objective, readings: Mapping[str, Tensor]) -> list[str]:
    """Say the same in one sentence for each limit that is broken; the arguments are those of `broken_at_start`."""
    found = _measured(objective, readings).items()
    units = {name: f" {unit}" if (unit := unit_of(objective.subject_to[name].cost)) else "" for name, _ in found}
    return [
        f"'{name}' does not hold at the start: {value:.3g}{units[name]}, {excess:.2g} more than allowed."
        for name, (value, excess) in found
    ]


def _measured(objective: Objective, readings: Mapping[str, Tensor]) -> dict[str, tuple[float, float]]:
    """Measured value and excess of every limit that is broken."""
    limits = {name: limit for name, limit in objective.subject_to.items() if limit.over == "max"}
    if not limits:
        return {}
    aim = Objective({}, limits)
    aim.check_known(readings, "the scene")
    scene = {name: _still(name, readings) for name in aim.needs}
    found = {}
    for name, limit in limits.items():
        value = limit.cost(scene, torch.zeros(1, 1))
        if (excess := float(limit.broken_by(value))) > 0 or excess != excess:  # what is not a number holds nothing
            found[name] = (float(value), excess)
    return found


def _still(name: str, readings: Mapping[str, Tensor]) -> Tensor:
    """The value of a quantity, now as at the start, at one step. Shape (1, *shape)."""
    return torch.as_tensor(readings[known_as(name, readings) or split(name)[0]])[None]
