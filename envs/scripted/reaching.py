"""Goals of the hand itself: reach and touch."""

from dataclasses import dataclass

import numpy as np

from ..catalogue import kind
from .carry import put
from .hand import Hand
from .seen import WAYS, Seen


@dataclass
class Reach:
    """Bring the hand to an object: at it, above it or beside it."""

    object: str
    relation: str = "at"

    def begin(self, seen: Seen) -> None:
        """Nothing to remember."""

    def act(self, seen: Seen, hand: Hand) -> np.ndarray | None:
        """Go there and stay."""
        name, centre, top = self.object, seen.centre(self.object), seen.top(self.object)
        held = seen.held()
        if held is not None and held != name:
            return put(seen, hand, held, seen.spot(held, seen.hand[:2]), 0.0)
        yaw, squeeze = None, 1.0
        if self.relation == "at":
            low = {"bowl": top - 0.03, "plate": top + 0.012, "tray": 0.02}.get(kind(name))
            if low is None:
                low = float(centre[2]) if kind(name) == "block" else top - 0.024
                yaw = hand.turned(seen, centre[:2], low, (name,))
            else:
                squeeze = -1.0
            goal = np.array([*centre[:2], max(low, 0.018)])
        elif self.relation == "above":
            goal = np.array([*centre[:2], top + 0.06])
        else:
            way = np.array(WAYS[self.relation])
            far = seen.radius(name) + 0.06
            goal = np.array([*(centre[:2] + far * way), max(float(centre[2]), 0.03)])
            yaw, squeeze = hand.across(seen, way, goal[:2]), -1.0
        off = goal - seen.hand
        if np.linalg.norm(off) < 0.008:
            return None
        if (self.relation == "at" and np.hypot(*off[:2]) > 0.012) or (yaw is not None and abs(yaw - seen.yaw) > 0.2):
            goal[2] = max(goal[2], top + 0.03)
        return hand.go(seen, goal, yaw, squeeze)


@dataclass
class Touch:
    """Come down on an object until the fingertips touch it, and stay."""

    object: str

    def begin(self, seen: Seen) -> None:
        """Nothing to remember."""

    def act(self, seen: Seen, hand: Hand) -> np.ndarray | None:
        """Go above, close, come down gently."""
        if seen.grips(self.object):
            return None
        held = seen.held()
        if held is not None:
            return put(seen, hand, held, seen.spot(held, seen.hand[:2]), 0.0)
        goal = np.array([*seen.centre(self.object)[:2], seen.top(self.object) + 0.03])
        if seen.scene[f"contact.gripper.{self.object}"] > 0.5:
            return None
        if kind(self.object) == "tray" and seen.hand[2] < 0.02:  # its floor is lower than the hand gets
            return hand.step(np.array([-0.02, 0.0, 0.0]), 0.0, -1.0)
        if np.hypot(*(goal - seen.hand)[:2]) > 0.008 or seen.width > 0.02 or seen.hand[2] > goal[2] + 0.005:
            return hand.go(seen, goal, None, -1.0)
        return hand.step(np.array([*(goal - seen.hand)[:2], -0.015]), 0.0, -1.0)
