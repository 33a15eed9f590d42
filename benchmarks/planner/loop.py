"""Closed-loop cost of swing-up and of the way through obstacles: `python benchmarks/planner/loop.py`.

Replanned at every step from the shifted last plan, with 48, 192 and 640 rollouts a step; a gradient counts as three. In
the obstacle field the planner here has a limit, the other libraries (`peers.txt`, where installed) a penalty; what
counts is the cost with the penalty. The planner's settings were chosen on the starts 100 to 139, the other libraries'
on some of these; the starts 0 to 4 (all planners) and 10 to 19 were not looked at before.
"""

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from peers import available
from problems import CartPole, PointMass, Problem, limited, objective
from torch import Tensor

from foresee.planner.basis import Knots
from foresee.planner.budget import Budget
from foresee.planner.cem import CEM
from foresee.planner.mppi import MPPI
from foresee.planner.noise import PowerLaw
from foresee.planner.plan import Planner
from foresee.planner.polish import Adam
from foresee.planner.proposal import LastPlan

OUT = Path(__file__).with_name("loop.json")
FIRST = {"0 to 4": range(5)}
FRESH = {**FIRST, "10 to 19": range(10, 20)}
TUNED = {"100 to 109, tuned": range(100, 110)}
PROBLEMS = {"cart-pole": CartPole(), "point mass": PointMass()}
SPLIT = {48: (24, 2), 192: (64, 3), 640: (160, 4)}
"""Rollouts -> candidates and iterations of the other libraries."""
RED = {"colour": PowerLaw(3.0)}
CURVE = {"basis": Knots(8)}
PLANNERS: dict[tuple[str, int], tuple[Any, float, dict[str, Any]]] = {
    ("cart-pole", 48): (MPPI(elites=6), 0.8, {"candidates": 24, "iterations": 2, **CURVE}),
    ("cart-pole", 192): (CEM(8), 0.8, {"candidates": 96, "iterations": 1, "polish": Adam(31, 0.1, 1), **CURVE}),
    ("cart-pole", 640): (CEM(16), 0.8, {"candidates": 160, "iterations": 1, "polish": Adam(75, 0.1, 2), **CURVE}),
    ("point mass", 48): (MPPI(elites=12), 1.1, {"candidates": 24, "iterations": 2, **RED}),
    ("point mass", 192): (CEM(8), 0.8, {"candidates": 48, "iterations": 1, "polish": Adam(45, 0.1, 1), **RED}),
    ("point mass", 640): (CEM(16), 0.8, {"candidates": 128, "iterations": 2, "polish": Adam(62, 0.1, 2), **RED}),
}
"""Problem and rollouts -> search, standard deviation with which the rest of a plan is searched anew, and options."""


def planner(name: str, rollouts: int) -> tuple[Planner, float]:
    """The planner here, and its standard deviation."""
    search, std, options = PLANNERS[name, rollouts]
    model, goal = (PointMass(penalty=0.0), limited()) if name == "point mass" else (PROBLEMS[name], objective())
    warm = {"keep": 2, "proposals": (LastPlan(best=2),), "try_mean": False}
    return Planner(model, goal, search, horizon=model.horizon, **warm, **options), std


def drive(problem: Problem, plans: Callable[[Tensor, int], Tensor], starts: Sequence[int]) -> list[float]:
    """What episodes cost, one per start; `plans` turns states (B, X) at a step into actions (B, A)."""
    x = torch.stack([problem.start(seed) for seed in starts])
    total = torch.zeros(len(x))
    for step in range(problem.steps):
        action = plans(x, step)
        x = problem.advance(x, action)
        total += problem.cost(x, action)
    return total.tolist()


def ours(name: str, rollouts: int, starts: Sequence[int]) -> list[float]:
    """All episodes in one call a step."""
    made, std = planner(name, rollouts)
    belief = made.start(len(starts))

    def act(x: Tensor, step: int) -> Tensor:
        nonlocal belief
        plan = made.plan(x, belief, Budget(rollouts=rollouts), [(seed, step) for seed in starts])
        assert plan.rollouts <= rollouts
        belief = plan.belief.shifted(1, std)
        return plan.chunk[:, 0]

    return drive(PROBLEMS[name], act, starts)


def theirs(make: Any, name: str, rollouts: int, starts: Sequence[int]) -> list[float]:
    """One episode after the other."""
    peer, costs = make(PROBLEMS[name], *SPLIT[rollouts]), []
    for seed in starts:
        peer.reset(seed)
        costs += drive(PROBLEMS[name], lambda x, step: peer.plan(x[0])[None, 0], [seed])
    return costs


def main() -> None:
    torch.set_num_threads(1)
    rows: list[dict[str, Any]] = []
    for (name, rollouts), (search, std, options) in PLANNERS.items():
        shown = {"problem": name, "rollouts": rollouts, "planner": "foresee"}
        told = {"search": f"{search}", "std": std, "options": f"{options}"}
        rows.append(shown | told | grouped(ours, {**FRESH, **TUNED}, name, rollouts))
        show(rows[-1])
        for peer, make in available().items():
            if not peer.endswith("gradient"):  # minutes an episode
                rows.append({**shown, "planner": peer, **grouped(partial(theirs, make), FIRST, name, rollouts)})
                show(rows[-1])
        record = {"command": "python benchmarks/planner/loop.py", "torch": torch.__version__, "rows": rows}
        OUT.write_text(json.dumps(record, indent=1) + "\n")


def grouped(run: Callable, groups: dict[str, range], name: str, rollouts: int) -> dict[str, dict[str, float]]:
    """Run all starts and summarise each group of them."""
    starts = [seed for group in groups.values() for seed in group]
    costs = dict(zip(starts, run(name, rollouts, starts), strict=True))
    return {key: summary([costs[seed] for seed in group]) for key, group in groups.items()}


def summary(costs: list[float]) -> dict[str, float]:
    """Mean and its standard error."""
    values = torch.tensor(costs)
    return {"n": len(costs), "mean": values.mean().item(), "se": (values.std() / len(costs) ** 0.5).item()}


def show(row: dict[str, Any]) -> None:
    """Print a row."""
    cells = [f"{key}: {row[key]['mean']:.1f} ± {row[key]['se']:.1f}" for key in (*FRESH, *TUNED) if key in row]
    print(f"{row['problem']:10s} {row['rollouts']:4d} {row['planner']:26s} {'   '.join(cells)}", flush=True)


if __name__ == "__main__":
    main()
