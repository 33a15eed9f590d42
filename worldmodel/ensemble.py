"""Several members in one tensor, and how far they differ."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Stacked(nn.Module):
    """One linear layer for each of P members, evaluated in a single batched product.

    yₚ = bₚ + xₚ Wₚ, each member drawn anew, so that members differ from the first step on.
    """

    def __init__(self, members: int, inputs: int, outputs: int, gain: float = 1.0) -> None:
        super().__init__()
        bound = gain / math.sqrt(inputs)
        self.weight = nn.Parameter(torch.empty(members, inputs, outputs).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(members, 1, outputs).uniform_(-bound, bound))

    def forward(self, x: Tensor, plus: Tensor | None = None) -> Tensor:
        """Shape (P, M, inputs) -> (P, M, outputs), in the dtype of the weights (or of autocast).

        Args:
            x: the inputs.
            plus: what stands in for b, such as the output of another layer. Shape (P, M, outputs).
        """
        return torch.baddbmm(self.bias if plus is None else plus, x.to(self.weight.dtype), self.weight)


def disagreement(positions: Sequence[Tensor]) -> Tensor:
    """Say how far the members' readings of positions lie apart, in the unit of the positions.

    d = mean over objects of √(Σ_axes Var_members), the same for every member.

    Args:
        positions: one tensor per object. Shape (P, ..., 3).

    Returns:
        Shape (P, ...).
    """
    spread = [p.var(dim=0, correction=0).sum(-1).sqrt() for p in positions]
    return torch.stack(spread).mean(0).expand(positions[0].shape[:-1])
