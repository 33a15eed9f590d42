"""A limit on the way through obstacles, with an exact and with a wrong model: `python benchmarks/planner/limits.py`.

A plan keeps some centimetres, and a margin, from every obstacle. Reached: within 25 cm of the goal, at any time.
Collided: inside an obstacle, at any time. The wrong model believes in the nominal physics, while the true gain is
1 + 0.15 N(0, 1), the drag 0.97 ± 0.02 (uniform), and gusts add N(0, 0.05) m/s at every step. Starts from 0 on.

Margins are calibrated on other starts, from 10 000 on: the chunks that the planner chose there without a margin are
carried out by the true physics, and step t's margin is the split-conformal 95 % quantile of how much more clearance was
imagined than came (Vovk et al., 2005), capped.
"""

import json
from collections.abc import Sequence
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple

import torch
from problems import PointMass, limited, penalised
from torch import Tensor

from foresee.costs.objective import Objective
from foresee.planner.cem import CEM
from foresee.planner.noise import Correlated
from foresee.planner.plan import Planner
from foresee.planner.proposal import LastPlan, Primitives
from foresee.planner.stats import proportion

OUT = Path(__file__).with_name("limits.json")
EXACT = {"episodes": 96, "candidates": 96, "iterations": 4, "wrong": False}
WRONG = {"episodes": 200, "candidates": 64, "iterations": 3, "wrong": True}
CALIBRATION = {**WRONG, "episodes": 40, "first": 10_000}
COVERAGE, CAP = 0.95, 0.06
"""Of the calibrated margins, per step; and where they end, metres."""


class Truth(NamedTuple):
    """The physics of each episode. Shape (B, 1) each."""

    gain: Tensor
    drag: Tensor
    gust: float

    def advance(self, x: Tensor, action: Tensor, draw: torch.Generator) -> Tensor:
        """One step. Shapes (B, 4) and (B, 2) -> (B, 4)."""
        gust = self.gust * torch.randn(len(x), 2, generator=draw)
        speed = (x[:, 2:] + 0.3 * self.gain * action) * self.drag + gust
        return torch.cat([x[:, :2] + 0.1 * speed, speed], dim=1)


def drive(
    goal: Objective, episodes: int, candidates: int, iterations: int, wrong: bool, first: int = 0
) -> tuple[dict[str, Any], Tensor]:
    """All episodes in one call a step: what happened to them, and how much clearance came less than was imagined.

    Returns:
        Counts, and errors in metres. Shape (plans, T).
    """
    problem, draw = PointMass(penalty=0.0), torch.Generator().manual_seed(first)
    planner = Planner(
        problem, goal, CEM(elites=8), problem.horizon, candidates, iterations, keep=4,
        proposals=(LastPlan(best=2), Primitives()), colour=Correlated(0.8),
    )  # fmt: skip
    starts = range(first, first + episodes)
    x, belief = torch.stack([problem.start(seed) for seed in starts]), planner.start(episodes)
    gain = 1 + 0.15 * torch.randn(episodes, 1, generator=draw) * wrong
    drag = 0.97 + 0.02 * (2 * torch.rand(episodes, 1, generator=draw) - 1) * wrong
    truth = Truth(gain, drag, 0.05 * wrong)
    nearest, closest = torch.full((episodes,), torch.inf), torch.full((episodes,), torch.inf)
    infeasible, errors = 0, []
    for step in range(problem.steps):
        plan = planner.plan(x, belief, seeds=[(seed, step) for seed in starts])
        infeasible += int((~plan.feasible).sum())
        if first:
            errors.append(missing(problem, truth, x, plan.chunk, draw))
        x = truth.advance(x, plan.chunk[:, 0], draw)
        belief = plan.belief.shifted(1)
        nearest = torch.minimum(nearest, problem.clearance(x))
        closest = torch.minimum(closest, problem.distance(x))
    return {
        "episodes": episodes,
        "collided": proportion(int((nearest < 0).sum()), episodes),
        "nearer than 5 cm": proportion(int((nearest < problem.margin).sum()), episodes),
        "reached": proportion(int((closest < 0.25).sum()), episodes),
        "plans that break the limit": infeasible,
        "plans": episodes * problem.steps,
    }, torch.cat(errors) if errors else torch.zeros(0, problem.horizon)


def missing(problem: PointMass, truth: Truth, x: Tensor, chunk: Tensor, draw: torch.Generator) -> Tensor:
    """Imagined minus true clearance of every step of a chunk, metres. Shape (B, T)."""
    imagined = problem.imagine(x, chunk[:, None], ["clearance"])["clearance"][0, :, 0]
    real = []
    for action in chunk.unbind(1):
        x = truth.advance(x, action, draw)
        real.append(problem.clearance(x))
    return imagined - torch.stack(real, dim=1)


def calibrated(keep: float) -> list[float]:
    """Margin per step, metres."""
    errors = drive(limited(keep=keep), **CALIBRATION)[1]
    place = min(ceil((len(errors) + 1) * COVERAGE), len(errors)) - 1
    return errors.sort(dim=0).values[place].clamp(0.0, CAP).tolist()


def cases() -> dict[str, tuple[Objective, dict]]:
    """What is compared: the objective, and how it is driven."""
    wrong: dict[str, tuple[Objective, dict]] = {}
    for keep in (0.05, 0.0):
        margins: dict[str, Sequence[float] | None] = {"no margin": None, "calibrated margin": calibrated(keep)}
        for name, margin in margins.items():
            wrong[f"wrong model, keeps {100 * keep:.0f} cm, {name}"] = (limited(margin, keep), WRONG)
    return {
        "exact model, keeps 5 cm": (limited(), EXACT),
        "exact model, penalty 10 in place of the limit": (penalised(10.0), EXACT),
        **wrong,
    }


def main() -> None:
    torch.set_num_threads(2)
    rows = {}
    for name, (goal, case) in cases().items():
        margin = getattr(goal.subject_to.get("apart"), "margin", None)
        rows[name] = {**drive(goal, **case)[0], "margin": margin and [round(each, 4) for each in margin]}
        found = rows[name]
        print(name, {key: found[key]["rate"] for key in ("collided", "nearer than 5 cm", "reached")}, flush=True)
    record = {"command": "python benchmarks/planner/limits.py", "torch": torch.__version__, "rows": rows}
    OUT.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
