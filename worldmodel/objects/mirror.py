"""Scenes as a mirror shows them: what holds to the left of the robot holds to its right."""

import torch
from torch import Tensor

from .truth import Truth

ROBOT, SLOT, POINT = (1, 4, 6, 8, 11), (1, 4), 4
"""Columns that change their sign: of proprioception, of a slot, and of what is true of an object by itself. The closing
axis has no sign of its own; it keeps the one that it has at yaw 0."""
ACTION = (1, 3)
"""The same of an action: sideways, and yaw."""


def mirrored(
    robot: Tensor, slots: Tensor, actions: Tensor, truth: Truth, which: Tensor
) -> tuple[Tensor, Tensor, Tensor, Truth]:
    """Exchange left and right, y and -y, in some scenes.

    Args:
        robot: proprioception. Shape (B, ..., 14).
        slots: learned features stay as they are. Shape (B, ..., S, 6 + F).
        actions: shape (B, ..., 5).
        truth: of (B, ...).
        which: bool, shape (B,).
    """
    place = flipped(truth.place, SLOT, which)
    truth = truth._replace(place=place, own=flipped(truth.own, (POINT,), which))
    return flipped(robot, ROBOT, which), flipped(slots, SLOT, which), flipped(actions, ACTION, which), truth


def flipped(values: Tensor, columns: tuple[int, ...], which: Tensor) -> Tensor:
    """Change the sign of some columns in some rows. Shapes (B, ..., D) and (B,)."""
    sign = torch.ones_like(values[:1].flatten(0, -2)[0]).index_fill_(
        0, torch.tensor(columns, device=values.device), -1.0
    )
    return torch.where(which.view(-1, *[1] * (values.ndim - 1)), values * sign, values)
