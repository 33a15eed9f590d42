"""Planning time over the bare model's: `python benchmarks/planner/overhead.py`.

As many candidates as a plan imagines go through the model and its cost, one call per iteration, under `no_grad`, with
nothing else. Plans, compiled plans, other libraries' plans (`peers.txt`, where installed; one scene at a time) and bare
rollouts alternate, and medians are compared.
"""

import json
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import torch
from peers import available
from problems import RandomLatent, objective

from foresee.planner.cem import CEM
from foresee.planner.folder import machine
from foresee.planner.plan import Planner

OUT = Path(__file__).with_name("overhead.json")
CASES = {
    "256-latent, 512 x 5, one scene": (256, 512, 512, 1, 15),
    "32-latent, 64 x 5, one scene": (32, 64, 64, 1, 201),
    "32-latent, 64 x 5, 16 scenes": (32, 64, 64, 16, 101),
}
"""Case -> width of the latent and of the hidden layers, candidates, scenes, repetitions."""
ITERATIONS = 5


def runs(model: RandomLatent, candidates: int, batch: int) -> dict[str, Callable[[], Any]]:
    """What is timed, by name."""
    options = {"horizon": model.horizon, "candidates": candidates, "iterations": ITERATIONS, "try_mean": False}
    state = model.origin.expand(batch, -1)
    chunks = 2 * torch.rand(batch, candidates, model.horizon, model.action_dim) - 1

    def bare() -> None:
        with torch.no_grad():
            for _ in range(ITERATIONS):
                model.imagine(state, chunks, ("cost",))

    found: dict[str, Callable[[], Any]] = {"bare": bare}
    for name, compiled in (("foresee CEM", False), ("foresee CEM, compiled", True)):
        planner = Planner(model, objective(), CEM(elites=candidates // 10), compile=compiled, **options)
        found[name] = lambda planner=planner: planner.plan(state, planner.start(batch))
    for name, make in available().items() if batch == 1 else ():
        if not name.startswith("torchrl"):  # whose adapter leaves out the environment's part of the work
            peer = make(model, candidates, ITERATIONS)
            found[name] = lambda peer=peer: peer.plan(model.origin)
    return found


def main() -> None:
    torch.set_num_threads(2)
    rows: list[dict[str, Any]] = []
    for case, (size, hidden, candidates, batch, repeats) in CASES.items():
        timed = runs(RandomLatent(0, size, hidden), candidates, batch)
        times: dict[str, list[float]] = {name: [] for name in timed}
        for run in timed.values():  # once, not counted: what is compiled, or loaded, at first
            run()
        for _ in range(repeats):
            for name, run in timed.items():
                began = perf_counter()
                run()
                times[name].append(1e3 * (perf_counter() - began))
        bare = median(times["bare"])
        for name, values in times.items():
            row = {"case": case, "planner": name, "ms": median(values), "ratio": median(values) / bare, "n": repeats}
            rows.append(row)
            print(f"{case}: {name:26s} {row['ms']:8.2f} ms {row['ratio']:6.3f}", flush=True)
    record = {"command": "python benchmarks/planner/overhead.py", "machine": machine(), "rows": rows}
    OUT.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
