"""A dot that actions push about: the smallest video a world model can learn."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from foresee.worldmodel.data import Frames
from foresee.worldmodel.interface import Context, Quantity
from foresee.worldmodel.latent import Network, Sizes

QUANTITIES = {
    "gripper.position": Quantity((3,), "m", "hand, world frame"),
    "cup.position": Quantity((3,), "m", "dot, world frame"),
    "cup.held": Quantity((), "probability", "dot in the right half"),
    "cup.up": Quantity((3,), "unit", "axis that leans with x, world frame"),
    "contact.gripper.cup": Quantity((), "probability", "dot in the upper half"),
    "contact.gripper.cup.point": Quantity((3,), "m", "where they touch, world frame"),
    "clearance.gripper.cup": Quantity((), "m", "gap, signed"),
    "depth": Quantity((2, 2), "m", "distance"),
}


def dots(episodes: int = 12, length: int = 14, size: int = 16) -> Frames:
    """Record random walks of a dot in the unit square; action 0 moves it by up to 0.2 in x, action 1 in y."""
    rng = np.random.default_rng(0)
    actions = rng.uniform(-1, 1, (episodes, length, 2)).astype(np.float32)
    where = np.empty((episodes, length, 2), np.float32)
    where[:, 0] = rng.uniform(0.2, 0.8, (episodes, 2))
    for t in range(1, length):
        where[:, t] = np.clip(where[:, t - 1] + 0.2 * actions[:, t - 1], 0.0, 1.0)
    where, actions = where.reshape(-1, 2), actions.reshape(-1, 2)
    grid = np.linspace(0, 1, size)
    blob = np.exp(
        -((grid[None, None] - where[:, :1, None]) ** 2 + (grid[None, :, None] - where[:, 1:, None]) ** 2) / 0.02
    )
    x, y = where[:, 0], where[:, 1]
    flat = np.concatenate([where, np.zeros((len(where), 1), np.float32)], 1)
    touch = (y > 0.5).astype(np.float32)
    scene = {
        "gripper.position": flat,
        "cup.position": flat[:, [1, 0, 2]].copy(),
        "cup.held": (x > 0.5).astype(np.float32),
        "cup.up": np.stack([np.sin(x), 0 * x, np.cos(x)], 1),
        "contact.gripper.cup": touch,
        "contact.gripper.cup.point": flat * touch[:, None],
        "clearance.gripper.cup": x - 0.5,
        "depth": np.repeat(y, 4).reshape(-1, 2, 2),
    }
    return Frames(
        images=np.repeat((255 * blob).astype(np.uint8)[:, None], 3, 1),
        proprio=where.copy(),
        actions=actions,
        scene=scene,
        episode=np.repeat(np.arange(episodes), length),
        starts=np.arange(episodes) * length,
        lengths=np.full(episodes, length),
        dataset=np.zeros(episodes, int),
        quantities=QUANTITIES,
        cameras=("front",),
        hash="dots",
    )


SMALL = {"latent": 16, "hidden": 32, "channels": 8, "members": 3}


@pytest.fixture(scope="session")
def frames() -> Frames:
    return dots()


@pytest.fixture(scope="session")
def filmed() -> Frames:
    """Twelve labelled episodes, and a dataset of five behind them that is video."""
    return replace(dots(17), dataset=np.repeat([0, 1], [12, 5])).as_video(np.arange(12, 17))


@pytest.fixture
def network(frames: Frames) -> Network:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Network(Sizes(cameras=("front",), size=16, proprio=2, action=2, **SMALL), QUANTITIES)


@pytest.fixture
def context(frames: Frames) -> Context:
    """Three scenes."""
    rows = np.array([[0, 1], [20, 21], [40, 41]])
    images, proprio, actions = (torch.from_numpy(x[rows]) for x in (frames.images, frames.proprio, frames.actions))
    return Context(images, proprio, actions[:, :1])
