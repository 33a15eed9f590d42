"""Planning time over the bare model's: `python benchmarks/planner/overhead.py`.

The same number of candidates goes through the model and its cost, one call per iteration, with nothing else; plan and
bare rollouts alternate, and medians are compared.
"""

import json
from pathlib import Path
from statistics import median
from time import perf_counter

import torch
from problems import RandomLatent, objective

from foresee.planner.cem import CEM
from foresee.planner.folder import machine
from foresee.planner.plan import Planner

OUT = Path(__file__).with_name("overhead.json")
CASES = {
    "256-latent, 512 x 5, one scene": (256, 512, 512, 1, 31),
    "32-latent, 64 x 5, one scene": (32, 64, 64, 1, 301),
    "32-latent, 64 x 5, 16 scenes": (32, 64, 64, 16, 121),
}


def main() -> None:
    torch.set_num_threads(2)
    rows = []
    for name, (size, hidden, candidates, batch, repeats) in CASES.items():
        model = RandomLatent(0, size, hidden)
        planner = Planner(model, objective(), CEM(elites=candidates // 10), 12, candidates, 5, try_mean=False)
        state = model.origin.expand(batch, -1)
        chunks = torch.rand(batch, candidates, 12, 4) * 2 - 1
        times: dict[str, list[float]] = {"plan": [], "bare": []}
        with torch.no_grad():
            for _ in range(repeats):
                began = perf_counter()
                planner.plan(state, planner.start(batch))
                times["plan"].append(perf_counter() - began)
                began = perf_counter()
                for _ in range(5):
                    model.imagine(state, chunks, ("cost",))
                times["bare"].append(perf_counter() - began)
        plan, bare = median(times["plan"]), median(times["bare"])
        rows.append({"case": name, "plan_ms": 1e3 * plan, "bare_ms": 1e3 * bare, "ratio": plan / bare, "n": repeats})
        print(f"{name}: {1e3 * plan:.2f} ms, bare {1e3 * bare:.2f} ms, ratio {plan / bare:.3f}")
    record = {"command": "python benchmarks/planner/overhead.py", "machine": machine(), "rows": rows}
    OUT.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
