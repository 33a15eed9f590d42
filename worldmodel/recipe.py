"""What differs between kinds of world model when they are trained; the stages are the same."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from torch import Tensor, nn
from torch.utils.data import Dataset

from .data import Frames

Network = Any
"""A module with `sizes`, `quantities`, `decoder` and `describe`."""
Terms = Mapping[str, Tensor]
"""Name of a term of a loss -> its value; "total" is their weighted sum."""


class Recipe(NamedTuple):
    """The parts of a training."""

    sizes: Callable[[Frames, Mapping[str, Any]], Any]
    """(frames, options) -> the sizes of a network; refuses impossible ones before anything is written."""
    begin: Callable[..., Network]
    """(frames, episodes, options, init_from) -> a network, new or with the weights of a checkpoint."""
    loss: type
    """A dataclass with a method for each stage that it knows: `look`, `joint`, `settle`, `act`."""
    examine: Callable[..., Tensor]
    """(network, batch, tally) -> what was imagined, for the decoder. Shape (P, B, T, latent)."""
    resting: Callable[[Network, str], Iterable[nn.Module]]
    """Parts that do not learn in the named stage."""
    rested: Mapping[str, Callable[..., Dataset]]
    """Stage -> (network, frames, episodes, horizon) -> windows over what resting parts say, computed once."""


def recipe_for(frames: Frames) -> Recipe:
    """Choose by the recording: one with slots makes a model of objects."""
    if any(name.endswith(".who") for name in frames.quantities):
        if not frames.labelled.all():
            raise ValueError(
                "a model of objects learns nothing from video; leave video out and give unlabelled=0, or record "
                "with env.slots=false."
            )
        from .objects import recipe

        return Recipe(recipe.sizes_for, recipe.begin, recipe.ObjectLoss, recipe.examine, recipe.resting, recipe.RESTED)
    from .batches import Latents
    from .begin import begin, sizes_for
    from .loss import Loss
    from .metrics import examine

    def resting(network: Network, stage: str) -> tuple[nn.Module, ...]:
        return (network.encoder, network.grids, network.decoder) if stage == "settle" else ()

    return Recipe(sizes_for, begin, Loss, examine, resting, {"settle": Latents})
