"""Taking objects between the fingers and putting them down."""

import numpy as np

from ..catalogue import FLAT, GRASPABLE, kind
from ..objects import FLOOR
from .hand import Hand
from .seen import Seen

HOVER, BITE = 0.045, 0.023
"""The grasp target hovers this far above a rim, and closes this far below it, metres."""
LEAST = 0.018
"""Lowest grasp target, metres."""
NEAR, CLOSE = 0.012, 0.15
"""The hand is at its place within this many metres and radians."""
FIRM = 0.012
"""The fingers are told to close this far beyond what they hold, metres: told more, they would let it slide sideways."""
GENTLE = 0.4
"""Share of what is left that is corrected in one step with something in the hand."""
RELEASE = 0.006
"""An object is let go when it is this near to what it shall stand on, metres."""


def take(seen: Seen, hand: Hand, name: str) -> np.ndarray | None:
    """Bring an object between the fingers; None when it is there. Shape (A,)."""
    if seen.grips(name):
        return None
    other = seen.held()
    if other is not None:
        return put(seen, hand, other, seen.spot(other, seen.hand[:2]), 0.0)
    burden = seen.upon(name)
    if burden is not None and kind(burden) in GRASPABLE:
        return put(seen, hand, burden, seen.spot(burden, seen.centre(burden)[:2]), 0.0)
    place, yaw = _grasp(seen, hand, name)
    off, turn = place - seen.hand, yaw - seen.yaw
    over = np.hypot(*off[:2]) < NEAR and abs(turn) < CLOSE
    if over and abs(off[2]) < 0.01:
        if seen.width < seen.grip(name) - 0.012:  # they closed on nothing
            return hand.step(np.array([0.0, 0.0, hand.actions.step]), 0.0, 1.0)
        return hand.step(np.zeros(3), 0.0, max((seen.grip(name) - FIRM - seen.width) / hand.actions.squeeze, -1.0))
    if over and seen.width > seen.grip(name) + 0.012:
        return hand.step(off, turn, 1.0)
    hover = np.array([place[0], place[1], max(seen.top(name) + HOVER - BITE, place[2] + 0.03)])
    return hand.go(seen, hover, yaw, 1.0)


def _grasp(seen: Seen, hand: Hand, name: str) -> tuple[np.ndarray, float]:
    """Where the hand closes around an object: position (3,), metres, and yaw, radians."""
    centre = seen.centre(name)
    low = seen.top(name) - BITE
    if kind(name) == "block" or not seen.stands(name):
        low = centre[2] + 0.004
    place = np.array([centre[0], centre[1], max(float(low), LEAST)])
    if seen.stands(name) or kind(name) == "block":
        return place, hand.turned(seen, place[:2], place[2], (name,))
    up = seen.scene[f"{name}.up"]  # it lies: the fingers close across it
    return place, hand.nearest(seen, float(np.arctan2(up[1], up[0])), place[:2])


def put(
    seen: Seen, hand: Hand, name: str, spot: np.ndarray, floor: float, upon: str | None = None, within: float = 0.012
) -> np.ndarray | None:
    """Take an object, carry it to a spot, put it down there and rise; None when it stands there. Shape (A,).

    Args:
        seen: the present.
        hand: what moves.
        name: the object.
        spot: where its centre goes. Shape (2,).
        floor: height of what it shall stand on, metres.
        upon: the object that this is, if it is one.
        within: how far off the spot is near enough, metres.
    """
    centre, off = seen.centre(name), spot - seen.centre(name)[:2]
    gripped = seen.grips(name)
    above = seen.bottom(name) - floor
    if not gripped:
        if np.hypot(*off) > within + 0.008 or above > 0.02:
            return take(seen, hand, name)
        around = np.hypot(*(centre - seen.hand)[:2]) < 0.05 and seen.hand[2] < seen.top(name) + 0.015
        return hand.step(np.array([0.0, 0.0, seen.top(name) + 0.03 - seen.hand[2]]), 0.0, 1.0) if around else None
    left = float(np.hypot(*off))
    if left > 0.035 and (seen.bottom(name) < 0.02 or _touches(seen, name)):  # lifted first, to drag over nothing
        return hand.step(np.array([0.0, 0.0, hand.actions.step]), 0.0, firm(seen, name))
    goal = np.array([*(seen.hand[:2] + off), max(seen.hand[2] - above, hand.actions.low[2])])
    yaw = seen.yaw
    if kind(upon or "") not in FLAT and above > 0.01:
        yaw = hand.turned(seen, goal[:2], goal[2], (name,) if upon is None else (name, upon))
    turn = yaw - seen.yaw
    resting = above < RELEASE or seen.hand[2] - hand.actions.low[2] < 0.003
    if upon is not None and above < 0.015:
        resting |= upon in _touches(seen, name)
    if left < within and resting:
        return hand.step(np.zeros(3), 0.0, 1.0)
    if left < within and abs(turn) < CLOSE:
        down = np.clip(-above - 0.004, -0.04 if above > 0.05 else -0.02, 0.01)
        return hand.step(np.array([*(GENTLE * off), down]), turn, firm(seen, name))
    if left < 0.035 and above < 0.05:  # what is held slides along the fingers' axis when it is jerked
        return hand.step(np.array([*(GENTLE * off), max(0.01 - above, 0.0)]), turn, firm(seen, name))
    goal[2] += 0.02
    return hand.go(seen, goal, yaw, firm(seen, name), name)


def firm(seen: Seen, name: str) -> float:
    """The gripper's action that keeps hold of an object: none, or a little closer where it slips."""
    return 0.0 if seen.scene[f"{name}.held"] > 0.5 else -0.25


def _touches(seen: Seen, name: str) -> list[str]:
    """The objects that it touches."""
    pairs = {other: (f"contact.{name}.{other}", f"contact.{other}.{name}") for other in seen.others(name)}
    return [other for other, names in pairs.items() if any(seen.scene.get(pair, 0.0) > 0.5 for pair in names)]


def floor_of(seen: Seen, name: str, upon: str) -> float:
    """Height at which an object stands when it is on another or in it, metres."""
    if kind(upon) == "tray":
        return seen.bottom(upon) + FLOOR
    if kind(upon) != "bowl":
        return seen.top(upon)
    rim = seen.top(upon)
    if kind(name) == "block":  # dropped from where the open fingers do not press on the walls
        return rim - 0.012
    return rim - 0.072 + 0.072 * (seen.radius(name) - 0.017) / 0.028 + 0.006


def room_on(seen: Seen, name: str, upon: str) -> np.ndarray:
    """Where on another object there is room: its middle, or away from what stands there. Shape (2,)."""
    middle = seen.centre(upon)[:2]
    there = seen.upon(upon)
    if kind(upon) not in FLAT or there is None or there == name:
        return middle
    away = middle - seen.centre(there)[:2]
    far = np.hypot(*away)
    wanted = seen.radius(there) + seen.radius(name) + 0.025 - far
    most = 0.07 - seen.radius(name) if kind(upon) == "tray" else 0.05
    way = away / far if far > 0.005 else np.array([0.0, 1.0])
    return middle + way * np.clip(wanted, 0.0, most)
