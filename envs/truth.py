"""The true scene quantities of a table with objects: their names, units and values."""

from collections.abc import Iterable, Sequence
from itertools import combinations

import numpy as np

from .bullet import FAR, World
from .catalogue import CATALOGUE, MOST, identity
from .interface import Quantity

DEPTH = 16
"""Side of the published depth picture."""
NOWHERE = np.zeros(3)
"""The contact point of things that do not touch."""
SLOTS = tuple(f"object{i}" for i in range(MOST))
"""Names of objects where it matters that every scene has the same names; empty slots hold not-a-number."""


def quantities(objects: Sequence[str]) -> dict[str, Quantity]:
    """Every quantity that the simulator knows about a gripper and these objects; pairs are named in their order."""
    known = {
        "gripper.position": Quantity((3,), "m", "grasp target between the fingertips, world frame"),
        "gripper.down": Quantity((3,), "unit", "direction in which the hand points, world frame"),
        "gripper.side": Quantity((3,), "unit", "axis along which the fingers close, world frame"),
        "gripper.width": Quantity((), "m", "opening between the fingers"),
        "gripper.force": Quantity((), "N", "force with which the finger motors press"),
        "contact.gripper.table": Quantity((), "probability", "the gripper touched the table during the last step"),
    }
    for name in objects:
        known |= {
            f"{name}.position": Quantity((3,), "m", f"{name} centre, world frame"),
            f"{name}.up": Quantity((3,), "unit", f"{name} up axis, world frame"),
            f"{name}.held": Quantity((), "probability", f"the fingers pinch the {name} from both sides"),
            f"clearance.gripper.{name}": Quantity(
                (), "m", f"signed distance of hand or fingers to {name}, at most 0.3"
            ),
            **_contact("gripper", name),
        }
    for a, b in combinations(objects, 2):
        known[f"clearance.{a}.{b}"] = Quantity((), "m", f"signed distance of {a} and {b}, at most 0.3")
        known |= _contact(a, b)
    known["depth"] = Quantity((DEPTH, DEPTH), "m", "distance along the optical axis of the first camera")
    return known


def _contact(a: str, b: str) -> dict[str, Quantity]:
    return {
        f"contact.{a}.{b}": Quantity((), "probability", f"{a} and {b} touched during the last step"),
        f"contact.{a}.{b}.point": Quantity((3,), "m", "where they touched, world frame; the origin where they did not"),
    }


OTHERS = {
    "others.up": Quantity((3,), "unit", "up axis of the most tilted of the other objects, world frame"),
    "contact.gripper.others": Quantity((), "probability", "the gripper touched another object during the last step"),
    "clearance.gripper.others": Quantity(
        (), "m", "signed distance of hand or fingers to the other objects, at most 0.3"
    ),
}
"""What is known of the objects that are present without having been asked for by name."""


def slots() -> dict[str, Quantity]:
    """The quantities of nameless slots, the same in every scene."""
    meaning = f"place in the catalogue: {', '.join(CATALOGUE)}; -1 where there is none"
    who = {f"{slot}.who": Quantity((), "1", meaning) for slot in SLOTS}
    return quantities(SLOTS) | who


def read(world: World, names: Iterable[str], others: Sequence[str] = ()) -> dict[str, np.ndarray]:
    """Read these quantities (all but depth, which comes with a picture), float32.

    Args:
        world: what is read.
        names: of quantities; `object0` and so on are the world's objects in their order.
        others: the objects that `others` in a name stands for.
    """
    position, rotation = world.hand()
    width, force = world.fingers()
    own = {"position": position, "down": rotation[:, 2], "side": rotation[:, 1], "width": width, "force": force}
    present = dict(zip(SLOTS, world.objects, strict=False))
    values: dict[str, object] = {}
    for name in names:
        parts = name.split(".")
        absent = any(part in SLOTS and part not in present for part in parts)
        head, *rest = (present.get(part, part) for part in parts)
        if absent:
            values[name] = (
                -1.0 if rest[-1] == "who" else np.full(3 if rest[-1] in ("position", "up", "point") else (), np.nan)
            )
        elif head == "gripper":
            values[name] = own[rest[0]]
        elif "others" in parts:
            values[name] = _others(world, parts[0], others)
        elif head == "contact":
            point = world.touched.get(frozenset(rest[:2]))
            values[name] = (NOWHERE if point is None else point) if rest[-1] == "point" else float(point is not None)
        elif head == "clearance":
            values[name] = world.clearance(*rest)
        elif rest[0] == "held":
            values[name] = float(world.held(head))
        elif rest[0] == "who":
            values[name] = float(identity(head))
        else:
            values[name] = world.pose(head)[0 if rest[0] == "position" else 1]
    return {name: np.asarray(value, dtype=np.float32) for name, value in values.items()}


def _others(world: World, what: str, others: Sequence[str]) -> object:
    """The worst of the other objects; where there are none, nothing is tilted, touched or near."""
    if what == "contact":
        return float(any(frozenset(("gripper", name)) in world.touched for name in others))
    if what == "clearance":
        return min((world.clearance("gripper", name) for name in others), default=FAR)
    return most_tilted([world.pose(name)[1] for name in others])


def most_tilted(ups: Sequence[np.ndarray]) -> np.ndarray:
    """The most tilted up axis; the vertical where there is none. Shape (3,)."""
    return min(ups, key=lambda up: up[2], default=np.array([0.0, 0.0, 1.0]))


def shrink(depth: np.ndarray) -> np.ndarray:
    """Nearest thing in each cell of a depth picture. Shape (H, W) -> (DEPTH, DEPTH)."""
    side = depth.shape[0] // DEPTH
    return depth[: side * DEPTH, : side * DEPTH].reshape(DEPTH, side, DEPTH, side).min(axis=(1, 3))


def objects_seen(world: World, camera: str, size: int) -> np.ndarray:
    """Which cells of the published depth picture show an object: the nearest thing in them is one. Bool, (16, 16)."""
    depth, objects = world.survey(camera, size)
    mine, others = (shrink(np.where(shown, depth, np.inf)) for shown in (objects, ~objects))
    return mine < others
