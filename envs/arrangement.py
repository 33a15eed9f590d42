"""A scene of the tabletop, completely, and what all scenes of an environment have in common."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from . import catalogue
from .action import GRIPPER_OPEN
from .catalogue import MOST
from .objects import Shape

Area = Sequence[float]
"""x_low, y_low, x_high, y_high; metres."""
TABLE: Area = (0.38, -0.25, 0.66, 0.25)
"""Where centres of objects begin."""
BEGINNINGS = ("held", "stacked", "askew", "around", "fallen")
"""An object is in the hand · on another one · in the hand, off its axis and leaning · between the open fingers · some
are falling, or lie where they fell."""
HELD_STEPS, STACK_STEPS = 36, 60
"""Physics steps until a grip, or a stack, is at rest."""
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


@dataclass(frozen=True)
class Arrangement:
    """One scene, completely: the same arrangement builds the same scene."""

    layout: str
    numbers: dict[str, float]
    """Every number of `factors.RANGES` that belongs to no absent object."""
    positions: dict[str, list[float]]
    """Object -> centre x, y, z; metres."""
    yaws: dict[str, float]
    """Object -> radians."""
    start: list[float]
    """How the hand begins: x, y, z (metres), yaw (radians), opening (metres)."""
    objects: list[str] = field(default_factory=list)
    """In the order of the catalogue."""
    held: str | None = None
    """The object that is in the hand."""
    stack: list[str] = field(default_factory=list)
    """An object, and what it stands on."""
    leans: dict[str, list[float]] = field(default_factory=dict)
    """Object -> direction in which it leans, and how far; radians. Those that stand upright are left out."""
    settle: int = 0
    """Physics steps before the first picture; those of a grip or a stack, if 0."""
    shift: list[str] = field(default_factory=list)
    """Factors whose numbers lie beyond `factors.RANGES`, of `shift.SHIFTS`."""

    def json(self) -> dict[str, Any]:
        """The same as plain numbers and lists; `leans`, `settle` and `shift` are left out where there is nothing."""
        return {key: value for key, value in asdict(self).items() if key not in ("leans", "settle", "shift") or value}

    def shape(self, name: str) -> Shape:
        """The geometry of an object."""
        return catalogue.shape(name, self.numbers)

    def colour(self, name: str) -> tuple[float, float, float, float]:
        """Red, green, blue and opacity of an object."""
        return catalogue.colour(name, self.numbers)

    def stand(self, name: str) -> Stand:
        """Where an object begins."""
        x, y, z = self.positions[name]
        way, lean = self.leans.get(name, (0.0, 0.0))
        return Stand((x, y, z), self.yaws[name], (way, lean))

    def hand(self) -> Start:
        """How the hand begins: around what it holds, if it holds something."""
        x, y, z, yaw, width = self.start
        settle = self.settle or (HELD_STEPS if self.held else STACK_STEPS if self.stack else 0)
        return Start((x, y, z), yaw, width, 0.0 if self.held else width, settle)


@dataclass(frozen=True)
class Wishes:
    """What every scene of an environment has in common."""

    objects: tuple[str, ...]
    """Those that always stand there; the first is the one that layouts are about."""
    distractors: int = 0
    drawn: tuple[int, int] | None = None
    """Fewest and most objects, if they are drawn at random."""
    regions: Mapping[str, Area] = field(default_factory=dict)
    begin: Mapping[str, float] = field(default_factory=dict)
    """Special beginning -> share of the scenes that begin so, where there are the objects for it; see `BEGINNINGS`."""


def check_wishes(
    objects: Sequence[str], distractors: int, regions: Mapping[str, Area], begin: Mapping[str, float], drawn: Any
) -> Wishes:
    """Refuse what no scene can hold, in one sentence."""
    names = catalogue.check_names(objects)
    if drawn is not None and (len(drawn) != 2 or not 1 <= drawn[0] <= drawn[1] <= MOST):
        raise ValueError(f"drawn is {list(drawn)}; it is the fewest and the most objects, 1 to {MOST}")
    if drawn is not None and distractors:
        raise ValueError("drawn and distractors exclude one another; both say how many further objects there are")
    if distractors < 0 or len(names) + distractors > MOST:
        raise ValueError(
            f"{len(names)} objects and {distractors} distractors are too many; a scene holds at most {MOST} objects"
        )
    for name, area in regions.items():
        if name not in names:
            raise ValueError(f"regions names {name!r}, which is not among the objects {list(names)}")
        if len(area) != 4 or area[0] > area[2] or area[1] > area[3]:
            raise ValueError(f"the region of {name!r} is {list(area)}; it is [x_low, y_low, x_high, y_high] in metres")
    if not isinstance(begin, Mapping):
        raise ValueError(f"begin is {begin!r}; it is a mapping such as {{held: 0.5}}")
    if wrong := sorted({*begin} - {*BEGINNINGS}):
        raise ValueError(f"begin has no {wrong[0]!r}; it takes {list(BEGINNINGS)}, shares of the scenes")
    shares = {name: float(share) for name, share in begin.items()}
    if min(shares.values(), default=0.0) < 0 or sum(shares.values()) > 1:
        raise ValueError(f"begin is {dict(begin)}; its shares lie between 0 and 1, and so does their sum")
    span = None if drawn is None else (int(drawn[0]), int(drawn[1]))
    areas = {name: tuple(float(v) for v in area) for name, area in regions.items()}
    return Wishes(names, int(distractors), span, areas, shares)


def due(begin: Mapping[str, float], place: float) -> str:
    """The special beginning of a scene, by its place in 0..1; "" where there is none."""
    for name in BEGINNINGS:
        place -= begin.get(name, 0.0)
        if place < 0:
            return name
    return ""
