"""A world model that is told where things really are: what is then still lost, is lost in imagining."""

from typing import Any

import numpy as np

from ..worldmodel.interface import Context
from .methods import Planned


class Sighted:
    """Puts the true places and axes of objects into whatever the model makes of a picture.

    Args:
        model: a world model with `told(state, scene)`, such as `worldmodel.objects.model.Objects`.
        env: where it acts.

    Raises:
        ValueError: the model keeps its places where nobody can put them, or there is a goal picture.
    """

    def __init__(self, model: Any, env: Any = None):
        if getattr(getattr(env, "unwrapped", env), "goal", ()):
            raise ValueError("the method 'sighted' is told what is true now, not of a goal picture; leave it out here.")
        if not hasattr(model, "told"):
            raise ValueError(
                f"the world model {type(model).__name__} cannot be told where things are; the method 'sighted' needs a "
                "model of objects."
            )
        self.model, self.scene = model, dict[str, np.ndarray]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.model, name)

    def encode(self, context: Context) -> Any:
        """Encode what is seen, then correct it by what is true now."""
        return self.model.told(self.model.encode(context), self.scene)


class SightedPlanned(Planned):
    """The planner with a sighted model; it hands on what is true before every action."""

    def act(self, obs: Any, info: dict) -> np.ndarray:
        """Look at the truth, then plan as ever."""
        model: Any = self.controller.planner.model
        model.scene = info["scene"]
        return super().act(obs, info)
