"""One method in one scene: what was done, what was imagined, what happened, and how far apart the two were."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from ..costs.cost import Cost, Scene
from ..costs.names import known_as, seen, split
from ..costs.objective import Limit
from .monitor import worst
from .scenes import Scene as Place
from .scenes import options, plain

TIPPED = 0.5
"""An object whose up-vector's z is below this at the end (more than 60 degrees) has tipped over."""


class Dream(NamedTuple):
    """What one plan imagined."""

    step: int
    """Actions executed before it was imagined."""
    chunk: Tensor
    """Planned actions. Shape (T, A)."""
    scene: dict[str, Tensor]
    """Imagined quantities. Shapes (P, T, *shape of the quantity)."""
    feasible: bool
    milliseconds: float
    """Time the planner took, without decoding anything for the report."""


class Method(Protocol):
    """Chooses actions; the floors and the planners all look like this to an experiment."""

    dreams: list[Dream]
    """What was imagined since `reset`, and at the end of that only plans of which something was executed; empty for a
    method that imagines nothing."""

    def reset(self, obs: Any, info: dict, env: Any) -> None: ...
    def act(self, obs: Any, info: dict) -> np.ndarray: ...


@dataclass
class Recording:
    """What really happened in one episode; step k is what followed action k."""

    start: dict[str, np.ndarray]
    images: list[np.ndarray]
    commands: list[np.ndarray] = field(default_factory=list)
    scenes: list[dict[str, np.ndarray]] = field(default_factory=list)
    worst: list[dict[str, np.ndarray]] = field(default_factory=list)
    """The same quantities at their worst moment inside each step, where the environment says so."""
    success: bool = False
    goal: dict[str, np.ndarray] = field(default_factory=dict)
    """What is true of the goal picture, where there is one."""

    def actions(self) -> Tensor:
        """Commands sent. Shape (T, A)."""
        return torch.as_tensor(np.stack(self.commands), dtype=torch.float32)

    def scene(self, worst: bool = False) -> dict[str, Tensor]:
        """True quantities. Shapes (T, *shape of the quantity)."""
        steps = [{**s, **w} for s, w in zip(self.scenes, self.worst, strict=True)] if worst else self.scenes
        return {name: torch.as_tensor(np.stack([s[name] for s in steps])) for name in self.start}

    def anchors(self, names: Iterable[str], step: int, length: int) -> dict[str, Tensor]:
        """True quantities at the start, before an action and in the goal, for the names with an anchor.

        Args:
            names: names as costs use them; those without an anchor, or unknown, are left out.
            step: the action that "now" comes before.
            length: T, for how many steps they are repeated.

        Returns:
            name -> value. Shape (T, *shape of the quantity).
        """
        now = self.scenes[step - 1] if step else self.start
        found = {}
        for name in names:
            moment = {"start": self.start, "now": now, "goal": self.goal}.get(split(name)[1], {})
            if (known := known_as(name, moment)) is not None:
                value = torch.as_tensor(moment[known])
                found[name] = value.expand(length, *value.shape)
        return found


@dataclass(frozen=True)
class Judge:
    """Says of a scene, real or imagined, what each clause measures and which limits it breaks."""

    clauses: Mapping[str, Cost]
    """Everything measured, by name."""
    limits: Mapping[str, Limit]
    """What counts as a violation in the report; a planner may well plan with stricter numbers."""
    success: Mapping[str, Limit] = field(default_factory=dict)
    """What a scene must satisfy to count as success, imagined or, where the environment has no task, real."""
    steps: int = 1
    """For how many steps in a row."""

    @property
    def needs(self) -> tuple[str, ...]:
        costs = [*self.clauses.values(), *(limit.cost for limit in (*self.limits.values(), *self.success.values()))]
        return tuple(sorted({name for cost in costs for name in cost.needs}))

    def excess(self, recording: Recording) -> dict[str, float]:
        """The signed excess of each limit over the whole episode, as if it were one chunk; above 0 it was broken."""
        actions, anchors = recording.actions(), recording.anchors(self.needs, 0, len(recording.commands))
        views = [{**recording.scene(worst), **anchors} for worst in (False, True)]
        return {
            name: max(float(limit.broken_by(limit.cost(seen(view, limit.cost.needs), actions))) for view in views)
            for name, limit in self.limits.items()
        }

    def solved(self, recording: Recording) -> bool:
        """Whether what counts as success held, for real, during the last steps of a recording."""
        begin = len(recording.commands) - self.steps
        if not self.success or begin < 0:
            return False
        names = {name for limit in self.success.values() for name in limit.cost.needs}
        scene = {n: v[begin:] for n, v in recording.scene().items()} | recording.anchors(names, begin, self.steps)
        actions = recording.actions()[begin:]
        return all(
            bool((limit.cost(seen(scene, limit.cost.needs), actions) <= limit.at_most).all())
            for limit in self.success.values()
        )

    def imagined_success(self, dreams: Sequence[Dream]) -> bool | None:
        """Whether some plan imagined success; None where nobody said what that is, or nothing was imagined."""
        if (
            not self.success
            or not dreams
            or not all(_holds(dreams[0].scene, limit.cost) for limit in self.success.values())
        ):
            return None
        return any(self._succeeds(dream) for dream in dreams)

    def _succeeds(self, dream: Dream) -> bool:
        holds = torch.stack(
            [_measure(c.cost, dream.scene, dream.chunk) <= c.at_most for c in self.success.values()]
        ).all(0)
        return len(holds) >= self.steps and bool(holds.float().unfold(0, self.steps, 1).min(-1).values.any())

    def gaps(self, dreams: Sequence[Dream], recording: Recording) -> dict[str, dict[str, float]]:
        """How far the imagination of the executed steps was from what happened, per clause.

        Only steps whose command came from the chunk are compared: a held or stopped robot did something else.

        Returns:
            clause -> mean of imagined minus real, mean of its absolute value, and the number of steps compared.
        """
        actions, real = recording.actions(), recording.scene()
        found: dict[str, list[Tensor]] = {}
        ends = [*(dream.step for dream in dreams), len(actions)][1:]  # each is followed until the next
        for dream, end in zip(dreams, ends, strict=True):
            sent = actions[dream.step : min(end, dream.step + len(dream.chunk))]
            if not len(sent) or not torch.allclose(sent, dream.chunk[: len(sent)], atol=1e-5):
                continue
            imagined = {k: v[:, : len(sent)] for k, v in dream.scene.items()}
            anchors = recording.anchors(self.needs, dream.step, len(sent))
            happened = {k: v[None, dream.step : dream.step + len(sent)] for k, v in real.items()}
            happened |= {k: v[None] for k, v in anchors.items()}
            for name, cost in self.clauses.items():
                if _holds(imagined, cost) and _holds(happened, cost):
                    found.setdefault(name, []).append(_measure(cost, imagined, sent) - _measure(cost, happened, sent))
        gap = {name: torch.cat(parts) for name, parts in found.items()}
        return {
            k: {"mean": float(v.mean()), "absolute": float(v.abs().mean()), "steps": len(v)} for k, v in gap.items()
        }


def play(env: Any, method: Method, place: Place, judge: Judge) -> tuple[dict[str, Any], Recording]:
    """Run one episode.

    Returns:
        Its line of `episodes.jsonl`, of which everything but `time` is the same in every repetition, and the recording.
    """
    began = perf_counter()
    obs, info = env.reset(seed=place.seed, options=options(place.layout))
    try:
        recording = act_out(env, method, obs, info, judge)
    finally:
        getattr(method, "end", lambda: None)()
    return {**_line(method, place, judge, recording), "time": _time(method, perf_counter() - began)}, recording


def act_out(env: Any, method: Method, obs: Any, info: dict, judge: Judge) -> Recording:
    """Let a method act from a reset to success or the end; where the environment has no task, the judge says which."""
    recording = Recording(info["scene"], [camera_row(obs, env.cameras)], goal=info.get("goal", {}))
    method.reset(obs, info, env)
    over = False
    while not over:
        command = np.asarray(method.act(obs, info), dtype=np.float32)
        obs, _, terminated, truncated, info = env.step(command)
        recording.commands.append(command)
        recording.scenes.append(info["scene"])
        recording.worst.append(info.get("worst", {}))
        recording.images.append(camera_row(obs, env.cameras))
        has_task = "success" in info
        recording.success |= bool(info["success"]) if has_task else judge.solved(recording)
        over = terminated or truncated or (recording.success and not has_task)
    return recording


def camera_row(obs: Mapping[str, np.ndarray], cameras: Sequence[str]) -> np.ndarray:
    """Every camera's picture side by side. Shape (H, V * W, 3), uint8."""
    return np.concatenate([obs["image"], *(obs[f"image.{name}"] for name in cameras[1:])], axis=1)


def _line(method: Method, place: Place, judge: Judge, recording: Recording) -> dict[str, Any]:
    excess = judge.excess(recording)
    return plain(
        {
            "scene": place.index,
            "seed": place.seed,
            "layout": place.layout,
            "method": "",
            "steps": len(recording.commands),
            "success": recording.success,
            "violation": any(value > 0 for value in excess.values()),
            "limits": {name: {"excess": value, "violated": value > 0} for name, value in excess.items()},
            "imagined_success": judge.imagined_success(method.dreams),
            "dream_gap": judge.gaps(method.dreams, recording),
            "surprise": worst(getattr(method, "surprises", ())),
            "alarms": getattr(method, "alarms", 0),
            "stopped": getattr(method, "stopped", False),
            "plans": len(method.dreams),
            "infeasible_plans": sum(not dream.feasible for dream in method.dreams),
            **_objects(recording),
        }
    )


def _objects(recording: Recording) -> dict[str, Any]:
    """What became of the objects: tipped over at the end, displacement in metres, contact at any time."""
    start, end = recording.start, recording.scenes[-1]
    standing = (name.removesuffix(".up") for name in start if name.endswith(".up"))
    objects = [name for name in standing if f"{name}.position" in start]
    moments = [*recording.scenes, *recording.worst]
    contacts = [name for name in start if name.startswith("contact.") and np.ndim(start[name]) == 0]
    return {
        "tipped": {o: bool(end[f"{o}.up"][2] < TIPPED) for o in objects},
        "displacement": {o: float(np.linalg.norm(end[f"{o}.position"] - start[f"{o}.position"])) for o in objects},
        "contact": {name.removeprefix("contact."): any(m.get(name, 0.0) > 0.5 for m in moments) for name in contacts},
    }


def _time(method: Method, seconds: float) -> dict[str, Any]:
    plans = [round(dream.milliseconds, 2) for dream in method.dreams]
    return {"seconds": round(seconds, 3), "plan_ms": plans, "late": getattr(method, "late", 0)}


def _measure(cost: Cost, scene: Scene, actions: Tensor) -> Tensor:
    """A cost of (P, T, ...) quantities, averaged over the possible futures. Shape (T,)."""
    read = seen(scene, cost.needs)
    futures = next((len(values) for values in read.values()), 1)
    return cost(read, actions.expand(futures, *actions.shape)).mean(0)


def _holds(scene: Scene, cost: Cost) -> bool:
    """Whether a scene holds all that a cost reads."""
    return len(seen(scene, cost.needs)) == len(set(cost.needs))
