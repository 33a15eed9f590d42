"""From pictures to slots: every object looks for itself in every camera."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .state import POSITION, PROPRIO, UP

MIDDLE, SPREAD = (0.52, 0.0, 0.06), (0.09, 0.13, 0.06)
"""Where objects are, and how far from there, metres."""


class Names(nn.Module):
    """A vector for each object of a catalogue: that of its colour plus that of its kind."""

    def __init__(self, catalogue: Sequence[str], size: int) -> None:
        super().__init__()
        colours, kinds = zip(*(name.split("_") for name in catalogue), strict=True)
        self.kinds = list(dict.fromkeys(kinds))
        of = list(dict.fromkeys(colours))
        self.colour, self.shape = nn.Embedding(len(of), size), nn.Embedding(len(self.kinds), size)
        index = torch.tensor([(of.index(c), self.kinds.index(k)) for c, k in zip(colours, kinds, strict=True)])
        self.register_buffer("index", index, persistent=False)

    def forward(self, who: Tensor) -> Tensor:
        """Shape (..., S) -> (..., S, size); an empty slot is the first object, and masked by whoever asks."""
        colour, kind = self.index[who.clamp_min(0)].unbind(-1)  # type: ignore[index]
        return self.colour(colour) + self.shape(kind)

    def kind(self, who: Tensor) -> Tensor:
        """One number for each kind, 1 for the slot's own. Shape (..., S) -> float32 (..., S, kinds)."""
        of = self.index[who.clamp_min(0)][..., 1]  # type: ignore[index]
        return F.one_hot(of, len(self.kinds)).float() * (who >= 0).unsqueeze(-1)


class Glance(nn.Module):
    """Attention from each object to each picture, normalised in each picture by itself.

    Where it points, in the picture's coordinates, is told beside what is seen there (a spatial soft-argmax: Levine et
    al., 2016), so that a network can triangulate.
    """

    grid: Tensor

    def __init__(self, asked: int, channels: int, side: int, cameras: int, heads: int = 4, key: int = 32) -> None:
        super().__init__()
        self.heads, self.key, self.cameras = heads, key, cameras
        axis = torch.linspace(-1.0, 1.0, side)
        self.register_buffer("grid", torch.cartesian_prod(axis, axis), persistent=False)  # (side², 2), row first
        self.query = nn.Linear(asked, heads * key)
        self.keys = nn.Linear(channels, heads * key)
        self.values = nn.Linear(channels, heads * key)
        self.seen = nn.Linear(heads * cameras * (key + 3), 256)

    def forward(self, asked: Tensor, tokens: Tensor) -> Tensor:
        """Look: (M, S, asked) and (M, V, tokens, channels) -> (M, S, 256)."""
        keys, values = (f(tokens).unflatten(-1, (self.heads, self.key)) for f in (self.keys, self.values))
        query = self.query(asked).unflatten(-1, (self.heads, self.key))  # (M, S, H, k)
        keys = keys.permute(0, 1, 3, 4, 2).flatten(1, 2)  # (M, V H, k, tokens)
        values = values.permute(0, 1, 3, 2, 4).flatten(1, 2)  # (M, V H, tokens, k)
        query = query.transpose(1, 2).repeat(1, self.cameras, 1, 1).to(keys.dtype)  # (M, V H, S, k)
        logits = (query @ keys).float() / self.key**0.5  # (M, V H, S, tokens)
        points = logits.softmax(-1)
        found = (points.to(values.dtype) @ values).float()  # (M, V H, S, k)
        parts = [found, points @ self.grid, 0.2 * logits.logsumexp(-1, keepdim=True)]
        return self.seen(torch.cat(parts, -1).transpose(1, 2).flatten(2))


class Eye(nn.Module):
    """Convolutions, then every object looks for itself twice, then one network over K frames.

    The first query of an object is made of its colour and kind alone, so that what is learned about red and about cups
    is known of red cups. The second one knows what the first found and what all others found, so that two objects do
    not take the same spot for themselves (as in the layers of a DETR decoder: Carion et al., 2020).
    """

    mean: Tensor
    scale: Tensor

    def __init__(
        self,
        catalogue: Sequence[str],
        cameras: int,
        size: int,
        frames: int = 1,
        features: int = 24,
        channels: int = 64,
    ) -> None:
        super().__init__()
        self.cameras, self.frames = cameras, frames
        self.names = Names(catalogue, 64)
        self.patch = nn.Conv2d(3, channels, 4, stride=4)
        self.near = nn.Conv2d(channels, channels, 3, padding=1)
        self.wide = nn.Conv2d(channels, 96, 3, stride=2, padding=1)
        self.back = nn.Conv2d(96, channels, 1)
        for layer in (self.patch, self.near, self.wide, self.back):
            layer.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        side = size // 4
        self.place = nn.Parameter(0.02 * torch.randn(cameras, side * side, channels))
        self.first = Glance(64, channels, side, cameras)
        self.tell = nn.Linear(256, 64)
        self.second = Glance(64 + 256 + 64, channels, side, cameras)
        self.join = nn.Linear(frames * (256 + PROPRIO) + 64, 384)
        self.others = nn.Linear(384, 64)
        self.think = nn.Linear(384 + 64, 256)
        self.answer = nn.Linear(256, 6 + features)
        self.register_buffer("mean", torch.zeros(PROPRIO))
        self.register_buffer("scale", torch.ones(PROPRIO))

    def measure(self, proprio: Tensor) -> None:
        """Take the normalisation of proprioception from data. Shape (F, J)."""
        self.mean.copy_(proprio.mean(0))
        self.scale.copy_(proprio.std(0).clamp_min(1e-2))

    def features(self, images: Tensor, who: Tensor) -> Tensor:
        """See single frames: uint8 (M, 3 V, H, W) and (M, S) -> (M, S, 256)."""
        m, v = len(images), self.cameras
        dtype = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else torch.float32
        x = images.reshape(m * v, 3, *images.shape[2:]).contiguous(memory_format=torch.channels_last).to(dtype)
        x = F.relu(self.patch((x - 127.5) / 64))
        x = x + F.relu(self.near(x))
        x = x + F.interpolate(self.back(F.relu(self.wide(x))), scale_factor=2)
        tokens = F.layer_norm(x.flatten(2).transpose(1, 2).float(), (x.shape[1],)).unflatten(0, (m, v)) + self.place
        names = self.names(who)
        found = F.relu(self.first(names, tokens))
        told = self.tell(found) * (who >= 0).unsqueeze(-1).to(found.dtype)
        asked = torch.cat([names, found, told.sum(1, keepdim=True) - told], -1)
        return F.relu(found + self.second(asked, tokens))

    def fuse(self, seen: Tensor, proprio: Tensor, who: Tensor) -> Tensor:
        """Join K frames: (M, K, S, 256), (M, K, J) and (M, S) -> slots, float32 (M, S, 6 + F)."""
        body = ((proprio - self.mean) / self.scale).clamp(-5.0, 5.0).flatten(1)  # (M, K J)
        body = body[:, None].expand(-1, who.shape[1], -1)
        h = torch.cat([seen.transpose(1, 2).flatten(2), body, self.names(who)], -1)
        h = F.relu(self.join(h))
        there = (who >= 0).unsqueeze(-1).to(h.dtype)
        told = self.others(h) * there
        h = torch.cat([h, told.sum(1, keepdim=True) - told], -1)
        with torch.autocast(h.device.type, enabled=False):  # bfloat16 would round positions by most of a millimetre
            z = self.answer(F.relu(self.think(h.float())))
            position = z.new_tensor(MIDDLE) + z.new_tensor(SPREAD) * z[..., POSITION]
            up = F.normalize(z[..., UP] + z.new_tensor((0.0, 0.0, 1.0)), dim=-1)
            return torch.cat([position, up, torch.tanh(z[..., 6:])], -1)

    def window(self, images: Tensor, proprio: Tensor, who: Tensor, forget: Tensor | None = None) -> Tensor:
        """Encode every run of K frames of a window.

        Args:
            images: uint8. Shape (B, L, 3 V, H, W).
            proprio: shape (B, L, J).
            who: shape (B, S).
            forget: where the first run sees its last frame K times, as at the start of an episode. Bool, shape (B,).

        Returns:
            Shape (B, L - K + 1, S, 6 + F).
        """
        b, length = images.shape[:2]
        seen = self.features(images.flatten(0, 1), who.repeat_interleave(length, 0)).unflatten(0, (b, length))
        runs = [x.unfold(1, self.frames, 1).movedim(-1, 2) for x in (seen, proprio)]  # (B, runs, K, ...)
        if forget is not None:
            still = torch.zeros(runs[0].shape[:2], dtype=torch.bool, device=seen.device)
            still[:, 0] = forget
            runs = [torch.where(still.view(*still.shape, *[1] * (x.ndim - 2)), x[:, :, -1:], x) for x in runs]
        count = runs[0].shape[1]
        z = self.fuse(*(x.flatten(0, 1) for x in runs), who.repeat_interleave(count, 0))
        return z.unflatten(0, (b, count))
