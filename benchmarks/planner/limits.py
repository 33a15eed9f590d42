"""A limit on the way through obstacles, with an exact and with a wrong model: `python benchmarks/planner/limits.py`.

The plan keeps 5 cm (and a margin) from every obstacle. Reached: within 25 cm of the goal, at any time. Collided: inside
an obstacle, at any time. The wrong model believes in the nominal physics, while the true gain is 1 + 0.15 N(0, 1), the
drag 0.97 ± 0.02 (uniform), and gusts add N(0, 0.05) m/s at every step. Starts from 0 on; margins are not calibrated.
"""

import json
from pathlib import Path
from typing import Any

import torch
from problems import PointMass, limited

from foresee.planner.cem import CEM
from foresee.planner.noise import Correlated
from foresee.planner.plan import Planner
from foresee.planner.proposal import LastPlan, Primitives
from foresee.planner.stats import proportion

OUT = Path(__file__).with_name("limits.json")
WRONG = {"episodes": 200, "candidates": 64, "iterations": 3, "wrong": True}
CASES = {
    "exact model, 96 x 4": {"episodes": 96, "candidates": 96, "iterations": 4, "wrong": False, "margin": 0.0},
    "wrong model, 64 x 3, no margin": {**WRONG, "margin": 0.0},
    "wrong model, 64 x 3, margin 2.5 cm": {**WRONG, "margin": 0.025},
    "wrong model, 64 x 3, margin 5 cm": {**WRONG, "margin": 0.05},
}


def drive(episodes: int, candidates: int, iterations: int, wrong: bool, margin: float) -> dict[str, Any]:
    """All episodes in one call a step; what happened to them."""
    problem, draw = PointMass(penalty=0.0), torch.Generator().manual_seed(0)
    planner = Planner(
        problem, limited(margin), CEM(elites=8), problem.horizon, candidates, iterations, keep=4,
        proposals=(LastPlan(best=2), Primitives()), colour=Correlated(0.8),
    )  # fmt: skip
    x, belief = torch.stack([problem.start(seed) for seed in range(episodes)]), planner.start(episodes)
    gain = 1 + 0.15 * torch.randn(episodes, 1, generator=draw) * wrong
    drag = 0.97 + 0.02 * (2 * torch.rand(episodes, 1, generator=draw) - 1) * wrong
    nearest, closest = torch.full((episodes,), torch.inf), torch.full((episodes,), torch.inf)
    infeasible = 0
    for step in range(problem.steps):
        plan = planner.plan(x, belief, seeds=[(seed, step) for seed in range(episodes)])
        infeasible += int((~plan.feasible).sum())
        gust = 0.05 * torch.randn(episodes, 2, generator=draw) * wrong
        speed = (x[:, 2:] + 0.3 * gain * plan.chunk[:, 0]) * drag + gust
        x = torch.cat([x[:, :2] + 0.1 * speed, speed], dim=1)
        belief = plan.belief.shifted(1)
        nearest = torch.minimum(nearest, problem.clearance(x))
        closest = torch.minimum(closest, problem.distance(x))
    return {
        "episodes": episodes,
        "collided": proportion(int((nearest < 0).sum()), episodes),
        "reached": proportion(int((closest < 0.25).sum()), episodes),
        "plans that break the limit": infeasible,
        "plans": episodes * problem.steps,
    }


def main() -> None:
    torch.set_num_threads(2)
    rows = {}
    for name, case in CASES.items():
        rows[name] = drive(**case)
        print(name, rows[name], flush=True)
    record = {"command": "python benchmarks/planner/limits.py", "torch": torch.__version__, "rows": rows}
    OUT.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
