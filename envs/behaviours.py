"""Ways of moving that are worth recording: picks, and everything that goes wrong around them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .action import ActionMap
from .expert import BITE, HOVER, Pick

Scene = Mapping[str, np.ndarray]
Policy = Callable[[Mapping[str, np.ndarray], Mapping[str, Any]], np.ndarray]
LOW, HIGH = np.array([0.32, -0.28, 0.03]), np.array([0.68, 0.28, 0.33])
"""Corners of the region where waypoints are drawn, metres."""


@dataclass
class Goal:
    """Where the hand heads next."""

    position: np.ndarray
    """Grasp target, metres. Shape (3,)."""
    yaw: float | None = None
    """Radians; None keeps the present one."""
    squeeze: float = 0.0
    """The gripper's action meanwhile."""
    patience: int = 8
    """Steps after which the goal is given up, reached or not."""


Skill = Callable[[np.random.Generator, Scene], Iterator[Goal]]


def _up(metres: float) -> np.ndarray:
    return np.array([0.0, 0.0, metres])


def near_miss(rng: np.random.Generator, scene: Scene) -> Iterator[Goal]:
    """Close beside, above or askew of the cup, and rise as if it were held."""
    cup = scene["cup.position"].astype(np.float64)
    height = 2 * max(cup[2], 0.03)
    angle, far = rng.uniform(-np.pi, np.pi), rng.uniform(0.015, 0.07)
    beside = cup[:2] + far * np.array([np.cos(angle), np.sin(angle)]) * rng.choice([0.0, 1.0], p=[0.25, 0.75])
    depth = rng.uniform(0.03, height + 0.04)
    yaw = rng.uniform(-1.6, 1.6)
    yield Goal(np.array([*beside, height + HOVER]), yaw, 1.0)
    yield Goal(np.array([*beside, depth]), yaw, 1.0, 4)
    yield Goal(np.array([*beside, depth]), None, -1.0, int(rng.integers(2, 4)))
    yield Goal(np.array([*beside, rng.uniform(0.15, 0.30)]), None, -1.0, 6)


def straight(rng: np.random.Generator, scene: Scene) -> Iterator[Goal]:
    """Go to the cup by the shortest way, whatever stands there, then close and lift."""
    cup = scene["cup.position"] + rng.normal(0.0, 0.01, 3)
    place = np.array([cup[0], cup[1], max(2 * cup[2] - BITE, 0.04)])
    yaw = rng.uniform(-1.6, 1.6) if rng.random() < 0.5 else None
    yield Goal(place, yaw, 1.0, 12)
    yield Goal(place, None, -1.0, 3)
    yield Goal(place + _up(rng.uniform(0.1, 0.2)), None, -1.0, 5)


def _push(rng: np.random.Generator, scene: Scene, what: str, heights: tuple[float, float]) -> Iterator[Goal]:
    centre = scene[f"{what}.position"].astype(np.float64)
    angle = rng.uniform(-np.pi, np.pi)
    along = np.array([np.cos(angle), np.sin(angle)])
    z, squeeze = rng.uniform(*heights), float(rng.choice([-1.0, 0.0, 1.0]))
    aside = rng.normal(0.0, 0.02) * np.array([-along[1], along[0]])
    behind, beyond = (
        centre[:2] - rng.uniform(0.11, 0.15) * along + aside,
        centre[:2] + rng.uniform(0, 0.12) * along + aside,
    )
    yaw = rng.uniform(-1.6, 1.6)
    yield Goal(np.array([*behind, 0.18]), yaw, squeeze)
    yield Goal(np.array([*behind, z]), yaw, squeeze, 5)
    yield Goal(np.array([*beyond, z]), None, squeeze, 8)


def push_bowl(rng: np.random.Generator, scene: Scene) -> Iterator[Goal]:
    """Push the bowl at some height: low it slides, high it tips."""
    return _push(rng, scene, "bowl", (0.03, 0.085))


def push_cup(rng: np.random.Generator, scene: Scene) -> Iterator[Goal]:
    """Push the cup until it falls."""
    return _push(rng, scene, "cup", (0.03, 0.115))


def press_bowl(rng: np.random.Generator, scene: Scene) -> Iterator[Goal]:
    """Come down on the bowl's rim, or pinch it and lift."""
    bowl = scene["bowl.position"].astype(np.float64)
    angle, squeeze = rng.uniform(-np.pi, np.pi), float(rng.choice([-1.0, 1.0]))
    rim = bowl[:2] + rng.uniform(0.0, 0.09) * np.array([np.cos(angle), np.sin(angle)])
    yaw = rng.uniform(-1.6, 1.6)
    yield Goal(np.array([*rim, 0.16]), yaw, 1.0)
    yield Goal(np.array([*rim, rng.uniform(0.03, 0.09)]), None, 1.0, 4)
    yield Goal(np.array([*rim, 0.05]), None, squeeze, 2)
    yield Goal(np.array([*rim, rng.uniform(0.12, 0.25)]), None, squeeze, 5)


def wander(rng: np.random.Generator, scene: Scene) -> Iterator[Goal]:
    """Visit random places, mostly low, opening and closing at random."""
    while True:
        place = rng.uniform(LOW, HIGH)
        place[2] = LOW[2] + (HIGH[2] - LOW[2]) * rng.random() ** 2
        if rng.random() < 0.4:
            place[:2] = scene["cup.position"][:2] + rng.normal(0.0, 0.06, 2)
        yield Goal(place, rng.uniform(-1.6, 1.6), float(rng.choice([-1.0, -0.3, 0.3, 1.0])), int(rng.integers(3, 8)))


def carry(rng: np.random.Generator, scene: Scene) -> Iterator[Goal]:
    """Visit random places with closed fingers, sometimes the bowl's; with the cup in hand this carries it."""
    for _ in range(int(rng.integers(2, 5))):
        place = rng.uniform(LOW + _up(0.06), HIGH)
        if rng.random() < 0.3 and "bowl.position" in scene:
            place[:2] = scene["bowl.position"][:2] + rng.normal(0.0, 0.04, 2)
        yield Goal(place, rng.uniform(-1.6, 1.6), -1.0, int(rng.integers(3, 8)))


def drop(rng: np.random.Generator, scene: Scene) -> Iterator[Goal]:
    """Rise or sink a little and open the fingers; what was held falls."""
    here = scene["gripper.position"].astype(np.float64)
    yield Goal(here + rng.normal(0, 0.05, 3), None, -1.0, int(rng.integers(0, 4)) + 1)
    yield Goal(here + _up(rng.uniform(-0.02, 0.08)), None, float(rng.uniform(0.3, 1.0)), 4)


SKILLS: dict[str, Skill | None] = {
    "pick": None,  # closed loop: see Behave
    "near_miss": near_miss,
    "straight": straight,
    "push_bowl": push_bowl,
    "push_cup": push_cup,
    "press_bowl": press_bowl,
    "wander": wander,
    "carry": carry,
    "drop": drop,
}
AFTER_PICK = ("carry", "drop", "carry", "press_bowl")
AFTER_FALL = ("push_bowl", "press_bowl", "wander", "pick")
NEXT = {"pick": 4, "near_miss": 3, "straight": 1, "push_bowl": 1, "press_bowl": 1, "wander": 1}
"""Chances of what follows a finished skill."""


class Behave:
    """Performs the named behaviour, then others at random, through noise that is drawn once per episode."""

    def __init__(self, name: str, rng: np.random.Generator, actions: ActionMap, objects: tuple[str, ...]):
        self.rng, self.actions = rng, actions
        names = [skill for skill in NEXT if "bowl" in objects or "bowl" not in skill]
        self.usable = [skill for skill in names for _ in range(NEXT[skill])]
        self.noise = rng.choice([0.0, 0.1, 0.25, 0.5], p=[0.2, 0.35, 0.3, 0.15])
        self.wobble = np.zeros(actions.size)
        self.pace = rng.uniform(0.6, 1.0)
        self._begin(name, None)

    def __call__(self, obs: Mapping[str, np.ndarray], info: Mapping[str, Any]) -> np.ndarray:
        """Choose the next action from the true scene. Shape (A,)."""
        scene = info["scene"]
        action = self._pick(scene) if self.name == "pick" else self._follow(scene)
        self.wobble = 0.5 * self.wobble + self.noise * self.rng.normal(size=self.actions.size)
        self.wobble[-1] *= 0.7
        return (action + self.wobble).clip(-1.0, 1.0).astype(np.float32)

    def _begin(self, name: str, scene: Scene | None) -> None:
        self.name, self.left, self.goal = name, int(self.rng.integers(20, 34)), None
        skill = SKILLS[name]
        self.goals = iter(()) if skill is None or scene is None else skill(self.rng, scene)
        self.fresh = scene is None
        error = self.rng.normal(0.0, 0.006, 3)
        self.expert = Pick(self.actions, lift=self.rng.uniform(0.15, 0.30), offset=(error[0], error[1], error[2]))

    def _next(self, scene: Scene) -> None:
        usable = self.usable
        if self.name == "pick" and scene["cup.held"] > 0:
            usable = AFTER_PICK
        elif scene["cup.up"][2] < 0.7 and "bowl.position" in scene:
            usable = AFTER_FALL
        self._begin(str(self.rng.choice(usable)), scene)

    def _pick(self, scene: Scene) -> np.ndarray:
        self.left -= 1
        if self.left < 0:
            self._next(scene)
            return self._follow(scene) if self.name != "pick" else self._pick(scene)
        action = self.expert(scene)
        action[:3] *= self.pace
        return action

    def _follow(self, scene: Scene) -> np.ndarray:
        if self.fresh:
            self._begin(self.name, scene)
        hand = scene["gripper.position"]
        self.left -= 1
        while self.goal is None or self.wait <= 0 or self._reached(hand):
            goal = next(self.goals, None) if self.left > 0 else None
            if goal is None:
                self._next(scene)
                return self._pick(scene) if self.name == "pick" else self._follow(scene)
            self.goal, self.wait = goal, goal.patience
        self.wait -= 1
        action = np.zeros(self.actions.size)
        move = (self.goal.position - hand) / self.actions.step
        action[:3] = self.pace * move / max(1.0, np.abs(move).max())
        if self.goal.yaw is not None:
            yaw = np.arctan2(scene["gripper.side"][0], -scene["gripper.side"][1])
            action[3] = (self.goal.yaw - yaw) / self.actions.turn
        action[-1] = self.goal.squeeze
        return action.clip(-1.0, 1.0)

    def _reached(self, hand: np.ndarray) -> bool:
        assert self.goal is not None
        near = np.linalg.norm(self.goal.position - hand) < 0.015
        idle = abs(self.goal.squeeze) < 0.99 or self.wait < self.goal.patience - 1  # fingers at work need a step more
        return bool(near and idle)


def make(name: str, rng: np.random.Generator, env: Any) -> Policy:
    """Make one behaviour for an environment; what it does is a function of the generator and the scenes it sees.

    An environment may have behaviours of its own: `env.behaviour(name, rng)` makes them.
    """
    own = getattr(env.unwrapped, "behaviour", None)
    if own is not None:
        return own(name, rng)
    if name not in SKILLS:
        raise ValueError(f"there is no behaviour {name!r}; there are {list(SKILLS)}")
    return Behave(name, rng, env.unwrapped.actions, env.unwrapped.objects)
