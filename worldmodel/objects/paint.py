"""From slots to one vector for the whole scene, and from that to pictures."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .physics import about
from .state import POSITION


class Summary(nn.Module):
    """A sum over the objects: the same vector in whichever order they are listed."""

    def __init__(self, slot: int, names: int, robot: int, size: int = 256) -> None:
        super().__init__()
        self.each = nn.Sequential(nn.Linear(slot + names, size), nn.ReLU(), nn.Linear(size, size))
        self.robot = nn.Sequential(nn.Linear(robot + 3, size), nn.ReLU(), nn.Linear(size, size))
        self.whole = nn.Linear(size, size)

    def forward(self, robot: Tensor, slots: Tensor, names: Tensor, there: Tensor) -> Tensor:
        """Shapes (..., M, 14), (..., M, S, 6 + F), (M, S, names) and (M, S, 1) -> (..., M, size)."""
        place = (slots[..., POSITION] - slots.new_tensor((0.52, 0.0, 0.06))) / 0.1
        each = torch.cat([place, slots[..., 3:], names.expand(*slots.shape[:-1], -1)], -1)
        body = torch.cat([about(robot), (robot[..., :3] - robot.new_tensor((0.5, 0.0, 0.1))) / 0.1], -1)
        total = (self.each(each) * there).sum(-2) + self.robot(body)
        return F.layer_norm(self.whole(F.relu(total)).float(), (total.shape[-1],))
