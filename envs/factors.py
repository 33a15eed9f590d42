"""What may vary between scenes, and how one scene is drawn."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np

from . import catalogue
from .action import GRIPPER_OPEN
from .objects import Shape, bowl, cup

LAYOUTS = ("roomy", "tight", "between")
"""Gap of 4 cm and more · 1.5 to 4 cm, where only a turned hand fits · the hand starts low behind the bowl."""

RANGES: dict[str, dict[str, tuple[float, float, float]]] = {
    "size": {
        "cup.radius": (0.030, 0.027, 0.033),
        "cup.height": (0.100, 0.092, 0.108),
        "bowl.foot": (0.022, 0.020, 0.024),
        "bowl.rim": (0.050, 0.047, 0.054),
        "bowl.height": (0.080, 0.075, 0.085),
    },
    "mass": {"cup.mass": (0.10, 0.06, 0.15), "bowl.mass": (0.12, 0.08, 0.18)},
    "friction": {"cup.friction": (0.9, 0.75, 1.0), "bowl.friction": (0.40, 0.36, 0.45)},
    "colour": {
        "cup.shade": (0.8, 0.65, 0.95),
        "cup.pale": (0.10, 0.02, 0.20),
        "bowl.shade": (0.8, 0.65, 0.95),
        "bowl.pale": (0.15, 0.05, 0.28),
        "table.shade": (0.62, 0.50, 0.74),
    },
    "light": {"light.x": (0.5, -0.5, 1.5), "light.y": (0.0, -1.0, 1.0), "light.ambient": (0.6, 0.5, 0.7)},
    "camera": {f"camera.{axis}": (0.0, -0.006, 0.006) for axis in "xyz"},
}
"""Factor -> number -> (default, low, high); metres, kilograms, or shares of full brightness."""

FACTORS = ("pose", "layout", *RANGES)
"""Every factor that can be fixed or sampled."""

BEYOND: dict[str, dict[str, tuple[tuple[float, float], ...]]] = {
    "colour": {  # still red and still blue
        "cup.shade": ((0.48, 0.58),),
        "cup.pale": ((0.27, 0.34),),
        "bowl.shade": ((0.50, 0.58),),
        "bowl.pale": ((0.34, 0.38),),
        "table.shade": ((0.32, 0.42), (0.82, 0.92)),
    },
    "friction": {
        name: ((0.5 * low, 0.5 * high), (1.5 * low, 1.5 * high)) for name, (_, low, high) in RANGES["friction"].items()
    },
    "camera": {name: ((3 * low, 2 * low), (2 * high, 3 * high)) for name, (_, low, high) in RANGES["camera"].items()},
    "size": {
        "cup.radius": ((0.024, 0.026), (0.034, 0.036)),  # 4 mm are left beside either finger
        "cup.height": ((0.080, 0.090), (0.110, 0.120)),
        "bowl.foot": ((0.017, 0.019), (0.025, 0.027)),
        "bowl.rim": ((0.041, 0.046), (0.055, 0.060)),
        "bowl.height": ((0.066, 0.074), (0.086, 0.094)),
    },
}
"""Factor -> number -> intervals (low, high) outside of `RANGES`, of which each has an equal chance under that shift."""

SHIFTS = (*BEYOND, "distractor")
"""Everything that may lie beyond what was trained on; for the last, see `distractor.distract`."""

HAIR = 0.0005
"""Things begin this far above what they stand on, metres."""


class Stand(NamedTuple):
    """Where an object begins, world frame."""

    centre: tuple[float, float, float]
    """Metres."""
    yaw: float = 0.0
    """Radians."""
    lean: tuple[float, float] = (0.0, 0.0)
    """Direction on the table in which its up axis leans, and how far; radians."""


class Start(NamedTuple):
    """How the hand begins, world frame."""

    position: tuple[float, float, float]
    """Grasp target, metres."""
    yaw: float
    """Radians."""
    width: float = GRIPPER_OPEN
    """Opening between the fingers, metres."""
    command: float = GRIPPER_OPEN
    """Opening that is commanded; less than what is held is wide means a firm grip, metres."""
    settle: int = 0
    """Physics steps that pass before the first picture."""


class Arranged(Protocol):
    """A scene that `bullet.World` can build."""

    @property
    def numbers(self) -> Mapping[str, float]: ...
    @property
    def objects(self) -> Sequence[str]: ...
    def shape(self, name: str) -> Shape: ...
    def colour(self, name: str) -> tuple[float, float, float, float]: ...
    def stand(self, name: str) -> Stand: ...
    def hand(self) -> Start: ...


@dataclass(frozen=True)
class Factors:
    """One scene, completely: the same factors build the same scene."""

    layout: str
    numbers: dict[str, float]
    """Every number of `RANGES`, and those of a distractor."""
    positions: dict[str, list[float]]
    """Object -> (x, y) on the table, metres."""
    start: list[float]
    """Where the gripper starts: x, y, z (metres) and yaw (radians)."""
    objects: list[str] = field(default_factory=lambda: ["cup", "bowl"])
    shift: list[str] = field(default_factory=list)
    """What lies beyond the training ranges, of `SHIFTS`."""

    def json(self) -> dict[str, Any]:
        """The same as plain numbers and lists; without a shift, `shift` is left out."""
        return {key: value for key, value in asdict(self).items() if key != "shift" or value}

    def shape(self, name: str) -> Shape:
        """The geometry of an object."""
        n = self.numbers
        if name == "cup":
            return cup(n["cup.radius"], n["cup.height"])
        if name == "bowl":
            return bowl(n["bowl.foot"], n["bowl.rim"], n["bowl.height"])
        return catalogue.shape(name, n)

    def colour(self, name: str) -> tuple[float, float, float, float]:
        """Red, green, blue and opacity of an object."""
        if name in catalogue.CATALOGUE:
            return catalogue.colour(name, self.numbers)
        pale, shade = self.numbers[f"{name}.pale"], self.numbers[f"{name}.shade"]
        return (shade, pale, pale, 1) if name == "cup" else (pale, pale, shade, 1)

    def stand(self, name: str) -> Stand:
        """Where an object's centre is when the world begins: a hair above the table."""
        x, y = self.positions[name]
        return Stand((x, y, self.shape(name).height / 2 + HAIR))

    def hand(self) -> Start:
        """Where the hand is when the world begins."""
        x, y, z, yaw = self.start
        return Start((x, y, z), yaw)


def check_factors(names: Collection[str]) -> frozenset[str]:
    """Refuse a factor that does not exist."""
    wrong = sorted(set(names) - {*FACTORS, "all"})
    if wrong:
        raise ValueError(f"there is no factor of variation {wrong[0]!r}; there are {[*FACTORS, 'all']}")
    return frozenset(FACTORS if "all" in names else names)


def check_layout(name: str) -> str:
    """Refuse a layout that does not exist."""
    if name not in LAYOUTS:
        raise ValueError(f"there is no layout {name!r}; there are {list(LAYOUTS)}")
    return name


def check_shift(names: Collection[str]) -> tuple[str, ...]:
    """Refuse a shift that does not exist."""
    names = (names,) if isinstance(names, str) else names
    wrong = sorted(set(names) - {*SHIFTS})
    if wrong:
        raise ValueError(f"there is no shift {wrong[0]!r}; shift is a list of some of {list(SHIFTS)}")
    return tuple(name for name in SHIFTS if name in names)


def draw(
    rng: np.random.Generator,
    objects: tuple[str, ...],
    layouts: tuple[str, ...],
    vary: Collection[str],
    shift: Collection[str] = (),
) -> Factors:
    """Draw one scene; a factor that does not vary has its default value, and all random numbers are drawn anyway,
    so that switching one factor off, or shifting it, leaves the others as they are; but where things of another size
    do not fit, poses are drawn anew. What is shifted varies."""
    numbers = {}
    for factor, entries in RANGES.items():
        for name, (default, low, high) in entries.items():
            value = float(rng.uniform(low, high))
            numbers[name] = value if factor in vary else default
            if factor in shift and factor in BEYOND:
                numbers[name] = _beyond(BEYOND[factor][name], (value - low) / (high - low))
    drawn = layouts[int(rng.integers(len(layouts)))]
    layout = drawn if "layout" in vary else layouts[0]
    poses = rng if "pose" in vary else np.random.default_rng(0)
    while True:
        positions, start = _place(poses, layout, numbers, objects)
        if _fits(layout, positions, start):
            return Factors(layout, numbers, positions, start, list(objects), list(shift))


def _beyond(intervals: tuple[tuple[float, float], ...], share: float) -> float:
    """The number that stands at a share (0 to 1) of intervals laid end to end, each as if it were equally long."""
    place = share * len(intervals)
    which = min(int(place), len(intervals) - 1)
    low, high = intervals[which]
    return low + (high - low) * (place - which)


def _place(rng: np.random.Generator, layout: str, numbers: dict[str, float], objects: tuple[str, ...]):
    """Propose where things stand. Angles and distances are measured from the cup."""
    cup = rng.uniform([0.42, -0.18], [0.60, 0.18])
    angle = rng.uniform(-np.pi, np.pi)
    toward = np.array([np.cos(angle), np.sin(angle)])
    gap = {"roomy": rng.uniform(0.04, 0.12), "tight": rng.uniform(0.015, 0.04), "between": rng.uniform(0.08, 0.12)}
    bowl = cup + toward * (numbers["cup.radius"] + numbers["bowl.rim"] + gap[layout])
    if layout == "between":  # low behind the bowl, facing it: the straight way to the cup leads through its rim
        aside = rng.normal(0.0, 0.01) * np.array([-toward[1], toward[0]])
        xy = bowl + toward * (numbers["bowl.rim"] + rng.uniform(0.03, 0.04)) + aside
        z = rng.uniform(0.03, 0.04)
        yaw = (angle + rng.normal(0.0, 0.15) + np.pi / 2) % np.pi - np.pi / 2  # a gripper is the same after half a turn
    else:
        xy = rng.uniform([0.36, -0.26], [0.64, 0.26])
        z = rng.uniform(0.10, 0.25)
        yaw = rng.uniform(-0.8, 0.8)
    positions = {name: [float(v) for v in {"cup": cup, "bowl": bowl}[name]] for name in objects}
    return positions, [float(xy[0]), float(xy[1]), float(z), float(yaw)]


def _fits(layout: str, positions: dict[str, list[float]], start: list[float]) -> bool:
    """Objects on the table within reach, the hand clear of them and inside the workspace."""
    inside = 0.33 <= start[0] <= 0.68 and abs(start[1]) <= 0.30
    clear = 0.07 if layout == "between" else 0.13
    for x, y in positions.values():
        inside &= 0.36 <= x <= 0.68 and abs(y) <= 0.27
        inside &= np.hypot(start[0] - x, start[1] - y) >= clear or start[2] >= 0.19
    return bool(inside)
