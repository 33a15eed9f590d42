"""Whether a checkpoint fits its description, an environment and what is observed; one sentence where it does not."""

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from .checkpoint import CheckpointError
from .interface import Context


def fill(network: nn.Module, weights: Mapping[str, Tensor], name: str) -> None:
    """Give a network the weights of a checkpoint."""
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise CheckpointError(
            f"the weights of checkpoint '{name}' do not fit its description: it was probably made by "
            "another version of foresee; use the commit that its description.json names, or train it again."
        ) from error


def check_action_dim(name: str, mine: int, size: int) -> None:
    """Refuse an environment whose actions are of another size."""
    if size != mine:
        raise ValueError(
            f"checkpoint '{name}' imagines actions of size {mine}, but the environment takes "
            f"actions of size {size}; use the environment it was trained in, or train a model for this one."
        )


def check_pictures(name: str, sizes: Any, cameras: Sequence[str], size: int) -> None:
    """Refuse an environment that shows other pictures than those of `sizes`: their cameras, in order, and pixels."""
    if (tuple(cameras), size) != (tuple(sizes.cameras), sizes.size):
        raise ValueError(
            f"checkpoint '{name}' sees {sizes.size} px from {', '.join(sizes.cameras)}, but the environment shows "
            f"{size} px from {', '.join(cameras) or 'no camera'}; choose env.cameras and env.size alike."
        )


def check_context(name: str, sizes: Any, context: Context) -> None:
    """Refuse pictures or proprioception of another shape than those of `sizes`."""
    s, (frames, proprio) = sizes, (context.images.shape, context.proprio.shape)
    wanted = (s.frames, 3 * len(s.cameras), s.size, s.size)
    if tuple(frames[1:]) != wanted or tuple(proprio[1:]) != (s.frames, s.proprio):
        raise ValueError(
            f"checkpoint '{name}' sees {s.frames} frames of {s.size} px from {', '.join(s.cameras)} "
            f"{wanted} and {s.proprio} numbers of proprioception; "
            f"the context has {tuple(frames[1:])} and {proprio[-1]}."
        )
