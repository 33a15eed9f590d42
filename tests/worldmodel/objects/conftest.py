"""Coloured squares on a table seen from above: the smallest recording of slots."""

import numpy as np
import pytest
import torch

from foresee.worldmodel.data import Frames
from foresee.worldmodel.interface import Context, Quantity
from foresee.worldmodel.objects.network import Network, Sizes

CATALOGUE = ("red_cup", "blue_cup", "red_bowl", "blue_bowl")
PAINT = {"red": (255, 0, 0), "blue": (0, 0, 255)}
SIDE, SLOTS = 32, 2


def squares(episodes: int = 300, length: int = 6) -> Frames:
    """Record one or two things at rest, and a hand that wanders without touching them."""
    rng = np.random.default_rng(0)
    frames = episodes * length
    proprio = np.zeros((frames, 14), np.float32)
    proprio[:, [2, 12]], proprio[:, 5], proprio[:, 7] = 0.2, -1.0, -1.0
    actions = rng.uniform(-1, 1, (episodes, length, 5)).astype(np.float32)
    hand = np.array([0.5, 0.0, 0.2]) + 0.02 * np.cumsum(actions[..., :3], 1) - 0.02 * actions[..., :3]
    proprio[:, 0:3] = proprio[:, 10:13] = hand.reshape(-1, 3)
    images = np.full((frames, 3, SIDE, SIDE), 128, np.uint8)
    scene = {name: np.full((frames, *q.shape), np.nan, np.float32) for name, q in quantities().items()}
    scene["depth"][:] = 1.0
    scene["gripper.force"][:] = scene["contact.gripper.table"][:] = 0.0
    for e in range(episodes):
        rows = slice(e * length, (e + 1) * length)
        there = sorted(rng.choice(4, size=1 + e % 2, replace=False))
        for slot in range(SLOTS):
            scene[f"object{slot}.who"][rows] = there[slot] if slot < len(there) else -1.0
        for slot, who in enumerate(there):
            x, y = rng.integers(4, SIDE - 8, 2)
            images[rows, :, x : x + 5, y : y + 5] = np.array(PAINT[CATALOGUE[who].split("_")[0]])[:, None, None]
            scene[f"object{slot}.position"][rows] = 0.36 + 0.01 * x, 0.01 * y - 0.16, 0.05
            scene[f"object{slot}.up"][rows] = 0.0, 0.0, 1.0
            for name in (f"object{slot}.held", f"contact.gripper.object{slot}"):
                scene[name][rows] = 0.0
            scene[f"clearance.gripper.object{slot}"][rows] = 0.1
        if len(there) == 2:
            scene["contact.object0.object1"][rows], scene["clearance.object0.object1"][rows] = 0.0, 0.05
    return Frames(
        images=images,
        proprio=proprio,
        actions=actions.reshape(-1, 5),
        scene=scene,
        episode=np.repeat(np.arange(episodes), length),
        starts=np.arange(episodes) * length,
        lengths=np.full(episodes, length),
        dataset=np.zeros(episodes, int),
        quantities=quantities(),
        cameras=("above",),
        hash="squares",
    )


def quantities() -> dict[str, Quantity]:
    """The names of a recording of two slots."""
    names = f"place in the catalogue: {', '.join(CATALOGUE)}; -1 for an empty slot"
    known = {"gripper.force": Quantity((), "N", "force"), "depth": Quantity((16, 16), "m", "distance")}
    known["contact.gripper.table"] = Quantity((), "probability", "touch")
    for slot in range(SLOTS):
        known[f"object{slot}.who"] = Quantity((), "1", names)
        known[f"object{slot}.position"] = Quantity((3,), "m", "centre")
        known[f"object{slot}.up"] = Quantity((3,), "unit", "up axis")
        known[f"object{slot}.held"] = Quantity((), "probability", "held")
        known[f"contact.gripper.object{slot}"] = Quantity((), "probability", "touch")
        known[f"contact.gripper.object{slot}.point"] = Quantity((3,), "m", "where")
        known[f"clearance.gripper.object{slot}"] = Quantity((), "m", "gap")
    known["contact.object0.object1"] = Quantity((), "probability", "touch")
    known["clearance.object0.object1"] = Quantity((), "m", "gap")
    return known


SMALL = {"frames": 2, "channels": 16, "features": 4, "hidden": 32, "members": 2, "latent": 16}


@pytest.fixture(scope="session")
def frames() -> Frames:
    return squares()


def made(**sizes) -> Network:
    """A small network with weights of its own."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Network(Sizes(cameras=("above",), size=SIDE, catalogue=CATALOGUE, slots=SLOTS, **SMALL, **sizes))


@pytest.fixture
def network() -> Network:
    return made()


@pytest.fixture
def context(frames: Frames) -> Context:
    """Three scenes of two things each, told in the order of the catalogue."""
    rows = np.array([[6, 7], [18, 19], [30, 31]])
    images, proprio, actions = (torch.from_numpy(x[rows]) for x in (frames.images, frames.proprio, frames.actions))
    who = np.stack([frames.scene[f"object{i}.who"][rows[:, 0]] for i in range(SLOTS)], 1)
    return Context(images, proprio, actions[:, :1], torch.from_numpy(who).long())
