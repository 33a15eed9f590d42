"""The true scene quantities of the tabletop: their names, units and values."""

from collections.abc import Iterable

import numpy as np

from .bullet import World
from .interface import Quantity

DEPTH = 16
"""Side of the published depth picture."""
NOWHERE = np.zeros(3)
"""The contact point of things that do not touch."""


def quantities(objects: tuple[str, ...]) -> dict[str, Quantity]:
    """Every quantity that the simulator knows about a gripper and these objects."""
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
    if {"cup", "bowl"} <= set(objects):
        known["clearance.cup.bowl"] = Quantity((), "m", "signed distance of cup and bowl, at most 0.3")
        known |= _contact("cup", "bowl")
    known["depth"] = Quantity((DEPTH, DEPTH), "m", "distance along the optical axis of the first camera")
    return known


def _contact(a: str, b: str) -> dict[str, Quantity]:
    return {
        f"contact.{a}.{b}": Quantity((), "probability", f"{a} and {b} touched during the last step"),
        f"contact.{a}.{b}.point": Quantity((3,), "m", "where they touched, world frame; the origin where they did not"),
    }


def read(world: World, names: Iterable[str]) -> dict[str, np.ndarray]:
    """Read these quantities (all but depth, which comes with a picture), float32."""
    position, rotation = world.hand()
    width, force = world.fingers()
    own = {"position": position, "down": rotation[:, 2], "side": rotation[:, 1], "width": width, "force": force}
    values: dict[str, object] = {}
    for name in names:
        head, *rest = name.split(".")
        if head == "gripper":
            values[name] = own[rest[0]]
        elif head == "contact":
            pair = ".".join(name.split(".")[:3])
            point = world.touched.get(pair)
            values[name] = (NOWHERE if point is None else point) if rest[-1] == "point" else float(point is not None)
        elif head == "clearance":
            values[name] = world.clearance(*rest)
        elif rest[0] == "held":
            values[name] = float(world.held(head))
        else:
            values[name] = world.pose(head)[0 if rest[0] == "position" else 1]
    return {name: np.asarray(value, dtype=np.float32) for name, value in values.items()}


def shrink(depth: np.ndarray) -> np.ndarray:
    """Nearest thing in each cell of a depth picture. Shape (H, W) -> (DEPTH, DEPTH)."""
    side = depth.shape[0] // DEPTH
    return depth[: side * DEPTH, : side * DEPTH].reshape(DEPTH, side, DEPTH, side).min(axis=(1, 3))
