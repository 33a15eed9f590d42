"""A chunk that the planner chose, what it imagined, and what really follows when it is executed to its end."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from torch import Tensor

from .episode import Recording, act_out
from .methods import Planned
from .scenes import Slot, options

if TYPE_CHECKING:
    from .experiment import Stage


class Chosen(NamedTuple):
    """One plan of an episode, imagined and carried out."""

    chunk: Tensor
    """Shape (T, A)."""
    feasible: bool
    before: dict[str, np.ndarray]
    """What was true one step before it, or when the episode began."""
    now: dict[str, np.ndarray]
    """What was true when it began."""
    imagined: dict[str, Tensor]
    """What the planner remembers of its plans. Shape (P, T, *shape of the quantity)."""
    real: tuple[dict[str, Tensor], ...]
    """The same for real, at the end of each step and at its worst. Shape (1, T', *shape of the quantity) each."""
    steps: int
    """T': those that the environment allowed, at most T."""


def choose(stage: "Stage", slot: Slot, method: Planned | None = None) -> Chosen:
    """Let a planner act in a scene, take one of its plans (the scene's seed decides which), and execute its chunk.

    The scene is led to that moment again, action by action, so that nothing but the chunk makes the difference.
    """
    method = method or stage.planned
    obs, info = stage.env.reset(seed=slot.seeds[0], options=options(slot.layout))
    recording = act_out(stage.env, method, obs, info, stage.judge)
    which = np.random.default_rng([7, slot.seeds[0]]).integers(len(method.dreams))
    dream = method.dreams[int(which)]
    executed = execute(stage.env, slot, recording.commands[: dream.step], dream.chunk)
    length = len(executed.commands) - dream.step
    anchors = executed.anchors(dream.scene, dream.step, length)
    real = tuple(
        {name: values[None] for name, values in {**_from(executed.scene(worst), dream.step), **anchors}.items()}
        for worst in (False, True)
    )
    moments = [executed.start, executed.start, *executed.scenes]
    return Chosen(dream.chunk, dream.feasible, moments[dream.step], moments[dream.step + 1], dream.scene, real, length)


def execute(env: Any, slot: Slot, before: list[np.ndarray], chunk: Tensor) -> Recording:
    """Lead the environment to a moment again and execute a chunk, as far as the episode goes."""
    _, info = env.reset(seed=slot.seeds[0], options=options(slot.layout))
    recording = Recording(info["scene"], [], goal=info.get("goal", {}))
    for action in [*before, *chunk.cpu().numpy()]:
        _, _, terminated, truncated, info = env.step(action)
        recording.commands.append(np.asarray(action, np.float32))
        recording.scenes.append(info["scene"])
        recording.worst.append(info.get("worst", {}))
        if terminated or truncated:
            break
    return recording


def _from(scene: dict[str, Tensor], step: int) -> dict[str, Tensor]:
    return {name: values[step:] for name, values in scene.items()}
