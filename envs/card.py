"""The data card of a dataset: what is in it, how often what matters happens, and how it was made."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from .lerobot import DATA, at, read_table, shards

TIPPED = float(np.cos(np.deg2rad(15.0)))
"""An object whose up axis leans more than 15 degrees counts as tipped."""

HEADER = """---
tags: [LeRobot, robotics]
configs:
- config_name: default
  data_files: data/*/*.parquet
---
"""

ROWS = (
    "Row t holds what was seen at t, the action commanded then, and what followed as `next.*`; "
    "`scene.*` are true quantities of the simulator."
)
VIDEO = (
    "Simulated video without actions: row t holds the time of the pictures seen at t. No action, no proprioception and "
    "nothing that is true of the scene was recorded."
)


def card(root: Path, info: Mapping[str, Any], rows: pa.Table) -> str:
    """Write the data card.

    Args:
        root: the dataset.
        info: contents of `meta/info.json`.
        rows: one row per episode.
    """
    ours, episodes, frames = info["foresee"], info["total_episodes"], info["total_frames"]
    rate = ours.get("steps_per_second")
    lines = [
        f"{HEADER}# {episodes} of {ours['count']} episodes, {frames} frames at {info['fps']} Hz\n",
        f"{ROWS if 'action' in info['features'] else VIDEO}\n",
        *_table(
            ("", ""),
            [
                ("cameras", ", ".join(ours["cameras"])),
                ("renderer", ours["renderer"]),
                ("seeds", _span(rows["seed"].to_pylist()) if episodes else "none yet"),
                ("recorded at", f"{rate:.0f} steps/s" if rate else "not measured"),
                ("foresee", ours["version"]),
                ("sha256", f"`{ours['sha256']}`"),
            ],
        ),
    ]
    if episodes:
        lines += [*_counts(rows), *_rates(root, rows)]
    config = {k: v for k, v in ours.items() if k not in ("quantities", "sha256", "steps_per_second")}
    quantities = [(f"`{k}`", str(tuple(q["shape"])), q["unit"], q["meaning"]) for k, q in ours["quantities"].items()]
    if quantities:
        lines += ["## Quantities\n", *_table(("name", "shape", "unit", "meaning"), quantities)]
    lines += ["## Config\n", "```json", json.dumps(config, indent=2), "```", ""]
    return "\n".join(lines)


def _counts(rows: pa.Table) -> list[str]:
    """Episodes of every behaviour in every layout."""
    behaviours, layouts = rows["behaviour"].to_pylist(), rows["layout"].to_pylist()
    pairs, across = list(zip(behaviours, layouts, strict=True)), sorted(set(layouts))
    body = [(b, *(pairs.count((b, a)) for a in across), behaviours.count(b)) for b in sorted(set(behaviours))]
    return ["## Episodes\n", *_table(("behaviour", *across, "all"), body)]


def _rates(root: Path, rows: pa.Table) -> list[str]:
    """How often what matters happens, if anything is known: share of episodes in which it does, and of frames."""
    lengths, behaviours = rows["length"].to_numpy(), np.array(rows["behaviour"].to_pylist())
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    events = _events(root)
    if not events:
        return []
    ever = {name: np.logical_or.reduceat(happens, starts) for name, happens in events.items()}
    groups = {b: behaviours == b for b in sorted(set(behaviours))} | {"all": np.full(len(behaviours), True)}
    body = [(g, *(f"{values[mask].mean():.1%}" for values in ever.values())) for g, mask in groups.items()]
    body.append(("all, frames", *(f"{happens.mean():.1%}" for happens in events.values())))
    return ["## Base rates: share of episodes in which it happens\n", *_table(("behaviour", *events), body)]


def _events(root: Path) -> dict[str, np.ndarray]:
    """Event -> whether it holds, in every frame: success, held, tipped by more than 15 degrees, touched."""
    found: dict[str, list[np.ndarray]] = {}
    for shard in shards(root):
        table = read_table(at(root, DATA, shard))
        for column in table.column_names:
            event = _event(column, table)
            if event is not None:
                name = column.removeprefix("scene.").removeprefix("next.").replace(".up", ".tipped")
                found.setdefault(name, []).append(event)
    return {name: np.concatenate(parts) for name, parts in found.items()}


def _event(column: str, table: pa.Table) -> np.ndarray | None:
    if column == "next.success":
        return table[column].to_numpy()
    if column.startswith("scene.") and column.endswith(".up"):
        return np.array(table[column].to_pylist())[:, 2] < TIPPED
    if column.startswith("scene.") and (column.endswith(".held") or column.startswith("scene.contact.")):
        return None if pa.types.is_fixed_size_list(table[column].type) else table[column].to_numpy() > 0.5
    return None


def _span(seeds: list[int]) -> str:
    return f"{min(seeds)} to {max(seeds)} ({len(seeds)})"


def _table(head: Iterable[str], body: Iterable[Iterable[Any]]) -> list[str]:
    head = list(head)
    lines = [head, ["---"] * len(head), *body]
    return [*("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines), ""]
