"""Plan while acting: a plan that takes time begins with what is carried out in the meantime."""

from copy import copy
from math import ceil

from torch import Tensor

from ..costs.expect import expect_number
from .plan import Planner


def beginning(planner: Planner, actions: Tensor) -> Planner:
    """The same planner, for plans that begin with actions already committed (real-time chunking, Black et al., 2025).

    Bounds of these steps leave no choice. So the model imagines every chunk through what will have happened when the
    plan is ready, whatever offers or polishes the chunk, and the plan holds these actions bit by bit.

    Args:
        planner: stays as it is.
        actions: what is carried out while the plan is made. Shape (d, A).
    """
    if not len(actions):
        return planner
    begun = copy(planner)
    begun.bounds = planner.bounds.beginning(actions.to(planner.bounds.low), planner.horizon)
    return begun


def steps_of(latency: float, rate: float) -> int:
    """How many actions are carried out while a plan is made.

    Args:
        latency: of a plan, seconds.
        rate: actions a second.
    """
    expect_number("control.latency", latency, least=0)
    return ceil(round(latency * rate, 6))
