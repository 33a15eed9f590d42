"""Memory after many plans with a model whose weights can be trained: `python benchmarks/planner/memory.py`."""

import gc
import json
import os
from pathlib import Path

import torch
from problems import RandomLatent, objective

from foresee.planner.cem import CEM
from foresee.planner.plan import Planner
from foresee.planner.polish import Adam

OUT = Path(__file__).with_name("memory.json")
WARM, PLANS = 100, 1000


def resident() -> float:
    """Memory of this process, MiB."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def main() -> None:
    torch.set_num_threads(2)
    model = RandomLatent(0)
    for weight in model.weights:
        weight.requires_grad_()
    rows = {}
    for name, options in {"CEM": {}, "CEM + Adam": {"polish": Adam(2, top=2)}}.items():
        planner = Planner(model, objective(), CEM(elites=8), model.horizon, 64, 2, **options)
        belief = planner.start()
        for step in range(WARM + PLANS):
            if step == WARM:
                before = resident()
            belief = planner.plan(model.origin[None], belief).belief.shifted(1)
        rows[name] = {"plans": PLANS, "before_mib": before, "growth_mib": resident() - before}
        print(name, rows[name], flush=True)
    record = {"command": "python benchmarks/planner/memory.py", "torch": torch.__version__, "rows": rows}
    OUT.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
