"""What an experiment compares: the planner, and the floors beside it."""

from collections.abc import Callable
from difflib import get_close_matches
from time import perf_counter
from typing import Any

import numpy as np
from omegaconf import DictConfig, OmegaConf

from ..worldmodel.interface import WorldModel
from . import build
from .control import Controller
from .episode import Dream, Method
from .ladder import Infeasible
from .monitor import Surprised
from .whole_number import number_of

ACTORS = {"policy": {}, "inverse": {"whole": True}}
"""Methods that are the model's actor alone, and what each is told, as options of `Acting`."""
NAMES = ("planner", "blind", "sighted", *ACTORS, "direct", "scripted", "random", "idle", "simulator", "rendered")
"""Every method, in the order of the report."""

IMAGINING = ("planner", "blind", "sighted", *ACTORS, "rendered")
"""Those that imagine, or read pictures, with the experiment's world model."""

PLANNING = (*IMAGINING, "simulator")
"""Those that plan with the experiment's costs and limits."""


POLICY = {
    "search": {"_target_": "planner.shooting.RandomShooting"},
    "planner": {"candidates": 1, "iterations": 1, "keep": 0, "try_mean": False, "polish": None},
    "control": {"if_infeasible": "continue"},
}
"""How an actor alone decides: its one chunk is imagined for the report, and nothing is chosen."""


class Planned:
    """Plans with a world model, and remembers what each plan imagined.

    Args:
        controller: plans and executes.
        names: quantities to imagine again for the report; those that the model does not know are left out.
        filmed: whether the executed steps are decoded to pictures too, where the model can.
    """

    def __init__(self, controller: Controller, names: tuple[str, ...] = (), filmed: bool = False):
        self.controller = controller
        model = controller.planner.model
        self.names = tuple(name for name in names if controller.planner.can_imagine(name))
        self.pictures = ("image",) if filmed and "image" in model.quantities else ()
        self.dreams: list[Dream] = []
        self.surprises: list[dict[str, float]] = []
        """What the monitor found, action by action."""

    @property
    def alarms(self) -> int:
        """How often the monitor found too much."""
        return self.controller.alarms

    @property
    def late(self) -> int:
        """How many plans were not ready when they were needed."""
        return self.controller.maker.late

    def reset(self, obs: Any, info: dict, env: Any) -> None:
        """Begin an episode; its noise is that of the scene's seed."""
        self.dreams, self.surprises, self.stopped, self.steps = [], [], False, 0
        self.controller.reset(obs, seed=int(env.unwrapped.np_random_seed))

    def end(self) -> None:
        """End an episode: nothing plans any more, and a plan of which nothing was executed was no dream."""
        self.controller.close()
        self.dreams = [dream for dream in self.dreams if dream.step + self.controller.delay < self.steps]

    def act(self, obs: Any, info: dict) -> np.ndarray:
        """Execute the plan, or plan; after "stop" stand still until the episode ends."""
        self.steps += 1
        if self.stopped:
            return self._still()
        before, began = self.controller.plan, perf_counter()
        try:
            action = self.controller.act(obs, info.get("executed"))
        except (Infeasible, Surprised):
            action, self.stopped = self._still(), True
        if self.controller.surprise:
            self.surprises.append(self.controller.surprise)
        if self.names and self.controller.plan is not before:
            self._remember(max(1e3 * (perf_counter() - began), self.controller.milliseconds))
        return action

    def _still(self) -> np.ndarray:
        return np.zeros(self.controller.planner.model.action_dim, np.float32)

    def _remember(self, milliseconds: float) -> None:
        plan, state, planner = self.controller.plan, self.controller.state, self.controller.planner
        assert plan is not None
        scene = self.controller.imagine(self.names)
        if self.pictures:  # of the steps that will be executed only: decoding costs more than imagining
            scene |= planner.imagine_plan(state, plan.chunk[:, : self.controller.committed], self.pictures)
        scene = {name: values[:, 0, 0].float().cpu() for name, values in scene.items()}  # (P, T, *shape)
        dream = Dream(self.controller.began, plan.chunk[0].cpu(), scene, bool(plan.feasible[0]), milliseconds)
        self.dreams.append(dream)


class Scripted:
    """The scripted expert, which sees the true scene."""

    def __init__(self, expert: Callable[[dict], np.ndarray]):
        self.expert = expert
        self.dreams: list[Dream] = []

    def reset(self, obs: Any, info: dict, env: Any) -> None:
        """Show an expert that remembers something the scene in which it begins, and what should become of it."""
        if hasattr(self.expert, "reset"):
            aim = {f"{name}@goal": value for name, value in info.get("goal", {}).items()}
            self.expert.reset({**info["scene"], **aim})

    def act(self, obs: Any, info: dict) -> np.ndarray:
        return self.expert(info["scene"])


class Random:
    """Uniform actions; the scene's seed decides which."""

    def __init__(self, size: int, seed: int = 0):
        self.size, self.seed = size, seed
        self.dreams: list[Dream] = []

    def reset(self, obs: Any, info: dict, env: Any) -> None:
        self.noise = np.random.default_rng([self.seed, int(env.unwrapped.np_random_seed)])

    def act(self, obs: Any, info: dict) -> np.ndarray:
        return self.noise.uniform(-1.0, 1.0, self.size).astype(np.float32)


class Idle:
    """Does nothing."""

    def __init__(self, size: int):
        self.size = size
        self.dreams: list[Dream] = []

    def reset(self, obs: Any, info: dict, env: Any) -> None: ...

    def act(self, obs: Any, info: dict) -> np.ndarray:
        return np.zeros(self.size, np.float32)


def method_named(name: str, config: DictConfig, env: Any, model: WorldModel | None = None) -> Method:
    """Build a method.

    Args:
        name: one of `NAMES`.
        config: the experiment.
        env: the environment it will act in.
        model: the experiment's world model, for a method of `IMAGINING`; built if absent.
    """
    size = env.action_space.shape[0]
    if name == "scripted":
        return Scripted(build.expert(config, env))
    if name == "random":
        return Random(size, number_of(config, "seed"))
    if name == "idle":
        return Idle(size)
    if name == "direct":
        from .direct import Direct

        return Direct.of(config, env)
    if name in PLANNING:
        return _planned(name, config, env, model)
    near = get_close_matches(str(name), NAMES, n=1)
    hint = f"; did you mean {near[0]!r}? There" if near else "; there"
    raise ValueError(f"methods names {name!r}, which is none{hint} are {', '.join(NAMES)}.")


def _planned(name: str, config: DictConfig, env: Any, model: Any) -> Planned:
    aim, changes = build.objective(config), {}
    if name in ACTORS:
        model = build.world_model(config, env) if model is None else model
        if not getattr(model, "acts", False):
            raise ValueError(
                f"the method '{name}' needs a world model with an actor; choose the checkpoint tabletop, train an "
                "actor (foresee train train/tabletop_actor), or leave the method out."
            )
        whole: Any = OmegaConf.to_container(config, resolve=True)
        own = {key: {**(whole.get(key) or {}), **POLICY[key]} for key in ("planner", "control")}
        own["planner"]["proposals"] = {"acting": {"_target_": build.ACTING, "share": 1.0, **ACTORS[name]}}
        config = OmegaConf.create({**whole, **POLICY, **own})
    if name == "blind":
        aim = aim.without_limits()
    if name != "simulator" and model is None:
        model = build.world_model(config, env)
    if name in ("simulator", "rendered"):
        from ..envs.oracle import Oracle
        from .rendered import Rendered

        model = Oracle(env) if name == "simulator" else Rendered(Oracle(env), model)
        changes = dict((config.get("simulator") or {}).get("planner") or {})
    kind: type[Planned] = Planned
    if name == "sighted":
        from .sighted import Sighted, SightedPlanned

        model, kind = Sighted(model, env), SightedPlanned
    watched = {} if name in ("planner", "blind") else {"monitor": None}  # others see the truth, or simulate it
    planner = build.planner(config, model, aim, **changes)
    controller = build.controller(config, planner, env, thread=name == "planner", **watched)
    return kind(controller, build.judge(config, env).needs, filmed=number_of(config, "films") > 0)
