"""What share of a plan's time goes into measuring costs, task by task: the rest is imagining and searching.

python benchmarks/tasks/cost_share.py [scenes]     # 5 scenes by default; one thread
"""

import json
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

import torch

from foresee.planner import build
from foresee.planner.experiment import Stage
from foresee.planner.folder import visit
from foresee.planner.scenes import SPLITS
from foresee.planner.stats import interval
from foresee.worldmodel import checkpoint

HERE = Path(__file__).parent
CONFIGS = HERE.parent.parent / "configs" / "tasks"


class Timed:
    """An objective that notes how long it takes."""

    def __init__(self, objective: Any):
        self.objective, self.seconds = objective, 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.objective, name)

    def __call__(self, scene: Any, actions: Any) -> Any:
        began = perf_counter()
        score = self.objective(scene, actions)
        self.seconds += perf_counter() - began
        return score


def shares(path: Path, scenes: int) -> list[float]:
    """Share of the time of the first plan in each of some validation scenes."""
    config, found = build.load(str(path), ["methods=[planner]", "films=0"]), []
    with Stage(config, Path()) as stage:
        method = stage.method("planner")
        planner = method.controller.planner
        planner.objective = timed = Timed(planner.objective)
        for seed in range(SPLITS["validation"][0], SPLITS["validation"][0] + scenes + 1):
            obs, info = stage.env.reset(seed=seed)
            method.reset(obs, info, stage.env)
            timed.seconds = 0.0
            method.act(obs, info)
            plan = method.controller.plan
            found.append(1e3 * timed.seconds / plan.milliseconds)
    return found[1:]  # the first plan of a process also loads and warms up


def main() -> None:
    """Measure every task and write cost_share.json."""
    scenes = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    torch.set_num_threads(1)
    found = {path.stem: shares(path, scenes) for path in sorted(CONFIGS.glob("*.yaml"))}
    table = {name: dict(zip(("mean", "low", "high"), interval(values), strict=True)) for name, values in found.items()}
    for name, row in table.items():
        print(f"{name:<12} {100 * row['mean']:5.1f} % [{100 * row['low']:.1f}, {100 * row['high']:.1f}]")
    command = f"python benchmarks/tasks/cost_share.py {scenes}"
    weights = checkpoint.load("tabletop")[0]["weights_sha256"]
    told = {"command": command, "scenes": scenes, "checkpoint": weights, **visit(), "share": table}
    (HERE / "cost_share.json").write_text(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    main()
