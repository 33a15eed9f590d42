"""One attempt at a scene of the tabletop: everything finds a place, and so does the hand."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from . import catalogue
from .action import GRIPPER_OPEN
from .arrangement import HAIR, TABLE, Area, Arrangement, Wishes, due
from .catalogue import kind
from .fall import FALLING, fall, reach, rise
from .objects import FLOOR, NECK, WALL, Shape
from .outline import Outline, gap

HANDS: Area = (0.31, -0.31, 0.69, 0.31)
"""Where the hand begins."""
PLACES = 30
"""Tries at the place of every thing before giving up."""
APART = {"roomy": 0.05, "tight": 0.03, "between": 0.03}
"""Layout -> least gap between outlines, but for the tight pair; metres."""
TIGHT, BEHIND = (0.015, 0.04), (0.05, 0.10)
"""Gap between the first object and its neighbour, or the object that hides it; metres."""
AIR = 0.004
"""The hand begins at least this far from everything, metres."""
FINGERS, PALM = (0.014, 0.056), (0.036, 0.106)
"""Half thickness and half width of the open fingers and of the hand above them, metres."""
TIP, KNUCKLE = -0.014, 0.036
"""The fingertips' and the palm's height relative to the grasp target, metres."""
LEAN = 0.45
"""What is held askew leans by at most this angle, radians."""
Point = tuple[float, float, float]
ON = {
    "plate": ("cup", "block", "bottle", "bowl"),
    "tray": ("cup", "block", "bottle", "bowl"),
    "block": ("cup", "block"),
    "bowl": ("block",),
}
"""Kind -> the kinds that may begin on it or in it."""


@dataclass
class Attempt:
    """One attempt at placing everything."""

    rng: np.random.Generator
    layout: str
    numbers: dict[str, float]
    present: tuple[str, ...]
    focus: str
    wishes: Wishes
    begin: float

    def scene(self) -> Arrangement | None:
        """Return the scene, or None where something found no place."""
        rng = self.rng
        self.shapes = {name: catalogue.shape(name, self.numbers) for name in self.present}
        self.yaws = {name: float(rng.uniform(-np.pi, np.pi)) for name in self.present}
        self.outlines: dict[str, Outline] = {}
        self.due = due(self.wishes.begin, self.begin)
        held, stack = self._held(), self._stack()
        lying = [name for name in self.present if name not in (held, *stack[:1])]
        self.extra = {stack[1]: _overhang(*(self.shapes[name] for name in stack))} if stack else {}
        self.leans, settle = (fall(rng, self.shapes) if self.due == "fallen" else {}), 0
        if self.leans:
            settle = int(rng.integers(*FALLING))
            self.extra |= {name: reach(self.shapes[name]) - self.shapes[name].radius for name in self.leans}
        if not self._lay(lying):
            return None
        stands = {name: (o.x, o.y, rise(self.shapes[name], self.leans.get(name))) for name, o in self.outlines.items()}
        if stack:
            stands[stack[0]] = self._on(*stack)
            self.outlines[stack[0]] = self._outline(stack[0], *stands[stack[0]][:2])
        tall = {name: reach(shape) if name in self.leans else shape.height / 2 for name, shape in self.shapes.items()}
        self.tops = {name: stands[name][2] + tall[name] for name in stands}
        fit = [name for name in lying if kind(name) in catalogue.GRASPABLE and name not in stack]
        if held:
            start = self._hold(held, stands)
        elif self.due == "around" and fit:
            start = self._around(str(rng.choice(fit)), stands)
        else:
            start = self._hand(lying)
        if start is None:
            return None
        positions = {name: [float(v) for v in stands[name]] for name in self.present}
        yaws = {name: self.yaws[name] for name in self.present}
        hand = [float(v) for v in start]
        return Arrangement(
            self.layout, self.numbers, positions, yaws, hand, list(self.present), held, stack, self.leans, settle
        )

    # ---- the special beginnings --------------------------------------------------------------------------------------

    def _held(self) -> str | None:
        fit = [n for n in self.present if kind(n) in catalogue.GRASPABLE and n not in self.wishes.regions]
        return str(self.rng.choice(fit)) if fit and self.due in ("held", "askew") else None

    def _stack(self) -> list[str]:
        pairs = [
            [top, base]
            for base in self.present
            for top in self.present
            if top != base and kind(top) in ON.get(kind(base), ()) and top not in self.wishes.regions
        ]
        return pairs[int(self.rng.integers(len(pairs)))] if pairs and self.due == "stacked" else []

    def _on(self, top: str, base: str) -> Point:
        """Centre of an object that stands on another, or in it."""
        below, above, at = self.shapes[base], self.shapes[top], self.outlines[base]
        free, floor = 0.0, below.height + HAIR
        if kind(base) == "plate":
            free = 0.8 * max(below.radius - above.radius, 0.0)
        elif kind(base) == "tray":
            free, floor = 0.8 * max((below.half or 0.0) - WALL - above.radius, 0.0), FLOOR + HAIR
        elif kind(base) == "block":
            free = 0.005
        else:  # a bowl's walls carry a block by its corners
            self.yaws[top] = self.yaws[base]
            floor = _wedged(above.radius, self.numbers, base)
        angle, far = self.rng.uniform(-np.pi, np.pi), free * self.rng.random() ** 0.5
        return at.x + far * np.cos(angle), at.y + far * np.sin(angle), HAIR + floor + above.height / 2

    def _hold(self, held: str, stands: dict[str, Point]) -> list[float] | None:
        """Put an object into the hand somewhere above the table; return how the hand begins."""
        shape = self.shapes[held]
        for _ in range(PLACES):
            x, y = self._inside(HANDS)
            yaw = float(self.rng.uniform(-1.5, 1.5))
            under = float(self.rng.uniform(0.03, 0.30))
            bite = float(self.rng.uniform(0.016, 0.026))
            rise = shape.height / 2 + float(self.rng.uniform(-0.004, 0.006)) if shape.half else shape.height - bite
            under = min(under, 0.395 - rise)
            quarter = int(self.rng.integers(4))
            self.yaws[held] = yaw + quarter * np.pi / 2
            outline = self._outline(held, x, y)
            free = all(
                self.tops[name] < under - 0.01 or gap(outline, other) > 0.01 for name, other in self.outlines.items()
            )
            if free and self._clear(x, y, under + rise, yaw):
                stands[held] = (x, y, under + shape.height / 2)
                if self.due == "askew":
                    stands[held] = self._askew(held, (x, y, under + rise), yaw, rise - shape.height / 2)
                return [x, y, under + rise, yaw, _grip(held, shape) + 0.001]
        return None

    def _askew(self, held: str, at: Point, yaw: float, below: float) -> Point:
        """Centre of what the hand holds beside its axis, and turned about the line between the fingers."""
        aside = float(np.clip(self.rng.normal(0.0, 0.4), -0.8, 0.8)) * _grip(held, self.shapes[held]) / 2
        lean = float(self.rng.uniform(-LEAN, LEAN))
        self.leans[held] = [yaw, lean]
        along, down = aside * np.cos(lean) - below * np.sin(lean), aside * np.sin(lean) + below * np.cos(lean)
        return at[0] + along * float(np.cos(yaw)), at[1] + along * float(np.sin(yaw)), at[2] - float(down)

    def _around(self, name: str, stands: dict[str, Point]) -> list[float] | None:
        """Put the open hand around an object that stands there, so that closing it would do; not always well."""
        shape, place = self.shapes[name], self.outlines[name]
        grip = _grip(name, shape)
        for _ in range(PLACES):
            yaw, width = float(self.rng.uniform(-1.5, 1.5)), float(self.rng.uniform(grip + 0.006, GRIPPER_OPEN))
            if shape.half:  # fingers go along two of its sides
                yaw = (self.yaws[name] + self.rng.normal(0.0, 0.1) + np.pi / 4) % (np.pi / 2) - np.pi / 4
            across = float(self.rng.uniform(-1.0, 1.0)) * ((width - grip) / 2 - 0.003)
            along, up = float(self.rng.normal(0.0, 0.012)), float(self.rng.uniform(-0.026, 0.03))
            x = place.x + along * np.cos(yaw) - across * np.sin(yaw)
            y = place.y + along * np.sin(yaw) + across * np.cos(yaw)
            z = max(stands[name][2] + (0.0 if shape.half else shape.height / 2) + up, 0.02)
            others = {n: o for n, o in self.outlines.items() if n != name}
            if _within(Outline(x, y), HANDS) and self._clear(x, y, z, yaw, others):
                return [x, y, z, yaw, width]
        return None

    # ---- on the table ------------------------------------------------------------------------------------------------

    def _lay(self, lying: list[str]) -> bool:
        """Give every object that stands on the table its place, as the layout wants it."""
        if not lying:
            return True
        first = self.focus if self.focus in lying else lying[0]
        rest = [lying[i] for i in self.rng.permutation(len(lying)) if lying[i] != first]
        partner = rest[0] if rest and self.layout != "roomy" and not self.leans else None
        self.first, self.partner = first, partner
        self.outlines[first] = self._outline(first, *self._inside(self._area(first)))
        least = APART[self.layout]
        if partner is not None:
            near = float(self.rng.uniform(*(TIGHT if self.layout == "tight" else BEHIND)))
            self.outlines[partner] = self._beside(first, partner, near)
            least = max(least, near) if self.layout == "tight" else least
            if not _within(self.outlines[partner], self._area(partner)):
                return False
        for name in sorted(rest, key=lambda name: -self.shapes[name].radius):  # what is large first
            if name != partner and not self._find(name, first, least):
                return False
        return True

    def _find(self, name: str, first: str, least: float) -> bool:
        """Find a free place for one object; `least` is the gap to the first one."""
        for _ in range(PLACES):
            outline = self._outline(name, *self._inside(self._area(name)))
            if all(
                gap(outline, other) >= (least if there == first else APART[self.layout])
                for there, other in self.outlines.items()
            ):
                self.outlines[name] = outline
                return True
        return False

    def _beside(self, first: str, name: str, wanted: float) -> Outline:
        """An object at a gap from the first one, in a random direction."""
        anchor, angle = self.outlines[first], self.rng.uniform(-np.pi, np.pi)
        near, far = 0.0, 0.5
        for _ in range(24):  # the gap grows with the distance
            middle = (near + far) / 2
            x, y = anchor.x + middle * np.cos(angle), anchor.y + middle * np.sin(angle)
            near, far = (middle, far) if gap(anchor, self._outline(name, x, y)) < wanted else (near, middle)
        return self._outline(name, anchor.x + far * np.cos(angle), anchor.y + far * np.sin(angle))

    def _hand(self, lying: list[str]) -> list[float] | None:
        """How an empty hand begins: low behind the partner, near an object, or anywhere."""
        rng = self.rng
        for _ in range(PLACES):
            width = GRIPPER_OPEN if rng.random() < 0.75 else float(rng.uniform(0.0, GRIPPER_OPEN))
            z, yaw = 0.03 + 0.30 * float(rng.random()) ** 1.5, float(rng.uniform(-1.5, 1.5))
            x, y = self._inside(HANDS)
            if self.layout == "between" and self.partner:
                goal, hidden = self.outlines[self.first], self.outlines[self.partner]
                angle = float(np.arctan2(hidden.y - goal.y, hidden.x - goal.x))
                far = self.shapes[self.partner].radius + rng.uniform(0.035, 0.075)
                aside = rng.normal(0.0, 0.008)
                x = hidden.x + far * np.cos(angle) - aside * np.sin(angle)
                y = hidden.y + far * np.sin(angle) + aside * np.cos(angle)
                z = rng.uniform(0.03, 0.06)
                yaw = (angle + rng.normal(0.0, 0.15) + np.pi / 2) % np.pi - np.pi / 2  # the same after half a turn
            elif rng.random() < 0.4:
                near = self.outlines[lying[int(rng.integers(len(lying)))]]
                x, y = near.x + rng.normal(0.0, 0.07), near.y + rng.normal(0.0, 0.07)
            if _within(Outline(x, y), HANDS) and self._clear(x, y, z, yaw):
                return [x, y, z, yaw, width]
        return None

    def _clear(self, x: float, y: float, z: float, yaw: float, things: Mapping[str, Outline] | None = None) -> bool:
        """Whether a hand touches nothing there, or none of some things."""
        for low, half in ((TIP, FINGERS), (KNUCKLE, PALM)):
            hand = Outline(x, y, yaw, *half)
            for name, other in (self.outlines if things is None else things).items():
                if self.tops[name] > z + low - AIR and gap(hand, other) < AIR:
                    return False
        return True

    def _outline(self, name: str, x: float, y: float) -> Outline:
        shape, more = self.shapes[name], self.extra.get(name, 0.0)
        if shape.half is None:
            return Outline(x, y, rounding=shape.radius + more)
        return Outline(x, y, self.yaws[name], shape.half + more, shape.half + more)

    def _area(self, name: str) -> Area:
        return self.wishes.regions.get(name, TABLE)

    def _inside(self, area: Area) -> tuple[float, float]:
        x, y = self.rng.uniform(area[:2], area[2:])
        return float(x), float(y)


def _within(outline: Outline, area: Area) -> bool:
    return area[0] <= outline.x <= area[2] and area[1] <= outline.y <= area[3]


def _grip(name: str, shape: Shape) -> float:
    """How wide the fingers are around an object that they grasp from above, metres."""
    return 2 * (NECK if kind(name) == "bottle" else shape.half or shape.radius)


def _overhang(top: Shape, base: Shape) -> float:
    """How far what stands on an object may reach beyond its outline, metres."""
    return max(0.0, top.radius + 0.005 - (base.half or base.radius)) if base.height > FLOOR else 0.0


def _wedged(corner: float, numbers: Mapping[str, float], bowl: str) -> float:
    """Height above a bowl's foot at which a block's corners meet its walls, metres."""
    foot, rim, height = (numbers[f"{bowl}.{n}"] for n in ("foot", "rim", "height"))
    base = 0.008
    return base + max(0.0, corner + 0.001 + 0.005 - foot) * (height - base) / (rim - foot)
