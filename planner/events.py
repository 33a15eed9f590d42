"""How well imagined chunks foresee events: things that tip over, contacts that begin, what is held."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from .fidelity import Pair, degrees
from .stats import clustered

TIPPED = 15.0
"""Degrees from the vertical beyond which an object is tipped."""
LATE = 1
"""Steps by which an onset of contact may be early or late."""


def events(pairs: Sequence[Pair]) -> dict[str, Any]:
    """Count events that were imagined, real, or both, over chunks of one kind.

    Returns:
        name -> n, base, recall, precision and accuracy as {k, n, rate, low, high} (95 %, see `stats.clustered`: what
        happens in one chunk hangs together), and f1. How often no contact begins is not counted.
    """
    return {
        "tip": _counted([_tips(pair) for pair in pairs]),
        "contact onset": _counted([_onsets(pair) for pair in pairs], negatives=False),
        "held": _counted([_flags(pair, ".held") for pair in pairs]),
    }


def rows(found: Mapping[str, Any]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The table of the events: its head and its rows."""
    lines = [
        (
            name,
            *(cell(v[k]) for k in ("base", "recall", "precision", "accuracy")),
            "–" if v["f1"] is None else f"{v['f1']:.3f}",
        )
        for name, v in found.items()
    ]
    return ("event", "base rate", "recall", "precision", "accuracy", "F1"), lines


def cell(value: Mapping[str, float]) -> str:
    """A rate with its interval and its count, as tables show it."""
    if value["rate"] is None:
        return "–"
    return f"{value['rate']:.3f} [{value['low']:.2f}, {value['high']:.2f}] ({value['k']} of {value['n']})"


def _tips(pair: Pair) -> Iterator[tuple[bool, bool]]:
    """Imagined and real: does an object that stands tip during the chunk?"""
    for name in (n for n in pair.real if n.endswith(".up") and n in pair.imagined):
        if _leans(pair.now[name][None]) <= TIPPED:
            length = len(pair.real[name])
            yield _leans(pair.imagined[name][:length]) > TIPPED, _leans(pair.real[name]) > TIPPED


def _leans(up: np.ndarray) -> float:
    """Largest angle from the vertical. Shape (T, 3)."""
    return max(degrees(each, np.array([0.0, 0.0, 1.0])) for each in up)


def _onsets(pair: Pair) -> Iterator[tuple[bool, bool]]:
    """Imagined and real: does a contact begin? An onset is met by one of the other side at most `LATE` steps away."""
    for name in (n for n in pair.real if n.startswith("contact.") and n in pair.imagined and pair.real[n].ndim == 1):
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


def _flags(pair: Pair, ending: str) -> Iterator[tuple[bool, bool]]:
    """Imagined and real: is it so, at each step?"""
    for name in (n for n in pair.real if n.endswith(ending) and n in pair.imagined):
        yield from zip(pair.imagined[name][: len(pair.real[name])] > 0.5, pair.real[name] > 0.5, strict=True)


def _counted(found: Iterable[Iterable[tuple[bool, bool]]], negatives: bool = True) -> dict[str, Any]:
    """Count imagined and real events of each chunk; without negatives, those that neither side has are not known."""
    chunks = [np.array(list(each), bool).reshape(-1, 2) for each in found]  # (events, imagined and real) each

    def share(what: Callable[[np.ndarray], np.ndarray], of: Callable[[np.ndarray], np.ndarray]) -> dict[str, Any]:
        hits, trials = (np.array([int(f(chunk).sum()) for chunk in chunks]) for f in (what, of))
        return clustered(int(hits.sum()), int(trials.sum()), int((trials > 0).sum()))

    said, was = (lambda c: c[:, 0]), (lambda c: c[:, 1])
    both, same, every = (lambda c: c.all(1)), (lambda c: c[:, 0] == c[:, 1]), (lambda c: np.full(len(c), negatives))
    recall, precision = share(both, was), share(both, said)
    marks = recall["n"] + precision["n"]
    return {
        "n": sum(map(len, chunks)),
        "base": share(was if negatives else every, every),
        "recall": recall,
        "precision": precision,
        "f1": 2 * recall["k"] / marks if marks else None,
        "accuracy": share(same if negatives else every, every),
    }
