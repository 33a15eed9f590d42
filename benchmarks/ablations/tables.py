"""Examine the variants that `run.sh` trained, on the episodes that all of them held out; keep a JSON and a table.

python benchmarks/ablations/tables.py [runs/ablations] [VARIANT]...

What was examined is kept beside the checkpoint; with variants named, only these are examined, and no table is written.
Variants that are not in the folder stay in the table as they were, where they learned from the same recordings.
"""

import json
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import torch

from foresee.planner.stats import interval
from foresee.planner.summary import compare
from foresee.worldmodel.data import Frames, Windows
from foresee.worldmodel.interface import Context
from foresee.worldmodel.latent import Latent
from foresee.worldmodel.metrics import Tally
from foresee.worldmodel.objects.model import Objects
from foresee.worldmodel.recipe import recipe_for

sys.path.append(str(Path(__file__).parent.parent))

from compare import lines, pair
from results import rate

HERE = Path(__file__).parent
COMMAND = "benchmarks/ablations/run.sh; benchmarks/ablations/play.sh; python benchmarks/ablations/tables.py"
AHEAD, WINDOWS = 8, 24
"""Steps that are imagined, and windows of each episode."""
CHUNKS = (1, 128, 10, 5)
"""What is imagined to see how long it takes."""
COLUMNS = {
    f"{thing} {unit}, {where}": (f"{thing}.{name}/{what}/{label}", scale)
    for where, label in (("seen", "encoded"), ("step 8", "step 8"))
    for thing in ("cup", "bowl")
    for unit, name, what, scale in (("mm", "position", "error", 1000.0), ("degrees", "up", "degrees", 1.0))
}
"""Column -> metric and factor."""


def examine(folder: Path, recordings: str) -> dict[str, Any]:
    """Mean errors of a variant over held-out episodes (bootstrap over these), and its size."""
    training, frames, held_out, recipe = opened(folder, recordings)
    network = recipe.begin(frames, held_out, training["model"], str(folder / "checkpoint")).eval()
    rows = []
    for episode in held_out:
        windows = Windows(frames, network.sizes.frames + AHEAD, [episode])
        tally, some = Tally(network.quantities), np.linspace(0, len(windows) - 1, WINDOWS).astype(int).tolist()
        recipe.examine(network, windows.__getitems__(some), tally)
        rows.append({key.replace("red_", "").replace("blue_", ""): value for key, value in tally.results().items()})
    values = {column: [scale * row[key] for row in rows if key in row] for column, (key, scale) in COLUMNS.items()}
    return {
        **{column: dict(zip(("mean", "low", "high"), interval(v), strict=True)) for column, v in values.items()},
        "episodes": len(rows),
        "parameters": sum(p.numel() for p in network.parameters()),
    }


def opened(folder: Path, recordings: str) -> tuple[dict[str, Any], Frames, Any, Any]:
    """What a variant was trained with, its recordings, the episodes held out, and how such data are learned."""
    training = json.loads((folder / "checkpoint" / "description.json").read_text())["training"]
    frames = Frames.open(folder.parent / "data" / recordings)
    return training, frames, frames.split(training["validation"])[1], recipe_for(frames)


def milliseconds(folder: Path, recordings: str) -> float:
    """Median time to imagine the places and axes of both things along `CHUNKS`, uncompiled, on one thread."""
    training, frames, held_out, recipe = opened(folder, recordings)
    network = recipe.begin(frames, held_out, training["model"], None).eval()  # as quick as with what it learned
    batch = Windows(frames, network.sizes.frames + AHEAD, held_out).__getitems__([0])
    first, scene = network.sizes.frames, batch["scene"]
    who = torch.stack([scene[f"object{i}.who"][:, 0] for i in range(4)], -1) if "object0.who" in scene else None
    ids = None if who is None else who.nan_to_num(-1.0).long()
    context = Context(batch["images"][:, :first], batch["proprio"][:, :first], batch["actions"][:, : first - 1], ids)
    model = Latent.of(network, "bfloat16") if who is None else Objects.of(network, "bfloat16", ["red_cup", "blue_bowl"])
    names = [f"{thing}.{what}" for thing in ("red_cup", "blue_bowl") for what in ("position", "up")]
    state, chunks, took = model.encode(context), torch.zeros(CHUNKS), []
    for _ in range(9):
        began = perf_counter()
        model.imagine(state, chunks, names)
        took.append(1e3 * (perf_counter() - began))
    return float(np.median(took))


def rows(found: dict[str, dict[str, Any]]) -> list[str]:
    """One Markdown row per variant."""
    heads = [
        "variant",
        *COLUMNS,
        "safe success",
        "n",
        "better, worse than base (p)",
        "parameters",
        "imagine 128 × 10, ms",
    ]
    told = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for name, each in found.items():
        cells = ["{mean:.1f} [{low:.1f}, {high:.1f}]".format(**each[column]) for column in COLUMNS]
        played = each.get("safe_success")
        cells += [rate(played), str(played["n"])] if played else ["–", "–"]
        cells += [pair(each.get("paired")), f"{each['parameters']:,}", f"{each['imagine_ms']:.0f}"]
        told.append(f"| {' | '.join([name, *cells])} |")
    return told


def variants() -> dict[str, tuple[list[str], str]]:
    """Variant -> its overrides, and which recordings it learns from."""
    listed = (line.split() for line in (HERE / "variants.txt").read_text().splitlines())
    return {
        name: (overrides, next((o.split("/")[3].split(",")[0] for o in overrides if o.startswith("data=")), "slots"))
        for name, *overrides in listed
    }


def merged(found: dict[str, dict[str, Any]], before: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What was found, and what stood in the table of other variants that learned from the same recordings."""
    known, told = variants(), {}
    hashes = {known[name][1]: each["data_hash"] for name, each in found.items()}
    for name, (_, recordings) in known.items():
        each = found.get(name) or before.get(name)
        if each and each["data_hash"] == hashes.get(recordings, each["data_hash"]):
            told[name] = each
    return told


def entry(folder: Path, name: str) -> dict[str, Any]:
    """What is kept of a variant: errors, what made it, and how often it picks the red cup up safely, if it played."""
    overrides, recordings = variants()[name]
    examined, played = folder / name / "examined.json", folder / name / "red_cup" / "summary.json"
    if not examined.exists():
        examined.write_text(json.dumps(examine(folder / name, recordings)))
    told = json.loads((folder / name / "checkpoint" / "description.json").read_text())
    found = {"overrides": overrides, **json.loads(examined.read_text())}
    found |= {key: told[key] for key in ("seed", "data_hash", "versions")}
    if played.exists():
        summary = json.loads(played.read_text())
        found |= {"safe_success": summary["methods"]["planner"]["safe_success"], "scenes": summary["scenes"]}
    return found


def paired(folder: Path, names: list[str]) -> dict[str, dict[str, Any]]:
    """How each variant that played compares with the usual one, scene by scene; {} where that has not played."""
    played = [name for name in names if (folder / name / "red_cup" / "summary.json").exists()]
    episodes = [{**line, "method": name} for name in played for line in lines(folder / name / "red_cup")]
    return compare(episodes, "base") if "base" in played else {}


def main() -> None:
    """Examine what there is, write ablations.json and ablations.md, and print the table."""
    torch.set_num_threads(1)
    given, *only = sys.argv[1:] or ["runs/ablations"]
    folder = Path(given)
    finished = [name for name in variants() if (folder / name / "checkpoint").exists() and name in (only or [name])]
    found = {name: entry(folder, name) for name in finished}
    if not found:
        sys.exit(f"{folder} holds no finished variant; run benchmarks/ablations/run.sh first.")
    if only:
        return
    for name, each in found.items():
        each["imagine_ms"] = milliseconds(folder / name, variants()[name][1])
    for name, told in paired(folder, finished).items():
        found[name]["paired"] = told
    path = HERE / "ablations.json"
    found = merged(found, json.loads(path.read_text())["variants"] if path.exists() else {})
    episodes = next(iter(found.values()))["episodes"]
    about = f"Mean errors over {episodes} held-out episodes, bootstrap 95 %, every member by itself"
    about += "; safe success of the red cup in validation scenes, Wilson 95 %."
    text = "\n".join([f"Made by `{COMMAND}`. {about}", "", *rows(found)])
    path.write_text(json.dumps({"command": COMMAND, "variants": found}, indent=1) + "\n")
    (HERE / "ablations.md").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
