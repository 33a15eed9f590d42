"""A simulated future, seen with the eyes of a learned model: what is then lost, is lost in reading pictures."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..envs.oracle import Oracle
from ..worldmodel.interface import Context, Quantity

AT_ONCE = 256
"""Moments that the learned model looks at in one call; bounds the memory."""


class Seen(NamedTuple):
    """The present of one scene."""

    context: Context
    """What was observed until now."""
    state: Any
    """What the learned model makes of it."""
    done: tuple[np.ndarray, ...]
    """What the simulator repeats to get here."""


class Rendered:
    """Carries chunks out in the simulator, photographs every step, and has a learned model read the pictures.

    The learned model sees what it would see if the chunk were executed: the cameras' pictures, proprioception and the
    actions between them, with those of the context before. Its dynamics are not used.

    Args:
        simulator: carries out.
        model: a learned world model with `read(state, names)`; its quantities are all that is known.

    Raises:
        ValueError: the model cannot read the present.
    """

    differentiable = False

    def __init__(self, simulator: Oracle, model: Any):
        if not callable(getattr(model, "read", None)):
            raise ValueError(
                f"the world model {type(model).__name__} has no method 'read(state, names)' that says how a scene is; "
                "the method 'rendered' needs one to read pictures with."
            )
        self.simulator, self.model = simulator, model
        self.action_dim: int = model.action_dim
        self.context_frames = int(getattr(model, "context_frames", 1))
        self.quantities: Mapping[str, Quantity] = model.quantities

    def encode(self, context: Context) -> Seen:
        """Look at one scene, and remember what was done in the live environment since its reset."""
        return Seen(context, self.model.encode(context), self.simulator.encode())

    def read(self, state: Seen, names: Iterable[str]) -> dict[str, Tensor]:
        """Read the present as the learned model does: name -> (1, *shape of the quantity)."""
        return self.model.read(state.state, names)

    @torch.no_grad()
    def imagine(self, state: Seen, chunks: Tensor, names: Iterable[str]) -> dict[str, Tensor]:
        """Carry out every chunk and read its pictures. Shapes: chunks (1, N, T, A) -> name: (1, 1, N, T, *shape)."""
        names = tuple(names)
        looks = [(*self.simulator.observe(), done) for done in self.simulator.carry_out(state.done, chunks)]
        after = (torch.from_numpy(np.stack(each)).unflatten(0, chunks.shape[1:3]) for each in zip(*looks, strict=True))
        images, proprio, actions = map(_runs, state.context[:3], after)
        who = state.context.objects
        read = []
        for i in range(0, len(images), AT_ONCE):
            part = slice(i, i + AT_ONCE)
            objects = None if who is None else who.expand(len(images[part]), -1)
            moments = Context(images[part], proprio[part], actions[part], objects)
            read.append(self.model.read(self.model.encode(moments), names))
        return {name: torch.cat([r[name] for r in read]).unflatten(0, chunks.shape[:3])[None] for name in names}


def _runs(before: Tensor, after: Tensor) -> Tensor:
    """The runs of K values that end with each of T later ones. Shapes (1, K, ...) and (N, T, ...) -> (N T, K, ...)."""
    whole = torch.cat([before.expand(len(after), *before.shape[1:]), after.to(before.dtype)], 1)  # (N, K + T, ...)
    return whole.unfold(1, before.shape[1], 1)[:, 1:].movedim(-1, 2).flatten(0, 1)
