"""How far imagined chunks are from what really happened: places and axes step by step, and events."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from .stats import interval, proportion

MOVED = 0.005
"""An object moves in a chunk if its place changes by more than this, in metres."""
TIPPED = 15.0
"""Degrees from the vertical beyond which an object is tipped."""
LATE = 1
"""Steps by which an onset of contact may be early or late."""
Values = Mapping[str, np.ndarray]


class Pair(NamedTuple):
    """One chunk, imagined and executed."""

    before: Values
    """True quantities one step before the chunk, or the same as `now` at the start of an episode."""
    now: Values
    """True quantities when the chunk began."""
    imagined: Values
    """Averaged over the possible futures. Shape (T, *shape of the quantity)."""
    real: Values
    """Shape (T', *shape of the quantity), T' <= T."""


def fidelity(pairs: Sequence[Pair], steps: Sequence[int] = (1, 5, 10, 20)) -> dict[str, Any]:
    """Compare imagined chunks with what happened, beside two guesses that need no model.

    Args:
        pairs: independent chunks, such as one for each scene.
        steps: which steps ahead are compared, counted from 1, as far as chunks reach.

    Returns:
        `steps`: step -> quantity -> {model, still, steady: {median, low, high, n}}, where "still" says that everything
        stays as it is and "steady" that it goes on as in the last step; `events`: name -> precision, recall, f1, base
        rate. Millimetres and degrees; objects count where they move during the chunk. Bootstrap, 95 %.
    """
    if not pairs:
        raise ValueError("there is nothing to compare: no chunk was executed.")
    return {
        "chunks": len(pairs),
        "steps": {str(step): found for step in steps if (found := _at(pairs, step - 1))},
        "events": {
            "tip": _events(_tips(pairs)),
            "contact onset": _events(_onsets(pairs)),
            "held": _events(_flags(pairs, ".held")),
        },
    }


def rows(found: Mapping[str, Any]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The table of the steps: its head and its rows."""

    def cell(value: Mapping[str, float]) -> str:
        return f"{value['median']:.3g} [{value['low']:.2g}, {value['high']:.2g}]"

    lines = [
        (step, what, *(cell(v[guess]) for guess in ("model", "still", "steady")), str(v["model"]["n"]))
        for step, quantities in found["steps"].items()
        for what, v in quantities.items()
    ]
    return ("step", "median error", "model", "nothing moves", "all goes on", "n"), lines


def event_rows(found: Mapping[str, Any]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The table of the events: its head and its rows."""

    def cell(value: Mapping[str, float] | None) -> str:
        return "–" if value is None or value["rate"] is None else f"{value['rate']:.3f} ({value['k']} of {value['n']})"

    lines = [
        (name, *(cell(v[k]) for k in ("base", "recall", "precision", "accuracy")), f"{v['f1']:.3f}" if v["f1"] else "–")
        for name, v in found["events"].items()
    ]
    return ("event", "base rate", "recall", "precision", "accuracy", "F1"), lines


def _at(pairs: Sequence[Pair], t: int) -> dict[str, Any]:
    """Errors at one step."""
    errors: dict[str, dict[str, list[float]]] = {}
    for pair in pairs:
        for name, real in pair.real.items():
            if t >= len(real) or t >= len(pair.imagined.get(name, ())) or (kind := _kind(name, pair)) is None:
                continue
            gap, label = kind
            steady = pair.now[name] + (t + 1) * (pair.now[name] - pair.before[name])
            guesses = {"model": pair.imagined[name][t], "still": pair.now[name], "steady": steady}
            for guess, value in guesses.items():
                errors.setdefault(label, {}).setdefault(guess, []).append(gap(value, real[t]))
    return {label: {guess: _median(v) for guess, v in found.items()} for label, found in sorted(errors.items())}


def _kind(name: str, pair: Pair) -> tuple[Callable[[np.ndarray, np.ndarray], float], str] | None:
    """How a quantity is compared, and under which label; None where it is not."""
    thing, _, what = name.partition(".")
    if what == "position":
        if thing == "gripper":
            return _millimetres, "gripper position, mm"
        return (_millimetres, "moving object's position, mm") if moves(pair, thing) else None
    if what == "up":
        return (_degrees, "moving object's up axis, degrees") if moves(pair, thing) else None
    if name.startswith("clearance."):
        return lambda a, b: 1e3 * abs(float(a) - float(b)), "clearance, mm"
    return None


def moves(pair: Pair, thing: str) -> bool:
    """Whether an object really moves during a chunk."""
    way = pair.real.get(f"{thing}.position")
    return way is not None and bool(np.linalg.norm(way - pair.now[f"{thing}.position"], axis=-1).max() > MOVED)


def _millimetres(a: np.ndarray, b: np.ndarray) -> float:
    return 1e3 * float(np.linalg.norm(a - b))


def _degrees(a: np.ndarray, b: np.ndarray) -> float:
    cosine = float(a @ b) / max(float(np.linalg.norm(a) * np.linalg.norm(b)), 1e-9)
    return float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))


def _median(values: list[float]) -> dict[str, float]:
    return dict(zip(("median", "low", "high"), interval(values, np.median), strict=True)) | {"n": len(values)}


def _tips(pairs: Sequence[Pair]) -> Iterable[tuple[bool, bool]]:
    """Imagined and real: does an object that stands tip during the chunk?"""
    for pair in pairs:
        for name in (n for n in pair.real if n.endswith(".up") and n in pair.imagined):
            if _leans(pair.now[name][None]) <= TIPPED:
                length = len(pair.real[name])
                yield tuple(_leans(v[name][:length]) > TIPPED for v in (pair.imagined, pair.real))  # type: ignore[misc]


def _leans(up: np.ndarray) -> float:
    """Largest angle from the vertical. Shape (T, 3)."""
    return max(_degrees(each, np.array([0.0, 0.0, 1.0])) for each in up)


def _onsets(pairs: Sequence[Pair]) -> Iterable[tuple[bool, bool]]:
    """Imagined and real: does a contact begin? An onset is met by one of the other side at most `LATE` steps away."""
    for pair in pairs:
        for name in (
            n for n in pair.real if n.startswith("contact.") and n in pair.imagined and pair.real[n].ndim == 1
        ):
            length = len(pair.real[name])
            mine, true = (_begins(pair.now[name], v[name][:length]) for v in (pair.imagined, pair.real))
            for t in mine:
                met = next((u for u in true if abs(u - t) <= LATE), None)
                if met is not None:
                    true.remove(met)
                yield True, met is not None
            yield from ((False, True) for _ in true)


def _begins(now: np.ndarray, values: np.ndarray) -> list[int]:
    """Steps at which something becomes more likely than not."""
    likely = np.concatenate([[float(now)], values]) > 0.5
    return np.flatnonzero(likely[1:] & ~likely[:-1]).tolist()


def _flags(pairs: Sequence[Pair], ending: str) -> Iterable[tuple[bool, bool]]:
    """Imagined and real: is it so, at each step?"""
    for pair in pairs:
        for name in (n for n in pair.real if n.endswith(ending) and n in pair.imagined):
            yield from zip(pair.imagined[name][: len(pair.real[name])] > 0.5, pair.real[name] > 0.5, strict=True)


def _events(found: Iterable[tuple[bool, bool]]) -> dict[str, Any]:
    """Count imagined and real events; of onsets, those that neither side has are not counted."""
    table = [(bool(a), bool(b)) for a, b in found]
    both, said, was = (sum(f(a, b) for a, b in table) for f in (lambda a, b: a and b, lambda a, b: a, lambda a, b: b))
    return {
        "n": len(table),
        "base": proportion(was, len(table)),
        "recall": proportion(both, was),
        "precision": proportion(both, said),
        "f1": 2 * both / (said + was) if said + was else None,
        "accuracy": proportion(sum(a == b for a, b in table), len(table)),
    }
