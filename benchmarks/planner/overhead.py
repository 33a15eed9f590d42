"""Planning time over the bare model's: `python benchmarks/planner/overhead.py`.

As many candidates as a plan imagines go through the model and its cost, one call per iteration, under `no_grad`, with
nothing else. Every planner, the other libraries too (`peers.txt`, where installed; one scene at a time), alternates
with the bare rollouts, each pair by itself, since what ran before leaves its traces; medians are compared.
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
    state, found = model.origin.expand(batch, -1), {}
    for name, compiled in (("foresee CEM", False), ("foresee CEM, compiled", True)):
        planner = Planner(model, objective(), CEM(elites=candidates // 10), compile=compiled, **options)
        found[name] = lambda planner=planner: planner.plan(state, planner.start(batch))
    for name, make in available().items() if batch == 1 else ():
        # The adapter of torchrl leaves out the environment's part of the work, and what remains of cma is cma itself.
        if not name.startswith(("torchrl", "cma")) and not name.endswith("gradient"):
            peer = make(model, candidates, ITERATIONS)
            found[name] = lambda peer=peer: peer.plan(model.origin)
    return found


def main() -> None:
    torch.set_num_threads(2)
    rows: list[dict[str, Any]] = []
    for case, (size, hidden, candidates, batch, repeats) in CASES.items():
        model = RandomLatent(0, size, hidden)
        state, chunks = model.origin.expand(batch, -1), torch.rand(batch, candidates, model.horizon, model.action_dim)

        @torch.no_grad()
        def bare(model=model, state=state, chunks=2 * chunks - 1) -> None:
            for _ in range(ITERATIONS):
                model.imagine(state, chunks, ("cost",))

        for name, run in runs(model, candidates, batch).items():
            pair = {"bare": bare, "plan": run}
            times: dict[str, list[float]] = {which: [] for which in pair}
            for i in range(repeats + 3):
                for which, do in pair.items():
                    began = perf_counter()
                    do()
                    if i >= 3:  # what is compiled, or loaded, at first
                        times[which].append(1e3 * (perf_counter() - began))
            plan_ms, bare_ms = median(times["plan"]), median(times["bare"])
            ratio = plan_ms / bare_ms
            rows.append(
                {"case": case, "planner": name, "ms": plan_ms, "bare_ms": bare_ms, "ratio": ratio, "n": repeats}
            )
            print(f"{case}: {name:26s} {plan_ms:8.2f} ms, bare {bare_ms:8.2f} ms, {ratio:6.3f}", flush=True)
    record = {"command": "python benchmarks/planner/overhead.py", "machine": machine(), "rows": rows}
    OUT.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
