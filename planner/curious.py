"""Plans towards goals of its own choosing: what an optimiser finds in a model is where the model errs."""

from typing import Any

import numpy as np
from omegaconf import DictConfig

from ..costs.distance import Distance
from ..costs.expect import Point
from ..costs.expression import Expression
from ..costs.held import Held
from ..costs.objective import Objective, Weighted
from . import build

LOW, HIGH = (0.38, -0.25, 0.03), (0.66, 0.25, 0.30)
"""Corners of the region in which goals are drawn, metres."""
WHIMS = {"bring": 0.5, "push": 0.3, "visit": 0.2}
"""Kinds of goals, and how often each is chosen."""
PATIENCE = (8, 30)
"""Steps after which a new goal is drawn."""


def whim(rng: np.random.Generator, objects: list[str]) -> Objective:
    """Draw a goal: bring an object to a point, push it to a spot, or move the hand near it.

    No limits, and nothing that a task asks for: only what any task is made of, reaching, holding and moving things.
    """
    kind, name = str(rng.choice(list(WHIMS), p=list(WHIMS.values()))), str(rng.choice(objects))
    spot = _point(rng, LOW, HIGH)
    near = Distance("gripper.position", f"{name}.position", (0.0, 0.0, float(rng.uniform(0.0, 0.05))))
    reach = Weighted(near, float(rng.choice([0.5, 1.0, 2.0])))
    if kind == "visit":
        aside = _point(rng, (-0.08, -0.08, 0.0), (0.08, 0.08, 0.1))
        return Objective({"visit": Weighted(Distance("gripper.position", f"{name}.position", aside), 1.0)})
    if kind == "push":
        way = Expression(f"norm({name}.position - ({spot[0]:.3f}, {spot[1]:.3f}, {name}.position.z))", "m")
        return Objective({"reach": reach, "push": Weighted(way, 4.0)})
    held = Weighted(Held(name), float(rng.choice([0.1, 0.3, 0.6])))
    return Objective({"reach": reach, "held": held, "bring": Weighted(Distance(f"{name}.position", spot), 2.0)})


def _point(rng: np.random.Generator, low: Point, high: Point) -> Point:
    x, y, z = rng.uniform(low, high)
    return float(x), float(y), float(z)


class Curious:
    """A policy for `collect`: plans with the config's model and search, towards one goal of its own after another.

    Args:
        config: an experiment; its costs and limits are not read.
        env: where it acts; the world model has to know its objects.
    """

    def __init__(self, config: DictConfig, env: Any):
        self.config, self.env = config, env
        self.model: Any = build.world_model(config, env)
        if not hasattr(self.model, "about"):
            raise ValueError(
                f"the behaviour 'curious' needs a model of objects, such as worldmodel.objects.model.Objects, and not "
                f"{type(self.model).__name__}."
            )

    def reset(self, obs: Any, info: dict, env: Any) -> None:
        """Begin an episode; its goals are those of the scene's seed."""
        self.seed, self.drawn, self.left = int(env.unwrapped.np_random_seed), 0, 0
        self.rng = np.random.default_rng([self.seed, int(self.config.get("seed", 0))])
        self.objects = list(info["objects"])
        self.named = self.model.about(self.objects)

    def act(self, obs: Any, info: dict) -> np.ndarray:
        """Plan towards the present goal, or draw another one."""
        executed = info.get("executed")
        if self.left == 0:
            planner = build.planner(self.config, self.named, whim(self.rng, self.objects))
            self.controller = build.controller(self.config, planner, self.env)
            self.controller.reset(obs, seed=self.seed + 1_000_003 * self.drawn)
            self.drawn, self.left, executed = self.drawn + 1, int(self.rng.integers(*PATIENCE)), None
        self.left -= 1
        return self.controller.act(obs, executed)


def policy(config: DictConfig, env: Any) -> Curious:
    """Make the policy of the behaviour `curious`."""
    return Curious(config, env)
