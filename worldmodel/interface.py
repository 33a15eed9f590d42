"""What a planner may ask of a world model, learned or exact.

Letters, here and everywhere: B scenes planned at once, P possible futures, N candidate chunks, T steps of a chunk,
A action size, K context frames, J proprioception size, D latent size, V cameras.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Protocol, runtime_checkable

from torch import Tensor


class Quantity(NamedTuple):
    """What one named part of a scene is."""

    shape: tuple[int, ...]
    """Shape at one step; () is a number."""
    unit: str
    """SI unit, "unit" for a unit vector, "probability", or what the model states."""
    meaning: str
    """One phrase that includes the frame, such as "cup centre, world frame"."""


class Context(NamedTuple):
    """What was observed until now: K frames and the actions between them."""

    images: Tensor
    """Pictures, uint8, the V cameras stacked along the channels. Shape (B, K, 3 * V, H, W)."""
    proprio: Tensor
    """Proprioception, float32. Shape (B, K, J)."""
    actions: Tensor
    """Actions really executed between the frames, in [-1, 1]. Shape (B, K - 1, A)."""
    objects: Tensor | None = None
    """Which objects of a catalogue there are, -1 for none, where the observation says so. Shape (B, S)."""


@runtime_checkable
class WorldModel(Protocol):
    """Imagines scene quantities that chunks of actions would cause."""

    action_dim: int
    """Size A of an action."""

    @property
    def quantities(self) -> Mapping[str, Quantity]:
        """Every quantity this model can imagine, by name."""
        ...

    def encode(self, context: Context) -> Any:
        """Turn what was observed into an opaque state for `imagine`."""
        ...

    def imagine(self, state: Any, chunks: Tensor, names: Iterable[str]) -> dict[str, Tensor]:
        """Imagine the named quantities after each action of each chunk.

        Args:
            state: what `encode` returned for B scenes.
            chunks: actions in [-1, 1]. Shape (B, N, T, A).
            names: quantities to imagine; only these are decoded.

        Returns:
            name -> tensor of shape (P, B, N, T, *shape of the quantity); step t is the scene after action t.
        """
        ...


@runtime_checkable
class Reads(Protocol):
    """What a world model may offer beyond `WorldModel`: how a scene is, for costs that compare with it."""

    def read(self, state: Any, names: Iterable[str]) -> dict[str, Tensor]:
        """Read the named quantities of the present scene, before any action.

        Args:
            state: what `encode` returned for B scenes.
            names: of `quantities`; a model may refuse those that only futures have, such as "disagreement".

        Returns:
            name -> tensor of shape (B, *shape of the quantity).
        """
        ...
