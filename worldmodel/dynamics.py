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

    def keep(self, members: int) -> None:
        """Forget all members but the first so many, for good."""
        if not 1 <= members <= self.members:
            raise ValueError(f"members is {members}; it must lie in 1..{self.members}, the members that were trained.")
        for parameter in self.parameters():
            parameter.data = parameter.data[:members].clone()
        self.members = members

    def path(self, latent: Tensor, actions: Tensor) -> Iterator[Tensor]:
        """Imagine step by step, every member from its own previous latent.

        Args:
            latent: where all members start, one latent for every run of M / B chunks; what the first layer makes of it
                is computed once for the run. Shape (B, D).
            actions: in [-1, 1]. Shape (M, T, A).

        Yields:
            The latents after each action, float32. Shape (P, M, D).
        """
        z, run = latent.float().expand(self.members, -1, -1), len(actions) // len(latent)
        for action in actions.unbind(1):  # (M, A)
            heard = torch.baddbmm(self.look.bias, action.to(self.act.dtype).expand(self.members, -1, -1), self.act)
            if z.shape[1] < len(actions):
                seen = z.to(self.act.dtype).float() @ self.look.weight.float()  # rounded once, with what is heard
                h = (heard + seen.repeat_interleave(run, dim=1)).to(self.act.dtype)
                z = z.repeat_interleave(run, dim=1)
            else:
                h = self.look(z, plus=heard)
            h = F.dropout(F.relu_(self.think(F.relu_(h))), self.dropout, self.training)
            z = norm(z + self.change(h).float(), self.felt)  # the sum stays in float32: errors add up
            yield z

    def roll(self, latent: Tensor, actions: Tensor) -> Tensor:
        """Return all steps of `path` at once. Shape (P, M, T, D)."""
        return torch.stack(list(self.path(latent, actions)), dim=2)
