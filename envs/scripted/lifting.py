"""Goals that lift: pick and hold."""

from dataclasses import dataclass, field

import numpy as np

from .carry import firm, take
from .hand import Hand
from .seen import Seen

LIFT = 0.22
"""Height of the centre of what is picked up, metres."""


@dataclass
class Pick:
    """Take an object and keep it at a height."""

    object: str
    height: float | None = None
    """Metres above where it stood; None for `LIFT` above the table."""
    goal: float = field(default=LIFT, init=False)

    def begin(self, seen: Seen) -> None:
        """Remember how high it stands."""
        self.goal = LIFT if self.height is None else float(seen.centre(self.object)[2]) + self.height + 0.012

    def act(self, seen: Seen, hand: Hand) -> np.ndarray | None:
        """Take, lift; done at the height."""
        action = take(seen, hand, self.object)
        if action is not None:
            return action
        up = self.goal - float(seen.centre(self.object)[2])
        up = min(up, hand.actions.high[2] - seen.hand[2])
        return None if abs(up) < 0.01 else hand.step(np.array([0.0, 0.0, up]), 0.0, firm(seen, self.object))


@dataclass
class Hold(Pick):
    """Take an object and keep it where it is then, a little above the table."""

    def begin(self, seen: Seen) -> None:
        """Stay where it is, if it is in the hand."""
        self.goal = float(seen.centre(self.object)[2]) + (0.0 if seen.grips(self.object) else 0.08)
