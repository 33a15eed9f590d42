"""The simulator as a world model: exact and slow, it tells the loss from search apart from the loss from learning."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from . import truth
from .bullet import World
from .interface import Quantity
from .tabletop import Tabletop


class Oracle:
    """Carries chunks out in a second physics server, built like the environment's and led through the same actions.

    Rebuilding and repeating every action is the one way that PyBullet continues bit-exactly, so `exact=True` does it
    for every candidate. By default it is done once a plan, and between candidates the state is restored from memory:
    fast, but not the same future to the bit once things touch.
    The live environment is read, so the context passed to `encode` is not looked at.
    """

    context_frames = 1
    differentiable = False
    unknowable = ("what a real robot does differently", "what happens between two steps (0.2 s)")

    def __init__(self, env: Tabletop, exact: bool = False):
        """Imagine for `env`, a `Tabletop`; every step of every candidate is simulated."""
        self.env: Tabletop = env.unwrapped  # type: ignore[assignment]
        if not isinstance(getattr(self.env, "world", None), World):
            raise ValueError(
                f"the environment {type(self.env).__name__} cannot be simulated a second time; the simulator as a "
                "world model needs envs.tabletop.Tabletop or a task of it, such as envs.red_cup.RedCup."
            )
        self.exact = exact
        self.action_dim: int = self.env.actions.size
        self.world = World(self.env.actions, self.env.world.guise)

    @property
    def quantities(self) -> Mapping[str, Quantity]:
        """What the environment knows of its present scene, but for the depth picture."""
        return {name: quantity for name, quantity in self.env.quantities.items() if name != "depth"}

    def error_of(self, name: str) -> str | None:
        """Say how wrong a quantity is, as a world model may."""
        return "exact" if self.exact else "exact until things touch"

    def encode(self, context: Any = None) -> tuple[np.ndarray, ...]:
        """Remember what was done in the live environment since its reset."""
        return tuple(self.env.done)

    def read(self, state: tuple[np.ndarray, ...], names: Iterable[str]) -> dict[str, Tensor]:
        """Say how the scene is. name -> (1, *shape of the quantity)."""
        self._repeat(state)
        return {name: torch.from_numpy(value)[None] for name, value in self._look(names).items()}

    def imagine(self, state: tuple[np.ndarray, ...], chunks: Tensor, names: Iterable[str]) -> dict[str, Tensor]:
        """Carry out every chunk. Shapes: chunks (1, N, T, A) -> name: (1, 1, N, T, *shape of the quantity)."""
        names = list(names)
        values: dict[str, list[np.ndarray]] = {name: [] for name in names}
        for _ in self.carry_out(state, chunks):
            for name, value in self._look(names).items():
                values[name].append(value)
        lead = (1, *chunks.shape[:3])  # (P, B, N, T)
        return {name: torch.from_numpy(np.stack(v)).reshape(*lead, *v[0].shape) for name, v in values.items()}

    def carry_out(self, state: tuple[np.ndarray, ...], chunks: Tensor) -> Iterator[np.ndarray]:
        """Carry out every chunk (1, N, T, A); after each action, stop for a look and yield the action executed (A,)."""
        if chunks.shape[0] != 1:
            raise ValueError(f"the simulator imagines one scene at a time, not {chunks.shape[0]}; plan with B = 1")
        self._repeat(state)
        mark = self.world.mark()
        for chunk in chunks[0].cpu().numpy():
            if self.exact:
                self._repeat(state)
            else:
                self.world.rewind(mark)
            for action in chunk:
                yield self.world.move(action)

    def observe(self) -> tuple[np.ndarray, np.ndarray]:
        """What the environment would observe now: its cameras' pictures (3 V, H, W) uint8, and proprioception (J,)."""
        pictures = [self.world.photograph(camera, self.env.size)[0] for camera in self.env.cameras]
        return np.concatenate(pictures, -1).transpose(2, 0, 1), self.world.proprio()

    def close(self) -> None:
        """End the second physics server."""
        self.world.close()

    def _look(self, names: Iterable[str]) -> dict[str, np.ndarray]:
        return truth.read(self.world, names, self.env.others)

    def _repeat(self, actions: Iterable[np.ndarray]) -> None:
        self.world.build(self.env.factors)
        for action in actions:
            self.world.move(action)
