"""Covariance matrix adaptation, by the reference implementation `cma`."""

import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .belief import Belief
from .noise import Noise


class _Drawn:
    """Hands out numbers that were drawn before, where `cma` would draw its own."""

    numbers: np.ndarray

    def __call__(self, *shape: int) -> np.ndarray:
        return self.numbers.reshape(shape)


@dataclass(frozen=True)
class CMAES:
    """Learn how the actions of a chunk vary together (Hansen & Ostermeier, 2001), with the package `cma`.

    One evolution strategy per scene; its state, pickled, is the belief's memory, so that the search stays pure. The
    random numbers are the scene's own noise. Beyond some hundred numbers in a chunk it learns too slowly to pay.
    """

    min_std: float = 0.02
    """Lower bound of the standard deviation, in units of the action range."""

    def __post_init__(self) -> None:
        if self.min_std <= 0:
            raise ValueError(f"min_std is {self.min_std}; it must be above 0, or the search cannot move.")

    @property
    def prefers(self) -> Mapping[str, Any]:
        """Small populations and many of them."""
        return {"iterations": 16}

    def sample(self, belief: Belief, n: int, noise: Noise) -> Tensor:
        """Draw candidate chunks. Shape (B, n, T, A)."""
        drawn = noise(n, *belief.mean.shape[1:]).flatten(2).double().cpu().numpy()  # (B, n, T A)
        found = []
        for strategy, numbers in zip(self._strategies(belief, n), drawn, strict=True):
            strategy.sm.randn.numbers = numbers
            found.append(strategy.mean + strategy.sigma * strategy.sigma_vec * np.asarray(strategy.sm.sample(n)))
        return torch.from_numpy(np.stack(found)).to(belief.mean).view(len(found), n, *belief.mean.shape[1:])

    def update(self, belief: Belief, chunks: Tensor, ranking: Tensor) -> Belief:
        """Let each strategy learn from the candidates that are usable; too few of them teach nothing."""
        strategies = self._strategies(belief, chunks.shape[1])
        means, stds = belief.mean.flatten(1).clone(), belief.std.flatten(1).clone()
        for b, strategy in enumerate(strategies):
            usable = ranking[b].isfinite()
            if int(usable.sum()) < strategy.sp.weights.mu + 1:
                continue
            points = chunks[b][usable].flatten(1).double().cpu().numpy()
            strategy.sm.randn.numbers = np.zeros(points.shape)
            strategy.ask(len(points))  # `cma` insists; what was really asked for is in `points`
            strategy.tell(list(points), ranking[b][usable].double().tolist(), check_points=False)
            means[b] = torch.from_numpy(np.asarray(strategy.mean)).to(means)
            stds[b] = torch.from_numpy(np.asarray(strategy.stds)).to(stds).clamp_min(self.min_std)
        memory = tuple(pickle.dumps(strategy) for strategy in strategies)
        return Belief(means.view_as(belief.mean), stds.view_as(belief.std), belief.best, memory)

    def _strategies(self, belief: Belief, n: int) -> list[Any]:
        """Wake the strategies up, or begin them."""
        if belief.memory is not None:
            return [pickle.loads(each) for each in belief.memory]  # our own bytes, never a file's
        return [
            self._begun(mean, std, n)
            for mean, std in zip(belief.mean.flatten(1).cpu(), belief.std.flatten(1).cpu(), strict=True)
        ]

    def _begun(self, mean: Tensor, std: Tensor, n: int) -> Any:
        import cma  # half a second, paid by those who use it

        sigma = float(std.mean())
        options = {
            "popsize": max(n, 4),
            "randn": _Drawn(),
            "seed": np.nan,  # leave the global generator alone
            "CMA_stds": (std / sigma).double().numpy(),
            "minstd": self.min_std,
            "verbose": -9,
        }
        return cma.CMAEvolutionStrategy(mean.double().numpy(), sigma, options)
