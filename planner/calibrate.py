"""How wrong imagination is about each limit, on chunks that the planner itself chose."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from omegaconf import DictConfig, OmegaConf
from torch import Tensor

from .. import configs
from ..costs.conformal import Calibration
from ..costs.disagreement import of_the_model
from ..costs.names import seen
from ..costs.objective import Limit
from . import build, margins, scenes
from .chosen import Chosen, choose
from .crew import crew
from .experiment import Stage
from .monitor import KINDS

ANYTHING = 1e9
"""What a limit allows until its threshold is known."""
LEAST = 8
"""Fewest scenes from which margins are calibrated, and episodes from which it is said what is usual."""
SKIP = 50_000
"""So many scenes of the validation split are left to the benches, which are to judge the margins by other scenes."""
Progress = Callable[[str, int, int], None]


def calibrate(config: DictConfig, count: int, progress: Progress = lambda what, done, total: None) -> dict[str, Any]:
    """Let the planner act in scenes of the validation split, execute one chosen chunk of each, and keep the margins.

    Args:
        config: an experiment, of which the scenes are replaced and what its limits say of confidence is ignored.
        count: scenes, one chunk each, so that chunks are exchangeable.
        progress: told after every scene.

    Returns:
        `scenes`; `limits`: name -> {key, margin: of each step, with the highest confidence up to 0.95 that so many
        scenes allow}; and `monitor`, what is usual of each of its kinds, if there is one and `LEAST` episodes succeeded
        without violation. All are in the file of `margins.path_of`.
    """
    if count < LEAST:
        raise ValueError(
            f"margins are calibrated on at least {LEAST} scenes, not {count}; 25 allow a confidence of 0.95."
        )
    path = margins.path_of(config)
    margins.read(path)  # what cannot be added to is refused before anything is measured
    bare = without_confidence(config)
    places = {"split": "validation", "count": count}
    with Stage(bare, path.parent) as stage, crew(stage) as work:
        if not stage.aim.subject_to and stage.planned.controller.monitor is None:
            raise configs.ConfigError(
                "there is nothing to calibrate: this experiment has no limits under subject_to, and no control.monitor."
            )
        slots = scenes.slots({**bare.scenes, "first": None, **places}, build.layouts(stage.env), SKIP)
        lines = []
        for line in work("measure", [(slot,) for slot in slots]):
            lines.append(line)
            progress("executed", len(lines), count)
        described, limits = build.sources(stage.model), stage.aim.subject_to
    lines.sort(key=lambda line: line["scene"])  # the order of the seeds, whoever was faster
    keys = {name: margins.key(bare.subject_to[name]) for name in limits}
    found = {}
    for key in dict.fromkeys(keys.values()):  # of limits that share their margins, the worst counts
        alike = [name for name in keys if keys[name] == key]
        found[key] = Calibration.of(worst(lines, alike), threshold=of_the_model(limits[alike[0]].cost))
    watched = [[line["surprise"][kind] for kind in KINDS] for line in lines if line["surprise"]]
    if len(watched) >= LEAST:
        found[margins.monitor_key(bare)] = Calibration.of(np.array(watched), growing=False)
    made = {"scenes": {**places, "first": slots[0].seeds[0], "layout": bare.scenes.get("layout")}, **described}
    margins.add(path, found, made)
    confidence = min([0.95, *(each.most for each in found.values())])
    values = {key: list(each.margin(confidence).values) for key, each in found.items()}
    usual = values.get(margins.monitor_key(bare))
    return {
        "path": str(path),
        "scenes": places,
        "confidence": confidence,
        "limits": {name: {"key": key, "margin": values[key]} for name, key in keys.items()},
        "monitor": usual and dict(zip(KINDS, usual, strict=True)),
    }


def worst(lines: Sequence[Mapping[str, Any]], limits: Sequence[str]) -> np.ndarray:
    """The largest error of these limits at each step of each chunk. Shape (n, T)."""
    return np.fmax.reduce([np.array([line["errors"][name] for line in lines], float) for name in limits])


def without_confidence(config: DictConfig) -> DictConfig:
    """The same experiment before anything is known of its margins, or of what is usual."""
    content: Any = OmegaConf.to_container(config, resolve=True)
    content["subject_to"] = {k: v for k, v in (content.get("subject_to") or {}).items() if v is not None}
    for node in content["subject_to"].values():
        node.pop("confidence", None)
        node.setdefault("at_most", ANYTHING)
    if (content.get("control") or {}).get("monitor") is not None:
        content["control"]["monitor"] = {}
    bare = OmegaConf.create(content)
    assert isinstance(bare, DictConfig)
    return bare


def measure(stage: Stage, slot: scenes.Slot) -> dict[str, Any]:
    """Let the planner act in a scene, and execute one of its chunks to the end.

    Returns:
        scene; the errors of each limit: real minus imagined at each step, NaN after the end of the episode; and what
        surprised the monitor most, {} where the episode did not succeed safely.
    """
    limits = stage.aim.subject_to
    chosen = choose(stage, slot, {need for limit in limits.values() for need in limit.cost.needs})
    found = {name: errors(each, chosen, stage) for name, each in limits.items()}
    return {"scene": slot.index, "errors": found, "surprise": chosen.surprise}


def errors(limit: Limit, chosen: Chosen, stage: Stage) -> list[float]:
    """Real minus imagined cost of a limit at each step of a chunk; risk is taken over the imagined futures.

    Of a limit on what the model knows, which nothing real has, it is what was imagined.
    """
    names, length = limit.cost.needs, len(chosen.chunk)
    imagined = stage.aim.limit_risk(_measured(limit, seen(chosen.imagined, names), chosen.chunk))
    if of_the_model(limit.cost):
        return imagined.tolist()
    happened = [_measured(limit, seen(view, names), chosen.chunk[: chosen.steps]) for view in chosen.real]
    gap = torch.stack(happened).amax(0)[0] - imagined[: chosen.steps]
    return [*gap.tolist(), *[float("nan")] * (length - chosen.steps)]


def _measured(limit: Limit, scene: Mapping[str, Tensor], chunk: Tensor) -> Tensor:
    """The cost of a limit in scenes of (P, T, *shape). Shape (P, T)."""
    futures = next((len(values) for values in scene.values()), 1)
    return limit.cost(scene, chunk.expand(futures, *chunk.shape))
