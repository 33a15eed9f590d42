"""Where the loss is between a perfect model and the full system: reading pictures, imagining, or looking."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import ceil, floor
from pathlib import Path
from typing import Any

import numpy as np
from omegaconf import DictConfig, OmegaConf

from . import experiment, folder
from .report import templates
from .sighted import Sighted
from .stats import interval
from .summary import safe, summarise

METHODS = {
    "simulator": "A: simulator as model, true costs",
    "rendered": "B: simulator as model, costs read off pictures",
    "sighted": "C: learned dynamics, told where things are",
    "planner": "D: full system",
    "blind": "floor: blind to the limits",
    "random": "floor: random actions",
    "idle": "floor: no action",
}
"""What is played, in this order, and what it stands for."""

FLOORS = ("blind", "random", "idle")
"""Without the scripted expert, which sees the truth and is no floor but a screen."""

LOSSES = {
    "readouts": ("simulator", "rendered"),
    "dynamics": ("simulator", "sighted"),
    "looking": ("sighted", "planner"),
    "all": ("simulator", "planner"),
}
"""Name of a loss -> who succeeds without it, and who with it."""

RESAMPLES = 2000
LEFT, WIDE, ROW = 360, 400, 26
"""The figure: where its axes begin, how wide they are, how high a row is, in pixels."""


def decompose(
    config: DictConfig,
    count: int,
    out: Path,
    progress: experiment.Progress = lambda what, done, total: None,
    note: Callable[[str], None] = lambda sentence: None,
) -> dict[str, Any]:
    """Play every method in the same validation scenes, and say where the loss is.

    The same call resumes an interrupted run. `sighted` is left out, with a note, where the model cannot be told.

    Args:
        config: an experiment in PyBullet, of which scenes, methods and films are replaced.
        count: validation scenes.
        out: run folder of the episodes.
        progress: told how far it is.
        note: told what is left out, and what `run` notes.

    Returns:
        `scenes`, the checkpoint and its data, `plan_ms` of each method that plans, and what `decomposition` says.
    """
    names = list(METHODS)
    with experiment.Stage(config, out) as stage:
        try:
            Sighted(stage.model, stage.env)
        except ValueError as reason:
            note(str(reason))
            names.remove("sighted")
    places = {"split": "validation", "count": count, "first": None}
    changed = OmegaConf.merge(config, {"scenes": places, "methods": names, "films": 0})
    assert isinstance(changed, DictConfig)
    summary = experiment.run(changed, out, progress, note)
    return {
        **{key: summary[key] for key in ("scenes", "checkpoint", "data")},
        "plan_ms": {name: m["plan_ms"] for name, m in summary["methods"].items() if m["plan_ms"]["p50"] is not None},
        **decomposition(folder.Lines(out / "episodes.jsonl").lines),
    }


def decomposition(lines: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Say how often each method succeeds safely, what is lost between two of them, and which share is closed.

    Args:
        lines: of `episodes.jsonl`: all methods, or all but `sighted`, in the same scenes.

    Returns:
        `safe_success`: method -> {k, n, rate, low, high} (Wilson, 95 %); `losses`: name -> {without, with, points, low,
        high}, percentage points, paired bootstrap over scenes; `floor`, the best of `FLOORS`; and what `closed` says.
    """
    played = {(line["method"], line["scene"]): safe(line) for line in lines}
    found = summarise(lines)
    rates = {name: found[name]["safe_success"] for name in METHODS if name in found}
    scenes = sorted({scene for _, scene in played})
    table = {name: np.array([played[name, scene] for scene in scenes], float) for name in rates}
    losses = {
        name: {"without": a, "with": b, **_ends("points", interval(list(100 * (table[a] - table[b]))))}
        for name, (a, b) in LOSSES.items()
        if {a, b} <= {*table}
    }
    return {
        "safe_success": rates,
        "losses": losses,
        "floor": max(FLOORS, key=lambda name: rates[name]["rate"]),
        "closed": closed(table["planner"], table["simulator"], np.stack([table[name] for name in FLOORS])),
    }


def closed(full: np.ndarray, best: np.ndarray, floors: np.ndarray, seed: int = 0) -> dict[str, float | None]:
    """Which share of the gap between the best floor and a perfect model the full system closes.

    (D - F) / (A - F), of the rates of safe success, where F is the best floor, in each resample anew. Where there may
    be no gap at all the share may be anything: then an end of the interval, or all of it, is None.

    Args:
        full: safe success of the full system in each scene, 0 or 1. Shape (n,).
        best: the same with the simulator as the model. Shape (n,).
        floors: the same for each floor. Shape (floors, n).
        seed: names the draws of the bootstrap over scenes.

    Returns:
        {share, low, high}, a 95 % percentile interval (Efron, 1979).
    """
    table = np.vstack([full, best, floors])  # (methods, n)
    n = table.shape[1]
    draws = np.random.default_rng(seed).integers(n, size=(RESAMPLES, n))
    rates = np.column_stack([table.mean(1), table[:, draws].mean(2)])  # (methods, 1 + RESAMPLES)
    base = rates[2:].max(0)
    gap = rates[1] - base
    share = np.divide(rates[0] - base, gap, out=np.full_like(gap, np.nan), where=gap > 1e-9)
    low = np.quantile(np.nan_to_num(share[1:], nan=-np.inf), 0.025, method="lower")
    high = np.quantile(np.nan_to_num(share[1:], nan=np.inf), 0.975, method="higher")
    return _ends("share", (float(value) if np.isfinite(value) else None for value in (share[0], low, high)))


def _ends(name: str, values: Iterable[float | None]) -> dict[str, Any]:
    return dict(zip((name, "low", "high"), values, strict=True))


def rows(found: Mapping[str, Any]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The table of the methods: its head and its rows."""
    return ("method", "safe success, %", ""), [
        (name, _said(100 * rate["rate"], 100 * rate["low"], 100 * rate["high"]), METHODS[name])
        for name, rate in found["safe_success"].items()
    ]


def loss_rows(found: Mapping[str, Any]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The table of the losses: its head and its rows."""
    return ("lost in", "points", "between"), [
        (_between(name), _said(loss["points"], loss["low"], loss["high"]), f"{loss['without']} and {loss['with']}")
        for name, loss in found["losses"].items()
    ]


def sentence(found: Mapping[str, Any]) -> str:
    """Say which share of the gap is closed."""
    value, best = found["closed"], found["floor"]
    if value["share"] is None:
        return f"There is no gap to close: A does not succeed more often than the best floor ({best})."
    low, high = ("–" if value[end] is None else f"{100 * value[end]:.0f}" for end in ("low", "high"))
    return f"D closes {100 * value['share']:.0f} % [{low}, {high}] of the gap between the best floor ({best}) and A."


def figure(found: Mapping[str, Any], title: str) -> str:
    """Draw rates and losses as bars with their intervals, as SVG."""
    rates = [
        (METHODS[name], *(100 * rate[end] for end in ("rate", "low", "high")), name not in FLOORS)
        for name, rate in found["safe_success"].items()
    ]
    losses = [
        (_between(name), loss["points"], loss["low"], loss["high"], True) for name, loss in found["losses"].items()
    ]
    low, high = min(0.0, *(loss[2] for loss in losses)), max(20.0, *(loss[3] for loss in losses))
    panels = [
        {"name": "safe success, %", "rows": rates, "low": 0, "high": 100},
        {"name": "loss, points", "rows": losses, "low": 20 * floor(low / 20), "high": 20 * ceil(high / 20)},
    ]
    told = {"title": title, "sentence": sentence(found), "scenes": found["safe_success"]["planner"]["n"]}
    return templates().get_template("decompose.svg").render(panels=panels, left=LEFT, wide=WIDE, row=ROW, **told)


def _between(loss: str) -> str:
    """A loss, and the letters of the two methods that it lies between."""
    return f"{loss}: {' − '.join(METHODS[name][0] for name in LOSSES[loss])}"


def _said(value: float, low: float, high: float) -> str:
    return f"{value:.0f} [{low:.0f}, {high:.0f}]"
