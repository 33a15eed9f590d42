"""Standard-normal noise that belongs to one scene and to nothing else."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor


class Noise:
    """One private stream per scene, so that a plan depends neither on its neighbours nor on the global generator.

    The numbers are drawn on the CPU and then moved, so that they are the same on every device.

    Args:
        seeds: what names each scene's stream, one sequence of whole numbers (>= 0) per scene. Length B.
        device: where the numbers are wanted.
    """

    def __init__(self, seeds: Sequence[Sequence[int]], device: torch.device | str = "cpu"):
        self._device = torch.device(device)
        self._streams = [_stream(seed) for seed in seeds]

    def __call__(self, n: int, steps: int, size: int) -> Tensor:
        """Draw the next numbers of every stream. Shape (B, n, steps, size)."""
        draws = [torch.randn(n, steps, size, generator=stream) for stream in self._streams]
        return torch.stack(draws).to(self._device)


def correlated(noise: Tensor, correlation: float) -> Tensor:
    """Tie each step to the one before: x_t = ρ x_{t-1} + √(1 - ρ²) e_t, which keeps the variance at one.

    Args:
        noise: independent standard-normal numbers e. Shape (B, N, T, A).
        correlation: ρ in [0, 1); 0 leaves the noise as it is, higher values make smoother chunks.

    Returns:
        Shape (B, N, T, A).
    """
    if correlation == 0.0:
        return noise
    steps = [noise[..., 0, :]]
    fresh = (1.0 - correlation**2) ** 0.5
    for t in range(1, noise.shape[-2]):
        steps.append(correlation * steps[-1] + fresh * noise[..., t, :])
    return torch.stack(steps, dim=-2)


def _stream(seed: Sequence[int]) -> torch.Generator:
    # SeedSequence, because neighbouring seeds of a generator can give related numbers.
    word = int(np.random.SeedSequence(list(seed)).generate_state(1, np.uint64)[0])
    return torch.Generator().manual_seed(word >> 1)
