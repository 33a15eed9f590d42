"""Exact toy physics as a world model, so that planning can be tested and measured without training anything."""

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor

from .interface import Context, Quantity

STEP, OPEN = 0.04, 0.08
LOW, HIGH = (0.20, 0.02), (0.80, 0.30)
CUP_RADIUS, CUP_REST, REACH = 0.03, 0.04, (0.02, 0.03)
BOWL_RADIUS, FINGER, YIELD = 0.05, 0.01, 10.0
"""The physics of `foresee/Rail-v0` once more, in metres: a world model imports no world. A test compares them."""


class RailModel:
    """The rail's own dynamics, from its proprioception, which is the whole state; one possible future (P = 1)."""

    action_dim = 3
    context_frames = 1
    unknowable = ("what happens between two steps (0.2 s)",)

    @property
    def quantities(self) -> Mapping[str, Quantity]:
        """Everything that the rail's scene holds."""
        return {
            "gripper.position": Quantity((3,), "m", "point between the fingers, world frame"),
            "gripper.width": Quantity((), "m", "opening between the fingers"),
            "cup.position": Quantity((3,), "m", "cup centre, world frame"),
            "cup.up": Quantity((3,), "unit", "the cup's up axis, world frame"),
            "cup.held": Quantity((), "probability", "whether the gripper holds the cup"),
            "bowl.position": Quantity((3,), "m", "bowl centre, world frame"),
            "bowl.up": Quantity((3,), "unit", "the bowl's up axis, world frame"),
            "contact.gripper.bowl": Quantity((), "probability", "whether gripper and bowl touch"),
            "clearance.gripper.bowl": Quantity((), "m", "signed distance between gripper and bowl"),
        }

    def error_of(self, name: str) -> str | None:
        """Say how wrong a quantity is; see `Judged`."""
        return "exact"

    def encode(self, context: Context) -> Tensor:
        """Read the state from the last frame's proprioception. Shape (B, 8)."""
        return context.proprio[:, -1]

    def read(self, state: Tensor, names: Iterable[str]) -> dict[str, Tensor]:
        """Say how the scene is. Shape (B, 8) -> name: (B, *shape)."""
        scene = read(state)
        return {name: scene[name] for name in names}

    def imagine(self, state: Tensor, chunks: Tensor, names: Iterable[str]) -> dict[str, Tensor]:
        """Step the physics. Shapes (B, 8) and (B, N, T, 3) -> name: (1, B, N, T, *shape)."""
        state = state[:, None].expand(*chunks.shape[:2], -1)  # (B, N, 8)
        states = []
        for action in chunks.unbind(dim=2):
            state = advance(state, action)
            states.append(state)
        scene = read(torch.stack(states, dim=2)[None])  # (1, B, N, T, 8)
        return {name: scene[name] for name in names}


def advance(state: Tensor, action: Tensor) -> Tensor:
    """The state one step later. Shapes (..., 8) and (..., 3) -> (..., 8)."""
    place, width, cup, held, bowl, tilt = state.split([2, 1, 2, 1, 1, 1], dim=-1)
    low, high, reach = state.new_tensor(LOW), state.new_tensor(HIGH), state.new_tensor(REACH)
    moved = (place + STEP * action[..., :2]).clamp(low, high)
    wide = (width + STEP * action[..., 2:]).clamp(0, OPEN)
    held = held > 0
    cup = torch.where(held, cup + (moved - place), cup)
    near = ((moved - cup).abs() <= reach).all(dim=-1, keepdim=True) & (width > 2 * CUP_RADIUS)
    holds = (held | near) & (wide <= 2 * CUP_RADIUS)
    fallen = torch.cat([cup[..., :1], torch.full_like(cup[..., 1:], CUP_REST)], dim=-1)
    cup = torch.where(held & ~holds, fallen, cup)
    wide = torch.where(holds, 2 * CUP_RADIUS, wide)
    overlap = -clearance(moved, bowl[..., 0])[..., None].clamp(max=0)
    tilt = (tilt + YIELD * overlap).clamp(max=torch.pi / 2)
    return torch.cat([moved, wide, cup, holds.to(cup.dtype), bowl, tilt], dim=-1)


def clearance(place: Tensor, bowl: Tensor) -> Tensor:
    """Signed distance between gripper and bowl, metres. Shapes (..., 2) and (...) -> (...)."""
    dx, dz = place[..., 0] - bowl, place[..., 1] - BOWL_RADIUS
    return (dx * dx + dz * dz).sqrt() - (BOWL_RADIUS + FINGER)


def read(state: Tensor) -> dict[str, Tensor]:
    """The quantities of a state. Shape (..., 8) -> name: (..., *shape)."""
    px, pz, width, cx, cz, held, bx, tilt = state.unbind(dim=-1)
    zero, one = torch.zeros_like(px), torch.ones_like(px)
    gap = clearance(state[..., :2], bx)
    return {
        "gripper.position": torch.stack([px, zero, pz], dim=-1),
        "gripper.width": width,
        "cup.position": torch.stack([cx, zero, cz], dim=-1),
        "cup.up": torch.stack([zero, zero, one], dim=-1),
        "cup.held": held,
        "bowl.position": torch.stack([bx, zero, BOWL_RADIUS * one], dim=-1),
        "bowl.up": torch.stack([tilt.sin(), zero, tilt.cos()], dim=-1),
        "contact.gripper.bowl": (gap <= 0).to(gap.dtype),
        "clearance.gripper.bowl": gap,
    }
