"""Fewer numbers than actions: a search may look for knots, between which the chunk is filled in."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, Protocol, get_args

import numpy as np
import torch
from scipy.interpolate import CubicSpline
from torch import Tensor

from .belief import Belief

Kind = Literal["linear", "cubic"]


class Basis(Protocol):
    """A linear map from K knots to T actions. A frozen dataclass, so that its matrix is made once."""

    def matrix(self, steps: int) -> np.ndarray:
        """Fill in a chunk, x = M k. Shape (T, K)."""
        ...


@dataclass(frozen=True)
class Repeat:
    """Every action is executed several times in a row."""

    times: int = 2
    """Higher values search fewer numbers, for coarser chunks."""

    def __post_init__(self) -> None:
        if self.times < 1:
            raise ValueError(f"times is {self.times}; it must be at least 1.")

    def matrix(self, steps: int) -> np.ndarray:
        knots = -(-steps // self.times)
        return (np.arange(steps)[:, None] // self.times == np.arange(knots)).astype(float)


@dataclass(frozen=True)
class Knots:
    """Actions on a curve through evenly spaced knots, the first and the last action among them."""

    count: int = 4
    """Fewer knots make smoother chunks."""
    kind: Kind = "linear"
    """Straight lines between the knots, or a natural cubic spline."""

    def __post_init__(self) -> None:
        if self.count < 2:
            raise ValueError(f"count is {self.count}; a curve needs at least 2 knots.")
        if self.kind not in get_args(Kind):
            raise ValueError(f"kind is {self.kind!r}; it must be one of {list(get_args(Kind))}.")

    def matrix(self, steps: int) -> np.ndarray:
        at, places = np.linspace(0, 1, steps), np.linspace(0, 1, min(self.count, max(steps, 2)))
        each = np.eye(len(places))
        if self.kind == "cubic" and len(places) > 2:
            return CubicSpline(places, each, bc_type="natural")(at)
        return np.stack([np.interp(at, places, one) for one in each], axis=1)


@lru_cache(maxsize=64)
def matrices(basis: Basis, steps: int) -> tuple[Tensor, Tensor]:
    """Return the map to actions, shape (T, K), and its least-squares inverse, shape (K, T)."""
    matrix = basis.matrix(steps)
    return torch.from_numpy(matrix).float(), torch.from_numpy(np.linalg.pinv(matrix)).float()


def expand(basis: Basis | None, knots: Tensor, steps: int) -> Tensor:
    """Fill in chunks. Shape (..., K, A) -> (..., T, A)."""
    return knots if basis is None else matrices(basis, steps)[0].to(knots) @ knots


def project(basis: Basis | None, chunks: Tensor) -> Tensor:
    """Find the nearest knots. Shape (..., T, A) -> (..., K, A)."""
    return chunks if basis is None else matrices(basis, chunks.shape[-2])[1].to(chunks) @ chunks


def coarse(basis: Basis | None, belief: Belief) -> Belief:
    """Believe about knots what was believed about actions; each knot is as wide as the actions it moves."""
    if basis is None:
        return belief
    share = matrices(basis, belief.mean.shape[1])[0].to(belief.std).abs().T  # (K, T)
    share = share / share.sum(dim=1, keepdim=True)
    return Belief(project(basis, belief.mean), share @ belief.std)


def fine(basis: Basis | None, belief: Belief, steps: int) -> Belief:
    """Believe about actions what is believed about knots."""
    if basis is None:
        return belief
    return Belief(expand(basis, belief.mean, steps), (matrices(basis, steps)[0].to(belief.std).abs() @ belief.std))
