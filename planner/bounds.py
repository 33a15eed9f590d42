"""What actions a plan may hold, within the normalised range [-1, 1]."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor


class Bounds(NamedTuple):
    """Least and greatest action; they narrow the robot's own range [-1, 1], such as to move slowly."""

    low: Tensor
    """Shape (A,), or (T, A) where they differ from step to step."""
    high: Tensor
    """Alike."""

    @classmethod
    def of(
        cls, low: float | Sequence[float], high: float | Sequence[float], size: int, device: torch.device | str = "cpu"
    ) -> "Bounds":
        """Read one number for all actions, or one for each.

        Raises:
            ValueError: bounds that leave no action, or of another size than `size`.
        """
        pair = []
        for name, bound in (("low", low), ("high", high)):
            values = [float(bound)] * size if isinstance(bound, int | float) else [float(each) for each in bound]
            if len(values) != size:
                raise ValueError(f"{name} has {len(values)} numbers, but an action has {size}; give one, or {size}.")
            pair.append(values)
        for i, (least, most) in enumerate(zip(*pair, strict=True)):
            if not -1.0 <= least <= most <= 1.0:
                raise ValueError(
                    f"action {i} is bounded by low={least} and high={most}; "
                    "they must be ordered, -1 <= low <= high <= 1."
                )
        return cls(*(torch.tensor(values, device=device) for values in pair))

    def beginning(self, actions: Tensor, horizon: int) -> "Bounds":
        """The same for chunks of so many actions that begin with given ones, whose bounds leave no choice.

        Args:
            actions: Shape (d, A) with d <= T.
            horizon: T.
        """
        return Bounds(*(torch.cat([actions, bound.expand(horizon - len(actions), -1)]) for bound in self))

    def clip(self, chunks: Tensor) -> Tensor:
        """Move actions to the nearest allowed ones. Shape (..., A)."""
        return chunks.clamp(self.low, self.high)
