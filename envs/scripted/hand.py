"""How the hand goes somewhere without running into what stands in between."""

from dataclasses import dataclass

import numpy as np

from ..action import ActionMap
from ..outline import Outline, gap
from .seen import Seen

TIP, PALM = 0.007, 0.039
"""The fingertips end this far below the grasp target, and the palm this far above it, metres."""
FINGER, PALM_HALF = 0.0105, (0.022, 0.104)
"""Half thickness of a finger, half thickness and half width of the palm, metres."""
KNUCKLE = 0.027
"""A finger reaches this far outwards from its pad, metres."""
WRIST = -2.2
"""The last joint allows yaws from this far beyond the bearing of the hand, radians."""
MARGIN, ABOVE = 0.008, 0.02
"""Kept from objects sideways, and from those passed over, metres."""


@dataclass(frozen=True)
class Hand:
    """Turns where the hand shall be into the next action."""

    actions: ActionMap
    pace: float = 1.0
    """Share of full speed."""
    keep: tuple[tuple[str, float], ...] = ()
    """Objects to stay away from, and how far, metres."""

    def go(
        self, seen: Seen, goal: np.ndarray, yaw: float | None, squeeze: float, carried: str | None = None,
    ) -> np.ndarray:  # fmt: skip
        """Step straight to a pose where nothing is in between, else rise, pass above and come down. Shape (A,).

        Args:
            seen: the present.
            goal: grasp target, metres. Shape (3,).
            yaw: radians; None keeps the present one.
            squeeze: the gripper's action.
            carried: what is in the hand.
        """
        here = seen.hand
        turn = 0.0 if yaw is None else yaw - seen.yaw
        blocks = seen.others(*(() if carried is None else (carried,)))
        if np.hypot(*(goal - here)[:2]) < 0.012 or self._free(seen, here, goal, yaw, carried, blocks):
            return self.step(goal - here, turn, squeeze)
        over = self._over(seen, here, goal, carried, blocks)
        high = np.array([goal[0], goal[1], max(over, goal[2])])
        if here[2] > over - 0.008 or self._free(seen, here, high, yaw, carried, blocks):
            high[2] = max(over, goal[2]) if here[2] < over + 0.04 else here[2] - 0.03
            if here[2] > over - 0.008 and not self._free(seen, here, high, yaw, carried, blocks):
                high[2] = max(over, here[2])
            return self.step(high - here, turn, squeeze)
        return self.step(np.array([0.0, 0.0, over + 0.01 - here[2]]), 0.0, squeeze)

    def step(self, metres: np.ndarray, turn: float, squeeze: float, pace: float = 1.0) -> np.ndarray:
        """The action that moves and turns this much, or as much of it as one action may. Shape (A,)."""
        action = np.zeros(self.actions.size)
        action[:3] = metres / self.actions.step
        action[:3] *= min(1.0, self.pace * pace / max(np.abs(action[:3]).max(), 1e-9))
        action[3] = np.clip(turn / self.actions.turn, -1.0, 1.0) * max(self.pace, 0.3)
        action[-1] = squeeze
        return action.clip(-1.0, 1.0).astype(np.float32)

    def turned(self, seen: Seen, spot: np.ndarray, low: float, ignore: tuple[str, ...]) -> float:
        """The yaw (radians) at which the open hand has most space at a spot; little turns are preferred.

        Args:
            seen: the present.
            spot: where it will be. Shape (2,).
            low: height of the grasp target there, metres.
            ignore: objects that do not count.
        """
        near = [n for n in seen.others(*ignore) if np.hypot(*(seen.centre(n)[:2] - spot)) < 0.26]
        best, chosen = -np.inf, seen.yaw
        for yaw in np.linspace(self._least(seen, spot), 1.75, 29):
            space = min((self._space(seen, n, spot, low, float(yaw), 0.08) for n in near), default=1.0)
            worth = min(space, 0.02) - 0.003 * abs(float(yaw) - seen.yaw)
            if worth > best:
                best, chosen = worth, float(yaw)
        return chosen

    def fits(self, seen: Seen, spot: np.ndarray, low: float, yaw: float, ignore: tuple[str, ...]) -> bool:
        """Whether the closed hand touches nothing at a spot (2,), with the grasp target at a height, metres."""
        return all(self._space(seen, name, spot, low, yaw, 0.0) > 0.003 for name in seen.others(*ignore))

    def across(self, seen: Seen, direction: np.ndarray, spot: np.ndarray) -> float:
        """The yaw nearest to the present one at which the fingers stand side by side across a direction, radians."""
        return self.nearest(seen, float(np.arctan2(direction[1], direction[0])), spot)

    def nearest(self, seen: Seen, yaw: float, spot: np.ndarray) -> float:
        """The same yaw up to half turns, which a gripper does not notice, within the wrist's range at a spot (2,)."""
        choices = yaw + np.pi * np.arange(-2, 3)
        choices = choices[(choices >= self._least(seen, spot)) & (choices <= self.actions.yaw_limit - 0.05)]
        return float(choices[np.abs(choices - seen.yaw).argmin()])

    def _least(self, seen: Seen, spot: np.ndarray) -> float:
        """The least yaw, radians, that the last joint allows here and at a spot (2,)."""
        bearing = max(np.arctan2(point[1], point[0]) for point in (seen.hand, spot))
        return max(WRIST + float(bearing), -1.75)

    def _kept(self, name: str) -> float:
        return max(MARGIN, dict(self.keep).get(name, 0.0))

    def _space(self, seen: Seen, name: str, spot: np.ndarray, z: float, yaw: float, width: float) -> float:
        """Gap between an object and the hand somewhere, metres; large where the hand is above it."""
        other, top = seen.outline(name), seen.top(name)
        space = 1.0
        for low, half in ((z - TIP, (FINGER, width / 2 + KNUCKLE)), (z + PALM, PALM_HALF)):
            if top > low - 0.005:
                space = min(space, gap(Outline(float(spot[0]), float(spot[1]), yaw, *half), other))
        return space

    def _free(
        self, seen: Seen, here: np.ndarray, goal: np.ndarray, yaw: float | None, carried: str | None, blocks: list[str]
    ) -> bool:
        """Whether the straight way keeps clear of everything, or at least goes no nearer to it than it is."""
        count = max(int(np.ceil(np.linalg.norm(goal - here) / 0.012)), 1)
        for name in blocks:
            kept, off = self._kept(name), seen.centre(name)[:2] - here[:2]
            along = np.clip(off @ (goal - here)[:2] / max(float(np.sum((goal - here)[:2] ** 2)), 1e-9), 0.0, 1.0)
            if np.hypot(*(off - along * (goal - here)[:2])) > seen.outline(name).rounding + 0.12 + kept:
                continue
            first = None
            for share in np.linspace(0.0, 1.0, count + 1):
                point = here + share * (goal - here)
                angle = seen.yaw if yaw is None else seen.yaw + share * (yaw - seen.yaw)
                space = self._space(seen, name, point[:2], point[2] - kept + MARGIN, angle, seen.width)
                if carried is not None:
                    under = point[2] - (seen.hand[2] - seen.bottom(carried))
                    if seen.top(name) + kept > under:
                        at = seen.outline(carried).moved(
                            *map(float, point[:2] + (seen.centre(carried) - seen.hand)[:2])
                        )
                        space = min(space, gap(at, seen.outline(name)))
                first = space if first is None else first
                if space < min(kept, first - 0.001):
                    return False
        return True

    def _over(self, seen: Seen, here: np.ndarray, goal: np.ndarray, carried: str | None, blocks: list[str]) -> float:
        """Height of the grasp target at which everything near the way is passed over, metres."""
        under = TIP if carried is None else seen.hand[2] - seen.bottom(carried)
        wide = 0.06 if carried is None else max(0.06, seen.radius(carried))
        line, over = (goal - here)[:2], 0.0
        for name in blocks:
            off = seen.centre(name)[:2] - here[:2]
            along = np.clip(off @ line / max(float(line @ line), 1e-9), 0.0, 1.0)
            if np.hypot(*(off - along * line)) < seen.outline(name).rounding + wide + self._kept(name):
                over = max(over, seen.top(name) + under + ABOVE + self._kept(name) - MARGIN)
        return min(over, self.actions.high[2] - 0.005)
