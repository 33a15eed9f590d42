"""Refuse what is asked for and forbidden at once."""

from .instruction import Goal, Instruction, Restraint
from .refusal import ContradictionError

TOUCHING = ("pick", "place", "push", "move", "hold", "tilt", "touch")
"""Verbs whose object the fingers touch."""
MOVING = ("pick", "place", "push", "move", "hold", "tilt")
"""Verbs whose object does not stay where it is."""
REASONS = {
    "no_touch": (TOUCHING, "is not to be touched"),
    "clearance": (TOUCHING, "is to be kept away from"),
    "no_move": (MOVING, "is not to be moved"),
    "upright": (("tilt",), "is to stay upright"),
}
"""Kind of restraint -> verbs that it rules out for its objects, and how it is said."""


def check_contradictions(instruction: Instruction) -> None:
    """Raise `ContradictionError` if a goal does to an object what a restraint forbids."""
    for restraint in instruction.restraints:
        for goal in instruction.goals:
            verbs, reason = REASONS.get(restraint.kind, ((), ""))
            if goal.verb in verbs and goal.object in (restraint.objects or ()):
                what = f"the {(goal.object or '').replace('_', ' ')}"
                raise ContradictionError(f"{what} cannot be the object of '{goal.verb}' when it {reason}; drop one.")
            if _forbids_clearing(goal, restraint):
                raise ContradictionError("the table cannot be cleared without touching or moving anything; drop one.")


def _forbids_clearing(goal: Goal, restraint: Restraint) -> bool:
    return goal.verb == "clear" and restraint.kind in ("no_touch", "no_move") and restraint.objects == ("others",)
