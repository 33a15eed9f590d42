"""What stays as time goes on: quantities as they were when the episode began, or are now that a chunk begins."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from ..costs.names import known_as, split
from ..worldmodel.interface import Context, Reads, WorldModel


def imagined(names: Iterable[str], known: Mapping[str, Any]) -> tuple[str, ...]:
    """The quantities to imagine, as the model names them: those without an anchor."""
    return tuple(sorted({known_as(name, known) or name for name in names if not split(name)[1]}))


def read_at(anchor: str, names: Iterable[str], known: Mapping[str, Any]) -> tuple[str, ...]:
    """The quantities to read at one moment, as the model names them."""
    return tuple(sorted({known_as(name, known) or split(name)[0] for name in names if split(name)[1] == anchor}))


def check_reads(model: WorldModel, names: Iterable[str]) -> None:
    """Raise unless the model can read what the names with an anchor ask for."""
    marked = sorted(name for name in names if split(name)[1])
    if marked and not isinstance(model, Reads):
        raise ValueError(
            f"the costs read {marked}, but the world model {type(model).__name__} has no method "
            "'read(state, names)' that says how a scene is; choose another model or other costs."
        )


def anchored(
    model: WorldModel, state: Any, names: Iterable[str], start: Mapping[str, Tensor] | None = None
) -> dict[str, Tensor]:
    """Read what the names with an anchor ask for.

    Args:
        model: reads the present off its state, if there is anything to read.
        state: what `model.encode` returned for B scenes.
        names: names as costs use them; those without an anchor are left out.
        start: quantities when the episode began, shape (B, *shape of the quantity), and those of the goal picture,
            whose names end in "@goal"; the episode begins now if absent.

    Returns:
        name -> value. Shape (B, *shape of the quantity) each.
    """
    names = [name for name in names if split(name)[1]]
    if not names:
        return {}
    check_reads(model, names)
    known = model.quantities
    begins, given = read_at("start", names, known), dict(start or {})
    if lost := [name for name in read_at("goal", names, known) if f"{name}@goal" not in given]:
        raise LookupError(
            f"costs read {lost[0]} off a goal picture, but the observation shows none; give the environment a goal, "
            "such as env.goal=[red_block]."
        )
    asked = {*read_at("now", names, known), *(begins if start is None else ())}
    with torch.inference_mode(False), torch.no_grad():  # gradients may pass by what is read
        now = model.read(state, sorted(asked)) if asked else {}  # type: ignore[attr-defined]
        start = now if start is None else start
        if missing := [name for name in begins if name not in start]:
            raise LookupError(f"'start' lacks {missing}, which costs read at the start; it has {sorted(start)}.")
        moments = {"start": start, "now": now, "goal": {k.removesuffix("@goal"): v for k, v in given.items()}}
        found = {name: moments[split(name)[1]] for name in names}
        return {name: values[known_as(name, known) or name].clone() for name, values in found.items()}


def remembered(
    model: Any, names: Iterable[str], moments: Mapping[str, Context], known: dict[str, Tensor]
) -> dict[str, Tensor]:
    """Read what names with an anchor ask for of other moments than now, each quantity once in an episode.

    Args:
        model: encodes and reads.
        names: names as costs use them.
        moments: "start", and "goal" where there is one -> what is seen then.
        known: what was read before; what is new is added.

    Returns:
        As `anchored` takes it: the model's name, with "@goal" behind it for the goal -> value.
    """
    names, found = tuple(names), []
    for moment, context in moments.items():
        mark = "@goal" if moment == "goal" else ""
        asked = read_at(moment, names, model.quantities)
        if new := [name for name in asked if name + mark not in known]:
            with torch.no_grad():
                known |= {name + mark: value for name, value in model.read(model.encode(context), new).items()}
        found += [name + mark for name in asked]
    return {name: known[name] for name in found}


def spread(anchors: Mapping[str, Tensor], shape: Sequence[int]) -> dict[str, Tensor]:
    """Show the same value to every future, candidate and step, without a copy.

    Args:
        anchors: name -> value. Shape (B, *shape of the quantity).
        shape: (P, B, N, T).
    """
    return {
        name: value[None, :, None, None].expand(*shape, *value.shape[1:]) for name, value in anchors.items()
    }  # (P, B, N, T, *shape)
