"""What lies beyond the ranges that scenes are drawn from, to ask a model of what it was not trained on."""

from collections.abc import Collection

from .factors import RANGES

Interval = tuple[float, float]


def _aside(low: float, high: float, least: float, most: float) -> tuple[Interval, ...]:
    """Intervals below and above a range, `least` to `most` of its width away."""
    wide = high - low
    return (low - most * wide, low - least * wide), (high + least * wide, high + most * wide)


def _brightness(low: float, high: float) -> tuple[Interval, ...]:
    """As `_aside`, where it is still a share of full brightness; every colour stays itself."""
    return tuple(each for each in _aside(low, high, 0.2, 0.6) if 0.0 <= each[0] and each[1] <= 1.0)


BEYOND: dict[str, dict[str, tuple[Interval, ...]]] = {
    "colour": {name: _brightness(low, high) for name, (_, low, high) in RANGES["colour"].items()},
    "friction": {  # half of it, and one and a half times as much
        name: ((0.5 * low, 0.5 * high), (max(1.5 * low, 1.1 * high), 1.5 * high))
        for name, (_, low, high) in RANGES["friction"].items()
    },
    "camera": {  # two to three times as far out of place
        name: _aside(low, high, 0.5, 1.0) for name, (_, low, high) in RANGES["camera"].items()
    },
    "size": {  # the widest cup leaves 3 mm beside either finger
        name: _aside(low, high, 0.2, 0.6) for name, (_, low, high) in RANGES["size"].items()
    },
}
"""Factor -> number -> intervals (low, high) outside of `RANGES`, of which each has an equal chance under that shift."""

SHIFTS = tuple(BEYOND)
"""Every factor that can be taken beyond what was trained on."""


def check_shift(names: Collection[str]) -> tuple[str, ...]:
    """Refuse a shift that does not exist; the others come in the order of `SHIFTS`."""
    names = (names,) if isinstance(names, str) else names
    wrong = sorted(set(names) - {*SHIFTS})
    if wrong:
        raise ValueError(f"there is no shift {wrong[0]!r}; shift is a list of some of {list(SHIFTS)}")
    return tuple(name for name in SHIFTS if name in names)


def beyond(factor: str, name: str, share: float) -> float:
    """The number that stands at a share (0 to 1) of its intervals laid end to end, as if they were equally long."""
    intervals = BEYOND[factor][name]
    place = share * len(intervals)
    which = min(int(place), len(intervals) - 1)
    low, high = intervals[which]
    return low + (high - low) * (place - which)
