"""Make the scene look like a picture."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from .cost import Scene

WHOLE = "latent"
"""The quantity of a whole picture; that of one object is `<object>.latent`."""


@dataclass(frozen=True)
class GoalImage:
    """Root mean square difference from what the world model sees in a goal picture, in the unit of its latents.

    The goal is what the model itself reads off the picture: `latent` for the whole picture or `<object>.latent` for
    single objects, of which several count alike. The picture is the one that the observation shows (`obs["goal"]`), or
    it was read before: the goal is given as these vectors, or as a file that `numpy.savez(file, **{"red_cup.latent":
    vector})` wrote; `.npy` holds one `latent`.
    """

    unit: ClassVar[str] = "latent"
    goal: Any = None
    """Path of an .npz or .npy file; a vector, for the whole picture; a mapping of object to vector; or nothing, for
    the picture that the observation shows."""
    objects: tuple[str, ...] = ()
    """The objects that count; all that the goal has, or the whole picture, if empty."""

    def __post_init__(self):
        if self.goal is None:
            shown = [f"{name}.{WHOLE}" for name in self.objects] or [WHOLE]
            object.__setattr__(self, "_goals", dict.fromkeys(shown))
            return
        goals = loaded(Path(self.goal)) if isinstance(self.goal, str | Path) else vectors(self.goal)
        wanted = [f"{name}.{WHOLE}" for name in self.objects] or list(goals)
        if missing := [name for name in wanted if name not in goals]:
            raise ValueError(f"GoalImage: the goal has no '{missing[0]}'; it has {sorted(goals)}.")
        object.__setattr__(self, "_goals", {name: goals[name] for name in wanted})

    @property
    def needs(self) -> tuple[str, ...]:
        names = tuple(self._goals)  # type: ignore[attr-defined]
        return names if self.goal is not None else (*names, *(f"{name}@goal" for name in names))

    def __call__(self, scene: Scene, actions: Tensor) -> Tensor:
        squares = []
        for name, goal in self._goals.items():  # type: ignore[attr-defined]
            seen = scene[name]  # (..., T, D)
            goal = scene[f"{name}@goal"] if goal is None else goal
            if seen.shape[-1] != goal.shape[-1]:
                raise ValueError(
                    f"GoalImage: the goal's '{name}' has {goal.shape[-1]} numbers, but the world model's has "
                    f"{seen.shape[-1]}; read the goal off its picture with this model."
                )
            # A norm, whose slope where the goal is reached torch defines as 0.
            squares.append(torch.linalg.vector_norm(seen - goal.to(seen), dim=-1) / goal.shape[-1] ** 0.5)
        return torch.linalg.vector_norm(torch.stack(squares, dim=-1), dim=-1) / len(squares) ** 0.5


def loaded(path: Path) -> dict[str, Tensor]:
    """Read the vectors of a file by name of the quantity."""
    if path.suffix not in (".npz", ".npy"):
        raise ValueError(
            f"GoalImage: '{path}' is no .npz or .npy file of what the world model sees; encode the picture with the "
            "model first, and save what model.read(state, names) returns."
        )
    try:
        content = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise ValueError(f"GoalImage: '{path}' cannot be read as a file of vectors: {error}.") from error
    return vectors(content if path.suffix == ".npy" else dict(content))


def vectors(goal: Any) -> dict[str, Tensor]:
    """Turn a goal into vectors by name of the quantity. Shape (D,) each."""
    named: Mapping[str, Any] = goal if isinstance(goal, Mapping) else {WHOLE: goal}
    return {_full(name): _vector(name, value) for name, value in named.items()}


def _full(name: str) -> str:
    return name if name.split(".")[-1] == WHOLE else f"{name}.{WHOLE}"


def _vector(name: str, value: Tensor | np.ndarray | Iterable[float]) -> Tensor:
    try:
        vector = torch.as_tensor(value, dtype=torch.float32).detach().clone()
    except (TypeError, ValueError, RuntimeError):
        vector = torch.zeros(0)
    vector = vector[0] if vector.dim() == 2 and len(vector) == 1 else vector  # one scene, as models read it
    if vector.dim() != 1 or not len(vector) or not vector.isfinite().all():
        raise ValueError(f"GoalImage: the goal's '{name}' is a vector of finite numbers, got {type(value).__name__}.")
    return vector
