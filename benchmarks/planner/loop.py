"""Closed-loop cost of swing-up and of the way through obstacles: `python benchmarks/planner/loop.py`.

Replanned at every step from the shifted last plan, with 48, 192 and 640 rollouts a step; a gradient counts as three.
The settings were chosen on the starts 100 to 109; the starts 0 to 4 and 10 to 19 were not looked at before.
"""

import json
from pathlib import Path
from typing import Any

import torch
from problems import CartPole, PointMass, Problem, objective

from foresee.planner.basis import Knots
from foresee.planner.budget import Budget
from foresee.planner.cem import CEM
from foresee.planner.mppi import MPPI
from foresee.planner.noise import Correlated, PowerLaw
from foresee.planner.plan import Planner
from foresee.planner.polish import Adam
from foresee.planner.proposal import LastPlan

OUT = Path(__file__).with_name("loop.json")
STARTS = {"0 to 4": range(5), "10 to 19": range(10, 20), "100 to 109, tuned": range(100, 110)}
WARM = {"keep": 2, "proposals": (LastPlan(best=2),), "try_mean": False}
PLANNERS: dict[str, dict[int, tuple[Any, dict]]] = {
    "cart-pole": {
        48: (MPPI(elites=6), {"candidates": 24, "iterations": 2, "basis": Knots(8)}),
        192: (CEM(elites=8), {"candidates": 96, "iterations": 1, "polish": Adam(31, 0.1, 1)}),
        640: (CEM(elites=16), {"candidates": 320, "iterations": 1, "polish": Adam(50, 0.1, 2)}),
    },
    "point mass": {
        48: (CEM(elites=3), {"candidates": 24, "iterations": 2, "colour": PowerLaw(2.0)}),
        192: (CEM(elites=6), {"candidates": 64, "iterations": 3, "colour": Correlated(0.8)}),
        640: (CEM(elites=12), {"candidates": 160, "iterations": 4, "colour": Correlated(0.8)}),
    },
}


def drive(problem: Problem, planner: Planner, starts: Any, rollouts: int, std: float = 0.8) -> torch.Tensor:
    """What episodes cost, one per start, all planned in one call. Shape (B,)."""
    x = torch.stack([problem.start(seed) for seed in starts])
    belief, total = planner.start(len(x)), torch.zeros(len(x))
    for step in range(problem.steps):
        plan = planner.plan(x, belief, Budget(rollouts=rollouts), [(seed, step) for seed in starts])
        assert plan.rollouts <= rollouts
        action = plan.chunk[:, 0]
        x = problem.advance(x, action)
        total += problem.cost(x, action)
        belief = plan.belief.shifted(1, std)
    return total


def main() -> None:
    torch.set_num_threads(1)
    rows = []
    for problem in (CartPole(), PointMass()):
        for rollouts, (search, options) in PLANNERS[problem.name].items():
            planner = Planner(problem, objective(), search, horizon=problem.horizon, **WARM, **options)
            row: dict[str, Any] = {
                "problem": problem.name,
                "rollouts": rollouts,
                "search": f"{search}",
                "options": f"{options}",
            }
            for name, starts in STARTS.items():
                cost = drive(problem, planner, starts, rollouts).numpy()
                row[name] = {"n": len(cost), "mean": cost.mean(), "se": cost.std(ddof=1) / len(cost) ** 0.5}
            rows.append(row)
            print(
                problem.name,
                rollouts,
                {name: f"{row[name]['mean']:.1f} ± {row[name]['se']:.1f}" for name in STARTS},
                flush=True,
            )
    record = {"command": "python benchmarks/planner/loop.py", "torch": torch.__version__, "rows": rows}
    OUT.write_text(json.dumps(record, indent=1, default=float) + "\n")


if __name__ == "__main__":
    main()
