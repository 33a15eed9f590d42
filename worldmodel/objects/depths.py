"""The depth that the first camera would see: objects and the hand cover some cells, and the rest stays as it is."""

import torch
from torch import Tensor, nn

from .physics import about
from .state import POSITION

BLUR = 0.02
"""How wrong a depth may well be, metres."""


class Stamp(nn.Module):
    """Where one thing is in the picture, and which cells around there it covers.

    The cells are told apart by how far they are from the thing (a spatial broadcast decoder: Watters et al., 2019).
    """

    def __init__(self, known: int, size: int = 24, hidden: int = 48) -> None:
        super().__init__()
        self.where = nn.Sequential(nn.Linear(known, 96), nn.ReLU(), nn.Linear(96, 3 + size))
        self.shape = nn.Linear(size, hidden)
        self.off = nn.Linear(4, hidden)
        self.cover = nn.Sequential(nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 2))

    def forward(self, thing: Tensor, cells: Tensor) -> tuple[Tensor, Tensor]:
        """Shapes (..., known) and (C, 2) -> how surely each cell is covered (logit), and depth there, (..., C) each."""
        middle, far, shape = self.where(thing).split((2, 1, self.shape.in_features), -1)
        off = 2.0 * (cells - middle.float().unsqueeze(-2))  # (..., C, 2)
        h = self.off(torch.cat([off, off.abs()], -1)) + self.shape(shape).unsqueeze(-2)
        sure, more = self.cover(h).float().unbind(-1)
        return 3.0 * sure, far.float() + 0.3 * more


class Depths(nn.Module):
    """Objects and hand, one over the other (as in slot attention: Locatello et al., 2020); what is behind is fixed."""

    cells: Tensor
    behind: Tensor
    scale: Tensor

    def __init__(self, features: int, kinds: int, robot: int, side: int = 16) -> None:
        super().__init__()
        self.side = side
        self.object, self.hand = Stamp(6 + features + kinds), Stamp(robot + 3)
        axis = torch.linspace(-1.0, 1.0, side)
        self.register_buffer("cells", torch.cartesian_prod(axis, axis), persistent=False)
        self.register_buffer("behind", torch.ones(side, side))
        self.register_buffer("scale", torch.ones(()))

    def measure(self, depth: Tensor) -> None:
        """Take what is mostly seen, and how much depths differ, from data. Shape (F, side, side), metres."""
        self.behind.copy_(depth.median(0).values)
        self.scale.copy_(depth.std().clamp_min(1e-3))

    def forward(self, robot: Tensor, slots: Tensor, kind: Tensor, there: Tensor) -> Tensor:
        """Paint: (..., M, 14), (..., M, S, 6 + F), (M, S, kinds) and (M, S, 1) -> metres (..., M, side, side)."""
        sure, depth = self.layers(robot, slots, kind, there)
        seen = depth.gather(-2, sure.argmax(-2, keepdim=True)).squeeze(-2)
        return seen.unflatten(-1, (self.side, self.side))

    def layers(self, robot: Tensor, slots: Tensor, kind: Tensor, there: Tensor) -> tuple[Tensor, Tensor]:
        """How surely every object, the hand, and what is behind is seen in each cell (logit), and the depth of each.

        Returns:
            Shape (..., M, S + 2, C) twice, the depth in metres.
        """
        place = (slots[..., POSITION] - slots.new_tensor((0.52, 0.0, 0.06))) / 0.1
        things = torch.cat([place, slots[..., 3:], kind.expand(*slots.shape[:-1], -1)], -1)
        body = torch.cat([about(robot), (robot[..., :3] - robot.new_tensor((0.5, 0.0, 0.1))) / 0.1], -1)
        sure, depth = self.object(things, self.cells)  # (..., M, S, C)
        sure = sure.masked_fill(there < 0.5, -30.0)
        hand, reach = (x.unsqueeze(-2) for x in self.hand(body, self.cells))
        sure = torch.cat([sure, hand, torch.zeros_like(hand)], -2)
        depth = torch.cat([depth, reach, torch.zeros_like(reach)], -2)
        return sure, self.behind.flatten() + self.scale * depth

    def error(self, layers: tuple[Tensor, Tensor], depth: Tensor) -> Tensor:
        """How unlikely a depth is, in nats, if one of the layers is seen, off by `BLUR` or so: a mixture of Laplacians.

        Args:
            layers: what `layers` says.
            depth: what was seen. Shape (..., M, side, side), metres.
        """
        sure, depths = layers
        off = (depths - depth.flatten(-2).unsqueeze(-2)).abs() / BLUR
        return -(sure.log_softmax(-2) - off).logsumexp(-2).mean()
