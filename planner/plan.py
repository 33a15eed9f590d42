"""The planning loop, written once: sample, imagine, score, keep the best, refit."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from time import perf_counter
from typing import Any

import torch
from torch import Tensor

from ..costs.cost import Scene
from ..costs.names import known_as, seen, split
from ..costs.objective import Objective
from ..costs.score import Score
from ..worldmodel.interface import Reads, WorldModel
from .anchors import anchored, check_reads, imagined, spread
from .basis import Basis, coarse, expand, fine, project
from .belief import Belief, Search, best_of
from .bounds import Bounds
from .budget import Budget, budget_of
from .noise import Colour, Noise
from .outcome import Plan
from .polish import NO_GRADIENT, Polish
from .proposal import Offers, Proposal, Share
from .tried import Trace, Tried

DEFAULTS: Mapping[str, Any] = {
    "iterations": 6, "keep": 0, "try_mean": True, "decay": 1.0, "colour": None, "basis": None, "polish": None,
}  # fmt: skip
"""What holds where neither the planner is told nor the search prefers anything."""


class Planner:
    """Finds the chunk with the least cost among those that an imagined future allows.

    Args:
        model: imagines what chunks would cause.
        objective: scores the imagined scenes.
        search: decides where to sample next.
        horizon: actions in a chunk, T.
        candidates: chunks imagined in the first iteration, N.
        iterations: how often the search refits; 6, unless the search prefers another number.
        proposals: further sources of chunks, each alone or with its `Share` of the first candidates; those without a
            share fill what the others leave of the first half, in order.
        seed: names the noise; the same seed gives the same plan.
        keep: how many of an iteration's best chunks compete again in the next (Pinneri et al., 2020), at most half; the
            belief carries as many to the next plan.
        try_mean: whether the mean that the search ends with competes too.
        decay: each iteration has 1 / decay as many candidates as the one before, but at least a quarter of the first.
        colour: how the noise hangs together over time; white if absent.
        basis: knots that the search looks for in place of single actions.
        polish: improves the best chunks at the end, where the model can be differentiated.
        low: least action, one number or one per action, in [-1, 1]; bounds are applied where a chunk is imagined.
        high: greatest action, alike.
        at_once: chunks imagined in one call to the model, over all scenes; bounds the memory. All, if absent.
        compile: whether imagining and scoring are compiled by `torch.compile`: slow to start, faster later.

    What is None is taken from what the search prefers, or else from `DEFAULTS`.
    """

    def __init__(
        self,
        model: WorldModel,
        objective: Objective,
        search: Search,
        horizon: int = 10,
        candidates: int = 256,
        iterations: int | None = None,
        proposals: Sequence[Proposal | Share] = (),
        seed: int = 0,
        keep: int | None = None,
        try_mean: bool | None = None,
        decay: float | None = None,
        colour: Colour | None = None,
        basis: Basis | None = None,
        polish: Polish | None = None,
        low: float | Sequence[float] = -1.0,
        high: float | Sequence[float] = 1.0,
        at_once: int | None = None,
        compile: bool = False,
    ):
        told = {
            "iterations": iterations, "keep": keep, "try_mean": try_mean, "decay": decay,
            "colour": colour, "basis": basis, "polish": polish,
        }  # fmt: skip
        chosen = {**DEFAULTS, **getattr(search, "prefers", {})}
        chosen.update({name: value for name, value in told.items() if value is not None})
        self.iterations: int = chosen["iterations"]
        self.keep: int = chosen["keep"]
        self.try_mean: bool = chosen["try_mean"]
        self.decay: float = chosen["decay"]
        self.colour: Colour | None = chosen["colour"]
        self.basis: Basis | None = chosen["basis"]
        self.polish: Polish | None = chosen["polish"]
        for name, value, least in (
            ("horizon", horizon, 1),
            ("candidates", candidates, 1),
            ("iterations", self.iterations, 1),
            ("seed", seed, 0),
            ("keep", self.keep, 0),
            ("decay", self.decay, 1),
            ("at_once", 1 if at_once is None else at_once, 1),
        ):
            if value < least:
                raise ValueError(f"{name} is {value}; it must be at least {least}.")
        if horizon % (block := getattr(model, "action_block", 1)):
            raise ValueError(f"horizon is {horizon}; it must be a multiple of {block}, actions in a step of the model.")
        if (elites := getattr(search, "elites", 1)) > candidates:
            raise ValueError(f"elites is {elites}, but there are {candidates} candidates; elites are some of these.")
        if self.polish is not None and not getattr(model, "differentiable", True):
            raise ValueError(NO_GRADIENT)
        objective.check_known(model.quantities)
        check_reads(model, objective.needs)
        self.needs = imagined(objective.needs, model.quantities)
        self.model, self.objective, self.search = model, objective, search
        self.horizon, self.candidates, self.at_once = horizon, candidates, at_once
        self.offers, self.seed = Offers(proposals), seed
        self.bounds = Bounds.of(low, high, model.action_dim, getattr(model, "device", "cpu"))
        self._score = torch.compile(self._imagine_and_score) if compile else self._imagine_and_score

    def start(self, batch: int = 1) -> Belief:
        """The belief of someone who has not planned yet, for `batch` scenes."""
        device = getattr(self.model, "device", "cpu")
        return Belief.start(batch, self.horizon, self.model.action_dim, device=device)

    @torch.inference_mode()
    def plan(
        self,
        state: Any,
        belief: Belief | None = None,
        budget: Budget | float | None = None,
        seeds: Sequence[Sequence[int]] | None = None,
        start: Scene | None = None,
    ) -> Plan:
        """Plan for every scene of `state`.

        Args:
            state: what `model.encode` returned.
            belief: where to start; `start()`, for one scene, if absent.
            budget: at most this much; a number is milliseconds.
            seeds: whole numbers that name each scene's noise beside the planner's seed. Length B. The same for every
                scene if absent, so that a scene is planned alike in any batch.
            start: quantities when the episode began, for costs that read them, under the model's names; it begins now
                if absent. Shape (B, *shape of the quantity) each.
        """
        began = perf_counter()
        belief = self.start() if belief is None else belief
        batch = belief.mean.shape[0]
        seeds = [()] * batch if seeds is None else seeds
        if len(seeds) != batch:
            raise ValueError(
                f"the belief holds {batch} scenes but there are seeds for {len(seeds)}; give one per scene."
            )
        noise = Noise([(self.seed, *seed) for seed in seeds], belief.mean.device, self.colour)
        anchors = anchored(self.model, state, self.objective.needs, start)
        tried, belief, rollouts = self._search(state, anchors, belief, noise, budget_of(budget), began)
        chunks, score, sources = tried.best(max(self.keep, 1))
        finite = (score.violation_or_inf()[:, 0] < torch.inf).tolist()
        kinds = zip(score.feasible[:, 0].tolist(), finite, strict=True)
        trace = tried.trace()
        with torch.inference_mode(False):  # clones, so that gradients may pass through what is returned
            return Plan(
                first(chunks),
                first(score.cost),
                first(score.violation),
                {name: first(values) for name, values in score.costs.items()},
                {name: first(values) for name, values in score.excesses.items()},
                {name: first(values) for name, values in score.binding.items()},
                first(score.feasible),
                tuple("feasible" if safe else "infeasible" if usable else "not finite" for safe, usable in kinds),
                tuple(each[0] for each in sources),
                Belief(belief.mean.clone(), belief.std.clone(), chunks.clone()),
                Trace(trace.cost.clone(), trace.violation.clone()),
                rollouts,
                1e3 * (perf_counter() - began),
            )

    @torch.no_grad()
    def imagine_plan(
        self, state: Any, chunk: Tensor, names: Iterable[str] | None = None, start: Scene | None = None
    ) -> dict[str, Tensor]:
        """Imagine one chunk per scene again, for reports.

        Args:
            state: what `model.encode` returned.
            chunk: Shape (B, T, A).
            names: quantities to imagine, with anchors or without; those that the objective needs if absent.
            start: see `plan`.

        Returns:
            name -> tensor of shape (P, B, 1, T, *shape of the quantity).
        """
        names = self.objective.needs if names is None else tuple(names)
        scene = self._imagine(state, self.bounds.clip(chunk[:, None]), anchored(self.model, state, names, start), names)
        return seen(scene, names)

    @torch.no_grad()
    def sample(
        self, state: Any, belief: Belief, count: int, seeds: Sequence[Sequence[int]], start: Scene | None = None
    ) -> Tensor:
        """Draw the chunks with which a search would begin from a belief. Shape (B, count, T, A), within the bounds."""
        noise = Noise([(self.seed, *seed) for seed in seeds], belief.mean.device, self.colour)
        anchors = anchored(self.model, state, self.objective.needs, start)
        offers = self.offers(state, belief, count, noise, anchors)
        return self.bounds.clip(self._candidates(coarse(self.basis, belief), noise, offers, count)[1])

    @torch.no_grad()
    def score(self, state: Any, chunks: Tensor, start: Scene | None = None) -> Score:
        """Imagine chunks of shape (B, N, T, A) within the bounds, and score them; `start` as in `plan`."""
        return self._evaluate(state, anchored(self.model, state, self.objective.needs, start), chunks)

    def can_imagine(self, name: str) -> bool:
        """Whether `imagine_plan` can supply a quantity, with an anchor or without."""
        readable = not split(name)[1] or isinstance(self.model, Reads)
        return readable and known_as(name, self.model.quantities) is not None

    def _search(
        self, state: Any, anchors: Scene, belief: Belief, noise: Noise, budget: Budget, began: float
    ) -> tuple[Tried, Belief, int]:
        """Sample, imagine, score, keep the best, refit; again. Then try the mean, and polish."""
        tried, kept, lap, rollouts = Tried(), None, 0.0, 0
        offers = self.offers(state, belief, self.candidates, noise, anchors)
        belief = coarse(self.basis, belief)
        iterations = min(self.iterations, budget.iterations or self.iterations)
        deadline = began + (budget.milliseconds or float("inf")) / 1e3
        most = budget.rollouts or float("inf")
        for iteration in range(iterations):
            free = max(round(self.candidates / self.decay**iteration), -(-self.candidates // 4))
            started = perf_counter()
            if iteration > 0 and (started + lap > deadline or rollouts + free > most):
                break
            free = int(min(free, max(most, 1)))
            chunks, whole, sources = self._candidates(belief, noise, offers if iteration == 0 else kept, free)
            ranking = self._try(tried, state, anchors, whole, sources).ranking()
            belief = self.search.update(belief, chunks, ranking)
            if self.keep:
                kept = [("search", best_of(whole, ranking, min(self.keep, free // 2))[0])]
            rollouts, lap = rollouts + free, perf_counter() - started
        if self.try_mean and rollouts + 1 <= most:
            self._try(tried, state, anchors, expand(self.basis, belief.mean, self.horizon)[:, None], ["mean"])
            rollouts += 1
        if self.polish is not None and perf_counter() < deadline:
            top = min(self.polish.top or len(tried), len(tried))
            while top and rollouts + self.polish.rollouts(top) + top > most:
                top -= 1  # fewer chunks, polished as long
            if top:
                evaluate = partial(self._evaluate, state, anchors)
                polished = self.polish(evaluate, tried.best(top)[0], self.bounds)
                self._try(tried, state, anchors, polished, [type(self.polish).__name__] * polished.shape[1])
                rollouts += self.polish.rollouts(top) + polished.shape[1]
        return tried, fine(self.basis, belief, self.horizon), rollouts

    def _candidates(
        self, belief: Belief, noise: Noise, offers: list[tuple[str, Tensor]] | None, n: int
    ) -> tuple[Tensor, Tensor, list[str]]:
        """Fill what offers leave with samples.

        Returns:
            Chunks as the search knows them, shape (B, n, K, A), and in full, shape (B, n, T, A), neither clipped; and n
            sources.
        """
        offers = offers or []
        offered = torch.cat([chunks for _, chunks in offers], dim=1)[:, :n] if offers else None
        sources = [name for name, chunks in offers for _ in range(chunks.shape[1])][:n]
        drawn = self.search.sample(belief, n - len(sources), noise)
        whole = expand(self.basis, drawn, self.horizon)
        if offered is not None:
            drawn = torch.cat([project(self.basis, offered), drawn], dim=1)
            whole = torch.cat([offered, whole], dim=1)
        return drawn, whole, [*sources, *["search"] * (n - len(sources))]

    def _try(self, tried: Tried, state: Any, anchors: Scene, chunks: Tensor, sources: list[str]) -> Score:
        """Imagine chunks as the bounds would have them executed, and let them compete."""
        actions = self.bounds.clip(chunks)
        score = self._evaluate(state, anchors, actions)
        tried.add(actions, score, sources)
        return score

    def _evaluate(self, state: Any, anchors: Scene, actions: Tensor) -> Score:
        """Score chunks, a part of them at a time if memory is bounded."""
        if self.at_once is None:
            return self._score(state, actions, anchors)
        size = max(self.at_once // actions.shape[0], 1)
        return Score.joined([self._score(state, part, anchors) for part in actions.split(size, dim=1)])

    def _imagine_and_score(self, state: Any, actions: Tensor, anchors: Scene | None = None) -> Score:
        return self.objective(self._imagine(state, actions, anchors or {}, self.needs), actions)

    def _imagine(self, state: Any, actions: Tensor, anchors: Scene, names: Iterable[str]) -> dict[str, Tensor]:
        """Imagine the names without an anchor, and put the anchors beside them. Shape (P, B, N, T, *shape) each."""
        scene = self.model.imagine(state, actions, imagined(names, self.model.quantities))
        if not anchors:
            return scene
        futures = next((len(values) for values in scene.values()), 1)
        return {**scene, **spread(anchors, (futures, *actions.shape[:3]))}


def first(values: Tensor) -> Tensor:
    """Copy the best candidate's part. Shape (B, E, ...) -> (B, ...)."""
    return values[:, 0].clone()
