"""Every quantity that a model of objects can imagine of the objects that have names."""

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from ..interface import Quantity
from ..spread import spreads

if TYPE_CHECKING:
    from .network import Sizes

DOUBT = "unexplained"
"""The quantity that says how badly inverse dynamics explains what is imagined."""


def known_of(objects: Sequence[str], sizes: "Sizes") -> dict[str, Quantity]:
    """Name the quantities of these objects, of the gripper, of whatever else is there, and of the whole scene."""
    chance = "probability"
    known = {
        "gripper.position": Quantity((3,), "m", "grasp target between the fingertips, world frame"),
        "gripper.down": Quantity((3,), "unit", "direction in which the hand points, world frame"),
        "gripper.side": Quantity((3,), "unit", "axis along which the fingers close, world frame"),
        "gripper.width": Quantity((), "m", "opening between the fingers"),
        "gripper.force": Quantity((), "N", "force with which the finger motors press"),
        "contact.gripper.table": Quantity((), chance, "the gripper touched the table during the last step"),
        "contact.gripper.others": Quantity((), chance, "the gripper touched an object that is not named"),
        "clearance.gripper.others": Quantity((), "m", "distance of the gripper to the nearest object not named"),
        "others.up": Quantity((3,), "unit", "up axis of the most tilted object that is not named, world frame"),
    }
    for name in objects:
        known |= {
            f"{name}.position": Quantity((3,), "m", f"{name} centre, world frame"),
            f"{name}.up": Quantity((3,), "unit", f"{name} up axis, world frame"),
            f"{name}.held": Quantity((), chance, f"the fingers pinch the {name} from both sides"),
            f"{name}.latent": Quantity((6 + sizes.features,), "1", f"what is known of the {name}: place / 0.1 m, axis"),
            f"clearance.gripper.{name}": Quantity((), "m", f"signed distance of hand or fingers to {name}"),
            f"contact.gripper.{name}": Quantity((), chance, f"gripper and {name} touched during the last step"),
            f"contact.gripper.{name}.point": Quantity((3,), "m", "where they touched, world frame"),
        }
    for a, b in combinations(objects, 2):
        known[f"contact.{a}.{b}"] = Quantity((), chance, f"{a} and {b} touched during the last step")
        known[f"clearance.{a}.{b}"] = Quantity((), "m", f"signed distance of {a} and {b}")
    views = f"pictures of {', '.join(sizes.cameras)}, stacked, 0..1"
    known |= {
        "depth": Quantity((16, 16), "m", "distance along the optical axis of the first camera"),
        "latent": Quantity((sizes.latent,), "1", "the whole scene, summed up over its objects"),
        "image": Quantity((3 * len(sizes.cameras), sizes.size, sizes.size), "1", views),
        "disagreement": Quantity((), "m", "spread of the members' object positions, mean over objects"),
    }
    if sizes.actor and not sizes.words:
        known[DOUBT] = Quantity((), "1", "how much worse the actor explains the actions by what is imagined of them")
    return known | spreads({name: quantity for name, quantity in known.items() if name != DOUBT})


def measured_as(name: str, catalogue: Sequence[str]) -> tuple[str, ...]:
    """Say under which names validation may have measured a quantity: its own, its kind's, that of all objects."""
    words = name.split(".")
    things = [i for i, word in enumerate(words) if word in catalogue or word == "others"]
    kinds = [word.rpartition("_")[2] if i in things else word for i, word in enumerate(words)]
    every = ["object" if i in things else word for i, word in enumerate(words)]
    return tuple(dict.fromkeys(".".join(each) for each in (words, kinds, every)))
