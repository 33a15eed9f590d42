"""Goals that bring objects elsewhere, carried or pushed: place, push, move, clear and show."""

from dataclasses import dataclass, field

import numpy as np

from ..catalogue import GRASPABLE, kind
from .carry import floor_of, put, room_on
from .hand import Hand
from .lifting import Pick
from .push import blocking, leave, shove
from .seen import REACH, TABLE, WAYS, Area, Seen, inside

SPOTS = {
    "left": (None, 0.20), "right": (None, -0.20), "front": (0.40, None), "back": (0.62, None), "middle": (0.50, 0.0),
}  # fmt: skip
"""Named spot of the table -> x and y, metres; None keeps what is."""
REGIONS: dict[str, Area] = {
    "left": (-1.0, 0.0, 2.0, 1.0), "right": (-1.0, -1.0, 2.0, 0.0), "front": (-1.0, -1.0, 0.5, 1.0),
    "back": (0.5, -1.0, 2.0, 1.0), "middle": (0.42, -0.10, 0.60, 0.10),
}  # fmt: skip
"""Region that can be cleared -> x_low, y_low, x_high, y_high; metres."""
FAR, GAP = 0.10, 0.035
"""How far things are moved; the gap of things side by side; metres."""
CLOSE = 0.01
"""Least gap of things side by side, metres."""
MARGIN = 0.03
"""What is cleared away goes this far beyond the edge of the region, metres."""


@dataclass
class Place:
    """Put an object in, on or beside another; what cannot be grasped is pushed beside it."""

    object: str
    of: str
    relation: str
    distance: float | None = None
    """Between the centres, metres."""
    angle: float | None = field(default=None, init=False)

    def begin(self, seen: Seen) -> None:
        """Nothing to remember."""

    def act(self, seen: Seen, hand: Hand) -> np.ndarray | None:
        """Carry or push it there."""
        if self.relation in ("in", "on"):
            spot = room_on(seen, self.object, self.of)
            within = 0.006 if kind(self.of) in ("block", "cup", "bowl", "bottle") else 0.01
            return put(seen, hand, self.object, spot, floor_of(seen, self.object, self.of), self.of, within)
        spot = self._beside(seen)
        if kind(self.object) in GRASPABLE:
            return put(seen, hand, self.object, np.clip(spot, REACH[:2], REACH[2:]), 0.0)
        return bring(seen, hand, self.object, spot)

    def _beside(self, seen: Seen) -> np.ndarray:
        far, middle = self.distance, seen.centre(self.of)[:2]
        if far is None:
            far = seen.radius(self.object) + seen.radius(self.of) + GAP
        if self.relation in WAYS:
            way = np.array(WAYS[self.relation])
            if self.distance is None:  # nearer where the hand's reach ends
                spot = np.clip(middle + far * way, REACH[:2], REACH[2:])
                far = max(float((spot - middle) @ way), far - GAP + CLOSE)
            return middle + far * way
        angles = np.linspace(-np.pi, np.pi, 24, endpoint=False)
        here = seen.centre(self.object)[:2]

        def price(angle: float) -> float:
            spot = middle + far * np.array([np.cos(angle), np.sin(angle)])
            free = min((np.hypot(*(seen.centre(o)[:2] - spot)) - seen.radius(o) - seen.radius(self.object)
                        for o in seen.others(self.object, self.of)), default=1.0)  # fmt: skip
            off = np.clip(spot, TABLE[:2], TABLE[2:]) - spot
            return 10.0 * max(0.03 - free, 0.0) + 10.0 * float(np.hypot(*off)) + float(np.hypot(*(spot - here)))

        if self.angle is None or price(self.angle) > 0.5:
            self.angle = float(min(angles, key=price))
        return middle + far * np.array([np.cos(self.angle), np.sin(self.angle)])


@dataclass
class Push:
    """Push an object to, towards or away from another or a spot of the table, or in a direction."""

    object: str
    to: str | None = None
    toward: str | None = None
    away_from: str | None = None
    direction: str | None = None
    distance: float | None = None
    """Metres."""
    steady: bool = False
    """Whether it must not lean: what can be grasped is carried."""
    spot: np.ndarray = field(default_factory=lambda: np.zeros(2), init=False)
    carried: bool = field(default=False, init=False)

    def begin(self, seen: Seen) -> None:
        """Choose where it goes, and whether it is better carried, because something is in the way."""
        here, far = seen.centre(self.object)[:2], FAR if self.distance is None else self.distance
        if self.to in SPOTS:
            goal = np.array([h if s is None else s for h, s in zip(here, SPOTS[str(self.to)], strict=True)])
        elif self.direction is not None:
            goal = here + (far + 0.008) * np.array(WAYS[self.direction])
        else:
            other = str(self.to or self.toward or self.away_from)
            way = seen.centre(other)[:2] - here
            left = float(np.hypot(*way))
            touching = left - seen.radius(self.object) - seen.radius(other)
            if self.to is not None:
                far = touching + 0.03  # `act` stops sooner, by the true distance
            elif self.toward is not None:
                far = min(far + 0.008, max(touching, 0.0))
            else:
                far = -far - 0.008
            goal = here + far * way / max(left, 1e-6)
        self.spot = np.clip(goal, (0.28, -0.38), (0.76, 0.38))
        blocked = blocking(seen, self.object, self.spot, self.to) is not None
        self.carried = kind(self.object) in GRASPABLE and (self.steady or blocked) and bool(inside(self.spot, REACH))

    def act(self, seen: Seen, hand: Hand) -> np.ndarray | None:
        """Push it there."""
        if self.carried:
            return bring(seen, hand, self.object, self.spot)
        held = seen.held()
        if held is not None:
            return put(seen, hand, held, seen.spot(held, seen.hand[:2]), 0.0)
        if self.to in seen.names and seen.between(self.object, str(self.to)) < CLOSE:
            return leave(seen, hand, self.object)
        return shove(seen, hand, self.object, self.spot, touched=self.to)


@dataclass
class Move:
    """Bring an object some way in a direction, by whatever means."""

    object: str
    direction: str
    distance: float | None = None
    """Metres."""
    spot: np.ndarray = field(default_factory=lambda: np.zeros(3), init=False)

    def begin(self, seen: Seen) -> None:
        """Choose where it goes."""
        far = FAR if self.distance is None else self.distance
        way = {"up": (0.0, 0.0, 1.0), "down": (0.0, 0.0, -1.0)}.get(self.direction)
        self.spot = seen.centre(self.object) + far * np.array(way or (*WAYS[self.direction], 0.0))

    def act(self, seen: Seen, hand: Hand) -> np.ndarray | None:
        """Carry or push it there."""
        if self.direction in ("up", "down"):
            lift = Pick(self.object)
            lift.goal = max(float(self.spot[2]), seen.height(self.object) / 2)
            return lift.act(seen, hand)
        return bring(seen, hand, self.object, self.spot[:2])


@dataclass
class Clear:
    """Bring every object out of a region of the table, the nearest to its edge first."""

    region: str
    spots: dict[str, np.ndarray] = field(default_factory=dict, init=False)

    def begin(self, seen: Seen) -> None:
        """Nothing to remember."""
        self.spots = {}

    def act(self, seen: Seen, hand: Hand) -> np.ndarray | None:
        """Carry or push away one after another; done when the region is empty and the hand is free."""
        area = REGIONS[self.region]
        wide = (area[0] - MARGIN, area[1] - MARGIN, area[2] + MARGIN, area[3] + MARGIN)
        for name in list(self.spots):  # what was begun is finished first
            action = bring(seen, hand, name, self.spots[name], 0.02)
            if action is not None:
                return action
            del self.spots[name]
        left = [name for name in seen.names if inside(seen.centre(name)[:2], area) or seen.grips(name)]
        if not left:
            return None
        ways = {name: seen.spot(name, seen.centre(name)[:2], wide) for name in left}
        first = min(left, key=lambda n: (not seen.grips(n), np.hypot(*(ways[n] - seen.centre(n)[:2]))))
        self.spots[first] = ways[first]
        return bring(seen, hand, first, ways[first], 0.02)


@dataclass
class Show:
    """Bring an object to where it stands in the goal picture."""

    object: str
    spot: np.ndarray | None = field(default=None, init=False)

    def begin(self, seen: Seen) -> None:
        """Note where that is."""
        name = f"{self.object}.position@goal"
        if name not in seen.scene:
            raise LookupError(f"the expert sees no goal picture with {self.object!r}; give the environment a goal.")
        self.spot = seen.scene[name][:2].astype(np.float64)

    def act(self, seen: Seen, hand: Hand) -> np.ndarray | None:
        """Carry or push it there."""
        assert self.spot is not None
        return bring(seen, hand, self.object, self.spot)


def bring(seen: Seen, hand: Hand, name: str, spot: np.ndarray, within: float = 0.012) -> np.ndarray | None:
    """Carry an object to a spot of the table, or push it there if it cannot be grasped. Shape (A,)."""
    if kind(name) in GRASPABLE and inside(spot, REACH):
        return put(seen, hand, name, spot, 0.0, within=within)
    held = seen.held()
    if held is not None:
        return put(seen, hand, held, seen.spot(held, seen.hand[:2]), 0.0)
    return shove(seen, hand, name, spot, within)
