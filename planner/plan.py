"""The planning loop, written once: sample, imagine, score, keep the best, refit."""

from collections.abc import Iterable, Sequence
from time import perf_counter
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..costs.objective import Objective
from ..costs.score import Score
from ..worldmodel.interface import WorldModel
from .belief import Belief, Search, best_of
from .best import Best
from .noise import Noise
from .proposal import Proposal


class Trace(NamedTuple):
    """The best candidate so far, after each iteration."""

    cost: Tensor
    """Shape (iterations, B)."""
    violation: Tensor
    """Shape (iterations, B)."""


class Plan(NamedTuple):
    """The best chunk that was evaluated, and what was imagined to follow. Row b belongs to scene b."""

    chunk: Tensor
    """Actions in [-1, 1]. Shape (B, T, A)."""
    cost: Tensor
    """Cost of this very chunk. Shape (B,)."""
    violation: Tensor
    """Scaled violation of the limits, 0 when feasible. Shape (B,)."""
    costs: dict[str, Tensor]
    """Cost by clause. Shape (B,) each."""
    excesses: dict[str, Tensor]
    """Signed excess by limit, safe when <= 0. Shape (B,) each."""
    feasible: Tensor
    """Whether every limit holds. Shape (B,), bool."""
    status: tuple[str, ...]
    """"feasible", "infeasible" or "not finite" (no candidate had a finite future). Length B."""
    source: tuple[str, ...]
    """Who offered the chunk: "search", "mean", or the class of a proposal. Length B."""
    belief: Belief
    """What the search believes now; shift it to start the next plan from it."""
    trace: Trace
    """Progress over the iterations."""
    milliseconds: float
    """Wall-clock time of planning."""


class Planner:
    """Finds the chunk with the least cost among those that an imagined future allows.

    Args:
        model: imagines what chunks would cause.
        objective: scores the imagined scenes.
        search: decides where to sample next.
        horizon: actions in a chunk, T.
        candidates: chunks imagined in each iteration, N.
        iterations: how often the search refits.
        proposals: further sources of chunks; together they take at most half of the first candidates.
        seed: names the noise; the same seed gives the same plan.
        keep: how many of an iteration's best chunks compete again in the next (Pinneri et al., 2020); at most half.
        try_mean: whether the mean that the search ends with competes too.
    """

    def __init__(
        self,
        model: WorldModel,
        objective: Objective,
        search: Search,
        horizon: int = 10,
        candidates: int = 256,
        iterations: int = 6,
        proposals: Sequence[Proposal] = (),
        seed: int = 0,
        keep: int = 0,
        try_mean: bool = True,
    ):
        for name, value, least in (
            ("horizon", horizon, 1),
            ("candidates", candidates, 1),
            ("iterations", iterations, 1),
            ("seed", seed, 0),
            ("keep", keep, 0),
        ):
            if value < least:
                raise ValueError(f"{name} is {value}; it must be at least {least}.")
        objective.check_known(model.quantities)
        self.needs = objective.needs
        self.model, self.objective, self.search = model, objective, search
        self.horizon, self.candidates, self.iterations = horizon, candidates, iterations
        self.proposals, self.seed, self.keep, self.try_mean = tuple(proposals), seed, keep, try_mean

    def start(self, batch: int = 1) -> Belief:
        """The belief of someone who has not planned yet, for `batch` scenes."""
        device = getattr(self.model, "device", "cpu")
        return Belief.start(batch, self.horizon, self.model.action_dim, device=device)

    @torch.inference_mode()
    def plan(
        self,
        state: Any,
        belief: Belief | None = None,
        budget: float | None = None,
        seeds: Sequence[Sequence[int]] | None = None,
    ) -> Plan:
        """Plan for every scene of `state`.

        Args:
            state: what `model.encode` returned.
            belief: where to start; `start()`, for one scene, if absent.
            budget: milliseconds; no iteration starts that is expected to end later, but the first one always runs.
            seeds: whole numbers that name each scene's noise beside the planner's seed. Length B. The same for every
                scene if absent, so that a scene is planned alike in any batch.
        """
        began = perf_counter()
        belief = self.start() if belief is None else belief
        batch = belief.mean.shape[0]
        seeds = [()] * batch if seeds is None else seeds
        if len(seeds) != batch:
            raise ValueError(
                f"the belief holds {batch} scenes but there are seeds for {len(seeds)}; give one per scene."
            )
        noise = Noise([(self.seed, *seed) for seed in seeds], belief.mean.device)

        best, belief, trace = self._search(state, belief, noise, None if budget is None else began + budget / 1e3)
        score = best.score
        return Plan(
            best.chunk,
            score.cost[:, 0],
            score.violation[:, 0],
            {name: values[:, 0] for name, values in score.costs.items()},
            {name: values[:, 0] for name, values in score.excesses.items()},
            score.feasible[:, 0],
            best.status,
            best.source,
            belief,
            trace,
            1e3 * (perf_counter() - began),
        )

    @torch.inference_mode()
    def imagine_plan(self, state: Any, chunk: Tensor, names: Iterable[str] | None = None) -> dict[str, Tensor]:
        """Imagine one chunk per scene again, for reports.

        Args:
            state: what `model.encode` returned.
            chunk: Shape (B, T, A).
            names: quantities to imagine; those that the objective needs if absent.

        Returns:
            name -> tensor of shape (P, B, 1, T, *shape of the quantity).
        """
        return self.model.imagine(state, chunk[:, None].clamp(-1.0, 1.0), self.needs if names is None else tuple(names))

    def _search(self, state: Any, belief: Belief, noise: Noise, deadline: float | None) -> tuple[Best, Belief, Trace]:
        """Sample, imagine, score, keep the best, refit; again."""
        best, kept, trace, lap = None, None, [], 0.0
        for iteration in range(self.iterations):
            began = perf_counter()
            if best is not None and deadline is not None and began + lap > deadline:
                break  # another iteration as long as the last one would end too late
            offers = self._offers(state, belief, noise) if iteration == 0 else []
            chunks, sources = self._candidates(belief, noise, offers, kept)
            score, ranking = self._evaluate(state, chunks)
            best = Best.among(chunks, score, ranking, sources).or_earlier(best)
            belief = self.search.update(belief, chunks, ranking)
            kept = best_of(chunks, ranking, min(self.keep, self.candidates // 2))[0]
            trace.append(best.score)
            lap = perf_counter() - began
        assert best is not None  # iterations >= 1
        if self.try_mean:
            chunks = belief.mean[:, None]
            best = Best.among(chunks, *self._evaluate(state, chunks), ["mean"]).or_earlier(best)
        history = Trace(*(torch.stack([getattr(score, name)[:, 0] for score in trace]) for name in Trace._fields))
        return best, belief, history

    def _offers(self, state: Any, belief: Belief, noise: Noise) -> list[tuple[str, Tensor]]:
        """Ask every proposal, until half of the candidates are taken."""
        offers, free = [], self.candidates // 2
        for proposal in self.proposals:
            name, chunks = type(proposal).__name__, proposal.propose(state, belief, free, noise)[:, :free]
            if (chunks.shape[0], *chunks.shape[2:]) != tuple(belief.mean.shape):
                batch, steps, size = belief.mean.shape
                raise ValueError(
                    f"{name} must propose chunks of shape (B, n, T, A) = ({batch}, n, {steps}, {size}); "
                    f"its have shape {tuple(chunks.shape)}."
                )
            offers.append((name, chunks))
            free -= chunks.shape[1]
        return offers

    def _candidates(
        self, belief: Belief, noise: Noise, offers: list[tuple[str, Tensor]], kept: Tensor | None
    ) -> tuple[Tensor, list[str]]:
        """Fill what offers and kept chunks leave with samples. Shape (B, N, T, A), and N sources."""
        if kept is not None:
            offers = [("search", kept)]
        free = self.candidates - sum(chunks.shape[1] for _, chunks in offers)
        parts = [*offers, ("search", self.search.sample(belief, free, noise))]
        sources = [name for name, chunks in parts for _ in range(chunks.shape[1])]
        return torch.cat([chunks for _, chunks in parts], dim=1), sources

    def _evaluate(self, state: Any, chunks: Tensor) -> tuple[Score, Tensor]:
        """Score chunks as the bounds would have them executed; the ranking (B, N) is never NaN."""
        actions = chunks.clamp(-1.0, 1.0)
        score = self.objective(self.model.imagine(state, actions, self.needs), actions)
        ranking = score.ranking()
        return score, torch.where(ranking.isnan(), torch.inf, ranking)
