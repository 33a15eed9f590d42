"""How far plans stay behind the best known ones, on random latent problems: `python benchmarks/planner/regret.py`.

Regret is (cost - best known) / (cost of standing still - best known) of the returned chunk, clamped and evaluated anew;
best known is the least cost that 128 starts of 300 gradient steps, or any planner here, ever found. One gradient counts
as three rollouts. Nothing was tuned on the seeds 0 to 9; the seeds 100 to 105 were used for tuning and stand apart.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from problems import RandomLatent, objective

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
PLANNERS = {
    272: {
        "gradient": (Gradient(steps=43), {"candidates": 8}),
        "CEM": (CEM(elites=8), {"candidates": 45, "iterations": 6}),
        "CEM + Adam": (CEM(elites=8), {"candidates": 45, "iterations": 3, "polish": Adam(20, 0.3, 2)}),
        "iCEM": (ICEM(elites=8), {"candidates": 60, "iterations": 6}),
        "MPPI": (MPPI(elites=16), {"candidates": 45, "iterations": 6}),
        "CMA-ES": (CMAES(), {"candidates": 16, "iterations": 16}),
        "predictive sampling": (PredictiveSampling(), {"candidates": 45, "iterations": 6}),
        "random shooting": (RandomShooting(), {"candidates": 271, "iterations": 1}),
    },
    736: {
        "gradient": (Gradient(steps=66), {"candidates": 16}),
        "CEM": (CEM(elites=12), {"candidates": 91, "iterations": 8}),
        "CEM + Adam": (CEM(elites=12), {"candidates": 91, "iterations": 4, "polish": Adam(28, 0.3, 4)}),
        "iCEM": (ICEM(elites=12), {"candidates": 150, "iterations": 8}),
        "MPPI": (MPPI(elites=24), {"candidates": 91, "iterations": 8}),
        "CMA-ES": (CMAES(), {"candidates": 24, "iterations": 30}),
    },
    2500: {
        "gradient": (Gradient(steps=122), {"candidates": 32}),
        "CEM": (CEM(elites=16), {"candidates": 156, "iterations": 16}),
        "CEM + Adam": (CEM(elites=16), {"candidates": 156, "iterations": 8, "polish": Adam(50, 0.3, 8)}),
        "iCEM": (ICEM(elites=16), {"candidates": 400, "iterations": 16}),
        "MPPI": (MPPI(elites=32), {"candidates": 156, "iterations": 16}),
        "CMA-ES": (CMAES(), {"candidates": 40, "iterations": 62}),
    },
}


def found(problem: RandomLatent, search: object, options: dict) -> tuple[float, int]:
    """Cost of the returned chunk, and rollouts that were used."""
    plan = Planner(problem, objective(), search, horizon=problem.horizon, **options).plan(problem.origin[None])
    return problem.total(problem.origin, plan.chunk[0]), plan.rollouts


def main() -> None:
    torch.set_num_threads(2)
    problems = {seed: RandomLatent(seed) for seeds in SEEDS.values() for seed in seeds}
    best = {
        s: found(p, Gradient(), {"candidates": 128, "polish": Adam(300, 0.3, None)})[0] for s, p in problems.items()
    }
    still = {s: p.total(p.origin, torch.zeros(p.horizon, p.action_dim)) for s, p in problems.items()}
    costs: dict = {}
    for budget, planners in PLANNERS.items():
        for name, (search, options) in planners.items():
            for seed, problem in problems.items():
                cost, used = found(problem, search, options)
                assert used <= budget, (name, used, budget)
                costs.setdefault((budget, name, used), {})[seed] = cost
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
        print(f"{budget:5d} {name:20s} {used:5d} rollouts: {mean:6.2f} % [{low:.2f}, {high:.2f}]")
    record = {"command": "python benchmarks/planner/regret.py", "torch": torch.__version__, "rows": rows}
    OUT.write_text(json.dumps(record, indent=1, default=float) + "\n")


if __name__ == "__main__":
    sys.exit(main())
