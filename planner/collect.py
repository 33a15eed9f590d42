"""Record a dataset in parallel processes, resumable: an episode is a function of its seed, a shard of its place."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from tqdm import tqdm

from .. import configs
from ..envs import dataset
from ..envs.lerobot import Schema, shards
from ..envs.record import choose
from .parts import check_parts
from .pool import CURIOUS, PLANNER, Makers, Pool
from .scenes import slots
from .whole_number import number_of, whole_number

RECORDING = ("seed", "scenes", "env", "behaviours", "shard", "video")
PLANNING = ("world_model", "search", "planner", "control", "minimize", "subject_to", "risk")
"""What the behaviours `planner` and `curious` are made from."""
KEYS = (*RECORDING, *PLANNING, "expert", "judge", "methods", "simulator", "films", "workers")
"""Top-level keys a config may have: an experiment, too, can be the base of a recording."""


Place = tuple[int, str, str | None]
"""Seed, behaviour and layout of one episode."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during a recording; what was finished is kept and indexed."""


@dataclass(frozen=True)
class Summary:
    """What is in a dataset after a recording."""

    root: Path
    episodes: int
    frames: int
    steps_per_second: float | None
    """Throughput of this run; None if nothing had to be recorded."""
    renderer: str


def collect(
    config: Mapping[str, Any],
    out: Path | str,
    workers: int | None = None,
    progress: bool = True,
    makers: Makers | None = None,
) -> Summary:
    """Record what the config asks for, or what is still missing of it.

    Args:
        config: `env`, `scenes` (`{split | first, count, layout}`), `behaviours` (`{name: share}`), `shard` (episodes a
            file), `seed` (of the behaviours), `video` (whether pictures and timestamps are all that is recorded), and
            the keys of an experiment if `planner` or `curious` is among the behaviours.
        out: folder of the dataset.
        workers: processes; None is one a core.
        progress: show a bar in steps.
        makers: how environments and policies are made.

    Raises:
        Interrupted: on Ctrl-C, after the finished shards were indexed.
    """
    root, plain = Path(out), _plain(config)
    first, size = _check(plain)
    plans = {PLANNER, CURIOUS} & {*plain["behaviours"]}
    matters = (*RECORDING, *PLANNING) if plans else RECORDING
    about = {k: v for k, v in plain.items() if k in matters} | {"first": first, "count": plain["scenes"]["count"]}
    about["scenes"] = {k: v for k, v in plain["scenes"].items() if k != "count"}
    if plans and not (makers and makers.policy):
        check_parts(plain, ("world_model", "search"))
    pool = Pool(plain, makers or Makers(configs.build), whole_number("workers", workers, 1, absent=os.cpu_count() or 1))
    rate = None
    try:
        schema = pool.schema().video() if plain.get("video") else pool.schema()
        places = slots(plain["scenes"], schema.layouts)
        dataset.begin(root, schema, about)
        tasks = _missing(root, [(p.seeds[0], choose(plain["behaviours"], p.seeds[0]), p.layout) for p in places], size)
        try:
            with tqdm(total=_steps(tasks, schema), unit="step", disable=not progress) as bar:
                rate = pool.run([(root, schema, *task) for task in tasks], bar)
        finally:  # also what was interrupted is indexed
            info = dataset.finish(root, schema, about, rate)
    except KeyboardInterrupt:
        raise Interrupted(f"stopped; what was finished is in {root}; the same command goes on from there") from None
    finally:
        pool.close()
    return Summary(root, info["total_episodes"], info["total_frames"], rate, schema.renderer)


def _missing(root: Path, episodes: list[Place], size: int) -> list[tuple[int, int, list[Place]]]:
    """The shards that are still to be recorded: their number, first episode, and episodes."""
    parts = [episodes[i : i + size] for i in range(0, len(episodes), size)]
    if any(shard >= len(parts) for shard in shards(root)):
        raise FileExistsError(f"{root} holds more shards than the {len(parts)} asked for; choose another folder.")
    return [(s, s * size, part) for s, part in enumerate(parts) if dataset.recorded(root, s) != len(part)]


def _steps(tasks: list[tuple[int, int, list[Place]]], schema: Schema) -> int | None:
    return sum(len(part) for *_, part in tasks) * schema.steps if schema.steps else None


def _plain(config: Mapping[str, Any]) -> dict[str, Any]:
    plain: Any = OmegaConf.to_container(config, resolve=True) if isinstance(config, DictConfig) else config
    return {key: value for key, value in plain.items() if value is not None}


def _check(config: Mapping[str, Any]) -> tuple[int, int]:
    """Refuse a request that cannot be recorded; return the first seed and the episodes of a shard."""
    missing = [key for key in ("env", "scenes", "behaviours") if key not in config]
    if missing:
        raise ValueError(f"a recording needs {missing[0]}; its top-level keys are {', '.join(RECORDING)}.")
    if "count" not in config["scenes"]:
        raise ValueError("a recording needs scenes.count, the number of episodes.")
    size = whole_number("shard", config.get("shard"), 1, absent=25)
    number_of(config, "seed")
    first = slots({k: v for k, v in config["scenes"].items() if k != "layout"}, ())[0].seeds[0]
    choose(config["behaviours"], first)
    if not isinstance(config.get("video", False), bool):
        raise ValueError(f"video is {config['video']!r}; it is true, for pictures and timestamps alone, or false.")
    return first, size
