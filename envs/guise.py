"""How the robot looks: what it does stays the same, to the last bit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from .robots import panda

HAND, FINGERS = (0.25, 0.25, 0.28), (0.95, 0.6, 0.1)
"""Usual colours, red, green and blue of 0..1; the arm's own is white."""


@dataclass(frozen=True)
class Guise:
    """Another body in front of the cameras: of another colour, or a hand that moves by itself."""

    arm: tuple[float, float, float] | None = None
    """Red, green and blue (0..1) of the arm, its hand and its fingers; None is the usual colours."""
    proxy_hand: bool = False
    """Whether only the hand and its fingers are seen; the arm leaves pictures and depth, and still touches things."""

    def colours(self) -> dict[int, tuple[float, float, float, float]]:
        """Link of the Panda (-1 is its base) -> red, green, blue and opacity, for those that differ from their file."""
        fingers = (panda.LEFT_FINGER, panda.RIGHT_FINGER)
        looks = {panda.HAND: (*(self.arm or HAND), 1.0), **dict.fromkeys(fingers, (*(self.arm or FINGERS), 1.0))}
        if self.proxy_hand:
            looks |= dict.fromkeys(range(-1, panda.HAND), (0.0, 0.0, 0.0, 0.0))  # TinyRenderer draws nothing of these
        elif self.arm:
            looks |= dict.fromkeys(range(-1, panda.HAND), (*self.arm, 1.0))
        return looks


USUAL = Guise()


def check_guise(options: Mapping[str, Any]) -> Guise:
    """Make a guise from its options, or say which one is wrong."""
    known = [field.name for field in fields(Guise)]
    if wrong := sorted({*options} - {*known}) if isinstance(options, Mapping) else [options]:
        raise ValueError(f"guise has no option {wrong[0]!r}; it takes {known}, as in {{arm: [0.8, 0.6, 0.5]}}")
    arm, proxy_hand = options.get("arm"), options.get("proxy_hand", False)
    if arm is not None and not _colour(arm):
        raise ValueError(f"guise.arm is {arm!r}; it is red, green and blue, three numbers from 0 to 1")
    if not isinstance(proxy_hand, bool):
        raise ValueError(f"guise.proxy_hand is {proxy_hand!r}; it is true or false")
    return Guise(None if arm is None else (arm[0], arm[1], arm[2]), proxy_hand)


def _colour(value: Any) -> bool:
    three = isinstance(value, Sequence) and len(value) == 3
    return three and all(isinstance(share, int | float) and 0.0 <= share <= 1.0 for share in value)
