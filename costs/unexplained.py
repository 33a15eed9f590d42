"""Distrust dreams that no action explains."""

from dataclasses import dataclass

from torch import Tensor

from .cost import Scene


@dataclass(frozen=True)
class Unexplained:
    """How much worse the commanded actions are understood when inverse dynamics is told what is imagined of them.

    Below 0 where such actions usually cause such a change. As a limit `at_most` may be left to calibration
    (`confidence`). It needs a world model with an actor.
    """

    unit = "1"
    needs = ("unexplained",)

    def __call__(self, scene: Scene, actions: Tensor) -> Tensor:
        return scene["unexplained"]
