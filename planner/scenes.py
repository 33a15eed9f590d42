"""The scenes of an experiment: seeds and layouts, screened, so that each can be solved and none is solved already."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from .whole_number import whole_number

SPLITS = {"train": (0, 1_000_000), "validation": (1_000_000, 1_100_000), "test": (2_000_000, 1_000_000_000)}
"""Held-out scenes by seed: first seed, first seed after the split."""

TRIES = 20
"""Seeds one scene of the manifest may use up before its layout counts as unsolvable."""


class Scene(NamedTuple):
    """One scene of the manifest."""

    index: int
    """Place in the manifest."""
    seed: int
    """What `env.reset` gets."""
    layout: str | None
    """What `env.reset` gets as its layout option; None where the environment has no layouts."""


class Slot(NamedTuple):
    """A place in the manifest, and the seeds that may fill it, in this order."""

    index: int
    layout: str | None
    seeds: tuple[int, ...]


def slots(scenes: Mapping[str, Any], layouts: tuple[str, ...], skip: int = 0) -> list[Slot]:
    """Spread a `scenes` node over equal shares of its layouts.

    Place i has its own seeds, first + i, first + i + count, ..., so that screening one never moves another.

    Args:
        scenes: `{split, count}` or `{first, count}`, and `layout` or nothing.
        layouts: every layout the environment has; () if it has none.
        skip: so many seeds before the first one are left to others.
    """
    scenes = {key: value for key, value in scenes.items() if value is not None}
    if ("split" in scenes) == ("first" in scenes):
        raise ValueError(
            "scenes takes exactly one of split (train, validation or test) and first (a seed); null drops one."
        )
    first, end = _range(scenes)
    first += skip
    count = whole_number("scenes.count", scenes.get("count"), 1, absent=1)
    if first + count > end:
        raise ValueError(f"scenes.count is {count}; it must be between 1 and {end - first}.")
    chosen = _layouts(scenes.get("layout"), layouts)
    seeds = [tuple(s for s in range(first + i, first + i + TRIES * count, count) if s < end) for i in range(count)]
    return [Slot(i, chosen[i % len(chosen)], seeds[i]) for i in range(count)]


def screen(
    slot: Slot,
    env: Any,
    expert: Callable[[Any, dict], Any],
    solved: Callable[[dict], bool] = lambda info: bool(info.get("success")),
) -> dict[str, Any]:
    """Find the first seed of a slot that is not solved at reset and that the scripted expert solves.

    Args:
        slot: a place in the manifest.
        env: the environment.
        expert: plays one episode from (obs, info) of a fresh reset; true if it succeeded.
        solved: whether the `info` of a fresh reset leaves nothing to do.

    Returns:
        The scene's entry in the manifest: index, seed, layout, factors, poses, hash, and the seeds left out, with why.
    """
    left_out = []
    for seed in slot.seeds:
        obs, info = env.reset(seed=seed, options=options(slot.layout))
        entry = {"index": slot.index, "seed": seed, "layout": slot.layout, "factors": plain(info.get("factors", {}))}
        entry["poses"] = {k: plain(v) for k, v in info["scene"].items() if k.endswith((".position", ".up"))}
        entry["hash"] = digest([entry["factors"], entry["poses"]])
        if solved(info):
            left_out.append({"seed": seed, "reason": "already solved at reset"})
        elif not expert(obs, info):
            left_out.append({"seed": seed, "reason": "the scripted expert fails"})
        else:
            return {**entry, "left_out": left_out}
    raise ValueError(
        f"none of {len(slot.seeds)} seeds from {slot.seeds[0]} on, with layout {slot.layout!r}, is solved by the "
        "scripted expert; choose other scenes, or mend the expert."
    )


def options(layout: str | None) -> dict[str, Any] | None:
    """What `env.reset` gets besides the seed."""
    return None if layout is None else {"layout": layout}


def plain(value: Any) -> Any:
    """The same value in what JSON knows; float32 keeps its shortest decimal form."""
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float):
        return round(value, 6)
    return [plain(v) for v in value] if isinstance(value, list | tuple) else value


def digest(value: Any) -> str:
    """SHA-256 of a JSON-able value, the same on every machine."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()


def _range(scenes: Mapping[str, Any]) -> tuple[int, int]:
    if "first" in scenes:
        return whole_number("scenes.first", scenes["first"], 0), SPLITS["test"][1]
    if scenes["split"] not in SPLITS:
        raise ValueError(f"scenes.split {scenes['split']!r} is unknown; there are {', '.join(SPLITS)}.")
    return SPLITS[scenes["split"]]


def _layouts(asked: str | Iterable[str] | None, known: tuple[str, ...]) -> tuple[str | None, ...]:
    if not asked:
        return known or (None,)
    asked = (asked,) if isinstance(asked, str) else tuple(asked)
    for name in asked:
        if name not in known:
            raise ValueError(f"scenes.layout {name!r} is unknown to this environment; it has {list(known)}.")
    return asked
