"""How far plans stay behind the best known ones, on random latent problems: `python benchmarks/planner/regret.py`.

Regret is (cost - best known) / (cost of standing still - best known) of the returned chunk, clamped and evaluated anew;
best known is the least cost that 256 starts of up to 300 gradient steps, or any planner here, ever found. One gradient
counts as three rollouts. Nothing was tuned on the seeds 0 to 9; the seeds 100 to 105 were used for tuning and stand
apart. Other libraries take part where they are installed (`peers.txt`).
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from peers import available
from problems import RandomLatent, objective

from foresee.planner.belief import START_STD, Belief
from foresee.planner.budget import Budget
from foresee.planner.cem import CEM
from foresee.planner.cmaes import CMAES
from foresee.planner.gradient import Gradient
from foresee.planner.icem import ICEM
from foresee.planner.mppi import MPPI
from foresee.planner.plan import Planner
from foresee.planner.polish import Adam
from foresee.planner.sampling import PredictiveSampling
from foresee.planner.shooting import RandomShooting

OUT = Path(__file__).with_name("regret.json")
SEEDS = {"fresh": range(10), "tuned": range(100, 106)}
BUDGETS = {272: (45, 6, 8, 40), 736: (91, 8, 16, 65), 2500: (156, 16, 32, 120)}
"""Rollouts -> candidates and iterations of a search that samples, starts and steps of the gradient."""


def planners(candidates: int, iterations: int, starts: int, steps: int) -> dict[str, tuple[Any, dict]]:
    """What is compared: name -> search, and options of the planner."""
    sampled = {"candidates": candidates, "iterations": iterations}
    elites = candidates // 8
    polish = Adam(steps // 2, 0.3, starts // 4)
    return {
        "gradient": (Gradient(steps), {"candidates": starts}),
        "CEM": (CEM(elites), sampled),
        "CEM + Adam": (CEM(elites), {**sampled, "iterations": iterations // 2, "polish": polish}),
        "iCEM": (ICEM(elites, exponent=0.25, decay=1.0), sampled),
        "MPPI": (MPPI(1.0, elites), sampled),
        "CMA-ES": (CMAES(), {"candidates": candidates // 3, "iterations": 3 * iterations, "std": 0.4}),
        "predictive sampling": (PredictiveSampling(0.2), sampled),
        "random shooting": (RandomShooting(), {"candidates": candidates * iterations, "iterations": 1}),
    }


def found(problem: RandomLatent, search: object, options: dict, rollouts: int | None = None) -> tuple[float, int]:
    """Cost of the returned chunk, and rollouts that were used."""
    options = dict(options)
    start = Belief.start(1, problem.horizon, problem.action_dim, options.pop("std", START_STD))
    planner = Planner(problem, objective(), search, horizon=problem.horizon, **options)
    plan = planner.plan(problem.origin[None], start, Budget(rollouts=rollouts))
    return problem.total(problem.origin, plan.chunk[0]), plan.rollouts


def found_by(make: Any, problem: RandomLatent, candidates: int, iterations: int) -> float:
    """Cost of the chunk that another library returns."""
    peer = make(problem, candidates, iterations)
    peer.reset(0)
    return problem.total(problem.origin, peer.plan(problem.origin))


def main() -> None:
    torch.set_num_threads(2)
    problems = {seed: RandomLatent(seed) for seeds in SEEDS.values() for seed in seeds}
    many = (Gradient(), {"candidates": 256, "polish": Adam(300, 0.3, None, halvings=4)})
    best = {seed: found(problem, *many)[0] for seed, problem in problems.items()}
    still = {s: p.total(p.origin, torch.zeros(p.horizon, p.action_dim)) for s, p in problems.items()}
    costs: dict = {}
    for budget, sizes in BUDGETS.items():
        for name, (search, options) in planners(*sizes).items():
            for seed, problem in problems.items():
                cost, used = found(problem, search, options, budget)
                costs.setdefault((budget, name, used), {})[seed] = cost
                best[seed] = min(best[seed], cost)
        for name, make in available().items():
            for seed, problem in problems.items():
                cost = found_by(make, problem, *sizes[:2])
                costs.setdefault((budget, name, sizes[0] * sizes[1]), {})[seed] = cost
                best[seed] = min(best[seed], cost)
    rows = []
    for (budget, name, used), by_seed in costs.items():
        row = {"budget": budget, "planner": name, "rollouts": used}
        for group, seeds in SEEDS.items():
            regrets = np.array([100 * (by_seed[s] - best[s]) / (still[s] - best[s]) for s in seeds])
            draws = np.random.default_rng(0).choice(regrets, (2000, len(regrets))).mean(axis=1)
            low, high = np.percentile(draws, [2.5, 97.5])
            row[group] = {"n": len(regrets), "mean": regrets.mean(), "low": low, "high": high}
        rows.append(row)
        mean, low, high = (row["fresh"][key] for key in ("mean", "low", "high"))
        print(f"{budget:5d} {name:26s} {used:5d} rollouts: {mean:6.2f} % [{low:.2f}, {high:.2f}]")
    record = {"command": "python benchmarks/planner/regret.py", "torch": torch.__version__, "rows": rows}
    OUT.write_text(json.dumps(record, indent=1, default=float) + "\n")


if __name__ == "__main__":
    main()
