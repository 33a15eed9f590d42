"""From a latent to a picture, so that what is imagined can be looked at."""

from itertools import pairwise

import torch
from torch import Tensor, nn


class Decoder(nn.Module):
    """Transposed convolutions; trained beside the model, never through it, so that no capacity goes into texture."""

    def __init__(self, cameras: int, size: int, latent: int = 256, channels: int = 32) -> None:
        super().__init__()
        self.side = size // 16
        widths = (4 * channels, 4 * channels, 2 * channels, channels)
        self.spread = nn.Linear(latent, widths[0] * self.side**2)
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise(widths):
            layers += [nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1), nn.ReLU(inplace=True)]
        layers += [nn.ConvTranspose2d(widths[-1], 3 * cameras, 4, stride=2, padding=1)]
        self.paint = nn.Sequential(*layers).to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, latent: Tensor) -> Tensor:
        """Shape (..., D) -> pictures, 0..1 but for overshoot, (..., 3 * V, H, W)."""
        x = torch.relu(self.spread(latent.reshape(-1, latent.shape[-1])))
        x = x.unflatten(-1, (-1, self.side, self.side)).contiguous(memory_format=torch.channels_last)
        return (self.paint(x).float() + 0.5).unflatten(0, latent.shape[:-1])
