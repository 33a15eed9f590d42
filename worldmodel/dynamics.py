"""What an action does to a latent: P residual networks, each rolled out on its own latents."""

import math
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .encoder import norm
from .ensemble import Stacked


class Dynamics(nn.Module):
    """Ensemble of action-conditioned latent dynamics.

    z' = norm(z + f(z, a)), where f has two hidden layers and norm is the encoder's, so that imagined latents live where
    encoded ones do.
    """

    def __init__(
        self, latent: int, action: int, hidden: int = 512, members: int = 4, dropout: float = 0.0, felt: int = 0
    ):
        super().__init__()
        self.members, self.felt = members, felt
        bound = 2.0 / math.sqrt(latent)  # few actions stand against many latents: heard from the start
        self.act = nn.Parameter(torch.empty(members, action, hidden).uniform_(-bound, bound))
        self.look = Stacked(members, latent, hidden)
        self.think = Stacked(members, hidden, hidden)
        self.change = Stacked(members, hidden, latent, gain=0.1)  # starts near "nothing changes"
        self.dropout = dropout

    def path(self, latent: Tensor, actions: Tensor) -> Iterator[Tensor]:
        """Imagine step by step, every member from its own previous latent.

        Args:
            latent: where all members start. Shape (M, D), or (B, D) if N chunks start at each of B latents: what they
                share is then computed once.
            actions: in [-1, 1]. Shape (M, T, A), where M = B N and the chunks of a latent lie side by side.

        Yields:
            The latents after each action, float32. Shape (P, M, D).
        """
        copies = len(actions) // len(latent)
        z = latent.float().expand(self.members, -1, -1)
        seen = self.look(z).repeat_interleave(copies, dim=1)  # (P, M, hidden)
        z = z.repeat_interleave(copies, dim=1)
        for t, action in enumerate(actions.to(self.act.dtype).unbind(1)):  # (M, A)
            seen = self.look(z) if t else seen
            z = self._step(z, torch.baddbmm(seen, action.expand(self.members, -1, -1), self.act))
            yield z

    def roll(self, latent: Tensor, actions: Tensor) -> Tensor:
        """Return all steps of `path` at once. Shape (P, M, T, D)."""
        return torch.stack(list(self.path(latent, actions)), dim=2)

    def _step(self, z: Tensor, seen: Tensor) -> Tensor:
        h = F.dropout(F.relu_(self.think(F.relu_(seen))), self.dropout, self.training)
        return norm(z + self.change(h).float(), self.felt)  # the sum stays in float32: errors add up
