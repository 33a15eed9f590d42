"""What several possible futures are worth together: one number out of P."""

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor


class Risk(Protocol):
    """Reduces the first dimension, the possible futures; larger values are worse."""

    def __call__(self, values: Tensor) -> Tensor:
        """Reduce shape (P, ...) to shape (...)."""
        ...


@dataclass(frozen=True)
class Mean:
    """The average future."""

    def __call__(self, values: Tensor) -> Tensor:
        return values[0] if len(values) == 1 else values.mean(dim=0)


@dataclass(frozen=True)
class CVaR:
    """Conditional value at risk (Rockafellar & Uryasev, 2000): the mean of the worst share 1 - alpha of the futures.

    A future that is only partly within the share counts with that part.
    """

    alpha: float
    """Higher values are more cautious: 0 is `Mean`, close to 1 is `Worst`."""

    def __post_init__(self):
        if not 0.0 <= self.alpha < 1.0:
            raise ValueError(f"CVaR: 'alpha' is a share from 0 (the mean) to below 1 (the worst), got {self.alpha!r}.")

    def __call__(self, values: Tensor) -> Tensor:
        worst_first = values.sort(dim=0, descending=True).values
        share = (1.0 - self.alpha) * len(values)  # how many futures, not always whole
        counted = (share - torch.arange(len(values), dtype=values.dtype, device=values.device)).clamp(0.0, 1.0)
        weights = (counted / counted.sum()).reshape(-1, *[1] * (values.dim() - 1))  # (P, 1, ...)
        return (weights * worst_first).sum(dim=0)


@dataclass(frozen=True)
class Worst:
    """The worst future."""

    def __call__(self, values: Tensor) -> Tensor:
        return values.amax(dim=0)


@dataclass(frozen=True)
class Quantile:
    """Value at risk: the future that a share alpha of all futures is no worse than, interpolated between neighbours."""

    alpha: float = 0.5
    """Higher values are more cautious: 0.5 is the median, 1 is `Worst`."""

    def __post_init__(self):
        if not 0.0 <= self.alpha <= 1.0:
            raise ValueError(f"Quantile: 'alpha' is a share from 0 (the best) to 1 (the worst), got {self.alpha!r}.")

    def __call__(self, values: Tensor) -> Tensor:
        return torch.quantile(values, self.alpha, dim=0)
