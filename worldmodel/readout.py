"""From a latent to named scene quantities."""

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .interface import Quantity

FAR = 0.15
"""Clearances are read up to this distance in metres: nothing farther matters, and occluded gaps are guesses."""
ORDER = ("number", "chance", "direction")


def kind(quantity: Quantity) -> str:
    """Say how a quantity is read: as a "number", a "chance", a "direction" (unit 3-vector) or a "grid" (an image)."""
    if len(quantity.shape) > 1:
        return "grid"
    if quantity.unit == "probability":
        return "chance"
    return "direction" if quantity.unit == "unit" and quantity.shape == (3,) else "number"


def target(name: str, scene: Mapping[str, Tensor]) -> Tensor:
    """Say what a readout should answer: clearances end at `FAR`, a contact point is NaN but during contact."""
    value = scene[name].float()
    if name.startswith("clearance."):
        return value.clamp(max=FAR)
    touch = scene.get(name.removesuffix(".point")) if name.endswith(".point") else None
    return value if touch is None else torch.where(touch.unsqueeze(-1) > 0.5, value, torch.nan)


class Readout(nn.Module):
    """One trunk and one linear head; each quantity owns some columns of the head.

    number: mean + scale · y · chance: sigmoid(y + mean) · direction: (mean + scale · y) / |mean + scale · y|,
    where mean and scale come from data. The mean of a chance is minus the logarithm of the weight its rare positives
    have in the loss, which takes the weight out again: a reading of 0.3 happens three times out of ten.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, quantities: Mapping[str, Quantity], latent: int = 256, hidden: int = 256) -> None:
        super().__init__()
        # Sorted, so that the columns do not depend on the order in which somebody lists the quantities.
        self.quantities = {n: q for k in ORDER for n, q in sorted(quantities.items()) if kind(q) == k}
        self.columns: dict[str, range] = {}
        width = 0
        for name, quantity in self.quantities.items():
            self.columns[name] = range(width, width := width + torch.Size(quantity.shape).numel())
        self.trunk = nn.Sequential(nn.Linear(latent, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU())
        self.head = nn.Linear(hidden, width)
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("scale", torch.ones(width))

    def span(self, which: str) -> slice:
        """Columns of all quantities of one kind; kinds lie side by side."""
        owned = [c for name, r in self.columns.items() if kind(self.quantities[name]) == which for c in r]
        return slice(owned[0], owned[-1] + 1) if owned else slice(0, 0)

    def targets(self, scene: Mapping[str, Tensor]) -> Tensor:
        """Lay true values out in columns; NaN where nobody knows. Returns (..., Q)."""
        parts = []
        for name, quantity in self.quantities.items():
            value = target(name, scene)
            lead = value.shape[: value.ndim - len(quantity.shape)]
            parts.append(value.reshape(*lead, len(self.columns[name])))
        return torch.cat(parts, -1)

    def measure(self, targets: Tensor, heaviest: float = 8.0) -> None:
        """Take mean, scale and the weight of rare positives from data. Shape (F, Q)."""
        known = targets.isfinite()
        count = known.sum(0).clamp_min(1)
        mean = torch.where(known, targets, 0.0).sum(0) / count
        scale = (torch.where(known, targets - mean, 0.0).square().sum(0) / count).sqrt()
        chance, direction = self.span("chance"), self.span("direction")
        rate = mean[chance].clamp(1e-3, 1.0 - 1e-3)
        mean[chance] = -((1 - rate) / rate).sqrt().clamp(1.0, heaviest).log()
        scale[chance] = 1.0
        turn = scale[direction].view(-1, 3).square().mean(1, keepdim=True).sqrt().clamp_min(0.05)
        scale[direction] = turn.expand(-1, 3).reshape(-1)
        self.mean.copy_(mean)
        self.scale.copy_(scale.clamp_min(1e-3))

    def forward(self, latent: Tensor) -> Tensor:
        """Answer in normalised units: (..., D) -> float32 (..., Q)."""
        return self._answer(latent, self.head.weight, self.head.bias)

    def _answer(self, latent: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        h = self.trunk(latent.to(next(self.trunk.parameters()).dtype))
        with torch.autocast(h.device.type, enabled=False):  # bfloat16 would round positions by most of a millimetre
            return F.linear(h.float(), weight, bias)

    def directions(self, raw: Tensor) -> Tensor:
        """Turn the direction columns of an answer into unit vectors: (..., Q) -> (..., U, 3)."""
        span = self.span("direction")
        return F.normalize((self.mean[span] + self.scale[span] * raw[..., span]).unflatten(-1, (-1, 3)), dim=-1)

    def read(self, latent: Tensor, names: Iterable[str]) -> dict[str, Tensor]:
        """Read the named quantities only: (..., D) -> name -> (..., *shape), in the unit of each."""
        names = tuple(names)
        columns = torch.tensor([c for name in names for c in self.columns[name]], device=latent.device)
        if not names:
            return {}
        raw = self._answer(latent, self.head.weight[columns], self.head.bias[columns])
        sizes = [len(self.columns[name]) for name in names]
        parts = (raw, self.mean[columns].expand_as(raw), self.scale[columns].expand_as(raw))
        split = zip(names, *(part.split(sizes, -1) for part in parts), strict=True)
        return {name: self._value(self.quantities[name], *part) for name, *part in split}

    def _value(self, quantity: Quantity, raw: Tensor, mean: Tensor, scale: Tensor) -> Tensor:
        if kind(quantity) == "chance":
            value = torch.sigmoid(raw + mean)
        else:
            value = mean + scale * raw
            value = F.normalize(value, dim=-1) if kind(quantity) == "direction" else value
        return value.reshape((*raw.shape[:-1], *quantity.shape))


class Grid(nn.Module):
    """A quantity that is itself an image, such as depth (h, w): its own small network."""

    mean: Tensor
    scale: Tensor

    def __init__(self, quantity: Quantity, latent: int = 256, hidden: int = 256) -> None:
        super().__init__()
        self.shape = quantity.shape
        cells = torch.Size(quantity.shape).numel()
        self.layers = nn.Sequential(nn.Linear(latent, hidden), nn.ReLU(), nn.Linear(hidden, cells))
        self.register_buffer("mean", torch.zeros(()))
        self.register_buffer("scale", torch.ones(()))

    def measure(self, values: Tensor) -> None:
        """Take the normalisation from data. Shape (F, *shape)."""
        known = values[values.isfinite()].float()
        self.mean.copy_(known.mean())
        self.scale.copy_(known.std().clamp_min(1e-3))

    def forward(self, latent: Tensor) -> Tensor:
        """Shape (..., D) -> (..., *shape), in the unit of the quantity."""
        raw = self.layers(latent).float().unflatten(-1, self.shape)
        return self.mean + self.scale * raw
