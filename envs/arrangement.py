"""A scene of the tabletop, completely, and what all scenes of an environment have in common."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from . import catalogue
from .catalogue import CATALOGUE, MOST, kind
from .factors import RANGES as RED_CUP
from .factors import Stand, Start
from .objects import Shape

Area = Sequence[float]
"""x_low, y_low, x_high, y_high; metres."""
TABLE: Area = (0.38, -0.25, 0.66, 0.25)
"""Where centres of objects begin."""
HELD_STEPS, STACK_STEPS = 36, 60
"""Physics steps until a grip, or a stack, is at rest."""

RANGES: dict[str, dict[str, tuple[float, float, float]]] = {
    "size": {f"{o}.{n}": v for o in CATALOGUE for n, v in catalogue.SIZES[kind(o)].items()},
    "mass": {f"{o}.mass": catalogue.MASSES[kind(o)] for o in CATALOGUE},
    "friction": {f"{o}.friction": catalogue.FRICTIONS[kind(o)] for o in CATALOGUE},
    "colour": {
        **{f"{o}.{n}": v for o in CATALOGUE for n, v in catalogue.SHADES.items()},
        "table.shade": RED_CUP["colour"]["table.shade"],
    },
    "light": RED_CUP["light"],
    "camera": RED_CUP["camera"],
}
"""Factor -> number -> (default, low, high); metres, kilograms, or shares of full brightness."""


@dataclass(frozen=True)
class Arrangement:
    """One scene, completely: the same arrangement builds the same scene."""

    layout: str
    numbers: dict[str, float]
    """Every number of `RANGES` that belongs to no absent object."""
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

    def json(self) -> dict[str, Any]:
        """The same as plain numbers and lists."""
        return asdict(self)

    def shape(self, name: str) -> Shape:
        """The geometry of an object."""
        return catalogue.shape(name, self.numbers)

    def colour(self, name: str) -> tuple[float, float, float, float]:
        """Red, green, blue and opacity of an object."""
        return catalogue.colour(name, self.numbers)

    def stand(self, name: str) -> Stand:
        """Where an object begins."""
        x, y, z = self.positions[name]
        return Stand((x, y, z), self.yaws[name])

    def hand(self) -> Start:
        """How the hand begins: around what it holds, if it holds something."""
        x, y, z, yaw, width = self.start
        settle = HELD_STEPS if self.held else STACK_STEPS if self.stack else 0
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
    held: float = 0.0
    """Share of scenes that begin with an object in the hand, where there is a graspable one."""
    stacked: float = 0.0
    """Share of scenes that begin with an object on another one, where there is such a pair."""


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
    wrong = sorted(set(begin) - {"held", "stacked"})
    if wrong:
        raise ValueError(f"begin has no {wrong[0]!r}; it takes ['held', 'stacked'], shares of the scenes")
    held, stacked = float(begin.get("held", 0.0)), float(begin.get("stacked", 0.0))
    if min(held, stacked) < 0 or held + stacked > 1:
        raise ValueError(f"begin is {dict(begin)}; its shares lie between 0 and 1, and so does their sum")
    span = None if drawn is None else (int(drawn[0]), int(drawn[1]))
    areas = {name: tuple(float(v) for v in area) for name, area in regions.items()}
    return Wishes(names, int(distractors), span, areas, held, stacked)
