"""How true imagination is on chunks of one kind, executed to their end: those that the planner chose, or others."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from omegaconf import DictConfig
from torch import Tensor

from .. import configs
from ..worldmodel.interface import Reads
from . import build, margins, scenes
from .calibrate import errors
from .chosen import KINDS, choose
from .coverage import coverage
from .crew import crew
from .episode import camera_row
from .events import events
from .experiment import Stage
from .fidelity import SHOWN, Pair, fidelity
from .film import picture

Progress = Callable[[str, int, int], None]


class Sample(NamedTuple):
    """One chunk of one scene."""

    scene: int
    pair: Pair
    errors: dict[str, list[float]]
    """Of each limit that has calibrated margins; see `calibrate.errors`."""


def bench_model(
    config: DictConfig, count: int, kind: str = "chosen", progress: Progress = lambda what, done, total: None
) -> dict[str, Any]:
    """Let the planner act in scenes of the validation split; imagine and execute one chunk of each.

    Args:
        config: an experiment, of which the scenes are replaced.
        count: scenes, one chunk each, so that chunks are independent.
        kind: of the chunks, one of `chosen.KINDS`.
        progress: told after every scene.

    Returns:
        `scenes`, `kind`, what `fidelity` says, `events` (see there) and, where limits have margins, `coverage` (alike).
    """
    if kind not in KINDS:
        raise ValueError(f"chunks are {kind!r}; they must be one of {', '.join(KINDS)}.")
    if kind == "scripted" and not config.get("expert"):
        raise configs.ConfigError(
            "scripted chunks are those of the experiment's expert, and this one names none; add expert: "
            "{_target_: envs.scripted.Scripted, goals: [{verb: pick, object: red_cup}]}, or choose chosen, random or "
            "extreme chunks."
        )
    known = margins.known(config)
    places = {"split": "validation", "count": count}
    with Stage(config, Path()) as stage, crew(stage) as work:
        slots = scenes.slots({**config.scenes, "first": None, **places}, build.layouts(stage.env))
        found: list[Sample] = []
        for each in work("sample", [(slot, kind, tuple(known)) for slot in slots]):
            found.append(each)
            progress("executed", len(found), count)
        described = build.sources(stage.model)
    found.sort(key=lambda each: each.scene)  # the order of the seeds, whoever was faster
    pairs = [each.pair for each in found]
    told = {"scenes": {**places, "first": slots[0].seeds[0]}, "kind": kind, **described, **fidelity(pairs)}
    covered = {"coverage": coverage([each.errors for each in found], known)} if known else {}
    return {**told, "events": events(pairs), **covered}


def sample(stage: Stage, slot: scenes.Slot, kind: str, limits: Sequence[str]) -> Sample:
    """Imagine and execute one chunk in a scene, with every quantity that both sides know, and those of some limits."""
    env, model = stage.env, stage.model
    pictures = ("image",) if env.cameras and "image" in model.quantities else ()
    names = (*(name for name in env.quantities if name in model.quantities), *pictures)
    aims = {name: stage.aim.subject_to[name] for name in limits}
    needs = {need for aim in aims.values() for need in aim.cost.needs}
    chosen = choose(stage, slot, {*names, *needs}, kind, partial(_view, env))
    with torch.no_grad():
        read = model.read(chosen.state, names) if isinstance(model, Reads) else {}
    imagined = {name: chosen.imagined[name].mean(0) for name in names}
    real = {name: values[0].numpy() for name, values in chosen.real[0].items()}
    seen = {name: values[0] for name, values in _plain(read).items()}
    pair = Pair(chosen.before, chosen.now, _plain(imagined), real, seen)
    return Sample(slot.index, pair, {name: errors(aim, chosen, stage) for name, aim in aims.items()})


def _view(env: Any, obs: Any) -> dict[str, np.ndarray]:
    """What is compared beside the scene: pictures, and which cells of the depth picture show an object."""
    shown = getattr(env.unwrapped, "objects_seen", None)
    found = {"image": camera_row(obs, env.cameras)} if env.cameras else {}
    return found | ({SHOWN: shown()} if env.cameras and shown else {})


def _plain(scene: Mapping[str, Tensor]) -> dict[str, np.ndarray]:
    """The same in NumPy, pictures as cameras side by side. Shape (T, *shape), or (T, H, V * W, 3) uint8."""
    plain = {name: values.float().cpu().numpy() for name, values in scene.items() if name != "image"}
    return plain | {name: np.stack([picture(each) for each in scene[name]]) for name in scene.keys() - plain.keys()}
