"""Limits that leave a planner little to choose from."""

from collections.abc import Mapping
from typing import Any

import torch

from ..costs.cost import unit_of
from ..costs.objective import Limit, Objective
from .methods import ACTORS


def notes(methods: Mapping[str, Mapping[str, Any]], aim: Objective) -> list[str]:
    """Say in one sentence each which methods mostly found no plan within the limits, and what these ask for.

    Args:
        methods: name -> its summary, with `plans` and `infeasible_plans`; those that choose nothing are passed over.
        aim: what was wanted.
    """
    asked = "; ".join(_asked(name, limit) for name, limit in aim.subject_to.items())
    return [
        f"{name} found nothing within its limits in {told['infeasible_plans']} of {told['plans']} plans ({asked}): "
        "allow more, ask for less confidence, or give it more candidates."
        for name, told in methods.items()
        if name not in ACTORS and 2 * told["infeasible_plans"] > told["plans"]
    ]


def _asked(name: str, limit: Limit) -> str:
    """What a limit allows, and the margin that it keeps from there at the first step."""
    unit = f" {unit_of(limit.cost)}" if unit_of(limit.cost) else ""
    margin = float(limit.beyond(torch.zeros(1, dtype=torch.float64))[0]) + limit.at_most
    return f"{name}: at most {limit.at_most:.3g}{unit}" + (f", less a margin of {margin:.2g}{unit}" if margin else "")
