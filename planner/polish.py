"""Improve the best chunks by following the gradient through the world model."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from ..costs.score import Score
from .bounds import Bounds

Evaluate = Callable[[Tensor], Score]
"""Chunks within the bounds, of shape (B, E, T, A) -> their score, differentiable."""


NO_GRADIENT = (
    "a polish follows the gradient of the cost, but the world model or the costs give none; "
    "choose another model, or leave the polish out (planner.polish=null)."
)


class Polish(Protocol):
    """Turns chunks into better ones. The planner takes the result only where it ranks before every other candidate."""

    top: int | None
    """How many of the best chunks are polished; all, if absent."""

    def rollouts(self, chunks: int) -> int:
        """What polishing so many chunks costs in imagined rollouts; a gradient counts as three."""
        ...

    def __call__(self, evaluate: Evaluate, chunks: Tensor, bounds: Bounds) -> Tensor:
        """Shape (B, E, T, A), best first, within the bounds -> (B, E', T, A) with E' <= E."""
        ...


@dataclass(frozen=True)
class Adam:
    """Some steps of Adam (Kingma & Ba, 2015) along the gradient, normalised chunk by chunk.

    It descends what ranks a chunk: the violation where there is one, the cost where there is none. The normalised
    gradient makes the steps independent of the scale of the cost. The best iterate is returned, not the last. With
    `halvings`, the worse half of the chunks is given up after each tenth of the steps (successive halving, Jamieson &
    Talwalkar, 2016): for the same number of gradients, more starts are tried and the best one is followed farther.
    """

    steps: int = 10
    """More steps improve more, at three rollouts each."""
    rate: float = 0.1
    """First step size, in units of the action range; it falls to a tenth of it along a straight line."""
    top: int | None = 4
    """How many of the best chunks are polished; all, if absent."""
    halvings: int = 0
    """How often the worse half is given up, at most 9 times."""

    def __post_init__(self) -> None:
        check_effort(self.steps, self.top)
        if self.rate <= 0:
            raise ValueError(f"rate is {self.rate}; it must be above 0.")
        if not 0 <= self.halvings <= 9:
            raise ValueError(f"halvings is {self.halvings}; it must lie in 0..9.")

    def rollouts(self, chunks: int) -> int:
        """Three for each step of each chunk that is still followed, and one to look at the last."""
        alive = [max(chunks >> self._halved(step), 1) for step in range(self.steps)]
        return 3 * sum(alive) + alive[-1]

    def __call__(self, evaluate: Evaluate, chunks: Tensor, bounds: Bounds) -> Tensor:
        """Polish every chunk by itself."""
        best, leader = chunks, None
        first = second = torch.zeros_like(chunks)
        for step in range(self.steps):
            if leader is not None and self._halved(step) > self._halved(step - 1) and chunks.shape[1] > 1:
                order = leader.ranking().argsort(dim=1, stable=True)[:, : chunks.shape[1] // 2]
                rows, leader = torch.arange(len(order), device=order.device)[:, None], leader.at(order)
                best, chunks, first, second = (each[rows, order] for each in (best, chunks, first, second))
            score, slope = graded(evaluate, chunks)
            best, leader = (chunks, score) if leader is None else _better(chunks, score, best, leader)
            slope = slope / slope.square().mean(dim=(2, 3), keepdim=True).sqrt().clamp_min(1e-30)
            first, second = torch.lerp(slope, first, 0.9), torch.lerp(slope.square(), second, 0.99)
            change = (first / (1 - 0.9 ** (step + 1))) / ((second / (1 - 0.99 ** (step + 1))).sqrt() + 1e-12)
            chunks = bounds.clip(chunks - self.rate * (1 - 0.9 * step / self.steps) * change)
        assert leader is not None  # steps >= 1
        return _better(chunks, evaluate(chunks), best, leader)[0]

    def _halved(self, step: int) -> int:
        """How often the chunks have been halved before this step."""
        return min(10 * step // self.steps, self.halvings)


def graded(evaluate: Evaluate, chunks: Tensor) -> tuple[Score, Tensor]:
    """Score chunks, and differentiate what ranks them by their actions. Shape (B, E, T, A).

    Raises:
        ValueError: the world model or a cost cannot be differentiated.
    """
    with torch.inference_mode(False), torch.enable_grad():
        variable = chunks.clone().detach().requires_grad_()
        score = evaluate(variable)
        aim = torch.where(score.violation > 0, score.violation, score.cost)
        aim = torch.where(aim.isfinite(), aim, 0.0).sum()
        if not aim.requires_grad:
            raise ValueError(NO_GRADIENT)
        (slope,) = torch.autograd.grad(aim, variable)
    return _detached(score), torch.where(slope.isfinite(), slope, 0.0)


def check_effort(steps: int, top: int | None) -> None:
    """Refuse a polish that does nothing."""
    for name, value in (("steps", steps), ("top", 1 if top is None else top)):
        if value < 1:
            raise ValueError(f"{name} is {value}; it must be at least 1.")


def _detached(score: Score) -> Score:
    return Score(score.cost.detach(), score.violation.detach())


def _better(chunks: Tensor, score: Score, best: Tensor, leader: Score) -> tuple[Tensor, Score]:
    """Each chunk's better iterate, and its score."""
    wins = score.beats(leader)
    cost, violation = torch.where(wins, score.cost, leader.cost), torch.where(wins, score.violation, leader.violation)
    return torch.where(wins[..., None, None], chunks, best), Score(cost, violation)
