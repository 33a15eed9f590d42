"""Wishes that cannot be meant are refused before anything moves."""

from collections.abc import Collection, Iterable, Iterator
from math import inf
from typing import Any, NamedTuple

from ..configs.error import did_you_mean
from ..costs.any_of import AnyOf
from ..costs.clearance import Clearance
from ..costs.contact import Contact
from ..costs.cost import Cost
from ..costs.distance import Distance
from ..costs.height import Height
from ..costs.held import Held
from ..costs.names import PAIRS, split
from ..costs.objective import Limit, Objective, UnknownQuantityError, Weighted
from ..costs.region import Region
from ..costs.stages import Stages
from ..costs.tolerance import Tolerance
from ..costs.touching import Touching
from ..costs.workspace import Workspace

NOT_OBJECTS = ("gripper", "table", "others")
TABLE_TOP = 0.0
"""Height at which things stand, metres."""
LIKELY = 0.5
"""A probability above which something counts as so."""


def refuse(aim: Objective, known: Collection[str], env: Any = None) -> None:
    """Raise if a clause is about an object that is not there, wants a place out of reach, or what a limit forbids.

    Args:
        aim: what is wanted.
        known: names of the quantities that there are.
        env: its `actions` say where the gripper can go; without them, no place is out of reach.
    """
    check_objects(aim, known)
    check_contradictions(aim)
    actions = getattr(env, "actions", None)
    if actions is not None:
        low, high = tuple(actions.low), tuple(actions.high)
        check_places(aim, (*low[:2], min(low[2], TABLE_TOP)), high)


def check_objects(aim: Objective, known: Collection[str]) -> None:
    """Raise unless every object that a clause reads is there."""
    there = sorted({thing for name in known for thing in _things(name)})
    for label, term in aim.terms.items():
        for thing in (thing for name in term.cost.needs for thing in _things(name)):
            if there and thing not in there:
                hint = did_you_mean(thing, there) or ";"
                raise UnknownQuantityError(
                    f"'{label}' is about '{thing}', which is not there{hint} there are {', '.join(there)}."
                )


def _things(name: str) -> list[str]:
    """The objects that a quantity is about."""
    words = split(name)[0].split(".")
    if len(words) == 1:
        return []
    return [word for word in (words[1:3] if words[0] in PAIRS else words[:1]) if word not in NOT_OBJECTS]


def check_contradictions(aim: Objective) -> None:
    """Raise if something is to touch or hold what a limit keeps it away from, at every step."""
    apart = {pair: label for label, limit in aim.subject_to.items() for pair in _kept_apart(limit)}
    for label, term in aim.terms.items():
        for leaf in leaves(term):
            pair = _brought_together(leaf.cost)
            if pair in apart and leaf.wanted and leaf.slack <= LIKELY:
                one, other = sorted(pair, key=lambda thing: thing != "gripper")
                raise ValueError(
                    f"'{label}' wants {one} and {other} to touch, which '{apart[pair]}' forbids; drop one of the two."
                )


def _kept_apart(limit: Limit) -> list[frozenset[str]]:
    cost, always = limit.cost, limit.over == "max"
    if always and isinstance(cost, Contact) and limit.at_most < LIKELY:
        return [frozenset((cost.a, cost.b))]
    if always and isinstance(cost, Clearance) and cost.keep > limit.at_most:
        return [frozenset((cost.of, cost.to))]
    return []


def _brought_together(cost: Cost) -> frozenset[str]:
    if isinstance(cost, Touching):
        return frozenset((cost.a, cost.b))
    return frozenset(("gripper", cost.object)) if isinstance(cost, Held) else frozenset()


class Leaf(NamedTuple):
    """A cost that is made of no other, and how much of it is accepted."""

    cost: Cost
    slack: float
    """In the unit of the cost."""
    wanted: bool
    """Whether it is to be small."""


def leaves(term: Weighted | Limit) -> Iterator[Leaf]:
    """Take a clause apart; alternatives (`AnyOf`) are left out, for one of them is enough."""
    if isinstance(term, Limit):
        yield from _leaves(term.cost, max(term.at_most, 0.0), True)
    else:
        yield from _leaves(term.cost, 0.0, term.weight > 0)


def _leaves(cost: Any, slack: float, wanted: bool) -> Iterator[Leaf]:
    if isinstance(cost, AnyOf):
        return
    if isinstance(cost, Tolerance):
        yield from _leaves(cost.cost, slack + max(cost.within, 0.0), wanted)
    elif isinstance(cost, Stages):
        for stage in cost.stages.values():
            yield from _leaves(stage.cost, 0.0 if stage.done is None else inf, wanted)  # on the way to `done`
            yield from _leaves(stage.done, max(stage.at_most, 0.0), wanted)
    elif hasattr(cost, "costs"):
        for name, part in cost.costs.items():
            per = cost.per if isinstance(cost.per, int | float) else cost.per[name]
            yield from _leaves(part, slack * per, wanted)
    elif cost is not None:
        yield Leaf(cost, slack, wanted)


def check_places(aim: Objective, low: Iterable[float], high: Iterable[float]) -> None:
    """Raise if a clause asks for a fixed place outside of a box, farther away than what it accepts.

    Args:
        aim: what is wanted.
        low: least x, y, z, metres.
        high: greatest x, y, z, metres.
    """
    low, high = list(low), list(high)
    for label, term in aim.terms.items():
        for leaf in leaves(term):
            box = _asked(leaf.cost)
            if box is None or not leaf.wanted:
                continue
            gaps = [_gap(*side) for side in zip(*box, low, high, strict=True)]
            if sum(gap**2 for gap in gaps) ** 0.5 > leaf.slack + 1e-6:
                axis = max(range(3), key=lambda i: gaps[i])
                asked = box[0][axis] if box[0][axis] > high[axis] else box[1][axis]
                sides = ", ".join(f"{a} {x:g} to {y:g}" for a, x, y in zip("xyz", low, high, strict=True))
                raise ValueError(
                    f"'{label}' wants {leaf.cost.of} at {'xyz'[axis]} = {asked:g} m, "  # type: ignore[attr-defined]
                    f"but the workspace is {sides} m; choose a place inside."
                )


Box = tuple[list[float], list[float]]


def _asked(cost: Cost) -> Box | None:
    """The box in which a cost is 0; None where it is nowhere fixed."""
    if isinstance(cost, Distance) and not isinstance(cost.to, str):
        point = [float(a + b) for a, b in zip(cost.to, cost.offset, strict=True)]
        return point, point
    if isinstance(cost, Height):
        return [-inf, -inf, cost.to], [inf, inf, cost.to]
    if isinstance(cost, Workspace) or (isinstance(cost, Region) and not cost.out):
        return [-inf if x is None else x for x in cost.low], [inf if x is None else x for x in cost.high]
    return None


def _gap(least: float, most: float, low: float, high: float) -> float:
    """How far apart two intervals are."""
    return max(least - high, low - most, 0.0)
