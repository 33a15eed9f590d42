"""Which action led from one latent to the next: keeps what an action changes in the latent (EB-JEPA, 2026).

What it answers in a video stands for the actions that nobody recorded.
"""

import torch
from torch import Tensor, nn


class Inverse(nn.Module):
    """Inverse dynamics a = g(z, z'), trained towards [-1, 1]; reads the first `latent` numbers of each latent."""

    def __init__(self, latent: int, action: int, hidden: int = 256) -> None:
        super().__init__()
        self.reads = latent
        self.layers = nn.Sequential(nn.Linear(2 * latent, hidden), nn.ReLU(), nn.Linear(hidden, action))

    def forward(self, before: Tensor, after: Tensor) -> Tensor:
        """Shape (..., D) twice -> (..., A)."""
        return self.layers(torch.cat([before[..., : self.reads], after[..., : self.reads]], -1)).float()
