"""What a probe reads off a latent: quantities that a model was not trained to name."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..interface import Quantity

KEYS = ("file", "unit", "meaning", "shape")


class Probe(nn.Module):
    """A module from latents to the values of one quantity."""

    def __init__(self, name: str, given: Any) -> None:
        """Take a probe over; it is frozen.

        Args:
            name: of the quantity, such as "red_cup.position".
            given: a pair of a module, (..., D) -> (..., n), and its `Quantity`; or what a config can say of a linear
                probe: a mapping of `file`, an .npz with `weight` (n, D) and `bias` (n,), `unit`, `meaning`, and
                `shape` where it is not (n,).
        """
        super().__init__()
        read, self.quantity = _from_file(name, given) if isinstance(given, Mapping) else _pair(name, given)
        self.name, self.read = name, read.eval().requires_grad_(False)

    def forward(self, latent: Tensor) -> Tensor:
        """Read the quantity: (..., D) -> (..., *shape)."""
        return self.read(latent).reshape(*latent.shape[:-1], *self.quantity.shape)

    def check(self, size: int, device: torch.device) -> None:
        """Raise unless it reads latents of `size` numbers as its quantity is declared."""
        try:
            self.to(device)(torch.zeros(2, size, device=device))
        except RuntimeError as error:
            raise ValueError(
                f"the probe of '{self.name}' does not read {size} numbers of latent as a quantity of shape "
                f"{self.quantity.shape}: {error}."
            ) from error


def _pair(name: str, given: Any) -> tuple[nn.Module, Quantity]:
    if isinstance(given, tuple) and len(given) == 2:
        read, quantity = given
        if isinstance(read, nn.Module) and isinstance(quantity, Quantity):
            return read, quantity
    raise ValueError(
        f"the probe of '{name}' is a pair (module, Quantity), or a mapping such as "
        f"{{file: probe.npz, unit: m, meaning: cup centre}}, got {given!r}."
    )


def _from_file(name: str, given: Mapping[str, Any]) -> tuple[nn.Module, Quantity]:
    """Make the linear probe that a config describes."""
    if wrong := [key for key in given if key not in KEYS] + [key for key in KEYS[:3] if key not in given]:
        raise ValueError(f"the probe of '{name}' has the keys {list(KEYS[:3])} and maybe shape; see '{wrong[0]}'.")
    path = Path(given["file"])
    try:
        with np.load(path, allow_pickle=False) as held:
            weight, bias = (torch.as_tensor(held[key], dtype=torch.float32) for key in ("weight", "bias"))
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"the probe '{path}' is no .npz file with 'weight' and 'bias': {error}.") from error
    if weight.dim() != 2 or bias.shape != weight.shape[:1]:
        shapes = f"{tuple(weight.shape)} and {tuple(bias.shape)}"
        raise ValueError(f"the probe '{path}' holds {shapes}; its weight has shape (n, D) and its bias (n,).")
    read = nn.Linear(weight.shape[1], weight.shape[0])
    read.load_state_dict({"weight": weight, "bias": bias})
    shape = tuple(int(size) for size in given.get("shape", bias.shape))
    return read, Quantity(shape, str(given["unit"]), str(given["meaning"]))
