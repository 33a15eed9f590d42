"""Limits that the real scene breaks before anything has moved."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import torch

from ..costs.begin import broken_at_start, sentences_at_start
from ..costs.cost import unit_of
from ..costs.names import known_as, split
from ..costs.objective import Objective
from .scenes import Scene, options


class NowhereError(ValueError):
    """A limit is broken at the start of every scene."""


def notes(aim: Objective, env: Any, place: Scene) -> list[str]:
    """Reset the environment and say in one sentence each which limits its scene breaks already."""
    return [sentence for _, sentence in _broken(aim, env, place).values()]


def check_start(aim: Objective, env: Any, places: Iterable[Scene], note: Callable[[str], None]) -> None:
    """Tell which limits the first scene breaks at the start; raise `NowhereError` for one that every scene breaks.

    Args:
        aim: what is wanted.
        env: is reset to as many scenes as it takes to find that each limit holds somewhere; nothing moves.
        places: every scene of the experiment.
        note: told one sentence for each limit.
    """
    least, count = {}, 0
    for count, place in enumerate(places, 1):
        broken = _broken(aim, env, place)
        if count == 1:
            least = {name: excess for name, (excess, _) in broken.items()}
            for _, sentence in broken.values():
                note(f"In the first scene, {sentence}")
        least = {name: min(excess, broken[name][0]) for name, excess in least.items() if name in broken}
        if not least:
            return
    for name, excess in least.items():
        unit = unit_of(aim.subject_to[name].cost)
        raise NowhereError(
            f"'{name}' holds nowhere at the start: every scene ({count}) breaks it, by {excess:.2g}"
            f"{f' {unit}' if unit else ''} at least; allow more, or say with 'over: end' that only the end counts."
        )


def _broken(aim: Objective, env: Any, place: Scene) -> dict[str, tuple[float, str]]:
    """Excess and sentence of each limit that a scene breaks at reset, of those that can be read off it."""
    scene = env.reset(seed=place.seed, options=options(place.layout))[1].get("scene", {})
    readings = {name: torch.as_tensor(value) for name, value in scene.items()}
    limits = {
        name: limit
        for name, limit in aim.subject_to.items()
        if all(known_as(each, readings) and split(each)[1] != "goal" for each in limit.cost.needs)
    }
    if not limits:
        return {}
    seen = replace(aim, subject_to=limits)
    excesses, sentences = broken_at_start(seen, readings), sentences_at_start(seen, readings)
    return {name: (excesses[name], sentence) for name, sentence in zip(excesses, sentences, strict=True)}
