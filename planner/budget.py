"""How much a plan may cost."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Budget(NamedTuple):
    """Limits of one plan, whichever comes first; none where None.

    They are looked at between iterations, and the first iteration always runs, so that there is always a plan.
    """

    milliseconds: float | None = None
    """No iteration starts that is expected to end later than this, and no polish after it."""
    rollouts: int | None = None
    """Imagined chunks per scene; a gradient counts as three. What would need more does not start."""
    iterations: int | None = None
    """Fewer than the planner's own."""


def budget_of(value: "Budget | float | Mapping[str, Any] | None") -> Budget:
    """Read a budget: a number is milliseconds, a mapping names its limits.

    Raises:
        ValueError: a limit that leaves nothing to do, or has another name.
    """
    if isinstance(value, Mapping):
        if unknown := sorted(set(value) - set(Budget._fields)):
            raise ValueError(f"a budget has no '{unknown[0]}'; it is made of {', '.join(Budget._fields)}.")
        value = Budget(**value)
    budget = value if isinstance(value, Budget) else Budget(milliseconds=value)
    for name, limit in budget._asdict().items():
        if limit is not None and (not isinstance(limit, int | float) or not limit > 0):
            raise ValueError(f"a budget of {name}={limit} leaves nothing to do; it must be a number above 0.")
    return budget
