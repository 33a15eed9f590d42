"""Standard-normal noise that belongs to one scene and to nothing else, white or coloured."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
import torch
from torch import Tensor


class Colour(Protocol):
    """How noise hangs together over time. A frozen dataclass, so that its matrix is made once."""

    def matrix(self, steps: int) -> np.ndarray:
        """Mix independent steps into dependent ones, x = C e, each of variance one. Shape (T, T), rows of norm one."""
        ...


@dataclass(frozen=True)
class Correlated:
    """Each step resembles the one before: x_t = ρ x_{t-1} + √(1 - ρ²) e_t."""

    correlation: float = 0.5
    """ρ in [0, 1); higher values make smoother chunks."""

    def __post_init__(self) -> None:
        if not 0 <= self.correlation < 1:
            raise ValueError(f"correlation is {self.correlation}; it must lie in [0, 1).")

    def matrix(self, steps: int) -> np.ndarray:
        lag = np.arange(steps)[:, None] - np.arange(steps)
        mixed = np.where(lag >= 0, self.correlation ** np.maximum(lag, 0), 0.0)
        mixed[:, 1:] *= np.sqrt(1 - self.correlation**2)
        return mixed


@dataclass(frozen=True)
class PowerLaw:
    """Power density ∝ 1 / f^β (Timmer & König, 1995), the coloured noise of iCEM (Pinneri et al., 2020)."""

    exponent: float = 2.0
    """β >= 0: 0 is white, 1 pink, 2 red; higher values make smoother chunks."""

    def __post_init__(self) -> None:
        if self.exponent < 0:
            raise ValueError(f"exponent is {self.exponent}; it must be at least 0.")

    def matrix(self, steps: int) -> np.ndarray:
        # Twice the chunk as period: the end of a chunk has nothing to do with its beginning.
        frequency = np.maximum(np.fft.rfftfreq(2 * steps), 1 / (2 * steps))
        covariance = np.fft.irfft(frequency**-self.exponent, 2 * steps)[:steps]
        lag = np.abs(np.arange(steps)[:, None] - np.arange(steps))
        mixed = np.linalg.cholesky(covariance[lag] / covariance[0] + 1e-9 * np.eye(steps))
        return mixed / np.linalg.norm(mixed, axis=1, keepdims=True)


class Noise:
    """One private stream per scene, so that a plan depends neither on its neighbours nor on the global generator.

    The numbers are drawn on the CPU and then moved, so that they are the same on every device.

    Args:
        seeds: what names each scene's stream, one sequence of whole numbers (>= 0) per scene. Length B.
        device: where the numbers are wanted.
        colour: how the steps hang together; independent if absent.
    """

    def __init__(
        self, seeds: Sequence[Sequence[int]], device: torch.device | str = "cpu", colour: Colour | None = None
    ):
        self._device, self._colour = torch.device(device), colour
        self._streams = [_stream(tuple(seed)) for seed in seeds]

    def __call__(self, n: int, steps: int, size: int) -> Tensor:
        """Draw the next numbers of every stream. Shape (B, n, steps, size)."""
        draws = [torch.randn(n, steps, size, generator=stream) for stream in self._streams]
        if self._colour is not None:
            mixing = _matrix(self._colour, steps)
            draws = [mixing @ draw for draw in draws]
        return torch.stack(draws).to(self._device)


@lru_cache(maxsize=64)
def _matrix(colour: Colour, steps: int) -> Tensor:
    return torch.from_numpy(colour.matrix(steps)).float()


def _stream(seed: tuple[int, ...]) -> torch.Generator:
    # SeedSequence, because neighbouring seeds of a generator can give related numbers.
    word = int(np.random.SeedSequence(seed).generate_state(1, np.uint64)[0])
    return torch.Generator().manual_seed(word >> 1)
