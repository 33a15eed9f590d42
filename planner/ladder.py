"""What to do where no evaluated chunk satisfies the limits: a ladder, of which the first possible rung is taken."""

from collections.abc import Sequence
from typing import Literal, get_args

from .certify import broken
from .outcome import Plan

Rung = Literal["last", "hold", "backup", "continue", "stop"]
LADDER: tuple[Rung, ...] = ("last", "hold", "backup", "stop")
PATIENCE = 5
"""How often in a row to stand still before the next rung."""


class Infeasible(ValueError):  # noqa: N818 (a verdict on the scene)
    """No imagined future satisfies the limits, and the policy is to stop."""

    def __init__(self, plan: Plan):
        super().__init__(
            f"no imagined future satisfies the limits (the best one exceeds {broken(plan)}); relax a limit, or "
            "choose if_infeasible=hold or continue."
        )
        self.plan = plan


def ladder_of(if_infeasible: Rung | Sequence[Rung], backup: bool) -> tuple[str, ...]:
    """Read `if_infeasible` as configs write it: a rung, or several; `backup` says whether there is such a policy."""
    ladder = (if_infeasible,) if isinstance(if_infeasible, str) else tuple(if_infeasible)
    for rung in ladder or ("",):
        if rung not in get_args(Rung):
            raise ValueError(f"if_infeasible is {rung!r}; it must be one of {list(get_args(Rung))}, or several.")
    if if_infeasible == "backup" and not backup:
        raise ValueError("if_infeasible is 'backup'; that needs a backup policy.")
    return ladder


def rung_of(ladder: Sequence[str], plan: Plan, tail: bool, held: int, backup: bool) -> str:
    """Find the first rung that is possible; where none is, hold.

    Args:
        ladder: what `ladder_of` returned.
        plan: of one scene, without a feasible chunk.
        tail: whether something is left of the last feasible plan.
        held: how often in a row the robot stood still.
        backup: whether there is a backup policy.
    """
    possible = {
        "last": tail,
        "hold": ladder[-1] == "hold" or held < PATIENCE,
        "backup": backup,
        "continue": plan.status[0] != "not finite",
        "stop": True,
    }
    return next((rung for rung in ladder if possible[rung]), "hold")
