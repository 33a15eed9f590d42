"""An experiment: scenes × methods → a run folder that says what was imagined and what happened."""

import json
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from omegaconf import DictConfig, OmegaConf

from ..envs.paced import paced
from ..worldmodel.fit_for import check_pictures
from . import build, folder, margins, scenes
from .begin import check_start
from .crew import Work, crew
from .episode import Method, Recording, act_out, play
from .film import save_gif, side_by_side
from .methods import IMAGINING, NAMES, PLANNING, Planned, method_named
from .refuse import refuse
from .summary import compare, summarise
from .whole_number import NUMBERS, number_of

Progress = Callable[[str, int, int], None]
"""Told after every scene screened and every episode played: which of the two, how many are done, of how many."""


def run(
    config: DictConfig,
    out: Path,
    progress: Progress = lambda what, done, total: None,
    note: Callable[[str], None] = lambda sentence: None,
) -> dict[str, Any]:
    """Play every method in every scene and summarise.

    What a folder already holds is not played again, so the same call resumes an interrupted run.

    Args:
        config: a resolved experiment.
        out: the run folder.
        progress: told how far it is.
        note: told what is odd but no reason to stop, one sentence each.

    Returns:
        The content of `summary.json`.
    """
    with Stage(config, out) as stage, crew(stage) as work:
        stage.check()
        folder.claim(out, config, stage.sources)
        manifest = _manifest(stage, work, progress)
        places = [scenes.Scene(s["index"], s["seed"], s["layout"]) for s in manifest["scenes"]]
        if {*PLANNING} & {*stage.names}:
            check_start(stage.aim, stage.env, places, note)
        episodes = _episodes(stage, places, work, progress)
        summary = _summary(stage, manifest, episodes)
    folder.write(out / "summary.json", json.dumps(summary, indent=2))
    return summary


class Stage:
    """One process's environment, judge and methods, each built when it is first needed."""

    def __init__(self, config: DictConfig, out: Path):
        self.config, self.out = config, out
        self._methods: dict[str, Method] = {}

    def __enter__(self) -> "Stage":
        return self

    def __exit__(self, *_: Any) -> None:
        if "env" in self.__dict__:
            self.env.close()

    @cached_property
    def env(self) -> Any:
        return build.environment(self.config)

    @cached_property
    def model(self) -> Any:
        return build.world_model(self.config, self.env)

    @property
    def imagines(self) -> Any:
        """The model that plans: the simulator, where no other one does."""
        if "simulator" in self.names and not {*IMAGINING} & {*self.names}:
            return self.method("simulator").controller.planner.model  # type: ignore[attr-defined]
        return self.model

    @cached_property
    def aim(self) -> Any:
        return build.objective(self.config)

    @cached_property
    def judge(self) -> Any:
        return build.judge(self.config, self.env)

    @property
    def first(self) -> scenes.Scene:
        """The first scene, if it passes the screening."""
        slot = scenes.slots(self.config.scenes, build.layouts(self.env))[0]
        return scenes.Scene(slot.index, slot.seeds[0], slot.layout)

    @property
    def names(self) -> list[str]:
        """Methods to play."""
        names = self.config.get("methods")
        names = ["planner"] if names is None else [names] if isinstance(names, str) else names
        if not isinstance(names, Sequence) or not names:
            raise ValueError(f"methods is {names!r}; it names one at least of {', '.join(NAMES)}.")
        return list(dict.fromkeys(map(str, names)))

    @property
    def sources(self) -> dict[str, Any]:
        """Names and hashes of checkpoint and data, where the model has them, and of margins; `direct` has its own."""
        imagined = build.sources(self.model) if {*IMAGINING} & {*self.names} else {}
        if {*PLANNING} & {*self.names} and (kept := margins.digest(self.config)):
            imagined["margins"] = {"hash": kept}
        own = {name: build.sources(self.method(name).model) for name in self.names if name == "direct"}  # type: ignore[attr-defined]
        return {**imagined, **own}

    def check(self) -> None:
        """Build everything once, so that what is wrong is said before anything moves."""
        for key in NUMBERS:
            number_of(self.config, key)
        imagined = self.model.quantities if {*IMAGINING} & {*self.names} else {}
        refuse(self.aim, {*self.env.quantities, *imagined}, self.env)
        if imagined and (sizes := getattr(self.model, "sizes", None)):
            cameras = (self.config.get("control") or {}).get("cameras") or self.env.cameras
            pictures = self.env.observation_space.get("image")
            check_pictures(self.model.name, sizes, cameras, pictures.shape[0] if pictures else 0)
        for name in self.names:
            self.method(name)
        scenes.slots(self.config.scenes, build.layouts(self.env))
        paced(self.env, self.config.get("pace"))

    def method(self, name: str) -> Method:
        if name not in self._methods:
            self._methods[name] = method_named(name, self.config, self.env, self.model if name in IMAGINING else None)
        return self._methods[name]

    @cached_property
    def planned(self) -> Planned:
        """The planner, which waits for every plan: a thread is for a robot that does not wait."""
        bare: Any = OmegaConf.merge(self.config, {"control": {"asynchronous": None}})
        method = method_named("planner", bare, self.env, self.model)
        assert isinstance(method, Planned)
        return method

    def screen(self, slot: scenes.Slot) -> dict[str, Any]:
        """Fill one place of the manifest."""
        return scenes.screen(slot, self.env, self._expert_solves, self._solved_already)

    def play(self, place: scenes.Scene, name: str) -> dict[str, Any]:
        """Play one method in one scene; keep a film of the first scenes and of the first failures."""
        method = self.method(name)
        line, recording = play(paced(self.env, self.config.get("pace")), method, place, self.judge)
        self._film(place, name, method, line, recording)
        return {**line, "method": name}

    def measure(self, slot: scenes.Slot) -> dict[str, Any]:
        """Say how wrong a plan of the planner was about each limit, in one scene."""
        from .calibrate import measure  # which needs stages itself

        return measure(self, slot)

    def sample(self, slot: scenes.Slot, kind: str, limits: tuple[str, ...]) -> Any:
        """Imagine and execute one chunk, in one scene."""
        from .bench_model import sample  # alike

        return sample(self, slot, kind, limits)

    def weigh(self, slot: scenes.Slot, count: int) -> Any:
        """Score chunks in the model and in the simulator, from one state of one scene."""
        from .choices import weigh  # alike

        return weigh(self, slot, count)

    def _film(self, place: scenes.Scene, name: str, method: Method, line: dict[str, Any], recording: Recording) -> None:
        failed = line["violation"] or not line["success"]
        videos, most = self.out / "videos", number_of(self.config, "films")
        failures = len(list(videos.glob(f"{name}-*-failed.gif"))) if failed else most
        if place.index < most or failures < most:
            path = videos / f"{name}-{place.index:03d}-{'failed' if failed else 'done'}.gif"
            save_gif(side_by_side(recording, method.dreams), path, self.env.fps)

    def _expert_solves(self, obs: Any, info: dict) -> bool:
        return act_out(self.env, self.method("scripted"), obs, info, self.judge).success

    def _solved_already(self, info: dict) -> bool:
        """Whether nothing has to be done: the environment says so, or the judge of a world that stands still."""
        if "success" in info:
            return bool(info["success"])
        still, scene = [np.zeros(self.env.action_space.shape, np.float32)] * self.judge.steps, info["scene"]
        past = Recording(scene, [], still, [scene] * len(still), [{}] * len(still), goal=info.get("goal", {}))
        return self.judge.solved(past)


def _manifest(stage: Stage, work: Work, progress: Progress) -> dict[str, Any]:
    """Screen the scenes, or read what an earlier visit screened."""
    path = stage.out / "manifest.json"
    if path.exists():
        return folder.read(path)
    found = folder.Lines(stage.out / "manifest.jsonl")
    slots = scenes.slots(stage.config.scenes, build.layouts(stage.env))
    todo = [slot for slot in slots if slot.index not in {line["index"] for line in found.lines}]
    for entry in work("screen", [(slot,) for slot in todo]):
        found.append(entry)
        progress("screened", len(found.lines), len(slots))
    entries = sorted(found.lines, key=lambda entry: entry["index"])
    name = OmegaConf.to_container(stage.config.scenes)
    manifest = {"name": name, "hash": scenes.digest([entry["hash"] for entry in entries]), "scenes": entries}
    folder.write(path, json.dumps(manifest, indent=1))
    found.path.unlink()
    return manifest


def _episodes(stage: Stage, places: list[scenes.Scene], work: Work, progress: Progress) -> list[dict[str, Any]]:
    """Play what is missing and return every line."""
    kept = folder.Lines(stage.out / "episodes.jsonl")
    done = {(line["scene"], line["method"]) for line in kept.lines}
    todo = [(place, name) for place in places for name in stage.names if (place.index, name) not in done]
    total = len(kept.lines) + len(todo)
    if todo:
        folder.visited(stage.out)
    for line in work("play", todo):
        kept.append(line)
        progress("played", len(kept.lines), total)
    kept.sort("scene", "method")
    return kept.lines


def _summary(stage: Stage, manifest: dict[str, Any], episodes: list[dict[str, Any]]) -> dict[str, Any]:
    methods = summarise(episodes, margins.usual_if_known(stage.config))
    told = folder.read(stage.out / "run.json")
    sources = {"data": None, "checkpoint": None, **told.pop("identity")}
    return {
        "scenes": {"name": manifest["name"], "hash": manifest["hash"], "count": len(manifest["scenes"])},
        **sources,
        **told,
        "methods": {name: methods[name] for name in NAMES if name in methods},
        "planner_against": compare(episodes, "planner"),
    }
