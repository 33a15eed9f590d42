"""Throughput of training under Lightning against a bare loop: `python benchmarks/training.py`.

Network, loss, windows, arithmetic, optimiser and running average are the same; the bare loop fetches each batch when it
needs it, and neither logs nor saves. The two take turns, so that what else the machine does falls on both; the first
turn of each is not counted. Without `--data`, a small recording is made first.
"""

import argparse
import json
import tempfile
from copy import deepcopy
from itertools import islice
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import torch

from foresee import configs
from foresee.planner.collect import KEYS, collect
from foresee.planner.folder import machine
from foresee.planner.stats import interval
from foresee.worldmodel.batches import Draws
from foresee.worldmodel.data import Frames, Windows
from foresee.worldmodel.precision import fast_bfloat16
from foresee.worldmodel.recipe import recipe_for
from foresee.worldmodel.train import fit

OUT = Path(__file__).with_suffix(".json")
STAGES: dict[str, dict[str, Any]] = {
    "look": {"batch": 128, "rate": 1e-3, "horizon": 0},
    "settle": {"batch": 256, "rate": 1e-3, "horizon": 8},
}
"""As in the shipped configs of the tabletop."""
VALIDATION = 0.05
Timing = dict[str, float]
"""`frames_per_second` and `data_share`, as in `Feed.told`."""


def lightning(frames: Frames, name: str, steps: int) -> Timing:
    """Train one stage as users do."""
    stages: dict[str, Any] = {other: {"steps": 0} for other in ("look", "joint", "settle")}
    stages[name] = {"steps": steps, "every": steps + 1, **STAGES[name]}
    with tempfile.TemporaryDirectory() as out:
        fit(frames, out, **stages, validation=VALIDATION, validation_windows=1)
        return json.loads((Path(out) / "timing.json").read_text())[name]


def bare(frames: Frames, name: str, steps: int) -> Timing:
    """Train the same stage in a plain loop."""
    stage, recipe, (seen, _) = STAGES[name], recipe_for(frames), frames.split(VALIDATION)
    network = recipe.begin(frames, seen, {}, None)
    for part in recipe.resting(network, name):
        part.requires_grad_(False)
    if name in recipe.rested:
        data = recipe.rested[name](network, frames, seen, stage["horizon"])
    else:
        data = Windows(frames, network.sizes.frames + stage["horizon"], seen)
    loss = getattr(recipe.loss(), name)
    learned = [p for p in network.parameters() if p.requires_grad]
    mean = deepcopy(learned)
    optimizer = torch.optim.AdamW(learned, lr=stage["rate"], weight_decay=0.01)
    count, waited, began = 0, 0.0, perf_counter()
    for indices in islice(Draws(len(data), stage["batch"], 0, lambda: 0), steps):  # type: ignore[arg-type]
        asked = perf_counter()
        batch = data.__getitems__(indices)  # type: ignore[attr-defined]
        waited += perf_counter() - asked
        with torch.autocast("cpu", torch.bfloat16, enabled=fast_bfloat16()):
            total = loss(network, batch, torch.default_generator)["total"]
        optimizer.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_(learned, 1.0)
        optimizer.step()
        with torch.no_grad():
            torch._foreach_lerp_(mean, learned, 0.001)  # type: ignore[attr-defined]
        count += next(iter(batch.values())).shape[:2].numel()
    seconds = perf_counter() - began
    return {"frames_per_second": count / seconds, "data_share": waited / seconds}


def measure(frames: Frames, name: str, steps: int, rounds: int) -> dict[str, Any]:
    """Let both take turns at one stage."""
    turns = [(lightning(frames, name, steps), bare(frames, name, steps)) for _ in range(rounds + 1)][1:]
    found = dict(zip(("lightning", "bare"), zip(*turns, strict=True), strict=True))
    ratio = interval([ours["frames_per_second"] / theirs["frames_per_second"] for ours, theirs in turns])
    return {
        "stage": name,
        **{w: {key: median(t[key] for t in timings) for key in timings[0]} for w, timings in found.items()},
        "ratio": dict(zip(("mean", "low", "high"), ratio, strict=True)),
        "n": rounds,
    }


def main() -> None:
    """Print and write what both stages reach."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder of a recording; a small one is made if absent")
    parser.add_argument("--episodes", type=int, default=40, help="of the recording that is made")
    parser.add_argument("--steps", type=int, default=20, help="of a round")
    parser.add_argument("--rounds", type=int, default=8, help="that count, of each")
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = options.data or Path(folder) / "data"
        if not options.data:
            collect(configs.load("data/tabletop", [f"scenes.count={options.episodes}"], known=KEYS), data)
        frames = Frames.open(data)
        rows = [measure(frames, name, options.steps, options.rounds) for name in STAGES]
    command = f"python benchmarks/training.py --steps {options.steps} --rounds {options.rounds}"
    command += f" --data {options.data}" if options.data else f" --episodes {options.episodes}"
    record = {"command": command, "machine": machine(), "frames": len(frames.images), "rows": rows}
    text = json.dumps(record, indent=1)
    options.out.write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
