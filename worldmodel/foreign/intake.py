"""Pictures, proprioception and actions in the units that a model was trained in."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""Mean and deviation of pictures in 0..1, with which stable-worldmodel's own scripts train."""


class Intake:
    """From what is observed and done here, to what a model takes; the options are those of `Foreign`."""

    def __init__(
        self,
        size: int,
        action_block: int,
        action_mean: Sequence[float],
        action_std: Sequence[float],
        action_low: float | Sequence[float],
        action_high: float | Sequence[float],
        proprio_mean: Sequence[float] | None,
        proprio_std: Sequence[float] | None,
        pixel_mean: Sequence[float],
        pixel_std: Sequence[float],
        resize: bool,
    ) -> None:
        for what, value in (("size", size), ("action_block", action_block)):
            if value < 1:
                raise ValueError(f"{what} is {value}; it must be at least 1.")
        self.size, self.block, self.resize = size, action_block, resize
        mean, std = _scale("action", action_mean, action_std)
        low, high = (_bound(value, len(mean)) for value in (action_low, action_high))
        self._gain, self._offset = (high - low) / 2 / std, ((high + low) / 2 - mean) / std
        self._proprio = None if proprio_mean is None else _scale("proprio", proprio_mean, proprio_std or ())
        self._pixels = [value[:, None, None] for value in _scale("pixel", pixel_mean, pixel_std)]
        if len(self._pixels[0]) != 3:
            raise ValueError(f"pixel_mean has {len(self._pixels[0])} numbers; a picture has 3 colours.")

    @property
    def action_dim(self) -> int:
        """A."""
        return len(self._gain)

    @property
    def proprio_dim(self) -> int:
        """J; 0 for a model that feels nothing."""
        return 0 if self._proprio is None else len(self._proprio[0])

    def blocks(self, actions: Tensor) -> Tensor:
        """Scale actions in [-1, 1] and put those of a step side by side: (..., T * block, A) -> (..., T, block * A)."""
        scaled = actions * self._gain.to(actions) + self._offset.to(actions)
        lead, steps = actions.shape[:-2], actions.shape[-2] // self.block
        return scaled.reshape(*lead, steps, self.block * self.action_dim)

    def pictures(self, images: Tensor) -> Tensor:
        """Normalise the first camera's pictures, then resize: (B, H, 3 * V, h, w) uint8 -> (B, H, 3, size, size)."""
        mean, std = (value.to(images.device) for value in self._pixels)
        pictures, wanted = (images[:, :, :3].float() / 255 - mean) / std, (self.size, self.size)
        if images.shape[-2:] == wanted:
            return pictures
        if not self.resize:
            raise ValueError(
                f"the world model sees pictures of {self.size} px, but these have {tuple(images.shape[-2:])}; let the "
                f"environment render {self.size} px, or say resize=true."
            )
        fitting = F.interpolate(pictures.flatten(0, 1), size=wanted, mode="bilinear", antialias=True)
        return fitting.unflatten(0, images.shape[:2])

    def proprio(self, felt: Tensor) -> Tensor:
        """Normalise proprioception. Shape (B, H, J)."""
        if self._proprio is None or felt.shape[-1] != self.proprio_dim:
            raise ValueError(
                f"the world model feels {self.proprio_dim} numbers, as many as proprio_mean has, but the observation "
                f"has {felt.shape[-1]} of proprioception."
            )
        mean, std = (value.to(felt) for value in self._proprio)
        return (felt - mean) / std


def _scale(what: str, mean: Sequence[float], std: Sequence[float]) -> tuple[Tensor, Tensor]:
    """Check and convert a mean and a standard deviation."""
    centre, width = (torch.tensor(value, dtype=torch.float32) for value in (mean, std))
    if centre.dim() != 1 or centre.shape != width.shape or not len(centre) or not (width > 0).all():
        raise ValueError(
            f"{what}_mean and {what}_std are lists of as many numbers, deviations above 0, got {mean} and {std}."
        )
    return centre, width


def _bound(value: float | Sequence[float], size: int) -> Tensor:
    """One number or one per action -> (A,)."""
    bound = torch.tensor(value, dtype=torch.float32)
    if bound.dim() and bound.shape != (size,):
        raise ValueError(f"action_low and action_high are one number, or one for each of {size} actions, got {value}.")
    return bound.expand(size)
