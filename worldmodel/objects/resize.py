"""Weights that were learned from pictures of one size, for pictures of another."""

from collections.abc import Mapping

from torch import Tensor
from torch.nn import functional as F

PLACES = {"eye.place": (1, 4), "decoder.spread.weight": (0, 16), "decoder.spread.bias": (0, 16)}
"""What has numbers for each cell of a picture: the dimension that they are in, row by row, and pixels of a cell."""


def resized(weights: Mapping[str, Tensor], old: int, new: int) -> dict[str, Tensor]:
    """Interpolate what belongs to places in the picture, as a Vision Transformer's (Dosovitskiy et al., 2021).

    Everything then looks larger or smaller than it was learned: a training may begin with such weights, no more.

    Args:
        weights: of a network of objects.
        old: pixels along a side of the pictures that it learned from.
        new: of those that are wanted.
    """
    found = dict(weights)
    for name, (dimension, cell) in PLACES.items():
        numbers = weights[name].movedim(dimension, -1)
        grids = numbers.unflatten(-1, (-1, old // cell, old // cell)).flatten(0, -3)
        grids = F.interpolate(grids[None], (new // cell, new // cell), mode="bilinear")
        found[name] = grids.reshape(*numbers.shape[:-1], -1).movedim(-1, dimension)
    return found
