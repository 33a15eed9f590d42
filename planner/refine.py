"""Improve the best chunks with SciPy."""

from dataclasses import dataclass

import numpy as np
import torch
from scipy.optimize import minimize
from torch import Tensor

from .bounds import Bounds
from .polish import NO_GRADIENT, Evaluate, check_effort


@dataclass(frozen=True)
class SLSQP:
    """Sequential least squares programming (Kraft, 1988): bounds and limits are kept as constraints.

    minimize cost subject to every signed excess <= 0 and actions within the bounds. One chunk after the other, so that
    it suits one scene at a time.
    """

    steps: int = 10
    """More steps improve more; each takes at least one gradient, which counts as three rollouts."""
    top: int | None = 1
    """How many of the best chunks are refined; all, if absent."""

    def __post_init__(self) -> None:
        check_effort(self.steps, self.top)

    def rollouts(self, chunks: int) -> int:
        """Three for each step, if none has to be shortened."""
        return 3 * self.steps * chunks

    def __call__(self, evaluate: Evaluate, chunks: Tensor, bounds: Bounds) -> Tensor:
        """Refine every chunk by itself. Shape (B, E, T, A) -> the same."""
        refined = chunks.clone()
        for b, e in np.ndindex(*chunks.shape[:2]):
            refined[b, e] = self._refine(evaluate, chunks[:, e : e + 1], b, bounds)
        return refined

    def _refine(self, evaluate: Evaluate, chunks: Tensor, b: int, bounds: Bounds) -> Tensor:
        """Refine the chunk of scene b. Shape (B, 1, T, A) -> (T, A)."""
        seen: dict[bytes, tuple[np.ndarray, np.ndarray]] = {}

        def values(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            """Cost and excesses, and their derivatives; SciPy asks for them one by one."""
            if (key := x.tobytes()) not in seen:
                seen[key] = _differentiated(evaluate, chunks, b, x)
            return seen[key]

        start = chunks[b, 0].cpu().numpy().astype(float).ravel()
        scale = max(abs(values(start)[0][0]), 1e-30)  # SciPy's tolerances are absolute
        # SciPy ends on a limit, give or take a rounding: leave the room of a thousandth of an action.
        room = 1e-3 * np.linalg.norm(values(start)[1][1:], axis=1)
        minimize(
            lambda x: values(x)[0][0] / scale,
            start,
            jac=lambda x: values(x)[1][0] / scale,
            method="SLSQP",
            bounds=torch.stack([bound.expand(chunks.shape[2:]).flatten() for bound in bounds], dim=1).tolist(),
            constraints=[
                {"type": "ineq", "fun": lambda x: -values(x)[0][1:] - room, "jac": lambda x: -values(x)[1][1:]}
            ][: len(room)],
            options={"maxiter": self.steps},
        )
        # The best point on the way: the last one may stand beyond a limit.
        best = min(seen, key=lambda key: (max(0.0, *seen[key][0][1:], 0.0), seen[key][0][0]))
        return bounds.clip(torch.from_numpy(np.frombuffer(best).copy()).to(chunks).view_as(chunks[b, 0]))


def _differentiated(evaluate: Evaluate, chunks: Tensor, b: int, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cost and signed excesses of one chunk, shape (1 + L,), and their derivatives by its actions, (1 + L, T A)."""
    with torch.inference_mode(False), torch.enable_grad():
        chunks = chunks.clone()  # of an inference tensor no gradient can be taken
        variable = torch.from_numpy(x).to(chunks).view_as(chunks[b, 0]).requires_grad_()
        batch = torch.cat([chunks[:b], variable[None, None], chunks[b + 1 :]])
        score = evaluate(batch)
        numbers = [score.cost[b, 0], *(excess[b, 0] for excess in score.excesses.values())]
        if not numbers[0].requires_grad:
            raise ValueError(NO_GRADIENT)
        slopes = [
            torch.autograd.grad(number, variable, retain_graph=True, allow_unused=True)[0]
            if number.requires_grad
            else None
            for number in numbers
        ]
    flat = [np.zeros(x.size) if slope is None else slope.cpu().numpy().astype(float).ravel() for slope in slopes]
    worst = float(np.finfo(np.float32).max)
    values = np.nan_to_num(np.array([number.item() for number in numbers]), nan=worst, posinf=worst, neginf=-worst)
    return values, np.nan_to_num(np.stack(flat))
