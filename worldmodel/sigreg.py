"""Latents spread like independent standard normal numbers: a guard against collapse that needs no decoder."""

import torch
from torch import Tensor

DIRECTIONS, POINTS = 64, 17
"""Random directions of a sketch, and places at which two characteristic functions are compared."""


def sigreg(latents: Tensor, noise: torch.Generator) -> Tensor:
    """How far latents are from a standard normal distribution (SIGReg: Balestriero and LeCun, 2025).

    By Cramér and Wold, a distribution is normal if its shadows along every direction are. Along some random ones the
    empirical characteristic function is compared with that of a normal one (Epps and Pulley, 1983).

    Args:
        latents: shape (N, D).
        noise: draws the directions.

    Returns:
        The statistic per latent, averaged over directions: 0 where all shadows are normal. Shape ().
    """
    way = torch.randn(latents.shape[-1], DIRECTIONS, generator=noise).to(latents.device)
    shadows = latents.float() @ (way / way.norm(dim=0))  # (N, K)
    at = torch.linspace(-4.0, 4.0, POINTS, device=latents.device)
    turns = shadows.unsqueeze(-1) * at
    normal = torch.exp(-0.5 * at.square())
    gap = (turns.cos().mean(0) - normal).square() + turns.sin().mean(0).square()  # (K, POINTS)
    return torch.trapezoid(gap * normal, at).mean()
