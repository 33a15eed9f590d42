"""The scripted expert: goals in order, restraints as far as they are simple."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..action import ActionMap
from ..bullet import FPS
from .goals import make
from .hand import Hand
from .seen import Seen, heights

PACES = {"slow": 0.5, "gentle": 0.6}
"""Pace -> share of full speed."""
TOUCHLESS = 0.02
"""Kept from what must not be touched or moved, metres."""
STEADY = ("no_tip", "no_spill", "upright")
"""Restraints under which what can be grasped is carried rather than pushed."""


class Scripted:
    """Reaches goals of the language, decided from the present scene, so that it recovers from disturbances.

    It remembers only how tall things are, where goals began, and which of them are reached.

    Args:
        actions: what actions mean.
        goals: in order, as the language parses them, such as {verb: pick, object: red_cup}.
        restraints: likewise; pace, clearance and no_touch are kept, the others shape what is done.
    """

    def __init__(
        self, actions: ActionMap, goals: Sequence[Mapping[str, Any]], restraints: Sequence[Mapping[str, Any]] = ()
    ):
        if not goals:
            raise ValueError("the expert needs at least one goal, such as {verb: pick, object: red_cup}.")
        self.actions, self.restraints = actions, [dict(each) for each in restraints]
        self.plan = [dict(goal) for goal in goals]
        self._make()

    def reset(self, scene: Mapping[str, np.ndarray]) -> None:
        """Begin an episode: measure what stands there."""
        self._make()
        names = {name.partition(".")[0] for name in scene if name.endswith(".position")} - {"gripper"}
        self.heights = heights(scene, names)
        seen = Seen(scene, self.heights)
        for goal in self.plan:
            for name in (goal.get(key) for key in ("object", "of", "toward", "away_from")):
                if name is not None and name not in seen.names:
                    raise LookupError(f"the expert sees no {name!r}; it sees {list(seen.names)}.")
        self.hand = Hand(self.actions, self._pace(), tuple(sorted(self._keep(seen).items())))
        self.goals[0].begin(seen)

    def __call__(self, scene: Mapping[str, np.ndarray]) -> np.ndarray:
        """Choose the next action from the true scene. Shape (A,)."""
        if self.heights is None:
            self.reset(scene)
        seen = Seen(scene, self.heights or {})
        while self.done < len(self.goals):
            action = self.goals[self.done].act(seen, self.hand)
            if action is not None:
                return action
            if self.done == len(self.goals) - 1:
                break
            self.done += 1
            self.goals[self.done].begin(seen)
        return self.hand.step(np.zeros(3), 0.0, 0.0)

    def _make(self) -> None:
        steady = any(each.get("kind") in STEADY for each in self.restraints)
        self.goals, self.done = [make(goal, steady) for goal in self.plan], 0
        self.heights: dict[str, float] | None = None

    def _pace(self) -> float:
        """Share of full speed; no axis goes faster, and all three together at most √3 as fast."""
        pace = 1.0
        for each in self.restraints:
            if each.get("kind") == "pace":
                speed = each.get("speed")
                share = PACES[each["pace"]] if speed is None else 0.57 * speed / (self.actions.step * FPS)
                pace = min(pace, share)
        return pace

    def _keep(self, seen: Seen) -> dict[str, float]:
        """How far to stay away from which objects, metres."""
        said = {str(value) for goal in self.plan for value in goal.values()}
        keep: dict[str, float] = {}
        for each in self.restraints:
            if each.get("kind") not in ("no_touch", "no_move", "clearance"):
                continue
            names = [n for n in seen.names if n not in said] if each["objects"] == ["others"] else each["objects"]
            for name in names:
                keep[name] = max(keep.get(name, 0.0), float(each.get("distance", TOUCHLESS)))
        return keep
