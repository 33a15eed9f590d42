"""How wrong readings are, in units a person would say: metres, degrees, shares."""

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from .data import seen
from .interface import Quantity
from .readout import kind, target

if TYPE_CHECKING:
    from .latent import Network

TIPPED = 15.0
"""Degrees from the vertical beyond which an object counts as tipped."""


class Tally:
    """Collects readings and what was true, then says how wrong they were."""

    def __init__(self, quantities: Mapping[str, Quantity]) -> None:
        self.quantities = quantities
        self._pairs: dict[tuple[str, str], list[tuple[Tensor, Tensor]]] = defaultdict(list)

    def add(self, where: str, read: Mapping[str, Tensor], true: Mapping[str, Tensor]) -> None:
        """Add readings (..., *shape) under a label such as "step 8"; targets may lack leading dimensions."""
        for name, value in read.items():
            self.put(name, where, value, target(name, true).expand(value.shape))

    def put(self, name: str, where: str, read: Tensor, true: Tensor) -> None:
        """Add readings of one quantity and what was true, both (..., *shape)."""
        shape = self.quantities[name].shape
        self._pairs[name, where].append((read.reshape(-1, *shape), true.reshape(-1, *shape)))

    def results(self) -> dict[str, float]:
        """Return "<quantity>/<what>/<where>" -> number; what cannot be said from these data is left out."""
        numbers = {}
        for (name, where), pairs in self._pairs.items():
            read, true = (torch.cat(side) for side in zip(*pairs, strict=True))
            for what, value in score(name, self.quantities[name], read, true).items():
                numbers[f"{name}/{what}/{where}"] = value
        return numbers


def score(name: str, quantity: Quantity, read: Tensor, true: Tensor) -> dict[str, float]:
    """Compare M readings with what was true: (M, *shape) twice; not-a-number is nobody's mistake.

    Numbers: mean distance (a 3-vector) or mean absolute error, in their unit. Chances: accuracy, and F1 of what is
    more likely than not. Directions: mean angle in degrees; up-vectors also precision and recall of "tipped".
    """
    known = true.isfinite().flatten(1).all(1) if true.ndim > 1 else true.isfinite()
    if quantity.shape and kind(quantity) == "grid":
        gap = (read - true)[true.isfinite()].abs()
        return {"error": float(gap.mean())} if len(gap) else {}
    read, true = read[known], true[known]
    if not len(true):
        return {}
    if kind(quantity) == "chance":
        return {
            "accuracy": float(((read > 0.5) == (true > 0.5)).float().mean()),
            **_events(read > 0.5, true > 0.5, f1=True),
        }
    if kind(quantity) == "direction":
        angle = torch.rad2deg(torch.acos((read * true).sum(-1).clamp(-1.0, 1.0)))
        tipped = [torch.rad2deg(torch.acos(v[:, 2].clamp(-1.0, 1.0))) > TIPPED for v in (read, true)]
        events = _events(*tipped, f1=False) if name.endswith(".up") else {}
        return {"degrees": float(angle.mean()), **events}
    gap = read - true
    return {"error": float(gap.norm(dim=-1).mean() if quantity.shape == (3,) else gap.abs().mean())}


def _events(read: Tensor, true: Tensor, f1: bool) -> dict[str, float]:
    hit, said, was = float((read & true).sum()), float(read.sum()), float(true.sum())
    if f1:
        return {"f1": 2 * hit / (said + was)} if was else {}
    return ({"recall": hit / was} if was else {}) | ({"precision": hit / said} if said else {})


@torch.no_grad()
def examine(network: "Network", batch: Mapping, tally: Tally, steps: tuple[int, ...] = (1, 4, 8)) -> Tensor:
    """Tally what a network reads off encoded latents and off those it imagines, each member for itself.

    Args:
        network: the model.
        batch: a batch of windows; see `Loss.joint`.
        tally: where the readings go, under "encoded" and "step <t>".
        steps: which steps ahead are read, as far as the windows reach.

    Returns:
        The imagined latents. Shape (P, B, T, D).
    """
    first = network.encoder.frames - 1
    scene = {n: v[:, first:] for n, v in batch["scene"].items() if n in network.quantities}
    z = network.encoder.window(seen(batch), batch["proprio"])  # (B, T + 1, D)
    rolled = network.dynamics.roll(z[:, 0], batch["actions"][:, first:-1])
    tally.add("encoded", network.read(z, network.quantities), scene)
    for t in (s for s in steps if s <= rolled.shape[2]):
        read = network.read(rolled[:, :, t - 1], network.quantities)
        tally.add(f"step {t}", read, {n: v[:, t] for n, v in scene.items()})
    return rolled
