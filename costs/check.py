"""Check that a cost keeps the promises of `Cost`."""

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from .cost import Cost
from .names import split

SHAPES: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(("position", "point", "up", "down", "side"), (3,)),
    **dict.fromkeys(("held", "width", "force", "disagreement", "unexplained"), ()),
    "depth": (4, 4),
    "image": (3, 4, 4),
    "latent": (8,),
}
"""Last word of a quantity's name -> its shape at one step."""


def check_cost(cost: Cost, shapes: Mapping[str, tuple[int, ...]] | None = None) -> None:
    """Raise a `ValueError` that says which promise is broken, or return.

    Args:
        cost: the cost to try on random scenes.
        shapes: shape at one step of those of its quantities that the names do not tell.
    """
    name = type(cost).__name__
    needs = cost.needs
    if not isinstance(needs, tuple) or not all(isinstance(each, str) for each in needs):
        raise ValueError(f"{name}.needs is a tuple of quantity names, got {needs!r}.")
    noise = torch.Generator().manual_seed(0)
    for leading in ((1,), (5,), (2, 5), (2, 3, 2, 5)):  # T is last; a single step is a chunk too
        values = {each: torch.rand(*leading, *shape_of(each, shapes or {}), generator=noise) for each in needs}
        scene = Spied(name, {each: steady(each, value, len(leading)) for each, value in values.items()})
        actions = 2 * torch.rand(*leading, 4, generator=noise) - 1
        values = cost(scene, actions)
        check_values(name, values, leading)
        if unread := sorted(set(needs) - scene.read):
            raise ValueError(f"{name}.needs names {unread}, which it never reads; take it out.")
        if len(leading) > 1:
            alone = cost({each: scene[each][-1] for each in needs}, actions[-1])
            if not torch.allclose(values[-1], alone, rtol=1e-4, atol=1e-5):  # float32 sums in another order
                raise ValueError(f"{name} mixes leading dimensions: a future measured alone gives other values.")


def check_values(name: str, values: object, leading: tuple[int, ...]) -> None:
    """Raise unless the values are one finite number per step. Shape `leading`."""
    if not isinstance(values, Tensor) or not values.is_floating_point():
        kind = values.dtype if isinstance(values, Tensor) else type(values).__name__
        raise ValueError(f"{name} returns a tensor of floating-point numbers, got {kind}.")
    if values.shape != leading:
        raise ValueError(f"{name} returns one number per step, shape {leading}, got {tuple(values.shape)}.")
    if not values.isfinite().all():
        raise ValueError(f"{name} is finite on a finite scene, got {values[~values.isfinite()][0].item()}.")


def shape_of(quantity: str, shapes: Mapping[str, tuple[int, ...]]) -> tuple[int, ...]:
    """Look up or guess the shape of a quantity at one step."""
    if quantity in shapes:
        return shapes[quantity]
    quantity = split(quantity)[0]
    if quantity in shapes:
        return shapes[quantity]
    first, last = quantity.split(".")[0], quantity.split(".")[-1]
    if last in SHAPES:
        return SHAPES[last]
    if first in ("contact", "clearance"):
        return ()
    raise ValueError(f"check_cost cannot tell the shape of '{quantity}'; pass shapes={{'{quantity}': (...)}}.")


def steady(quantity: str, values: Tensor, leading: int) -> Tensor:
    """Make a quantity with an anchor the same at all steps; T is the last of the leading dimensions."""
    return values.narrow(leading - 1, 0, 1).expand_as(values) if split(quantity)[1] else values


class Spied(Mapping[str, Tensor]):
    """A scene that remembers what was read and holds exactly what was asked for."""

    def __init__(self, cost: str, quantities: dict[str, Tensor]):
        self.cost = cost
        self.quantities = quantities
        self.read: set[str] = set()

    def __getitem__(self, name: str) -> Tensor:
        if name not in self.quantities:
            raise ValueError(f"{self.cost} reads '{name}', which {self.cost}.needs does not name; add it.")
        self.read.add(name)
        return self.quantities[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.quantities)

    def __len__(self) -> int:
        return len(self.quantities)
