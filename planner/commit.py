"""How many actions of a plan are carried out before the next look."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from ..costs.cost import Scene
from ..costs.expect import expect_number
from ..worldmodel.spread import spread
from .monitor import PLACE, Monitor
from .outcome import Plan
from .plan import Planner


@dataclass(frozen=True)
class Adaptive:
    """Commits the steps of a plan before the first one that a new look could change.

    That is the first step t at which, in *any* imagined future, a limit that has to hold at every step does not do so
    with its margin of that step, value_t + margin_t > at_most - reserve · scale, or at which the futures lie farther
    apart than `within`. Calibrated margins come from whole chunks that were carried out without a look in between, so
    what they allow may be carried out in the same way; where futures part, a look tells which of them it is.
    """

    at_most: int = 4
    """Most steps of a plan, for neither margins nor futures say all: members of an ensemble may err alike. The first
    step is always taken."""
    within: float = 0.01
    """How far apart the futures may be about the place of any object, as a standard deviation in metres."""
    reserve: float = 0.0
    """By how much a limit has to be kept beyond its margin, as a share of its `scale`: with more, the robot looks again
    sooner near a limit, such as one without a calibrated margin."""

    def __post_init__(self) -> None:
        if not isinstance(self.at_most, int) or isinstance(self.at_most, bool) or self.at_most < 1:
            raise ValueError(f"'execute.at_most' is a whole number of at least 1, got {self.at_most!r}.")
        expect_number("execute.within", self.within, least=0)
        expect_number("execute.reserve", self.reserve, least=0)

    def steps(self, planner: Planner, state: Any, plan: Plan, start: Scene, begun: int = 0) -> int:
        """Count the steps of one scene's plan to commit, at least one.

        Args:
            planner: made the plan.
            state: what it was made from.
            plan: of one scene; it need not be feasible.
            start: as for `Planner.plan`.
            begun: how many of its first steps are committed already; they are not counted.
        """
        limits = [limit for limit in planner.objective.subject_to.values() if limit.over == "max"]
        places = [name for name in Monitor.names(planner.model.quantities) if name.endswith(".position")]
        names = {*places, *(name for limit in limits for name in limit.cost.needs)}
        scene = {
            name: values[:, 0, 0] for name, values in planner.imagine_plan(state, plan.chunk, names, start).items()
        }  # (P, T, *shape)
        futures, length = next((len(values) for values in scene.values()), 1), plan.chunk.shape[1]
        actions, kept = plan.chunk.expand(futures, -1, -1), torch.ones(length, dtype=torch.bool)
        for limit in limits:  # what is no number is not kept
            room = -limit.beyond(limit.cost(scene, actions)).amax(0)
            kept &= (room >= self.reserve * limit.scale).cpu()
        for name in places:
            kept &= (spread(scene[name], PLACE)[0] <= self.within).cpu()
        safe = int(kept.long().cumprod(0).sum()) - begun
        return max(1, min(safe, self.at_most))


def commitment(execute: int | str | Mapping[str, Any] | Adaptive, free: int) -> int | Adaptive:
    """Read `execute` as configs write it: a number of actions, "adaptive", or the options of `Adaptive`.

    Args:
        execute: what is asked for.
        free: how many actions of a plan may be committed at most.
    """
    known = ", ".join(Adaptive.__dataclass_fields__)
    if isinstance(execute, Mapping):
        if unknown := sorted(set(execute) - set(Adaptive.__dataclass_fields__)):
            raise ValueError(f"execute has no option '{unknown[0]}'; it is made of {known}.")
        execute = Adaptive(**execute)
    if isinstance(execute, Adaptive) or execute == "adaptive":
        return Adaptive() if isinstance(execute, str) else execute
    if not isinstance(execute, int) or isinstance(execute, bool):
        raise ValueError(
            f"execute is {execute!r}; it must be a whole number of actions, 'adaptive', or made of {known}."
        )
    if not 1 <= execute <= free:
        raise ValueError(f"execute is {execute}; it must lie in 1..{free}, the planner's horizon less the delay.")
    return execute
