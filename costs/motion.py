"""Finite differences of a path over time."""

import torch
from torch import Tensor

from .cost import Scene


def path(scene: Scene, of: str) -> Tensor:
    """The positions of a chunk, from the one in which it begins. Shape (..., T + 1, 3)."""
    return torch.cat([scene[f"{of}@now"][..., :1, :], scene[of]], dim=-2)


def rate(places: Tensor, order: int, fps: float) -> Tensor:
    """Size of the time derivative of some order at every step; 0 where it needs a step before the chunk.

    Args:
        places: T steps and the one before. Shape (..., T + 1, 3).
        order: 1 speed, 2 acceleration, 3 jerk.
        fps: steps a second.

    Returns:
        Shape (..., T), in metres / second ** order.
    """
    steps = places.shape[-2] - 1
    if steps < order:
        return 0.0 * places[..., 1:, 0]
    sizes = fps**order * torch.linalg.vector_norm(places.diff(n=order, dim=-2), dim=-1)  # (..., T + 1 - order)
    return torch.nn.functional.pad(sizes, (order - 1, 0))
