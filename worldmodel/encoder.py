"""From pictures and proprioception to a latent."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .frozen import Frozen
from .points import Points

SEEN = 256
"""Numbers that an eye makes of one frame."""


def norm(latent: Tensor, felt: int) -> Tensor:
    """Layer-norm a latent but for its last `felt` numbers, the proprioception. Shape (..., D)."""
    seen = latent[..., : latent.shape[-1] - felt]
    return torch.cat([F.layer_norm(seen, seen.shape[-1:]), latent[..., latent.shape[-1] - felt :]], -1)


class Convolutions(nn.Sequential):
    """An eye that learns to look: uint8 (M, 3 * V, H, W) -> (M, 256)."""

    width = SEEN

    def __init__(self, cameras: int, size: int, channels: int = 64) -> None:
        if size % 16:
            raise ValueError(f"pictures of {size} px cannot be encoded; choose a multiple of 16, such as 64.")
        wide = 2 * channels
        super().__init__(
            nn.Conv2d(3 * cameras, channels, 4, stride=4),  # patches: cheaper than overlapping convolutions
            nn.ReLU(),
            nn.Conv2d(channels, wide, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(wide, wide, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(wide * (size // 16) ** 2, SEEN),
        )
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, images: Tensor) -> Tensor:
        dtype = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else torch.float32
        x = images.contiguous(memory_format=torch.channels_last).to(dtype)
        return _even(super().forward((x - 127.5) / 128))  # both exact for a byte in bfloat16


class Pointed(nn.Module):
    """What convolutions see, beside points: uint8 (M, 3 * V, H, W) -> (M, 256 + 3 * points * V)."""

    def __init__(self, cameras: int, size: int, points: int, channels: int = 64) -> None:
        super().__init__()
        self.whole, self.points = Convolutions(cameras, size, channels), Points(cameras, size, points)
        self.width = SEEN + self.points.width

    def forward(self, images: Tensor) -> Tensor:
        return torch.cat([self.whole(images), self.points(images)], -1)


class Tokens(nn.Module):
    """An eye that learns to read the tokens of a frozen network: (M, V * tokens, C) -> (M, 256).

    Args:
        cameras: V.
        told: `Frozen.told`.
        channels: numbers made of each token.
    """

    width = SEEN

    def __init__(self, cameras: int, told: Mapping[str, Any], channels: int = 64) -> None:
        super().__init__()
        self.each = nn.Linear(told["width"], channels)
        self.all = nn.Linear(cameras * told["tokens"] * channels, SEEN)

    def forward(self, tokens: Tensor) -> Tensor:
        tokens = F.layer_norm(tokens.float(), tokens.shape[-1:])
        return _even(self.all(torch.relu(self.each(tokens)).flatten(1)))


def _even(seen: Tensor) -> Tensor:
    return F.layer_norm(seen.float(), seen.shape[-1:])


class Encoder(nn.Module):
    """An eye per frame, then one network over K frames.

    The latent is what was seen, layer-normed without parameters, followed by the last proprioception as it is: what
    the robot feels exactly need not be squeezed through a network. Kept apart, what was seen is a matter of pictures
    alone, and proprioception that nobody knows (NaN), as in a video, is guessed from it.

    Frames are seen one by one and joined afterwards, so that a window of L frames costs L passes, not K · L.
    """

    mean: Tensor
    scale: Tensor
    frozen: Frozen | None = None
    """Looks at pictures for the eye, if that reads tokens. No part of the state dict; copies share it."""

    def __init__(
        self,
        cameras: int,
        size: int,
        proprio: int,
        frames: int = 2,
        latent: int = 256,
        channels: int = 64,
        eye: nn.Module | None = None,
        apart: bool = False,
    ) -> None:
        """Make an encoder; an eye given stands in place of the convolutions."""
        super().__init__()
        self.frames = frames
        self.eye = Convolutions(cameras, size, channels) if eye is None else eye
        self.felt = proprio
        told = int(self.eye.width) + (0 if apart else proprio)  # type: ignore[arg-type]
        self.feel = nn.Sequential(nn.Linear(latent - proprio, 64), nn.ReLU(), nn.Linear(64, proprio)) if apart else None
        self.join = nn.Sequential(nn.Linear(frames * told, 512), nn.ReLU(), nn.Linear(512, latent - proprio))
        self.register_buffer("mean", torch.zeros(proprio))
        self.register_buffer("scale", torch.ones(proprio))

    def measure(self, proprio: Tensor) -> None:
        """Take the normalisation of proprioception from data. Shape (F, J)."""
        self.mean.copy_(proprio.mean(0))
        self.scale.copy_(proprio.std(0).clamp_min(1e-3))

    def features(self, images: Tensor) -> Tensor:
        """See single frames: uint8 (M, 3 * V, H, W), or tokens (M, V * tokens, C), -> (M, width of the eye)."""
        if self.frozen is not None and images.dtype == torch.uint8:
            images = self.frozen(images)
        return self.eye(images)

    def fuse(self, features: Tensor, proprio: Tensor) -> Tensor:
        """Join K frames: (..., K, width of the eye) and (..., K, J) -> latents, float32 (..., D)."""
        body = ((proprio - self.mean) / self.scale).clamp(-5.0, 5.0)
        told = torch.cat([features, body], -1) if self.feel is None else features
        seen, last = self.join(told.flatten(-2)).float(), body[..., -1, :]
        if self.feel is not None:
            last = torch.where(last.isfinite(), last, self.guess(seen.detach()).detach())
        return norm(torch.cat([seen, last], -1), self.felt)

    def guess(self, seen: Tensor) -> Tensor:
        """Say what is felt, normalised, from what was seen, where that is kept apart: (..., D - J) -> (..., J)."""
        assert self.feel is not None
        return self.feel(F.layer_norm(seen, seen.shape[-1:])).float()

    def window(self, images: Tensor, proprio: Tensor, forget: Tensor | None = None) -> Tensor:
        """Encode every run of K frames of a window.

        Args:
            images: uint8, shape (B, L, 3 * V, H, W); or tokens, shape (B, L, V * tokens, C).
            proprio: proprioception. Shape (B, L, J).
            forget: where the first run sees its last frame K times, as at the start of an episode. Bool, shape (B,).

        Returns:
            Shape (B, L - K + 1, D).
        """
        seen = self.features(images.flatten(0, 1)).unflatten(0, images.shape[:2])
        runs = [x.unfold(1, self.frames, 1).transpose(-1, -2) for x in (seen, proprio)]  # (B, L - K + 1, K, ·)
        if forget is not None:
            still = torch.zeros(runs[0].shape[:2], dtype=torch.bool, device=seen.device)
            still[:, 0] = forget
            runs = [torch.where(still[..., None, None], x[..., -1:, :], x) for x in runs]
        return self.fuse(*runs)

    def forward(self, images: Tensor, proprio: Tensor) -> Tensor:
        """Encode K frames: (B, K, 3 * V, H, W) and (B, K, J) -> (B, D)."""
        return self.window(images, proprio)[:, 0]
