"""Moving objects along the table: from behind, or, where they are hollow, from inside."""

import numpy as np

from ..catalogue import FLAT, kind
from .hand import FINGER, Hand
from .seen import REACH, TABLE, Seen, inside

LOW = 0.016
"""Height of the grasp target when it pushes, metres: a tall object leans against the hand and does not fall."""
DEEP = {"bowl": 0.036, "tray": 0.006}
"""Kind -> how far below its rim the grasp target pulls from inside, metres; the palm passes above a bowl's rim."""
INNER = {"bowl": 0.024, "tray": 0.06}
"""Kind -> how far from its middle the hand then meets the wall, metres."""
OUTER = {"bowl": 0.036, "tray": 0.105}
"""Kind -> within this distance from its middle a low hand is inside, metres."""
START = 0.03
"""Gap behind an object at which the hand comes down, metres."""
TURNS = (0.0, 0.4, -0.4, 0.8, -0.8, 1.1, -1.1)
"""Where there is no room behind an object, it is pushed askew, radians."""
_TURNED = tuple((float(np.cos(turn)), float(np.sin(turn))) for turn in TURNS)
PACE = {"plate": 0.3, "tray": 0.5, "bowl": 0.5}
"""Kind -> share of full speed at which it does not slip away; the others 0.6."""


def shove(
    seen: Seen, hand: Hand, name: str, spot: np.ndarray, within: float = 0.012, touched: str | None = None
) -> np.ndarray | None:  # fmt: skip
    """Move an object along the table until its centre is at a spot, round all but `touched`; None when it is. (A,)."""
    way = spot - seen.foot(name)
    left = float(np.hypot(*way))
    if left < within:
        return leave(seen, hand, name)
    other = blocking(seen, name, spot, touched)
    if other is not None:  # round it, on the side where the way is shorter
        away, aside = seen.centre(other)[:2], np.array([-way[1], way[0]]) / left
        far = seen.radius(name) + seen.radius(other) + 0.02
        sides = [away + sign * far * aside for sign in (1.0, -1.0)]
        corner = min(sides, key=lambda side: np.hypot(*(side - seen.foot(name))) + 9.0 * (not inside(side, TABLE)))
        if inside(corner, TABLE) and np.hypot(*(corner - seen.foot(name))) > within:
            way = corner - seen.foot(name)
            left = float(np.hypot(*way))
    hollow = kind(name) in DEEP and seen.stands(name) and seen.upon(name) is None
    if hollow and (kind(name) == "bowl" or inside(seen.foot(name) + way + INNER[kind(name)] * way / left, REACH)):
        return _pull(seen, hand, name, way / left, left)
    return _push(seen, hand, name, way / left, left)


def leave(seen: Seen, hand: Hand, name: str) -> np.ndarray | None:
    """Rise from an object; None when the hand is away from it. Shape (A,)."""
    near = np.hypot(*(seen.hand - seen.centre(name))[:2]) < seen.radius(name) + 0.06
    if not near or seen.hand[2] > seen.top(name) + 0.02:
        return None
    back = np.zeros(2)
    if kind(name) not in DEEP:
        back = (seen.hand - seen.centre(name))[:2]
        back = 0.02 * back / max(float(np.hypot(*back)), 1e-6)
    return hand.step(np.array([*back, 0.04]), 0.0, 0.0)


def _pull(seen: Seen, hand: Hand, name: str, way: np.ndarray, left: float) -> np.ndarray:
    """With closed fingers against the inner wall, and the palm along the way if it fits, so that no rim can rise."""
    centre, side, inner = seen.centre(name)[:2], np.array([-way[1], way[0]]), INNER[kind(name)]
    low = max(seen.height(name) - DEEP[kind(name)], LOW)
    yaw, end = hand.across(seen, side, centre), centre + (left + inner) * way
    if not hand.fits(seen, end, low, yaw, (name,)):
        yaw = hand.across(seen, way, centre)
    turn = yaw - seen.yaw
    off, down = seen.hand[:2] - centre, low - seen.hand[2]
    if np.hypot(*off) < OUTER[kind(name)] and abs(down) < 0.005 and abs(turn) < 0.25:
        slack = max(inner - float(off @ way), 0.0)
        metres = way * min(left + slack, 0.04) - 0.5 * side * float(off @ side)
        return hand.step(np.array([*metres, down]), turn, -1.0, PACE[kind(name)])
    enter = centre if kind(name) == "bowl" else centre + 0.6 * inner * way
    if np.hypot(*off) < OUTER[kind(name)] and seen.hand[2] < seen.top(name) + 0.02:  # the hand runs on: gently
        return hand.step(np.array([0.0, 0.0, down]), turn, -1.0, 0.4)
    goal = np.array([*enter, low])
    if np.hypot(*(enter - seen.hand[:2])) > 0.012 or abs(turn) > 0.2:
        goal[2] = seen.top(name) + 0.02
    return hand.go(seen, goal, seen.yaw + turn, -1.0)


def _push(seen: Seen, hand: Hand, name: str, way: np.ndarray, left: float) -> np.ndarray:
    """From outside, with the fingers side by side across the way."""
    centre, reach = seen.centre(name)[:2], seen.radius(name) + FINGER
    way = _way(seen, hand, name, way)
    side, off = np.array([-way[1], way[0]]), seen.hand[:2] - centre
    aside = float(off @ side)
    yaw = hand.across(seen, way, centre)
    flat = kind(name) in FLAT
    width = 0.04 if flat else 0.0
    squeeze = float(np.clip((width - seen.width) / hand.actions.squeeze, -1.0, 1.0))
    if _behind(seen, name, way) and abs(yaw - seen.yaw) < 0.3:
        gap = max(float(seen.scene[f"clearance.gripper.{name}"]), 0.0)
        pace = PACE.get(kind(name), 0.6)
        metres = way * min(left + gap, 0.04 if gap > 0.025 else 0.04 * pace) - 0.6 * side * aside
        return hand.step(np.array([*metres, LOW - seen.hand[2]]), yaw - seen.yaw, squeeze)
    behind = centre - (reach + START) * way
    behind = np.clip(behind, np.array(hand.actions.low[:2]) + 0.002, np.array(hand.actions.high[:2]) - 0.002)
    return hand.go(seen, np.array([*behind, LOW]), yaw, squeeze)


def _way(seen: Seen, hand: Hand, name: str, way: np.ndarray) -> np.ndarray:
    """The direction nearest to the wanted one for which there is room behind the object. Shape (2,)."""
    centre, reach = seen.centre(name)[:2], seen.radius(name) + FINGER
    ways = [np.array([c * way[0] - s * way[1], s * way[0] + c * way[1]]) for c, s in _TURNED]
    for turned in ways:  # what was begun goes on
        if _behind(seen, name, turned):
            return turned
    for turned in ways:
        behind = centre - (reach + 0.012) * turned
        within = (behind > hand.actions.low[:2]).all() and (behind < hand.actions.high[:2]).all()
        if within and hand.fits(seen, behind, LOW, hand.across(seen, turned, behind), (name,)):
            return turned
    return way


def _behind(seen: Seen, name: str, way: np.ndarray) -> bool:
    """Whether the hand is low behind an object, so that it pushes it that way."""
    off, reach = seen.hand[:2] - seen.centre(name)[:2], seen.radius(name) + FINGER
    aside = abs(float(off @ np.array([-way[1], way[0]])))
    return bool(seen.hand[2] < LOW + 0.014 and float(off @ way) < -0.7 * reach and aside < 0.3 * reach)


def blocking(seen: Seen, name: str, spot: np.ndarray, touched: str | None = None) -> str | None:
    """The nearest object that is in the way of another one on its way to a spot; None if the way is free."""
    here, reach = seen.centre(name)[:2], seen.radius(name)
    line = spot - here
    found = {}
    for other in seen.others(name, *(() if touched is None else (touched,))):
        off = seen.centre(other)[:2] - here
        along = float(np.clip(off @ line / max(float(line @ line), 1e-9), 0.0, 1.0))
        if along > 0.02 and np.hypot(*(off - along * line)) < reach + seen.radius(other) + 0.004:
            found[other] = along
    return min(found, key=lambda other: found[other], default=None)
