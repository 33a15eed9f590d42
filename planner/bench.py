"""What planning costs and what it is worth, for one experiment: time, and quality against budget."""

from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..costs.names import seen
from ..costs.objective import Objective
from . import build
from .budget import Budget
from .chosen import execute
from .experiment import Stage
from .methods import Planned
from .plan import Planner
from .scenes import SPLITS, Slot, options, slots
from .stats import interval

STRIDE = 5
"""Scenes are planned in after 0, 5, 10 and 15 plans, in turn."""
BEYOND = 4
"""How many times the iterations of the config are tried."""

Progress = Callable[[str, int, int], None]


class Moment(NamedTuple):
    """A scene some plans after its start."""

    slot: Slot
    actions: list[np.ndarray]
    """What was executed until now."""
    state: Any
    """What the world model makes of it."""
    belief: Any
    """Where the search starts."""
    start: dict[str, Tensor]
    """What the costs compare with the start of the episode."""


def bench(stage: Stage, count: int, progress: Progress = lambda what, done, total: None) -> dict[str, Any]:
    """Plan in validation scenes with a growing budget, and execute every plan.

    Args:
        stage: the experiment, of which only the scenes are replaced.
        count: scenes.
        progress: told after every scene.

    Returns:
        `time`: milliseconds of a plan, of the bare model calls in it (p50 each) and their ratio; `budgets`: for each
        number of iterations the rollouts, milliseconds, imagined and real cost of the returned plan, and how many plans
        keep the limits in imagination and really.
        Every mean stands as {mean, low, high} (bootstrap over the scenes, 95 %).
    """
    config = stage.config
    aim = build.objective(config)
    control = build.controller(config, build.planner(config, stage.model, aim), stage.env)
    most = BEYOND * control.planner.iterations
    wide = build.planner(config, stage.model, aim, iterations=most)
    levels = sorted({1, control.planner.iterations, *(2**k for k in range(most.bit_length())), most})
    places = slots({"split": "validation", "count": count}, build.layouts(stage.env))
    rows: dict[int, list[dict[str, float]]] = {level: [] for level in levels}
    times: list[tuple[float, float]] = []
    for index, slot in enumerate(places):
        moment = _reach(stage.env, Planned(control), slot, STRIDE * (index % 4))
        times += [_timed(control.planner, moment) for _ in range(3)]
        for level in levels:
            rows[level].append(_outcome(stage.env, wide, aim, moment, level))
        progress("planned", index + 1, count)
    plan, bare = (float(np.median(column)) for column in zip(*times, strict=True))
    return {
        "scenes": {"split": "validation", "first": SPLITS["validation"][0], "count": count},
        **build.sources(stage.model),
        "time": {"plan_ms": plan, "model_ms": bare, "ratio": plan / bare, "n": len(times)},
        "iterations": control.planner.iterations,
        "budgets": [{"iterations": level, **_summary(lines)} for level, lines in rows.items()],
    }


def rows(found: Mapping[str, Any]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The table of what `bench` found: its head and its rows."""

    def cell(value: Mapping[str, float] | None, interval: bool = False) -> str:
        if value is None:
            return "–"
        return f"{value['mean']:.3g}" + (f" [{value['low']:.2g}, {value['high']:.2g}]" if interval else "")

    lines = [
        (
            f"{row['iterations']}{' *' if row['iterations'] == found['iterations'] else ''}",
            f"{row['rollouts']}",
            f"{row['plan_ms']:.1f}",
            *(cell(row[name]) for name in ("imagined", "real")),
            cell(row["gap"], interval=True),
            *(cell(row[name]) for name in ("imagined_kept", "real_kept")),
        )
        for row in found["budgets"]
    ]
    return ("iter.", "rollouts", "ms", "imagined", "real", "imagined - real", "kept", "really"), lines


def _reach(env: Any, method: Planned, slot: Slot, plans: int) -> Moment:
    """Let the planner itself act for some plans, or half as many if the episode ends before, and look once more."""
    control = method.controller
    obs, info = env.reset(seed=slot.seeds[0], options=options(slot.layout))
    method.reset(obs, info, env)
    control.observe(obs, None)
    actions: list[np.ndarray] = []
    while control.plans < plans or not control.due:
        actions.append(method.act(obs, info))
        obs, _, terminated, truncated, info = env.step(actions[-1])
        if terminated or truncated:
            return _reach(env, method, slot, plans // 2)
    control.observe(obs, info.get("executed"))
    with torch.no_grad():
        state, start = control.planner.model.encode(control.context), control.start(control.planner.objective.needs)
        return Moment(slot, actions, state, control.belief, start)


def _timed(planner: Planner, moment: Moment) -> tuple[float, float]:
    """Milliseconds of one plan, and of as many bare rollouts."""
    began = perf_counter()
    plan = planner.plan(moment.state, moment.belief, start=moment.start)
    middle = perf_counter()
    chunks = torch.zeros(1, planner.candidates, planner.horizon, planner.model.action_dim)
    with torch.no_grad():
        for part in chunks.repeat(1, -(-plan.rollouts // planner.candidates), 1, 1)[:, : plan.rollouts].split(
            planner.candidates, dim=1
        ):
            planner.model.imagine(moment.state, part, planner.needs)
    return 1e3 * (middle - began), 1e3 * (perf_counter() - middle)


def _outcome(env: Any, planner: Planner, aim: Objective, moment: Moment, iterations: int) -> dict[str, float]:
    """Plan with a budget, execute the chunk from the same moment, and score both futures over the same steps."""
    plan = planner.plan(
        moment.state, moment.belief, Budget(iterations=iterations), [(moment.slot.index,)], moment.start
    )
    executed, step = execute(env, moment.slot, moment.actions, plan.chunk[0]), len(moment.actions)
    chunk = plan.chunk[:, : len(executed.commands) - step]  # an episode may end before a plan does
    happened = {name: values[step:] for name, values in executed.scene().items()}
    scene = seen({**happened, **executed.anchors(aim.needs, step, chunk.shape[1])}, aim.needs)
    imagined = aim(planner.imagine_plan(moment.state, chunk, start=moment.start), chunk[:, None])
    found = {
        "rollouts": plan.rollouts,
        "plan_ms": plan.milliseconds,
        "imagined": float(imagined.cost),
        "imagined_kept": float(imagined.feasible),
    }
    if len(scene) == len(aim.needs):
        real = aim({name: values[None, None, None] for name, values in scene.items()}, chunk[:, None])  # P = B = N = 1
        found |= {"real": float(real.cost), "real_kept": float(real.feasible)}
        found["gap"] = found["imagined"] - found["real"]
    return found


def _summary(lines: list[dict[str, float]]) -> dict[str, Any]:
    def mean(name: str) -> dict[str, float] | None:
        values = [line[name] for line in lines if name in line]
        return dict(zip(("mean", "low", "high"), interval(values), strict=True)) if values else None

    return {
        "n": len(lines),
        "rollouts": max(line["rollouts"] for line in lines),
        "plan_ms": float(np.median([line["plan_ms"] for line in lines])),
        **{name: mean(name) for name in ("imagined", "real", "gap", "imagined_kept", "real_kept")},
    }
