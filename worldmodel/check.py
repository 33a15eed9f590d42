"""Does a world model keep its promises?"""

import torch
from torch import Tensor

from .interface import Context, WorldModel


class ModelError(ValueError):
    """A world model breaks the contract of `WorldModel`; the message says where."""


def check_model(model: WorldModel, context: Context, steps: int = 3, tolerance: float = 0.02) -> None:
    """Raise `ModelError` at the first broken promise.

    Checked: every declared quantity is imagined, in the declared shape, finite, and alone as well as with others;
    an undeclared one is refused; the same call gives the same answer; candidates do not influence one another, nor
    do scenes; later actions do not change earlier steps.

    Args:
        model: any world model.
        context: something it can encode, B scenes.
        steps: T of the chunks tried.
        tolerance: by how much an answer may change with the batch, as a share of the answer's own size;
            half-precision products round differently in batches of another size.
    """
    if not model.quantities:
        raise ModelError("the model declares no quantities; without one no cost can be built on it.")
    b, a, names = len(context.images), model.action_dim, tuple(model.quantities)
    state = model.encode(context)
    noise = torch.Generator().manual_seed(0)
    chunks = torch.rand((b, 5, steps, a), generator=noise) * 2 - 1  # (B, N, T, A)
    scene = model.imagine(state, chunks, names)
    _shapes(model, scene, (b, 5, steps))
    _refuses(model, state, chunks)
    for name in names:
        _same(scene, model.imagine(state, chunks, (name,)), name, "changes when it is asked for alone", tolerance)
    again = model.imagine(state, chunks, names)
    few = model.imagine(state, chunks[:, 1:3], names)
    late = chunks.clone()
    late[:, :, -1] = -late[:, :, -1]
    later = model.imagine(state, late, names)
    first = Context(*(x[:1] for x in context if x is not None))  # only the last field may be missing
    one = model.imagine(model.encode(first), chunks[:1], names)
    for name in names:
        _same(scene, again, name, "differs between two equal calls; draw no random numbers in `imagine`", 0.0)
        _same({name: scene[name][:, :, 1:3]}, few, name, "of a candidate depends on the other candidates", tolerance)
        _same({name: scene[name][:, :1]}, one, name, "of a scene depends on the other scenes", tolerance)
        past = {name: scene[name][:, :, :, :-1]}
        _same(past, {name: later[name][:, :, :, :-1]}, name, "depends on actions that come later", tolerance)


def _shapes(model: WorldModel, scene: dict[str, Tensor], lead: tuple[int, ...]) -> None:
    for name, quantity in model.quantities.items():
        if name not in scene:
            raise ModelError(f"'{name}' is declared, but `imagine` did not return it.")
        got, futures = tuple(scene[name].shape), next(iter(scene.values())).shape[0]
        want = (futures, *lead, *quantity.shape)
        if got != want:
            raise ModelError(f"'{name}' has shape {got}; its declaration makes it (P, B, N, T, *shape) = {want}.")
        if not scene[name].isfinite().all():
            raise ModelError(f"'{name}' is not finite for actions within [-1, 1].")


def _refuses(model: WorldModel, state: object, chunks: Tensor) -> None:
    try:
        model.imagine(state, chunks, ("no.such.quantity",))
    except (LookupError, ValueError):
        return
    raise ModelError("'no.such.quantity' was imagined; raise a LookupError that lists the known quantities.")


def _same(first: dict[str, Tensor], second: dict[str, Tensor], name: str, what: str, tolerance: float) -> None:
    x, y = first[name], second[name]
    size = x.square().mean().sqrt() + 1e-6
    if x.shape != y.shape or ((x - y).abs() > tolerance * size).any():
        raise ModelError(f"'{name}' {what}.")
