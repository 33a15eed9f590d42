"""Ways of moving among many objects that are worth recording: grasps and placements, pushes, and what goes wrong."""

from collections.abc import Callable, Iterator

import numpy as np

from .catalogue import FLAT, kind
from .objects import FLOOR
from .view import Goal, View

LOW, HIGH = np.array([0.32, -0.29, 0.02]), np.array([0.68, 0.29, 0.36])
"""Corners of the region where waypoints are drawn, metres."""
HOVER, BITE = 0.05, 0.022
"""The grasp target hovers this far above a rim, and closes this far below it, metres."""
SAFE = 0.17
"""The fingers of an empty hand pass above everything that stands on the table, metres."""
Skill = Callable[[View], Iterator[Goal]]


def _at(xy: np.ndarray, z: float) -> np.ndarray:
    return np.array([xy[0], xy[1], z])


def _ray(rng: np.random.Generator) -> np.ndarray:
    angle = rng.uniform(-np.pi, np.pi)
    return np.array([np.cos(angle), np.sin(angle)])


def _spot(rng: np.random.Generator) -> np.ndarray:
    return rng.uniform([0.37, -0.25], [0.66, 0.25])


def pick(view: View) -> Iterator[Goal]:
    """Rise, travel, turn, descend, close and lift; look again before every phase."""
    rng = view.rng
    if view.held() or not view.grasps:
        return
    name = str(rng.choice(view.grasps))
    error = rng.normal(0.0, 0.004, 2)
    pace, lift = float(rng.choice([1.0, 0.7, 0.4])), float(rng.uniform(0.03, 0.22))
    here, _ = view.hand()
    if here[2] < view.top(name) + 0.03:
        yield Goal(_at(here[:2], SAFE), None, 1.0, 6)
    for _ in range(2):
        yield Goal(_at(view.centre(name)[:2] + error, view.top(name) + HOVER), view.turn(name), 1.0, 12)
    low = view.top(name) - BITE if view.upright(name) else float(view.centre(name)[2])
    if kind(name) == "block":
        low = float(view.centre(name)[2]) + rng.uniform(-0.005, 0.008)
    place = _at(view.centre(name)[:2] + error, max(low, 0.018))
    yield Goal(place, view.turn(name), 1.0, 8, pace)
    yield Goal(place, None, -1.0, 4, dwell=3)
    yield Goal(place + _at(np.zeros(2), lift), None, -1.0, 8, pace, 2)


def place(view: View) -> Iterator[Goal]:
    """Carry what is held to, onto or beside something, lower it, open and leave."""
    rng, name = view.rng, view.held()
    if name is None:
        return
    others = [other for other in view.names if other != name]
    spot, floor, target = _spot(rng), 0.0, None
    if others and rng.random() < 0.8:
        flat = [o for o in others if kind(o) in (*FLAT, "bowl")]
        target = str(rng.choice(flat)) if flat and rng.random() < 0.6 else str(rng.choice(others))
        spot = view.centre(target)[:2] + rng.normal(0.0, 0.006, 2)
        floor = FLOOR if kind(target) == "tray" else view.top(target)
        if kind(target) == "bowl":
            floor -= 0.035
        if kind(target) == "tray" or kind(target) == "plate":
            spot = spot + rng.normal(0.0, 0.015, 2)
        if rng.random() < (0.25 if kind(target) in (*FLAT, "block", "bowl") else 0.9):  # beside it
            far = view.reach(target) + view.reach(name) + rng.uniform(0.01, 0.08)
            spot, floor = view.centre(target)[:2] + far * _ray(rng), 0.0
    pace = float(rng.choice([1.0, 0.6, 0.35]))
    here, _ = view.hand()
    rise = here[2] - view.centre(name)[2] + view.shapes[name].height / 2  # of the grasp target above its base
    over = max([view.top(o) for o in others], default=0.0) if rng.random() < 0.75 else floor
    high = min(over + rise + rng.uniform(0.02, 0.06), 0.39)
    yaw = rng.uniform(-1.5, 1.5) if rng.random() < 0.4 else None
    yield Goal(_at(here[:2], max(high, here[2])), None, -1.0, 8, pace)
    if target and floor:
        spot = spot + here[:2] - view.centre(name)[:2]
    yield Goal(_at(spot, high), yaw, -1.0, 16, pace)
    down = floor + rise + rng.uniform(-0.004, 0.012)
    yield Goal(_at(spot, max(down, 0.018)), None, -1.0, 10, min(pace, 0.6))
    yield Goal(view.hand()[0], None, float(rng.choice([0.5, 1.0])), 4, dwell=2 + int(rng.integers(2)))
    yield Goal(view.hand()[0] + _at(rng.normal(0.0, 0.01, 2), rng.uniform(0.06, 0.15)), None, 1.0, 6, pace)


def carry(view: View) -> Iterator[Goal]:
    """Visit places with closed fingers, also near and above other objects, and turn there; fast, or gently."""
    rng, name = view.rng, view.held()
    below = 0.06 if name is None else float(view.hand()[0][2] - view.centre(name)[2] + view.shapes[name].height / 2)
    others = [other for other in view.names if other != name]
    for _ in range(int(rng.integers(2, 5))):
        spot, floor = rng.uniform(LOW[:2], HIGH[:2]), 0.0
        if others and rng.random() < 0.5:
            other = str(rng.choice(others))
            spot = view.centre(other)[:2] + rng.normal(0.0, 0.06, 2)
            floor = view.top(other)
        elif rng.random() < 0.2:
            spot = view.hand()[0][:2]
        z = min(floor + below + rng.uniform(0.005, 0.2) * rng.random() ** 0.5, 0.38)
        yaw = rng.uniform(-1.6, 1.6) if rng.random() < 0.6 else None
        yield Goal(_at(spot, z), yaw, -1.0, int(rng.integers(5, 14)), float(rng.choice([1.0, 0.6, 0.3, 0.15])))


def drop(view: View) -> Iterator[Goal]:
    """Rise or sink a little and open the fingers; what was held falls."""
    rng, (here, _) = view.rng, view.hand()
    yield Goal(here + rng.normal(0, 0.05, 3), None, -1.0, int(rng.integers(0, 5)) + 1)
    yield Goal(
        view.hand()[0] + _at(np.zeros(2), rng.uniform(-0.02, 0.08)), None, float(rng.uniform(0.3, 1.0)), 4, dwell=3
    )


def near_miss(view: View) -> Iterator[Goal]:
    """Close beside, above or askew of an object, and rise as if it were held."""
    rng, name = view.rng, view.any()
    far = (view.reach(name) + 0.02) * rng.uniform(0.3, 1.6) * rng.choice([0.0, 1.0], p=[0.2, 0.8])
    beside, top = view.centre(name)[:2] + far * _ray(rng), view.top(name)
    depth = rng.uniform(0.02, top + 0.03)
    yield Goal(_at(beside, top + HOVER), rng.uniform(-1.6, 1.6), 1.0)
    yield Goal(_at(beside, depth), None, 1.0, 5)
    yield Goal(_at(beside, depth), None, -1.0, 4, dwell=int(rng.integers(1, 4)))
    yield Goal(_at(beside, rng.uniform(0.12, 0.30)), None, -1.0, 7)


def straight(view: View) -> Iterator[Goal]:
    """Go to an object by the shortest way, whatever stands there, then close and lift."""
    rng = view.rng
    name = str(rng.choice(view.grasps)) if view.grasps else view.any()
    spot = view.centre(name)[:2] + rng.normal(0.0, 0.01, 2)
    goal = _at(spot, max(view.top(name) - BITE, 0.02))
    yield Goal(goal, rng.uniform(-1.6, 1.6) if rng.random() < 0.5 else None, 1.0, 12, float(rng.uniform(0.4, 1.0)))
    yield Goal(goal, None, -1.0, 3, dwell=2)
    yield Goal(goal + _at(np.zeros(2), rng.uniform(0.05, 0.2)), None, -1.0, 6)


def push(view: View) -> Iterator[Goal]:
    """Push an object in any direction, or towards another one: low it slides, high it tips."""
    rng, name = view.rng, view.any()
    centre, along = view.centre(name), _ray(rng)
    others = [other for other in view.names if other != name]
    if others and rng.random() < 0.35:
        along = (view.centre(str(rng.choice(others))) - centre)[:2]
        along = along / max(float(np.linalg.norm(along)), 1e-6)
    elif rng.random() < 0.4:
        along = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])[int(rng.integers(4))]
    top, squeeze = view.top(name), float(rng.choice([-1.0, -1.0, 0.0, 1.0]))
    z = (
        0.016
        if kind(name) in FLAT
        else rng.uniform(0.018, 0.05)
        if rng.random() < 0.6
        else rng.uniform(0.03, top + 0.01)
    )
    aside = rng.normal(0.0, 0.25 * view.reach(name)) * np.array([-along[1], along[0]])
    behind = centre[:2] - (view.reach(name) + rng.uniform(0.03, 0.08)) * along + aside
    yaw = float(np.arctan2(along[1], along[0])) + rng.normal(0.0, 0.2)  # both fingers side by side
    yaw = (yaw + np.pi / 2) % np.pi - np.pi / 2 if rng.random() < 0.7 else rng.uniform(-1.6, 1.6)
    length, pace = rng.uniform(0.02, 0.25), float(rng.choice([1.0, 0.7, 0.5, 0.3]))
    here, _ = view.hand()
    if here[2] < SAFE and rng.random() < 0.8:
        yield Goal(_at(here[:2], SAFE), None, squeeze, 5)
    yield Goal(_at(behind, rng.choice([SAFE, top + 0.04])), yaw, squeeze, 12)
    yield Goal(_at(behind, z), yaw, squeeze, 6)
    yield Goal(_at(behind + (length + 0.05) * along, z), None, squeeze, 16, pace)
    if rng.random() < 0.5:
        yield Goal(view.hand()[0] - _at(rng.uniform(0.02, 0.06) * along, -0.02), None, squeeze, 4)


def press(view: View) -> Iterator[Goal]:
    """Come down on an object, or pinch its rim and lift or drag it."""
    rng, name = view.rng, view.any()
    squeeze = float(rng.choice([-1.0, 1.0]))
    spot = view.centre(name)[:2] + rng.uniform(0.0, 1.3) * view.reach(name) * _ray(rng)
    top = view.top(name)
    yield Goal(_at(spot, top + 0.06), rng.uniform(-1.6, 1.6), squeeze if rng.random() < 0.5 else 1.0, 12)
    yield Goal(_at(spot, max(top - rng.uniform(0.0, 0.04), 0.016)), None, squeeze, 5)
    drag = rng.uniform(0.0, 0.1) * _ray(rng) if rng.random() < 0.5 else np.zeros(2)
    yield Goal(_at(spot + drag, max(top - 0.01, 0.016)), None, -squeeze if rng.random() < 0.3 else squeeze, 5, 0.5)
    yield Goal(_at(spot + drag, rng.uniform(0.10, 0.25)), None, squeeze, 5)


def hover(view: View) -> Iterator[Goal]:
    """Bring the hand close to objects from various sides, or between two of them, and stay away from touching."""
    rng = view.rng
    for _ in range(int(rng.integers(2, 5))):
        name = view.any()
        centre, top = view.centre(name), view.top(name)
        side = int(rng.integers(6))
        along = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0], [0.0, 0.0], [0.0, 0.0]])[side]
        spot = centre[:2] + (view.reach(name) + rng.uniform(0.05, 0.14)) * along
        z = rng.uniform(0.02, 0.15) if along.any() else top + rng.uniform(0.02, 0.15)
        others = [other for other in view.names if other != name]
        if others and rng.random() < 0.25:
            share = rng.uniform(0.35, 0.65)
            spot = share * centre[:2] + (1 - share) * view.centre(str(rng.choice(others)))[:2]
        here, _ = view.hand()
        squeeze, pace = float(rng.choice([-1.0, 0.0, 1.0])), float(rng.choice([1.0, 0.6, 0.3]))
        if rng.random() < 0.7:
            yield Goal(_at(here[:2], max(here[2], SAFE)), None, squeeze, 4)
            yield Goal(_at(spot, max(z, SAFE)), rng.uniform(-1.6, 1.6), squeeze, 10)
        yield Goal(_at(spot, z), rng.uniform(-1.6, 1.6), squeeze, 8, pace, int(rng.integers(3)))


def wander(view: View) -> Iterator[Goal]:
    """Visit random places, mostly low, opening and closing at random."""
    rng = view.rng
    while True:
        spot = rng.uniform(LOW, HIGH)
        spot[2] = LOW[2] + (HIGH[2] - LOW[2]) * rng.random() ** 2
        if rng.random() < 0.5:
            spot[:2] = view.centre(view.any())[:2] + rng.normal(0.0, 0.06, 2)
        squeeze, pace = float(rng.choice([-1.0, -0.3, 0.3, 1.0])), float(rng.choice([1.0, 0.6, 0.3]))
        yield Goal(spot, rng.uniform(-1.6, 1.6), squeeze, int(rng.integers(3, 9)), pace)


SKILLS: dict[str, Skill] = {
    "pick": pick,
    "place": place,
    "near_miss": near_miss,
    "straight": straight,
    "push": push,
    "press": press,
    "hover": hover,
    "wander": wander,
    "carry": carry,
    "drop": drop,
}
