"""Teach the heads of `heads.py` on the eye and the physics of a checkpoint: the same batches, steps and rates.

python benchmarks/heads/train.py [--checkpoint tabletop] [--steps 8000] [--seed 0] [--out runs/heads] DATASET...

Each is measured in episodes that were held out, by what it infers between two frames: the middle chunk, and the spread.
"""

import argparse
import json
import sys
import time
from copy import copy, deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import torch
from heads import HEADS
from scipy import stats

from foresee.worldmodel import checkpoint as files
from foresee.worldmodel.batches import Draws
from foresee.worldmodel.data import Frames
from foresee.worldmodel.feed import Feed
from foresee.worldmodel.objects.attempts import Attempts, acted
from foresee.worldmodel.objects.batches import Slots
from foresee.worldmodel.objects.infer import infer, spread
from foresee.worldmodel.objects.network import from_description
from foresee.worldmodel.objects.state import State
from foresee.worldmodel.precision import fast_bfloat16
from foresee.worldmodel.stage import pace

BATCH, RATE, DECAY, AVERAGE, HORIZON = 512, 1e-3, 0.01, 0.999, 10
"""As `configs/train/tabletop_actor.yaml` has them."""
METRES = 0.04
"""What an action of 1 moves the hand."""
HELD_OUT, WINDOWS = 0.03, 2000
"""Share of the episodes held out, and windows of them to measure in, about."""


def teach(network: Any, data: Attempts, head: Any, steps: int, seed: int) -> Any:
    """Train one head; return the running average of its weights."""
    network.actor, average = head, deepcopy(head).requires_grad_(False)
    adam = torch.optim.AdamW(head.parameters(), lr=RATE, weight_decay=DECAY)
    for step, batch in zip(range(steps), Feed(data, Draws(len(data), BATCH, seed, lambda: 0)), strict=False):
        for group in adam.param_groups:
            group["lr"] = RATE * pace(step, steps)
        noise = torch.Generator().manual_seed(seed + 7919 * step)
        with torch.autocast("cpu", torch.bfloat16, enabled=fast_bfloat16()):
            loss = acted(network, batch, noise)["total"]
        adam.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(head.parameters(), 1.0)
        adam.step()
        with torch.no_grad():
            decay = min(AVERAGE, (1 + step) / (10 + step))
            torch._foreach_lerp_([*average.parameters()], [*head.parameters()], 1.0 - decay)  # type: ignore[attr-defined]
    return average


def inferred(network: Any, data: Attempts) -> dict[str, dict[str, float]]:
    """How wrong the middle guess of the way of the hand is (mm), and how well the spread tells (Spearman)."""
    batch: Any = Slots.__getitems__(data, [*range(len(data))])
    found = {}
    for name, steps in (("step", 1), ("chunk", HORIZON)):
        who = batch["truth"].who[:, 0]
        now, later = (State(batch["robot"][:, t], batch["slots"][:, t], who) for t in (0, steps))
        off = (infer(network, now, later, steps, passes=0) - batch["actions"][:, :steps])[..., :3].sum(1)
        wrong = METRES * 1000 * off.norm(dim=-1).numpy()
        unsure = spread(network, now, later, steps)[..., :3].square().sum((1, 2)).sqrt().numpy()
        found[name] = {
            "median_mm": float(np.median(wrong)),
            "p90_mm": float(np.quantile(wrong, 0.9)),
            "spread_tells": float(stats.spearmanr(unsure, wrong)[0]),
        }
    return found


def main() -> None:
    """Train what is not there yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="+", help="folders of recordings, those of the checkpoint")
    parser.add_argument("--checkpoint", default="tabletop")
    parser.add_argument("--steps", type=int, default=8000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("runs/heads"))
    told = parser.parse_args()
    told.out.mkdir(parents=True, exist_ok=True)
    description, weights = files.load(told.checkpoint)
    network = from_description(description)
    network.load_state_dict(weights)
    network.requires_grad_(False)
    frames = Frames.open(told.data)
    with torch.autocast("cpu", torch.bfloat16, enabled=fast_bfloat16()):
        data = Attempts(network, frames, np.arange(len(frames.starts)), HORIZON)
    held_out, others = np.isin(frames.episode[data.firsts], frames.split(HELD_OUT)[1]), copy(data)
    data.firsts, others.firsts = data.firsts[~held_out], data.firsts[held_out]
    others.firsts = others.firsts[:: max(1, len(others) // WINDOWS)]
    for name, kind in HEADS.items():
        file = told.out / f"{name}.pt"
        same = {
            "steps": told.steps,
            "seed": told.seed,
            "data": frames.hash,
            "checkpoint": description["weights_sha256"],
        }
        if file.exists():
            known = json.loads(file.with_suffix(".json").read_text())
            if any(known[key] != value for key, value in same.items()):
                sys.exit(f"{file} was taught otherwise ({known}); choose another --out.")
            continue
        torch.manual_seed(told.seed)
        sizes, began = network.sizes, time.perf_counter()
        head = kind(sizes.features, len(network.eye.names.kinds), sizes.actor, sizes.chunk, sizes.joint)
        average = teach(network, data, head, told.steps, told.seed)
        minutes = (time.perf_counter() - began) / 60
        network.actor = average.eval()
        about = {
            **inferred(network, others),
            "parameters": sum(each.numel() for each in average.parameters()),
            "minutes": minutes,
            **same,
        }
        file.with_suffix(".json").write_text(json.dumps(about, indent=1) + "\n")
        torch.save(average.state_dict(), file.with_suffix(".tmp"))
        file.with_suffix(".tmp").rename(file)
        print(name, json.dumps(about), flush=True)


if __name__ == "__main__":
    main()
