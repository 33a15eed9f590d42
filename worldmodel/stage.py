"""How long and how fast a stage of a training learns, and by how many processes its steps are shared."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .begin import choose

USUAL: dict[str, dict[str, Any]] = {
    "look": {"steps": 20_000, "batch": 64, "rate": 1e-3, "horizon": 0},
    "joint": {"steps": 2000, "batch": 64, "rate": 3e-4},
    "settle": {"steps": 6000, "batch": 256, "rate": 5e-4},
    "act": {"steps": 0, "batch": 256, "rate": 1e-3, "horizon": 10},
}
"""The stages in their order, and what differs from the defaults of `Stage`."""


@dataclass(frozen=True)
class Stage:
    """How long and how fast one stage learns."""

    steps: int
    """Optimiser steps; the rate warms up, then falls along a cosine that ends here."""
    batch: int
    """Windows per pass, those of all processes together."""
    rate: float
    """Largest learning rate of AdamW."""
    horizon: int = 8
    """Steps imagined ahead."""
    minutes: float | None = None
    """Stop after this long at the latest. A stage that stops early is not reproducible and has not annealed."""
    average: float = 0.999
    """Decay per step of the running average of the weights, which is what the checkpoint holds."""
    decay: float = 0.01
    """Weight decay."""
    every: int = 500
    """Steps between validations, each of which also saves the state that a rerun continues from."""
    accumulate: int = 1
    """Passes per step, whose gradients are averaged: a step sees `accumulate * batch` windows."""

    def __post_init__(self) -> None:
        for name, least in (("steps", 0), ("batch", 1), ("horizon", 0), ("every", 1), ("accumulate", 1)):
            check_whole(name, getattr(self, name), least)
        if self.rate < 0:
            raise ValueError(f"rate is {self.rate}; it must be at least 0.")


def check_whole(name: str, value: Any, least: int) -> None:
    """Refuse what is no whole number, or too small."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ValueError(f"{name} is {value!r}; it is a whole number, at least {least}.")


def stages_of(given: Mapping[str, Mapping[str, Any] | None], devices: int) -> dict[str, Stage]:
    """Make the stages of a training from the options given for each, or say why they cannot be learned."""
    stages = {name: choose(Stage, usual | dict(given.get(name) or {})) for name, usual in USUAL.items()}
    if not any(stage.steps for stage in stages.values()):
        raise ValueError(f"there is nothing to train: give a stage ({', '.join(stages)}) at least one step.")
    check_shares(stages, devices)
    return stages


def pace(step: int, steps: int) -> float:
    """Share of the largest learning rate: 2 % of the steps to warm up, then half a cosine down to 2 %."""
    warm = min(1.0, (step + 1) / (0.02 * steps + 1))
    return warm * (0.02 + 0.49 * (1.0 + math.cos(math.pi * min(1.0, step / steps))))


def check_shares(stages: Mapping[str, Stage], devices: int) -> None:
    """Refuse batches that so many processes cannot share equally: the mean of their gradients would be another one."""
    if not isinstance(devices, int) or devices < 1:
        raise ValueError(f"devices is {devices!r}; it must be at least 1.")
    for name, stage in stages.items():
        if stage.steps and stage.batch % devices:
            raise ValueError(f"{name}.batch is {stage.batch}; {devices} devices share a multiple of {devices} windows.")


def check_actor(act: Stage, sizes: Any) -> None:
    """Refuse to train an actor that a network of these sizes has not, or one of chunks of another length."""
    if act.steps and (not sizes.actor or sizes.chunk != act.horizon):
        raise ValueError(
            f"an actor of {sizes.actor} units and chunks of {sizes.chunk} cannot learn from chunks of {act.horizon}; "
            "give model.actor a width, such as 256, and model.chunk and act.horizon the same length."
        )
