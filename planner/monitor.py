"""Watch whether things go as they were imagined, while a plan is carried out."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

import numpy as np
from torch import Tensor

from ..worldmodel.interface import Quantity
from ..worldmodel.spread import spread
from .fidelity import degrees

KINDS = {"position": "m", "up": "degrees", "disagreement": "m"}
"""What is watched: how far objects are from where they were imagined, how far their axes are turned from how they were
imagined, and how far apart the imagined futures were about their places; the worst object counts."""
Then = Literal["replan", "hold", "backup", "stop"]
PLACE = Quantity((3,), "m", "place")
MOST = 1e9
"""What is not a number is as surprising as this."""


class Surprised(ValueError):  # noqa: N818 (a verdict on what happens)
    """What happened is not what was imagined, and the policy is to stop."""


class Monitor:
    """Compares what was imagined of each executed action with what is seen after it.

    Args:
        at_most: how much of each of `KINDS` is no surprise, in metres or degrees; what is absent is watched, and never
            causes an alarm.
        then: what an alarm causes beside a new plan from what is seen: nothing more ("replan"), that the robot stands
            still for this step ("hold"), that the backup policy acts for this step, or `Surprised` ("stop"), on which
            an experiment lets the robot stand still until the episode ends.
    """

    def __init__(self, at_most: Mapping[str, float] | None = None, then: Then = "replan"):
        self.at_most, self.then = dict(at_most or {}), then
        for kind, value in self.at_most.items():
            if kind not in KINDS:
                raise ValueError(f"the monitor watches no {kind!r}; at_most may name {', '.join(KINDS)}.")
            if not value >= 0:
                raise ValueError(f"at_most.{kind} is {value}; it must be at least 0, in {KINDS[kind]}.")
        if then not in get_args(Then):
            raise ValueError(f"then is {then!r}; it must be one of {list(get_args(Then))}.")

    @staticmethod
    def names(quantities: Mapping[str, Any]) -> tuple[str, ...]:
        """The quantities that are watched: places and axes of objects."""
        return tuple(
            name
            for name in quantities
            if name.endswith((".position", ".up")) and not name.startswith(("gripper.", "others."))
        )

    def measure(self, imagined: Mapping[str, Tensor], seen: Mapping[str, Tensor]) -> dict[str, float]:
        """Say how surprising it is.

        Args:
            imagined: of one step, each of shape (P, 3).
            seen: what is read of the pictures after it, each of shape (3,).

        Returns:
            The largest value of each of `KINDS` among the objects.
        """
        found: dict[str, list[float]] = {kind: [0.0] for kind in KINDS}
        for name, values in imagined.items():
            mean = values.mean(0)
            if name.endswith(".up"):
                found["up"].append(degrees(mean.numpy(), seen[name].numpy()))
            else:
                found["position"].append(float((mean - seen[name]).norm()))
                found["disagreement"].append(float(spread(values, PLACE)[0]))
        return {kind: float(np.nan_to_num(values, nan=MOST, posinf=MOST).max()) for kind, values in found.items()}

    def alarmed(self, found: Mapping[str, float]) -> bool:
        """Whether something is more than it may be."""
        return any(found[kind] > most for kind, most in self.at_most.items() if kind in found)


def worst(found: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The largest value of each kind over steps; {} where nothing was watched."""
    return {kind: max(each[kind] for each in found) for kind in KINDS} if found else {}
