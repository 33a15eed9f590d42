"""An eye that says where things are."""

import torch
from torch import Tensor, nn

BLOB = 0.15
"""Spread of a blob, as a share of half a picture."""
CLEAR = 6.9
"""How much brighter than nothing a map has to be somewhere to count as half clear, in logits over all of it."""


class Points(nn.Module):
    """Points of each camera's picture, and from blobs at these alone the picture is painted again.

    A softmax over a map makes its point (deep spatial autoencoders: Finn et al., 2016). What is painted tells points
    without any label to sit on what moves (Jakab et al., 2018): what stands still is part of the ground.
    """

    grid: Tensor

    def __init__(self, cameras: int, size: int, points: int, channels: int = 32) -> None:
        """Make an eye for pictures of `size` px, an even number."""
        super().__init__()
        self.cameras = cameras
        self.width = 3 * points * cameras
        """Numbers that are said of one frame: x, y and how clearly it is seen, of each point."""
        self.look = nn.Sequential(
            nn.Conv2d(3, channels, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, padding=2, dilation=2),
            nn.ReLU(),
            nn.Conv2d(channels, points, 1),
        )
        self.brush = nn.Sequential(
            nn.Conv2d(points, channels, 3, padding=1),
            nn.ReLU(),
            nn.ConvTranspose2d(channels, channels // 2, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(channels // 2, 3, 3, padding=1),
        )
        self.ground = nn.Parameter(torch.zeros(3 * cameras, size, size))
        side = size // 2
        self.register_buffer("grid", (2.0 * torch.arange(side) + 1.0) / side - 1.0)

    def measure(self, images: Tensor) -> None:
        """Take the ground from pictures, uint8 (M, 3 V, H, W)."""
        with torch.no_grad():
            self.ground.copy_(images.float().mean(0) / 255)

    def forward(self, images: Tensor) -> Tensor:
        """See: uint8 (M, 3 V, H, W) -> (M, 3 K V)."""
        each = images.unflatten(1, (self.cameras, 3)).flatten(0, 1).float() / 255 - 0.5
        with torch.autocast(images.device.type, enabled=False):  # bfloat16 would shift points by millimetres
            maps = self.look(each)  # (M V, K, h, w)
        share = maps.flatten(2).softmax(-1).view(maps.shape)
        x, y = (share.sum(2) * self.grid).sum(-1), (share.sum(3) * self.grid).sum(-1)
        clear = torch.sigmoid(maps.flatten(2).logsumexp(-1) - CLEAR)
        return torch.cat([x, y, clear], -1).unflatten(0, (len(images), self.cameras)).flatten(1)

    def paint(self, seen: Tensor) -> Tensor:
        """Paint what was seen: (M, 3 K V) -> pictures, 0..1 but for overshoot, (M, 3 V, H, W)."""
        x, y, clear = seen.unflatten(1, (self.cameras, 3, -1)).flatten(0, 1).unbind(1)  # (M V, K) each
        away = (self.grid - x[..., None]).square()[:, :, None] + (self.grid - y[..., None]).square()[..., None]
        blobs = clear[..., None, None] * torch.exp(-away / (2 * BLOB**2))
        nothing = torch.zeros_like(blobs[:1])
        painted = (self.brush(blobs) - self.brush(nothing)).float()
        return self.ground + painted.unflatten(0, (len(seen), self.cameras)).flatten(1, 2)
