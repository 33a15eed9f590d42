"""Do one thing after another."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

import torch
from torch import Tensor

from .cost import Cost, Scene
from .expect import expect_cost, expect_number
from .parts import union


@dataclass(frozen=True)
class Stage:
    """One thing to do: a cost that leads there, and a condition that says when it is done.

    As long as it is not done, its price is ceiling · cost / (cost + scale): it falls with the cost, is below the
    ceiling however large that is, and never flat.
    """

    cost: Cost
    """At least 0; it leads to the condition."""
    done: Cost | None = None
    """Done where this is at most `at_most`; without it a stage, which is then the last one, is never done. It says all
    that holds then, for it vouches for the stages before: what is put down is inside *and* free, see `AllOf`."""
    at_most: float = 0.0
    """In the unit of `done`."""
    softness: float = 0.0
    """How far beyond `at_most` the stage counts as partly done, in a straight line down to 0, in the unit of `done`.
    Gradients pass there. Where `done` is `Held`, at most 0 with softness 1 is done as surely as the object is held."""
    scale: float = 0.1
    """Cost at which half of the price is left, in the unit of the cost."""
    ceiling: float = 1.0
    """Full price; higher values make the stage worth more than others."""

    def __post_init__(self):
        expect_cost("Stage", "cost", self.cost)
        if self.done is not None:
            expect_cost("Stage", "done", self.done)
        expect_number("at_most", self.at_most)
        expect_number("softness", self.softness, least=0)
        expect_number("scale", self.scale, above=0)
        expect_number("ceiling", self.ceiling, above=0)

    def price(self, scene: Scene, actions: Tensor) -> Tensor:
        """What is left to pay while the stage is not done, 0 to the ceiling. Shape (..., T)."""
        cost = self.cost(scene, actions)
        left = cost.clamp(min=0.0)
        return self.ceiling * left / (left + self.scale)

    def share_done(self, scene: Scene, actions: Tensor) -> Tensor:
        """How much it is done by itself, 0 to 1. Shape (..., T)."""
        if self.done is None:
            return torch.zeros_like(actions[..., 0])
        beyond = self.done(scene, actions) - self.at_most
        if self.softness == 0:
            return torch.where(beyond.isnan(), beyond, (beyond <= 0).to(beyond.dtype))
        return (1.0 - beyond / self.softness).clamp(0.0, 1.0)


@dataclass(frozen=True)
class Stages:
    """Price of what is left to do: of the first stage that is not done, and the ceilings of all after it.

    With every ceiling at 1 it is the number of stages left, of which the present one counts with a share. A stage is
    done if it or any later one is, so that letting go of what has been placed is no relapse. With d_i the share to
    which stage i is done in this sense, 1 = d_0 >= d_1 >= ..., the price is Σ_i (d_{i-1} - d_i) · (price_i + Σ_{j>i}
    ceiling_j): the more is done, the less there is to pay, at every step by itself.
    """

    unit: ClassVar[str] = "stages"
    stages: Mapping[str, Stage]
    """Name -> stage, or a mapping of its fields, in order."""

    def __post_init__(self):
        if not isinstance(self.stages, Mapping) or not self.stages:
            raise ValueError(f"Stages: 'stages' is a mapping of a name to a stage, one at least, got {self.stages!r}.")
        stages = {str(name): _stage(str(name), stage) for name, stage in self.stages.items()}
        object.__setattr__(self, "stages", stages)
        for (name, stage), (after, _) in pairwise(stages.items()):
            if stage.done is None:
                raise ValueError(f"Stages: '{name}' needs 'done', or '{after}' after it never begins.")

    @property
    def needs(self) -> tuple[str, ...]:
        stages = self.stages.values()
        return union(cost for stage in stages for cost in (stage.cost, stage.done) if cost is not None)

    def __call__(self, scene: Scene, actions: Tensor) -> Tensor:
        stages = tuple(self.stages.values())
        prices = [stage.price(scene, actions) for stage in stages]
        later = torch.zeros_like(prices[0])
        done = []  # d_i of the stages, the last one first
        for stage in reversed(stages):
            later = torch.maximum(stage.share_done(scene, actions), later)
            done.append(later)
        total, before, left = torch.zeros_like(later), torch.ones_like(later), sum(stage.ceiling for stage in stages)
        for stage, price, after in zip(stages, prices, reversed(done), strict=True):
            left -= stage.ceiling
            total, before = total + (before - after) * (price + left), after
        return total


def _stage(name: str, stage: Any) -> Stage:
    if isinstance(stage, Stage):
        return stage
    fields = Stage.__dataclass_fields__
    if not isinstance(stage, Mapping) or "cost" not in stage or set(stage) - set(fields):
        raise ValueError(f"Stages: '{name}' is a mapping of {', '.join(fields)}; it needs cost, got {stage!r}.")
    return Stage(**stage)
