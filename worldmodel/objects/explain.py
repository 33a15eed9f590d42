"""Whether the actions of a chunk explain what is imagined of the objects."""

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from .goal import Goal
from .state import ACTION, UP, State

if TYPE_CHECKING:
    from .network import Network

TIMES = (0.35, 0.65)
"""Shares of the data in the noisy chunks that the actor is asked about."""


def unexplained(network: "Network", now: State, later: State, chunks: Tensor) -> Tensor:
    """How much worse the actor understands a chunk when it is told what is imagined to come of it.

    The actor's error e(chunk | wanted) is a bound on -log p(chunk | wanted) up to a constant (Li et al., 2023, use it
    to classify); u = e(chunk | imagined change of the objects) - e(chunk | nothing). Below 0 the change is what such
    actions do; above 0 inverse dynamics infers other actions from it. In place of a noisy outcome the actor is told
    zeros, as where it learns from such goals (`attempts.judged`).

    Args:
        network: with an actor.
        now: M scenes.
        later: what P futures imagine `steps` actions later; robots (P, M, 14) and slots (P, M, S, 6 + F).
        chunks: shape (M, T, A); the first `steps` of the actor's T are asked about.

    Returns:
        Shape (P, M), mean squares of whole strokes.
    """
    actor = network.actor
    assert actor is not None
    members, count, slots = later.slots.shape[:3]
    rows = members * count
    whole = chunks.new_zeros(count, actor.steps, ACTION)
    steps = min(actor.steps, chunks.shape[1])
    whole[:, :steps] = chunks[:, :steps]
    said = later.slots[..., : UP.stop].float().flatten(0, 1)
    nothing = torch.full_like(said, torch.nan)
    length = torch.full((rows,), float(steps), device=said.device)
    body, held = said.new_full((rows, 6), torch.nan), said.new_full((rows, slots), torch.nan)
    again = State(*(each.repeat(members, *[1] * (each.ndim - 1)) for each in now))
    known, whole = network.known(again.who), whole.repeat(members, 1, 1)
    stream = torch.Generator().manual_seed(0)
    found = []
    for place in (said, nothing):
        total = said.new_zeros(rows)
        for time in TIMES:
            noise = torch.randn(1, actor.steps * ACTION, generator=stream.manual_seed(int(100 * time))).to(said)
            rest = noise.expand(rows, -1), said.new_zeros(rows, slots, 6)
            goal = Goal(body, place, held, length)
            error, _ = actor.error(again, known, goal, whole, None, said.new_full((rows, 1), time), rest)
            total = total + error.unflatten(1, (actor.steps, ACTION))[:, :steps].mean((1, 2))
        found.append(total / len(TIMES))
    return (found[0] - found[1]).unflatten(0, (members, count))
