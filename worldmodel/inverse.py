"""Which action led from one latent to the next: keeps what an action changes in the latent (EB-JEPA, 2026)."""

import torch
from torch import Tensor, nn


class Inverse(nn.Module):
    """Inverse dynamics a = g(z, z'), in [-1, 1]."""

    def __init__(self, latent: int, action: int, hidden: int = 256) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(2 * latent, hidden), nn.ReLU(), nn.Linear(hidden, action))

    def forward(self, before: Tensor, after: Tensor) -> Tensor:
        """Shape (..., D) twice -> (..., A)."""
        return self.layers(torch.cat([before, after], -1)).float()
