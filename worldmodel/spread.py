"""How far the members of an ensemble lie apart in each quantity, in its physical unit: what a model does not know."""

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor
from torch.nn import functional as F

from .interface import Quantity

ENDING = ".disagreement"
"""`cup.up.disagreement` is how far apart the members are about `cup.up`."""
TINY = 1e-18


def spreads(quantities: Mapping[str, Quantity]) -> dict[str, Quantity]:
    """The quantities that say so: one for each number, place and axis of a scene; angles are in degrees."""
    return {
        f"{name}{ENDING}": Quantity((), "degrees" if q.unit == "unit" else q.unit, f"spread of the members' {name}")
        for name, q in quantities.items()
        if q.shape in ((), (3,)) and not name.endswith("disagreement")
    }


def bare(names: Iterable[str]) -> list[str]:
    """The quantities that have to be imagined for some names, each once."""
    return list(dict.fromkeys(name.removesuffix(ENDING) for name in names))


def with_spreads(
    scene: Mapping[str, Tensor], names: Iterable[str], quantities: Mapping[str, Quantity]
) -> dict[str, Tensor]:
    """Pick names out of a scene that holds what is `bare` in them. Shapes (P, *leading, *shape of the quantity)."""
    return {
        name: scene[name] if name in scene else spread(scene[of], quantities[of])
        for name, of in ((name, name.removesuffix(ENDING)) for name in names)
    }


def spread(values: Tensor, quantity: Quantity) -> Tensor:
    """Say how far the members lie from their mean, the same for every member: a standard deviation.

    Numbers: √Var. Places: √(Σ_axes Var). Axes (unit "unit"): the root mean square angle to the mean axis, in degrees.

    Args:
        values: of each member. Shape (P, *leading, *shape of the quantity).
        quantity: what they are: a number, a place, or an axis.

    Returns:
        Shape (P, *leading).
    """
    if quantity.unit == "unit":
        axes = F.normalize(values, dim=-1)
        chord = (axes - F.normalize(axes.mean(0, keepdim=True), dim=-1)).norm(dim=-1)
        square = torch.rad2deg(2 * torch.asin((chord / 2).clamp(max=1.0))).square().mean(0)
    else:
        square = values.var(0, correction=0)
        square = square.sum(-1) if quantity.shape else square
    leading = values.shape[: values.ndim - len(quantity.shape)]
    return square.clamp_min(TINY).sqrt().expand(leading)  # where all agree, the root has no slope
