"""The counterfactual test: many chunks from one state, scored in imagination and carried out in the simulator."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from omegaconf import DictConfig
from scipy import stats

from ..costs.score import Score
from . import build, scenes
from .crew import crew
from .experiment import Stage
from .stats import interval, proportion

Progress = Callable[[str, int, int], None]
LATEST = 30
"""The moment at which chunks are weighed is drawn among so many first steps of an episode."""


class Weighed(NamedTuple):
    """N chunks from one state, as the model sees them and as they are."""

    imagined: np.ndarray
    """Cost of each in the model. Shape (N,)."""
    real: np.ndarray
    """Cost of each in the simulator. Shape (N,)."""
    shuffled: np.ndarray
    """Cost in the model when each chunk is taken for another: what any agreement that is due to chance looks like."""
    limits: dict[str, tuple[np.ndarray, np.ndarray]]
    """Whether each limit is broken, imagined and real. Bool, shape (N,) each."""


def choices(
    config: DictConfig, count: int, chunks: int = 64, progress: Progress = lambda what, done, total: None
) -> dict[str, Any]:
    """Score chunks from one state of each of some validation scenes, in the model and in the simulator.

    Args:
        config: an experiment in PyBullet, of which the scenes are replaced.
        count: scenes, one state each.
        chunks: for each state; half as a search begins, half as the planner's search at that moment ends.
        progress: told after every scene.

    Returns:
        `scenes`, `chunks`, and what `agreement` says.
    """
    if chunks < 4:
        raise ValueError(f"chunks is {chunks}; it takes at least 4 to say how well they are ranked.")
    places = {"split": "validation", "count": count}
    with Stage(config, Path()) as stage, crew(stage) as work:
        slots = scenes.slots({**config.scenes, "first": None, **places}, build.layouts(stage.env))
        found = []
        for weighed in work("weigh", [(slot, chunks) for slot in slots]):
            found.append(weighed)
            progress("weighed", len(found), count)
        described = build.sources(stage.model)
    return {"scenes": places, "chunks": chunks, **described, **agreement(found)}


def weigh(stage: Stage, slot: scenes.Slot, count: int) -> Weighed:
    """Let the planner act until a moment that the scene's seed decides; weigh `count` chunks from there."""
    from ..envs.oracle import Oracle

    method = stage.planned
    obs, info = stage.env.reset(seed=slot.seeds[0], options=scenes.options(slot.layout))
    method.reset(obs, info, stage.env)
    controller, planner = method.controller, method.controller.planner
    last, seed = int(np.random.default_rng([11, slot.seeds[0]]).integers(LATEST)), [(slot.seeds[0],)]
    for _ in range(last):
        obs, _, terminated, truncated, info = stage.env.step(method.act(obs, info))
        if terminated or truncated:
            break
    controller.observe(obs, info.get("executed"))
    with torch.no_grad():
        state = planner.model.encode(controller.context)
    first = planner.start()
    belief = controller.belief or first
    halves = ((first, count - count // 2), (belief, count // 2))
    start = controller.start(planner.objective.needs)
    chunks = torch.cat([planner.sample(state, each, n, seed, start) for each, n in halves], 1)
    mine = planner.score(state, chunks, start)
    oracle: Any = Oracle(stage.env, exact=True)
    try:
        truth = build.planner(stage.config, oracle, planner.objective, proposals={})
        now, begin = oracle.encode(), oracle.read((), [n for n in oracle.quantities if n != "depth"])
        real = truth.score(now, chunks, begin)
    finally:
        oracle.close()
    other = mine.cost[:, np.random.default_rng([13, slot.seeds[0]]).permutation(count)]
    broken = {k: (_broken(mine, k), _broken(real, k)) for k in planner.objective.subject_to}
    costs = [values[0].double().numpy() for values in (mine.cost, real.cost, other)]
    return Weighed(costs[0], costs[1], costs[2], broken)


def agreement(found: Sequence[Weighed]) -> dict[str, Any]:
    """Say how well chunks are ranked, what choosing by imagination costs, and how often limits are judged rightly.

    Returns:
        `rank`, Spearman's correlation of the costs, and `regret`, how much worse the chunk that is best in the model is
        than the best one, as a share of the range of the real costs: {model, shuffled: {mean, low, high, n}};
        `limits`: name -> right, broken (how many really are), missed (of those). Bootstrap over states, Wilson over
        chunks, 95 %.
    """
    guesses = {"model": [w.imagined for w in found], "shuffled": [w.shuffled for w in found]}
    real = [w.real for w in found]
    told: dict[str, Any] = {"rank": {}, "regret": {}, "limits": {}}
    for guess, costs in guesses.items():
        told["rank"][guess] = _mean([_rank(c, r) for c, r in zip(costs, real, strict=True)])
        told["regret"][guess] = _mean([_regret(c, r) for c, r in zip(costs, real, strict=True)])
    for name in found[0].limits:
        mine, true = (np.concatenate([w.limits[name][side] for w in found]) for side in (0, 1))
        told["limits"][name] = {
            "right": proportion(int((mine == true).sum()), len(true)),
            "broken": proportion(int(true.sum()), len(true)),
            "missed": proportion(int((true & ~mine).sum()), int(true.sum())),
        }
    return told


def rows(found: dict[str, Any]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The table of an agreement: its head and its rows."""

    def cell(value: dict[str, Any]) -> str:
        rate = value.get("mean", value.get("rate"))
        return "–" if rate is None else f"{rate:.3f} [{value['low']:.3f}, {value['high']:.3f}]"

    lines = [(what, *(cell(found[what][guess]) for guess in ("model", "shuffled"))) for what in ("rank", "regret")]
    for name, limit in found["limits"].items():
        lines.append((f"{name}: judged rightly", cell(limit["right"]), f"broken in {cell(limit['broken'])}"))
    return ("of chunks from one state", "model", "shuffled"), lines


def _broken(score: Score, limit: str) -> np.ndarray:
    return (score.excesses[limit][0] > 0).numpy()


def _rank(mine: np.ndarray, real: np.ndarray) -> float:
    """Spearman's correlation; chunks that all cost the same are ranked by nobody, and count as 0."""
    if np.ptp(mine) == 0 or np.ptp(real) == 0:
        return 0.0
    found: Any = stats.spearmanr(mine, real)
    return float(found.statistic)


def _regret(mine: np.ndarray, real: np.ndarray) -> float:
    spread = float(np.ptp(real))
    return float(real[int(mine.argmin())] - real.min()) / spread if spread else 0.0


def _mean(values: list[float]) -> dict[str, float]:
    return dict(zip(("mean", "low", "high"), interval(values), strict=True)) | {"n": len(values)}
