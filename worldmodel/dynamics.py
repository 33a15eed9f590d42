"""What an action does to a latent: P residual networks, each rolled out on its own latents."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .ensemble import Stacked


class Dynamics(nn.Module):
    """Ensemble of action-conditioned latent dynamics.

    z' = norm(z + f(z, a)), where f has two hidden layers and norm is a layer normalisation without parameters,
    so that imagined latents live where encoded ones do.
    """

    def __init__(self, latent: int, action: int, hidden: int = 512, members: int = 4, dropout: float = 0.0) -> None:
        super().__init__()
        self.members = members
        self.look = Stacked(members, latent, hidden)
        self.act = Stacked(members, action, hidden, gain=2.0)  # few inputs against 256 latents: heard from the start
        self.think = Stacked(members, hidden, hidden)
        self.change = Stacked(members, hidden, latent, gain=0.1)  # starts near "nothing changes"
        self.dropout = dropout

    def roll(self, latent: Tensor, actions: Tensor) -> Tensor:
        """Imagine the latents after each action, every member from its own previous latent.

        Args:
            latent: where all members start. Shape (M, D).
            actions: actions in [-1, 1]. Shape (M, T, A).

        Returns:
            Float32. Shape (P, M, T, D).
        """
        m, steps, size = actions.shape
        push = actions.reshape(1, m * steps, size).expand(self.members, -1, -1)
        push = self.act(push).view(self.members, m, steps, -1)  # all steps at once: they do not depend on the latent
        z = latent.float().expand(self.members, -1, -1)  # (P, M, D)
        path = []
        for t in range(steps):
            z = self._step(z, push[:, :, t])
            path.append(z)
        return torch.stack(path, dim=2)

    def _step(self, z: Tensor, push: Tensor) -> Tensor:
        h = F.relu(self.look(z) + push)
        h = F.dropout(F.relu(self.think(h)), self.dropout, self.training)
        return F.layer_norm(z + self.change(h).float(), z.shape[-1:])  # the sum stays in float32: errors add up
