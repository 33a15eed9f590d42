"""Learning from its own mistakes: the planner plays with the model, and the model learns from what came of it."""

import inspect
import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from omegaconf import DictConfig

from .. import configs
from ..worldmodel import checkpoint as files
from ..worldmodel.batches import examples
from ..worldmodel.begin import choose, claim
from ..worldmodel.data import Frames, Windows
from ..worldmodel.metrics import Tally
from ..worldmodel.recipe import recipe_for
from ..worldmodel.recorded import Recorded
from ..worldmodel.train import Stage, fit
from . import build, collect
from .folder import write
from .pool import CURIOUS, PLANNER
from .scenes import SPLITS, slots
from .whole_number import number_of, whole_number

NEEDED, STAGES = ("count", "collect", "scenes"), ("look", "joint", "settle", "act")
KEYS = tuple(f"rounds.{key}" for key in (*NEEDED, *(f"{s}.{field.name}" for s in STAGES for field in fields(Stage))))
"""Keys of rounds, as `configs.load` wants them."""
AHEAD = 8
"""Steps imagined when a checkpoint is examined, as far as episodes reach."""
SHOWN = {
    "position": ("error", "mm", 1000.0),
    "up": ("degrees", "degrees", 1.0),
    "held": ("f1", "F1", 1.0),
    "contact": ("f1", "F1", 1.0),
}
"""Kind of quantity in the table -> its metric, the unit it is told in, and how many of that make one."""
HEAD = ("round", "quantity", "first step: before", "after", "last step: before", "after")
"""Head of the table."""


def learn(
    rounds: Any,
    data: Sequence[str],
    out: Path,
    options: Mapping[str, Any],
    cache: str | None = None,
    progress: bool = True,
) -> Path:
    """Train; then, round after round, let the planner play with the last checkpoint, and train on all there is.

    Aggregation of data for a model that is planned with (Ross and Bagnell, 2012). Round 0, in `out/round0`, is the
    training without rounds. Round r, in `out/round<r>`, records new episodes with the checkpoint of round r - 1,
    failures included, and goes on from its weights. `out/rounds.json` keeps the errors of both on what round r held out
    of these episodes. Neither was trained on it; and since each dataset is divided by itself (`Frames.split`), what any
    round holds out, and is examined on, no other round is trained on. What is finished is not repeated.

    Args:
        rounds: `count`; `collect`, a recording by name or path, whose checkpoint is replaced; `scenes`, the episodes of
            each round, on the seeds that follow the recording's own; and in `look`, `joint`, `settle` and `act` what
            differs from the first training.
        data: folders of the datasets of round 0.
        out: folder of all rounds.
        options: of `fit`.
        cache: see `Frames.open`.
        progress: whether to show bars.

    Returns:
        Folder of the last checkpoint, `out/checkpoint`.
    """
    usual = inspect.signature(fit).parameters
    first: dict[str, Any] = {
        key: usual[key].default for key in ("model", "validation", "validation_windows", "devices")
    }
    first |= options
    _check(rounds, first)
    recordings = _recordings(rounds, data, out)
    claim(out, {"rounds": {key: value for key, value in rounds.items() if key != "count"}})
    checkpoint = fit(Frames.open(data, cache), out / "round0", progress=progress, **first)
    later: dict[str, Any] = first | {stage: (first.get(stage) or {}) | (rounds.get(stage) or {}) for stage in STAGES}
    gains = _gains(out)
    for number, recording in enumerate(recordings, 1):
        folder, before = out / f"round{number}", checkpoint
        collect.collect(recording, folder / "data", recording.get("workers"), progress)
        data = [*data, str(folder / "data")]
        frames = Frames.open(data, cache)
        later["init_from"] = str(before)
        checkpoint = fit(frames, folder, progress=progress, **later)
        if number > len(gains):
            gains.append({"round": number, **_gain(before, checkpoint, frames, first)})
            write(out / "rounds.json", json.dumps(gains, indent=1) + "\n")
    return files.copy(checkpoint, out / "checkpoint")


def _check(rounds: Any, options: Mapping[str, Any]) -> None:
    """Refuse rounds that say too little or nothing that can be meant."""
    if not isinstance(rounds, dict) or any(rounds.get(key) is None for key in NEEDED):
        raise configs.ConfigError(
            "rounds needs count, collect and scenes, such as {count: 2, collect: data/tabletop_curious, scenes: 600}."
        )
    for key, least in {"count": 1, "scenes": 2}.items():
        whole_number(f"rounds.{key}", rounds[key], least)
    for stage in STAGES:
        choose(Stage, {"steps": 1, "batch": 1, "rate": 1.0} | (options.get(stage) or {}) | (rounds.get(stage) or {}))
    if options["devices"] != 1:
        raise configs.ConfigError("rounds record what only one process may; leave devices out.")
    if not options["validation"] > 0:
        raise configs.ConfigError("rounds are measured on episodes that are held out; give validation more than 0.")


def _recordings(rounds: Mapping[str, Any], data: Sequence[str], out: Path) -> list[DictConfig]:
    """What each round records, on seeds that are for training and that no dataset has."""
    name, count, known = rounds["collect"], rounds["scenes"], (*build.KEYS, *collect.KEYS)
    given = configs.load(name, known=known)
    plans = {PLANNER, CURIOUS} & {*(given.get("behaviours") or ())}
    if not plans or not (given.get("world_model") or {}).get("checkpoint"):
        raise configs.ConfigError(
            f"rounds.collect is '{name}', which records no plans of a checkpoint; choose a recording with "
            "world_model.checkpoint and the behaviour planner or curious, such as data/tabletop_curious."
        )
    number_of(given, "workers")
    own = slots({key: value for key, value in (given.get("scenes") or {}).items() if key != "layout"}, ())
    first = own[-1].seeds[0] + 1
    end, limit = first + rounds["count"] * count, SPLITS["train"][1]
    said = f"rounds would record the seeds {first} to {end - 1}, which follow those of '{name}',"
    if end > limit:
        raise configs.ConfigError(
            f"{said} but from {limit} on they are for validation and tests; choose fewer, or another scenes.first."
        )
    met = {episode["seed"] for folder in data for episode in Recorded.open(Path(folder)).episodes}
    if again := met & {*range(first, end)}:
        raise configs.ConfigError(f"{said} but the data hold seed {min(again)}; choose another scenes.first.")
    recordings = []
    for number in range(rounds["count"]):
        checkpoint = json.dumps(str(out / f"round{number}" / "checkpoint"))
        scenes = {"split": "null", "first": first + number * count, "count": count}
        changes = [f"world_model.checkpoint={checkpoint}", *(f"scenes.{key}={v}" for key, v in scenes.items())]
        recordings.append(configs.load(name, changes, known))
    return recordings


def _gain(before: Path, after: Path, frames: Frames, options: Mapping[str, Any]) -> dict[str, Any]:
    """Examine two checkpoints on what is held out of the newest dataset.

    Returns:
        `episodes` of that dataset; `held_out`, which of them were examined; metrics `before` and `after`, named as by
        `Tally`.
    """
    newest = np.flatnonzero(frames.dataset == frames.dataset[-1])
    held_out = np.intersect1d(newest, frames.split(options["validation"])[1])
    found = {"episodes": len(newest), "held_out": (held_out - newest[0]).tolist()}
    recipe = recipe_for(frames)
    for when, checkpoint in {"before": before, "after": after}.items():
        network = recipe.begin(frames, held_out, options["model"] or {}, str(checkpoint)).eval()
        length = min(network.sizes.frames + AHEAD, int(frames.lengths[held_out].max()))
        tally = Tally(network.quantities)
        for batch in examples(Windows(frames, length, held_out), options["validation_windows"]):
            recipe.examine(network, batch, tally)
        found[when] = tally.results()
    return found


def _gains(out: Path) -> list[dict[str, Any]]:
    path = out / "rounds.json"
    return json.loads(path.read_text()) if path.exists() else []


def rows(out: Path) -> list[tuple[str, ...]]:
    """Lines of the table, below `HEAD`, of the rounds in a folder; none where there were no rounds.

    A model of objects has a line for objects of any kind, and none for each kind.
    """
    lines = []
    for gain in _gains(out):
        steps = sorted({int(key.rpartition("step ")[2]) for key in gain["before"] if "/step " in key})
        general = any(key.startswith("object.") for key in gain["before"])
        for key in dict.fromkeys(key.rpartition("/")[0] for key in gain["before"]):
            name, what = key.split("/")
            parts = name.split(".")
            metric, unit, scale = SHOWN.get("contact" if parts[0] == "contact" else parts[-1], ("", "", 1.0))
            if what != metric or (general and "object" not in parts):
                continue
            values = [gain[when].get(f"{key}/step {t}") for t in (steps[0], steps[-1]) for when in ("before", "after")]
            told = ("–" if value is None else f"{scale * value:.3g}" for value in values)
            lines.append((str(gain["round"]), f"{name}, {unit}", *told))
    return lines
