"""Behaviours of the tabletop that are recorded: the skill that was asked for, then others at random, through noise."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from .skills import SKILLS
from .view import Goal, View

if TYPE_CHECKING:
    from .tabletop import Tabletop

Policy = Callable[[Mapping[str, np.ndarray], Mapping[str, Any]], np.ndarray]
HOLDING = {"place": 5, "carry": 3, "drop": 1}
"""Chances of what follows with something in the hand."""
EMPTY = {"pick": 6, "push": 4, "near_miss": 2, "straight": 1, "press": 1, "hover": 2, "wander": 1}
"""Chances of what follows with an empty hand."""


@dataclass
class Play:
    """Performs the named behaviour, then others at random, through noise that is drawn once per episode.

    To place, carry or drop needs something in the hand: with nothing there, a pick comes first.
    """

    name: str
    view: View
    size: int
    """Numbers of an action."""
    step: float
    turn: float
    """Metres and radians of an action of 1."""
    goal: Goal | None = field(default=None, init=False)

    def __post_init__(self):
        self.noise = self.view.rng.choice([0.0, 0.1, 0.25, 0.5], p=[0.25, 0.4, 0.25, 0.1])
        self.pace = self.view.rng.uniform(0.6, 1.0)
        self.wobble = np.zeros(self.size)
        self.goals: Iterator[Goal] = iter(())
        self.asked: list[str] = [self.name]

    def __call__(self, obs: Mapping[str, np.ndarray], info: Mapping[str, Any]) -> np.ndarray:
        """Choose the next action. Shape (A,)."""
        hand, yaw = self.view.hand()
        while self.goal is None or self.wait <= 0 or self._reached(hand, yaw):
            self.goal = next(self.goals, None)
            if self.goal is None:
                self.goals = SKILLS[self._choose()](self.view)
                continue
            self.wait = self.goal.patience
        goal = self.goal
        self.wait -= 1
        action = np.zeros(self.size)
        move = (goal.position - hand) / self.step
        action[:3] = self.pace * goal.pace * move / max(1.0, np.abs(move).max())
        if goal.yaw is not None:
            action[3] = np.clip((goal.yaw - yaw) / self.turn, -1.0, 1.0) * max(goal.pace, 0.4)
        action[-1] = goal.squeeze
        loud = self.noise * (0.2 + 0.8 * goal.pace)
        self.wobble = 0.5 * self.wobble + loud * self.view.rng.normal(size=self.size)
        self.wobble[-1] *= 0.7
        return (action + self.wobble).clip(-1.0, 1.0).astype(np.float32)

    def _choose(self) -> str:
        """What comes next: what was asked for, or what suits the hand."""
        view, held = self.view, self.view.held()
        if self.asked:
            if self.asked[0] in HOLDING and not held and view.grasps:
                self.asked = [] if self.name == "pick" else self.asked
                self.name = "pick"
                return "pick"
            return self.asked.pop()
        chances = HOLDING if held else {k: v for k, v in EMPTY.items() if view.grasps or k not in ("pick", "straight")}
        weights = np.array(list(chances.values()), dtype=float)
        return str(view.rng.choice(list(chances), p=weights / weights.sum()))

    def _reached(self, hand: np.ndarray, yaw: float) -> bool:
        assert self.goal is not None
        turned = self.goal.yaw is None or abs(self.goal.yaw - yaw) < 0.12
        near = np.linalg.norm(self.goal.position - hand) < 0.012
        return bool(near and turned and self.goal.patience - self.wait >= self.goal.dwell)


def make(name: str, rng: np.random.Generator, env: "Tabletop") -> Policy:
    """Make one behaviour for a tabletop just reset; it is a function of the generator and what happens."""
    if name not in SKILLS:
        raise ValueError(f"the tabletop has no behaviour {name!r}; it has {', '.join(SKILLS)}.")
    actions = env.actions
    return Play(name, View(env, rng), actions.size, actions.step, actions.turn)
