"""What each verb of the language comes to: one class a verb, which answers with an action until it is done."""

from typing import Any, Protocol

import numpy as np

from ..catalogue import FLAT, GRASPABLE, kind
from .hand import Hand
from .lifting import Hold, Pick
from .moving import Clear, Move, Place, Push, Show
from .reaching import Reach, Touch
from .seen import Seen


class Goal(Protocol):
    """Answers with the next action (A,), or with None when it is done; `begin` is told the first scene it sees."""

    def begin(self, seen: Seen) -> None: ...
    def act(self, seen: Seen, hand: Hand) -> np.ndarray | None: ...


VERBS: dict[str, type] = {
    "pick": Pick, "hold": Hold, "place": Place, "push": Push, "move": Move, "clear": Clear, "reach": Reach,
    "touch": Touch, "show": Show,
}  # fmt: skip


def make(goal: dict[str, Any], steady: bool) -> Goal:
    """Build one goal, and refuse what this arm cannot do."""
    verb = goal.get("verb")
    if verb == "tilt":
        raise ValueError("the expert cannot tilt anything, because the hand always points down; leave tilt out.")
    if verb not in VERBS:
        raise ValueError(f"the expert does not know the verb {verb!r}; it knows {list(VERBS)}.")
    options = {key: value for key, value in goal.items() if key not in ("verb", "seconds")}
    name = str(options.get("object", ""))
    lifts = verb in ("pick", "hold") or (verb == "place" and options.get("relation") in ("in", "on"))
    lifts |= verb == "move" and options.get("direction") in ("up", "down")
    if lifts and name and kind(name) not in GRASPABLE:
        raise ValueError(
            f"the expert cannot lift {name!r}, which does not fit between the fingers; it lifts {list(GRASPABLE)}."
        )
    if verb == "place" and options.get("relation") in ("in", "on") and kind(options.get("of", "")) == "bottle":
        raise ValueError(f"nothing stands on {options['of']!r}; the expert puts things on {[*FLAT, 'block', 'cup']}.")
    if verb == "push":
        options["steady"] = steady
    try:
        return VERBS[verb](**options)
    except TypeError as error:
        raise ValueError(f"the expert cannot read the goal {goal}: {error}.") from error
