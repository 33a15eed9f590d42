"""From robot and slots to named quantities: places are there to read; touch, grasp and gaps are learned."""

from itertools import combinations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .physics import ABOUT, Seen
from .state import HAND, POSITION, SIDE, turned

FAR = 0.15
"""Clearances are read up to this distance in metres: nothing farther matters, and occluded gaps are guesses."""
OWN = ("held", "contact.gripper", "clearance.gripper", "point")
"""What is read of an object beside its place and axis; the point has three numbers."""


class Reading(nn.Module):
    """Two small networks: one looks at each object from the hand, one at each pair of objects."""

    def __init__(self, features: int, kinds: int) -> None:
        super().__init__()
        node = 10 + features + kinds
        self.one = nn.Sequential(
            nn.Linear(node + ABOUT, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 6)
        )
        self.pair = nn.Sequential(
            nn.Linear(2 * node + 4, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 2)
        )
        self.hand = nn.Sequential(nn.Linear(ABOUT + 64, 64), nn.ReLU(), nn.Linear(64, 2))
        self.press = nn.Linear(node, 64)

    def own(self, robot: Tensor, slots: Tensor, seen: Seen) -> dict[str, Tensor]:
        """Read each object: "held" and "contact.gripper" as logits (..., M, S), "clearance.gripper" in metres, and
        "point", where the gripper touches it, world frame (..., M, S, 3)."""
        stands = seen.robot[..., None, :].expand(*slots.shape[:-1], -1)
        y = self.one(torch.cat([seen.objects, stands], -1).to(self.press.weight.dtype)).float()
        point = turned(0.05 * y[..., 3:], robot[..., SIDE], back=True) + 0.5 * (
            slots[..., POSITION] + robot[..., None, HAND]
        )
        return {"held": y[..., 0], "contact.gripper": y[..., 1], "clearance.gripper": 0.1 * y[..., 2], "point": point}

    def pairs(self, slots: Tensor, seen: Seen) -> dict[str, Tensor]:
        """Read each pair of slots (0, 1), (0, 2), ...: "contact" as logits, "clearance" in metres (..., M, pairs)."""
        node = seen.objects
        first, second = (list(x) for x in zip(*combinations(range(slots.shape[-2]), 2), strict=True))
        a, b = node[..., first, :], node[..., second, :]
        gap = slots[..., first, POSITION] - slots[..., second, POSITION]
        far = gap[..., :2].norm(dim=-1, keepdim=True)
        x = torch.cat([a, b, gap / 0.1, far / 0.1], -1)
        y = self.pair(x.to(self.press.weight.dtype)).float()
        return {"contact": y[..., 0], "clearance": 0.1 * y[..., 1]}

    def grip(self, seen: Seen, there: Tensor) -> dict[str, Tensor]:
        """Read the gripper: "force" in newtons and "contact.gripper.table" as a logit (..., M)."""
        node = seen.objects.to(self.press.weight.dtype)
        felt = (F.relu(self.press(node)) * there.to(node.dtype)).sum(-2)
        y = self.hand(torch.cat([seen.robot.to(node.dtype), felt.to(node.dtype)], -1)).float()
        return {"force": 10.0 * y[..., 0], "contact.gripper.table": y[..., 1]}
