"""How true imagination is on chunks that the planner itself chose, executed to their end."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from . import build, scenes
from .chosen import choose
from .experiment import Stage, crew
from .fidelity import Pair, fidelity
from .methods import Planned

Progress = Callable[[str, int, int], None]
UNNAMED = ("image", "latent", "disagreement")
"""Quantities that no real scene has."""


def bench_model(config: DictConfig, count: int, progress: Progress = lambda what, done, total: None) -> dict[str, Any]:
    """Let the planner act in scenes of the validation split; imagine and execute one chunk of each.

    Args:
        config: an experiment, of which the scenes are replaced.
        count: scenes, one chunk each, so that chunks are independent.
        progress: told after every scene.

    Returns:
        `scenes`, and what `fidelity` says.
    """
    places = {"split": "validation", "count": count}
    with Stage(config, Path()) as stage, crew(stage, int(config.get("workers", 1))) as work:
        slots = scenes.slots({**config.scenes, "first": None, **places}, build.layouts(stage.env))
        found = []
        for pair in work("pair", [(slot,) for slot in slots]):
            found.append(pair)
            progress("executed", len(found), count)
        described = build.sources(stage.model)
    return {"scenes": places, **described, **fidelity(found)}


def pair(stage: Stage, slot: scenes.Slot) -> Pair:
    """Imagine and execute one chunk that the planner chose in a scene, with every quantity that both sides know."""
    names = tuple(n for n in stage.env.quantities if n in stage.model.quantities and n not in UNNAMED)
    method = Planned(stage.planned.controller, names)
    chosen = choose(stage, slot, method)
    imagined = {name: values.mean(0).numpy() for name, values in chosen.imagined.items()}
    real = {name: values[0].numpy() for name, values in chosen.real[0].items()}
    return Pair(chosen.before, chosen.now, imagined, real)
