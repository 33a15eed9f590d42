"""Standard-normal noise that belongs to one scene and to nothing else, white or coloured."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Protocol

import numpy as np
import torch
from torch import Tensor


class Colour(Protocol):
    """How noise hangs together over time. A frozen dataclass."""

    def __call__(self, noise: Tensor) -> Tensor:
        """Mix independent standard-normal steps into dependent ones of variance one. Shape (N, T, A) -> the same."""
        ...


@dataclass(frozen=True)
class Correlated:
    """Each step resembles the one before: x_t = ρ x_{t-1} + √(1 - ρ²) e_t."""

    correlation: float = 0.5
    """ρ in [0, 1); higher values make smoother chunks."""

    def __post_init__(self) -> None:
        if not 0 <= self.correlation < 1:
            raise ValueError(f"correlation is {self.correlation}; it must lie in [0, 1).")

    def __call__(self, noise: Tensor) -> Tensor:
        steps, fresh = [noise[..., 0, :]], (1.0 - self.correlation**2) ** 0.5
        for t in range(1, noise.shape[-2]):
            steps.append(self.correlation * steps[-1] + fresh * noise[..., t, :])
        return torch.stack(steps, dim=-2)


@dataclass(frozen=True)
class PowerLaw:
    """Power density ∝ 1 / f^β (Timmer & König, 1995), the coloured noise of iCEM (Pinneri et al., 2020)."""

    exponent: float = 2.0
    """β >= 0: 0 is white, 1 pink, 2 red; higher values make smoother chunks."""

    def __post_init__(self) -> None:
        if self.exponent < 0:
            raise ValueError(f"exponent is {self.exponent}; it must be at least 0.")

    def __call__(self, noise: Tensor) -> Tensor:
        return _power_law(self.exponent, noise.shape[-2]) @ noise


@lru_cache(maxsize=64)
def _power_law(exponent: float, steps: int) -> Tensor:
    """Square root of the covariance of the steps. Shape (T, T), rows of norm one."""
    # Twice the chunk as period: the end of a chunk has nothing to do with its beginning.
    frequency = np.maximum(np.fft.rfftfreq(2 * steps), 1 / (2 * steps))
    covariance = np.fft.irfft(frequency**-exponent, 2 * steps)[:steps]
    lag = np.abs(np.arange(steps)[:, None] - np.arange(steps))
    mixed = np.linalg.cholesky(covariance[lag] / covariance[0] + 1e-9 * np.eye(steps))
    return torch.from_numpy(mixed / np.linalg.norm(mixed, axis=1, keepdims=True)).float()


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
        names = [tuple(int(number) for number in seed) for seed in seeds]
        self._streams = {name: _stream(name) for name in names}
        places = {name: place for place, name in enumerate(self._streams)}
        self._place = torch.tensor([places[name] for name in names])  # scenes of one name share a stream

    def __call__(self, n: int, steps: int, size: int) -> Tensor:
        """Draw the next numbers of every stream. Shape (B, n, steps, size)."""
        drawn = torch.empty(len(self._streams), n, steps, size)
        for row, stream in zip(drawn, self._streams.values(), strict=True):
            row.normal_(generator=stream)
        # One scene at a time, so that no product is split differently in another batch.
        drawn = drawn if self._colour is None else torch.stack([self._colour(row) for row in drawn])
        return (drawn if len(drawn) == len(self._place) else drawn[self._place]).to(self._device)


def _stream(seed: tuple[int, ...]) -> torch.Generator:
    # Hashed, because neighbouring seeds of a generator can give related numbers.
    digest = blake2b(repr(seed).encode(), digest_size=8).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest) >> 1)
