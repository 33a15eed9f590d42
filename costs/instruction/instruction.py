"""What an instruction says, in parts: goals in their order, and restraints that hold all along."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

Verb = Literal["pick", "place", "push", "move", "hold", "tilt", "clear", "reach", "touch"]
Kind = Literal["no_tip", "no_touch", "no_move", "no_spill", "upright", "clearance", "pace", "within"]

OTHERS = "others"
"""Stands for every object that the sentence does not name."""


@dataclass(frozen=True)
class Goal:
    """One thing to do; what does not belong to the verb, or was not said, is None."""

    verb: Verb
    object: str | None = None
    """Name of an object, such as red_cup; None for `clear`."""
    relation: str | None = None
    """Of `place`: in, on, next_to, left_of, right_of, in_front_of, behind; of `reach`: at, above and the last four."""
    of: str | None = None
    """The object that a place stands in this relation to."""
    to: str | None = None
    """Of `push`: an object, or left, right, front, back or middle of the table."""
    toward: str | None = None
    """Of `push`: an object."""
    away_from: str | None = None
    """Of `push`: an object."""
    direction: str | None = None
    """Of `push` and `move`: left, right, forward, back; of `move` alone also up, down."""
    distance: float | None = None
    """Metres."""
    height: float | None = None
    """Of `pick`: how far the object rises, metres."""
    seconds: float | None = None
    """Of `hold`."""
    degrees: float | None = None
    """Of `tilt`."""
    region: str | None = None
    """Of `clear`: left, right, front, back or middle of the table."""

    def json(self) -> dict[str, Any]:
        """Plain values; what is None is left out."""
        return _said(self)


@dataclass(frozen=True)
class Restraint:
    """One thing that holds all along; what does not belong to the kind, or was not said, is None."""

    kind: Kind
    objects: tuple[str, ...] | None = None
    """Sorted names, or ("others",)."""
    degrees: float | None = None
    """Of `upright`."""
    distance: float | None = None
    """Of `clearance`, metres."""
    pace: Literal["slow", "gentle"] | None = None
    """Of `pace`, unless it says a speed."""
    speed: float | None = None
    """Of `pace`, metres per second."""
    seconds: float | None = None
    """Of `within`."""

    def json(self) -> dict[str, Any]:
        """Plain values; what is None is left out."""
        return _said(self)


@dataclass(frozen=True)
class Instruction:
    """What is to be done, one goal after the other, and what holds meanwhile."""

    goals: tuple[Goal, ...]
    restraints: tuple[Restraint, ...] = ()

    @property
    def objects(self) -> tuple[str, ...]:
        """Every object that is named, in the order of being named."""
        goals = [name for goal in self.goals for name in (goal.object, goal.of, goal.to, goal.toward, goal.away_from)]
        named = [*goals, *(name for restraint in self.restraints for name in restraint.objects or ())]
        return tuple(dict.fromkeys(name for name in named if name and "_" in name))

    def json(self) -> dict[str, Any]:
        """Plain values: {"goals": [...], "restraints": [...]}."""
        return {"goals": [goal.json() for goal in self.goals], "restraints": [each.json() for each in self.restraints]}


def _said(part: Goal | Restraint) -> dict[str, Any]:
    found = {key: value for key, value in asdict(part).items() if value is not None}
    return {key: list(value) if isinstance(value, tuple) else value for key, value in found.items()}
