"""How far imagined chunks are from what really happened, step by step: places, axes, gaps, touch, depth, pictures."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from .stats import interval

MOVED = 0.005
"""An object moves in a chunk if its place changes by more than this, in metres."""
EQUAL = 100.0
"""The PSNR of two equal pictures, in dB: above that of any two that differ by one grey level in one place."""
NEAR = 0.15
"""Clearances are compared up to this distance, metres: no model says how far apart things are beyond it."""
SHOWN = "depth.objects"
"""Beside a true depth picture: which of its cells show an object. Bool."""
Values = Mapping[str, np.ndarray]


class Pair(NamedTuple):
    """One chunk, imagined and executed. Pictures ("image") are uint8, of whatever shape."""

    before: Values
    """True quantities one step before the chunk, or the same as `now` at the start of an episode."""
    now: Values
    """True quantities when the chunk began."""
    imagined: Values
    """Averaged over the possible futures. Shape (T, *shape of the quantity)."""
    real: Values
    """Shape (T', *shape of the quantity), T' <= T."""
    read: Values
    """What the model read of the observation when the chunk began; empty where it cannot."""


class Measure(NamedTuple):
    """How one quantity is compared."""

    label: str
    error: Callable[[np.ndarray, np.ndarray], float]
    """Of a guess, and what was real."""
    beside: tuple[str, ...] = ("still", "steady")
    """Guesses without a model that make sense for it."""


def fidelity(pairs: Sequence[Pair], steps: Sequence[int] = (0, 1, 5, 10, 20)) -> dict[str, Any]:
    """Compare imagined chunks with what happened, beside two guesses that need no model.

    Args:
        pairs: independent chunks, such as one for each scene.
        steps: which steps ahead are compared, as far as chunks reach; 0 is what the model reads of the present, whose
            error is that of perception alone.

    Returns:
        `steps`: step -> quantity -> {model, still, steady: {median, low, high, n}}, where "still" says that everything
        stays as it is and "steady" that it goes on as in the last step; left out where they say nothing. Millimetres,
        degrees, dB, and per cent of the depth, mean over the cells that show an object; objects count where they move
        during the chunk, points of contact where there is one, imagined and real. What one chunk has several of (moving
        objects, gaps) is averaged in it, so that n counts chunks. Median over chunks, bootstrap, 95 %.
    """
    if not pairs:
        raise ValueError("there is nothing to compare: no chunk was executed.")
    return {"chunks": len(pairs), "steps": {str(step): found for step in steps if (found := _at(pairs, step))}}


def rows(found: Mapping[str, Any]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The table of the steps: its head and its rows."""

    def cell(value: Mapping[str, float] | None) -> str:
        return f"{value['median']:.3g} [{value['low']:.3g}, {value['high']:.3g}]" if value else "–"

    lines = [
        (step, what, *(cell(v.get(guess)) for guess in ("model", "still", "steady")), str(v["model"]["n"]))
        for step, quantities in found["steps"].items()
        for what, v in quantities.items()
    ]
    return ("step", "median error", "model", "nothing moves", "all goes on", "n"), lines


def _at(pairs: Sequence[Pair], step: int) -> dict[str, Any]:
    """Errors at one step."""
    errors: dict[str, dict[str, list[float]]] = {}
    for pair in pairs:
        mine, real = _moment(pair, step)
        own: dict[tuple[str, str], list[float]] = {}
        for name in (n for n in real if n in mine):
            if (measure := _measure(name, pair, mine, real)) is not None:
                guesses = {"model": mine[name], **_guesses(measure.beside if step else (), pair, name, step)}
                for guess, value in guesses.items():
                    own.setdefault((measure.label, guess), []).append(measure.error(value, real[name]))
        for (label, guess), values in own.items():
            errors.setdefault(label, {}).setdefault(guess, []).append(float(np.mean(values)))
    return {label: {guess: _median(v) for guess, v in found.items()} for label, found in sorted(errors.items())}


def _moment(pair: Pair, step: int) -> tuple[Values, Values]:
    """Imagined and real at one step; read and true at step 0."""
    if step == 0:
        return pair.read, pair.now
    mine, real = ({n: v[step - 1] for n, v in side.items() if len(v) >= step} for side in (pair.imagined, pair.real))
    return mine, real


def _guesses(which: Sequence[str], pair: Pair, name: str, step: int) -> dict[str, np.ndarray]:
    now, before = pair.now[name], pair.before[name]
    return {guess: now if guess == "still" else now + step * (now - before) for guess in which}


def _measure(name: str, pair: Pair, mine: Values, real: Values) -> Measure | None:
    """How a quantity is compared at one step; None where it is not."""
    thing, _, what = name.partition(".")
    if name == "gripper.position":
        return Measure("gripper position, mm", _millimetres)
    if what == "position" and moves(pair, thing):
        return Measure("moving object's position, mm", _millimetres)
    if what == "up" and moves(pair, thing):
        return Measure("moving object's up axis, degrees", degrees)
    if thing == "clearance":
        return Measure("clearance up to 15 cm, mm", lambda a, b: 1e3 * float(abs(min(a, NEAR) - min(b, NEAR))))
    if name.startswith("contact.gripper.") and name.endswith(".point"):
        touch = name.removesuffix(".point")
        both = all(side.get(touch, 0.0) > 0.5 for side in (mine, real))
        return Measure("contact point, mm", _millimetres, ()) if both else None
    if name == "depth" and (shown := real.get(SHOWN)) is not None and shown.any():
        return Measure(
            "depth of objects, %", lambda a, b: 100.0 * float(np.mean((np.abs(a - b) / b)[shown])), ("still",)
        )
    return Measure("picture PSNR, dB (more is better)", psnr, ("still",)) if name == "image" else None


def moves(pair: Pair, thing: str) -> bool:
    """Whether an object really moves during a chunk."""
    way = pair.real.get(f"{thing}.position")
    return way is not None and bool(np.linalg.norm(way - pair.now[f"{thing}.position"], axis=-1).max() > MOVED)


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    """Peak signal-to-noise ratio of two pictures of 0 to 255, in dB; `EQUAL` where they are."""
    square = float(np.mean((a.astype(float) - b) ** 2))
    return 10.0 * float(np.log10(255.0**2 / square)) if square else EQUAL


def degrees(a: np.ndarray, b: np.ndarray) -> float:
    """Angle between two directions. Shape (3,) each."""
    cosine = float(a @ b) / max(float(np.linalg.norm(a) * np.linalg.norm(b)), 1e-9)
    return float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))


def _millimetres(a: np.ndarray, b: np.ndarray) -> float:
    return 1e3 * float(np.linalg.norm(a - b))


def _median(values: list[float]) -> dict[str, float]:
    return dict(zip(("median", "low", "high"), interval(values, np.median), strict=True)) | {"n": len(values)}
