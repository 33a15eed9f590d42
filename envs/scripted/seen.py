"""What a scripted expert makes of a scene: where things are, how large they probably are, what is on what."""

from collections.abc import Iterable, Mapping

import numpy as np

from ..catalogue import CATALOGUE, GRASPABLE, SIZES, kind
from ..objects import EDGE, FLOOR, NECK
from ..outline import Outline, gap

TABLE = (0.36, -0.28, 0.67, 0.28)
"""Where centres of objects may be put: x_low, y_low, x_high, y_high; metres."""
REACH = (0.31, -0.31, 0.69, 0.31)
"""Where the hand can be; likewise."""
WAYS = {
    "left": (0.0, 1.0), "right": (0.0, -1.0), "forward": (1.0, 0.0), "back": (-1.0, 0.0),
    "left_of": (0.0, 1.0), "right_of": (0.0, -1.0), "in_front_of": (-1.0, 0.0), "behind": (1.0, 0.0),
}  # fmt: skip
"""Direction or side -> x and y; left is +y, and what is in front of a thing is nearer to the robot."""
GRID = 0.02
"""Spots on the table are tried this far apart, metres."""


class Seen:
    """One moment. Sizes are the catalogue's middle ones, but for heights that were seen standing on the table.

    Args:
        scene: true quantities.
        heights: object -> height, metres, as `heights` measured them.
    """

    def __init__(self, scene: Mapping[str, np.ndarray], heights: Mapping[str, float]):
        self.scene, self.heights = scene, heights
        self.names = tuple(name for name in CATALOGUE if f"{name}.position" in scene)
        self.hand = scene["gripper.position"].astype(np.float64)
        """Grasp target, metres. Shape (3,)."""
        side = scene["gripper.side"]
        self.yaw = float(np.arctan2(side[0], -side[1]))
        self.width = float(scene["gripper.width"])

    def centre(self, name: str) -> np.ndarray:
        """Centre, metres. Shape (3,)."""
        return self.scene[f"{name}.position"].astype(np.float64)

    def stands(self, name: str) -> bool:
        """Whether it is as upright as it should be."""
        return bool(self.scene[f"{name}.up"][2] > 0.85)

    def foot(self, name: str) -> np.ndarray:
        """Where its centre will be when it leans no more, metres. Shape (2,)."""
        lean = self.scene[f"{name}.up"][:2] * self.height(name) / 2 if self.stands(name) else 0.0
        return self.centre(name)[:2] - lean

    def height(self, name: str) -> float:
        """Height when it stands, metres."""
        return self.heights.get(name, middle_height(name))

    def radius(self, name: str) -> float:
        """Radius of the outline, metres; of a block, whose turn nobody sees, between side and corner."""
        sizes = {number: values[0] for number, values in SIZES[kind(name)].items()}
        if kind(name) == "block":
            return 0.57 * self.height(name)
        return {"tray": 1.15 * sizes.get("half", 0.0)}.get(kind(name), sizes.get("rim", sizes.get("radius", 0.0)))

    def grip(self, name: str) -> float:
        """Opening of fingers that hold it, metres."""
        if kind(name) == "block":
            return self.height(name)
        return 2 * (NECK if kind(name) == "bottle" and self.stands(name) else self.radius(name))

    def top(self, name: str) -> float:
        """Height of its highest point above the table, metres."""
        return float(self.centre(name)[2] + (self.height(name) / 2 if self.stands(name) else self.radius(name)))

    def bottom(self, name: str) -> float:
        """Height of its lowest point above the table, metres."""
        return float(self.centre(name)[2] - (self.height(name) / 2 if self.stands(name) else self.radius(name)))

    def outline(self, name: str) -> Outline:
        """Its outline from above."""
        x, y, _ = self.centre(name)
        return Outline(float(x), float(y), rounding=self.radius(name) if self.stands(name) else self.height(name) / 2)

    def grips(self, name: str) -> bool:
        """Whether it is between the fingers and moves with them."""
        if self.scene[f"{name}.held"] > 0.5:
            return True
        off = self.centre(name) - self.hand
        near = np.hypot(*off[:2]) < 0.02 and abs(off[2]) < self.height(name) / 2
        return bool(near and self.scene[f"contact.gripper.{name}"] > 0.5 and self.width < self.grip(name) + 0.008)

    def held(self) -> str | None:
        """What is in the hand."""
        return next((name for name in self.names if kind(name) in GRASPABLE and self.grips(name)), None)

    def upon(self, name: str) -> str | None:
        """What stands on it or in it, and is not in the hand."""
        for other in self.names:
            off = self.centre(other) - self.centre(name)
            above = self.bottom(other) > (FLOOR / 2 if kind(name) == "tray" else 0.5 * self.top(name))
            if other != name and above and np.hypot(*off[:2]) < self.radius(name) and not self.grips(other):
                return other
        return None

    def between(self, one: str, other: str) -> float:
        """Distance between two objects, metres."""
        return min(float(self.scene.get(f"clearance.{a}.{b}", np.inf)) for a, b in ((one, other), (other, one)))

    def others(self, *names: str) -> list[str]:
        """Every object but these."""
        return [other for other in self.names if other not in names]

    def spot(self, name: str, near: np.ndarray, out: "Area | None" = None, apart: float = 0.045) -> np.ndarray:
        """The free spot of the table nearest to a point, outside an area. Shape (2,).

        Args:
            name: what shall stand there.
            near: metres. Shape (2,).
            out: where it must not stand.
            apart: wanted gap to other objects, metres; the widest there is, if there is none so wide.
        """
        x, y = np.meshgrid(np.arange(TABLE[0], TABLE[2], GRID), np.arange(TABLE[1], TABLE[3], GRID), indexing="ij")
        spots = np.stack([x.ravel(), y.ravel()], 1)  # (S, 2)
        if out is not None:
            spots = spots[~inside(spots, out)]
        gaps = np.full(len(spots), np.inf)
        for other in self.others(name):
            off = np.linalg.norm(spots - self.centre(other)[:2], axis=1)
            gaps = np.minimum(gaps, off - self.radius(other) - self.radius(name))
        price = np.linalg.norm(spots - near, axis=1) + 10.0 * np.clip(apart - gaps, 0.0, None)
        return spots[price.argmin()]

    def space(self, name: str, spot: np.ndarray) -> float:
        """Gap to the nearest other object if it stood at a spot, metres."""
        here = self.outline(name).moved(float(spot[0]), float(spot[1]))
        return min((gap(here, self.outline(other)) for other in self.others(name)), default=np.inf)


Area = tuple[float, float, float, float]
"""x_low, y_low, x_high, y_high; metres."""


def inside(spots: np.ndarray, area: Area) -> np.ndarray:
    """Whether points lie in an area. Shape (..., 2) -> (...)."""
    return np.asarray(((spots >= area[:2]) & (spots <= area[2:])).all(-1))


def middle_height(name: str) -> float:
    """The height of an object of this kind, metres, before it was seen."""
    sizes = SIZES[kind(name)]
    return EDGE if kind(name) == "tray" else sizes["side" if kind(name) == "block" else "height"][0]


def heights(scene: Mapping[str, np.ndarray], names: Iterable[str]) -> dict[str, float]:
    """Measure the objects that stand on the table: the centre is half as high."""
    found = {}
    for name in names:
        tall = 2.0 * float(scene[f"{name}.position"][2])
        usual = middle_height(name)
        found[name] = tall if scene[f"{name}.up"][2] > 0.99 and abs(tall - usual) < 0.2 * usual else usual
    return found
