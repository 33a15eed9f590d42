"""A chunk at a moment that the planner came to: what is imagined of it, and what really follows when it is executed."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from .episode import Recording, act_out
from .methods import Planned
from .monitor import worst
from .scenes import Slot, options

if TYPE_CHECKING:
    from .experiment import Stage

KINDS = ("chosen", "blind", "random", "scripted", "extreme")
"""The planner's own chunk · what it would choose without limits · coloured noise, as its search begins · what the
scripted expert would do · every action at one of its bounds, drawn once and held."""
View = Callable[[Any], Mapping[str, np.ndarray]]
"""From an observation to what is kept of it beside the true scene."""


class Chosen(NamedTuple):
    """One chunk, imagined and carried out."""

    chunk: Tensor
    """Shape (T, A)."""
    state: Any
    """What the model made of the observation when it began."""
    before: dict[str, np.ndarray]
    """What was true one step before it, or when the episode began."""
    now: dict[str, np.ndarray]
    """What was true when it began."""
    imagined: dict[str, Tensor]
    """Shape (P, T, *shape of the quantity)."""
    real: tuple[dict[str, Tensor], ...]
    """The same for real, at the end of each step and at its worst. Shape (1, T', *shape of the quantity) each."""
    steps: int
    """T': those that the environment allowed, at most T."""
    surprise: dict[str, float]
    """What surprised the monitor most in the planner's own episode, if that succeeded without violation."""


def choose(
    stage: "Stage", slot: Slot, names: Iterable[str], kind: str = "chosen", view: View = lambda obs: {}
) -> Chosen:
    """Let the planner act in a scene, go back to one of its plans, and imagine and execute a chunk from there.

    The scene's seed decides which plan, so that chunks of every kind begin at the same moment. The scene is led there
    again, action by action, so that nothing but the chunk makes the difference.

    Args:
        stage: an experiment.
        slot: the scene.
        names: quantities to imagine, with anchors or without.
        kind: of the chunk, one of `KINDS`; it keeps the planner's bounds, and is shorter where the expert is done.
        view: what else is kept of each moment.
    """
    env, controller, names = stage.env, stage.planned.controller, tuple(names)
    planner = controller.planner
    method = Planned(controller, tuple(planner.model.quantities)[:1])  # whatever it recalls, it recalls its plans
    obs, info = env.reset(seed=slot.seeds[0], options=options(slot.layout))
    played = act_out(env, method, obs, info, stage.judge)
    safe = played.success and max(stage.judge.excess(played).values(), default=0.0) <= 0
    dream = method.dreams[int(np.random.default_rng([7, slot.seeds[0]]).integers(len(method.dreams)))]
    before = played.commands[: dream.step]
    for step, (obs, info) in enumerate(_again(env, slot, before)):
        if step == 0:
            controller.reset(obs)
        controller.observe(obs, info.get("executed"))
    with torch.no_grad():
        state, start = planner.model.encode(controller.context), controller.start(names)
    chunk = dream.chunk if kind == "chosen" else _other(stage, slot, kind, state, before)
    imagined = planner.imagine_plan(state, chunk[None], names, start)
    executed = execute(env, slot, before, chunk, view)
    length = len(executed.commands) - dream.step
    anchors = executed.anchors(names, dream.step, length)
    real = tuple(
        {name: values[None] for name, values in {**_from(executed.scene(at_worst), dream.step), **anchors}.items()}
        for at_worst in (False, True)
    )
    was, now = [executed.start, executed.start, *executed.scenes][dream.step :][:2]
    mine = {name: values[:, 0, 0].float().cpu() for name, values in imagined.items()}
    return Chosen(chunk.cpu(), state, was, now, mine, real, length, worst(method.surprises) if safe else {})


def execute(env: Any, slot: Slot, before: list[np.ndarray], chunk: Tensor, view: View = lambda obs: {}) -> Recording:
    """Lead the environment to a moment again and execute a chunk, as far as the episode goes."""
    commands = [np.asarray(action, np.float32) for action in (*before, *chunk.cpu().numpy())]
    found = [({**info["scene"], **view(obs)}, info) for obs, info in _again(env, slot, commands)]
    (start, info), steps = found[0], found[1:]
    scenes, worst = [scene for scene, _ in steps], [info.get("worst", {}) for _, info in steps]
    return Recording(start, [], commands[: len(steps)], scenes, worst, goal=info.get("goal", {}))


def _again(env: Any, slot: Slot, commands: Iterable[np.ndarray]) -> Iterator[tuple[Any, dict]]:
    """Observation and info of a fresh reset and after each command, as far as the episode goes."""
    obs, info = env.reset(seed=slot.seeds[0], options=options(slot.layout))
    yield obs, info
    for command in commands:
        obs, _, terminated, truncated, info = env.step(command)
        yield obs, info
        if terminated or truncated:
            break


def _other(stage: "Stage", slot: Slot, kind: str, state: Any, before: list[np.ndarray]) -> Tensor:
    """A chunk that the planner did not choose. Shape (T, A)."""
    controller, seed = stage.planned.controller, slot.seeds[0]
    planner = controller.planner
    if kind == "random":  # the last of so many candidates is no proposal
        start = controller.start(planner.objective.needs)
        return planner.sample(state, planner.start(), planner.candidates, [(seed,)], start)[0, -1]
    if kind == "extreme":
        signs = np.random.default_rng([17, seed]).choice([-1.0, 1.0], planner.model.action_dim)
        return planner.bounds.clip(torch.as_tensor(signs).to(planner.bounds.low)).expand(planner.horizon, -1)
    if kind == "blind":
        return _blind(stage, slot, before)
    expert, obs, info = stage.method("scripted"), None, {}
    for step, (obs, info) in enumerate(_again(stage.env, slot, before)):
        if step == 0:
            expert.reset(obs, info, stage.env)  # it remembers how things began
    chunk, over = [], False
    while len(chunk) < planner.horizon and not over:
        chunk.append(planner.bounds.clip(torch.as_tensor(expert.act(obs, info)).to(planner.bounds.low)))
        obs, _, terminated, truncated, info = stage.env.step(chunk[-1].cpu().numpy())
        over = terminated or truncated
    return torch.stack(chunk)


def _blind(stage: "Stage", slot: Slot, before: list[np.ndarray]) -> Tensor:
    """What the planner would choose without limits: what these forbid happens in few chunks that it chose with them."""
    method = stage.method("blind")
    assert isinstance(method, Planned)
    obs: Any = None
    for step, (obs, info) in enumerate(_again(stage.env, slot, before)):
        if step == 0:
            method.reset(obs, info, stage.env)
        method.controller.observe(obs, info.get("executed"))
    method.controller.act(obs)
    assert method.controller.plan is not None
    return method.controller.plan.chunk[0]


def _from(scene: dict[str, Tensor], step: int) -> dict[str, Tensor]:
    return {name: values[step:] for name, values in scene.items()}
