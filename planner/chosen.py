"""A chunk that the planner chose, what it imagined, and what really follows when it is executed to its end."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from torch import Tensor

from .episode import Recording, act_out
from .scenes import Slot, options

if TYPE_CHECKING:
    from .experiment import Stage


class Chosen(NamedTuple):
    """One plan of an episode, imagined and carried out."""

    step: int
    """Actions executed before it."""
    chunk: Tensor
    """Shape (T, A)."""
    feasible: bool
    imagined: dict[str, Tensor]
    """What the planner's objective and the judge read. Shape (P, T, *shape of the quantity)."""
    real: tuple[dict[str, Tensor], dict[str, Tensor]]
    """The same for real, at the end of each step and at its worst moment. Shape (1, T', *shape of the quantity)."""
    steps: int
    """T': those that the environment allowed, at most T."""


def choose(stage: "Stage", slot: Slot) -> Chosen:
    """Let the planner act in a scene, take one of its plans (the scene's place decides which), and execute its chunk.

    The scene is led to that moment again, action by action, so that nothing but the chunk makes the difference.
    """
    method = stage.method("planner")
    obs, info = stage.env.reset(seed=slot.seeds[0], options=options(slot.layout))
    recording = act_out(stage.env, method, obs, info, stage.judge)
    dreams = method.dreams
    dream = dreams[int(np.random.default_rng([7, slot.seeds[0]]).integers(len(dreams)))]
    executed = execute(stage.env, slot, recording.commands[: dream.step], dream.chunk)
    length = len(executed.commands) - dream.step
    anchors = executed.anchors(dream.scene, dream.step, length)
    real = tuple(
        {name: values[None] for name, values in {**_from(executed.scene(worst), dream.step), **anchors}.items()}
        for worst in (False, True)
    )
    return Chosen(dream.step, dream.chunk, dream.feasible, dream.scene, real, length)  # type: ignore[arg-type]


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
