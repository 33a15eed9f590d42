"""Draw a scene of the tabletop: which objects, how large, where, and how the hand begins."""

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from . import catalogue
from .arrangement import Arrangement, Wishes
from .attempt import Attempt
from .catalogue import CATALOGUE
from .factors import RANGES
from .shift import beyond

TRIES = 400
"""Attempts at a scene before giving up."""


def arrange(
    rng: np.random.Generator, wishes: Wishes, layouts: Sequence[str], vary: Collection[str], shift: Sequence[str] = ()
) -> Arrangement:
    """Draw one scene; a factor that does not vary has its default value, and all random numbers are drawn anyway,
    so that switching one factor off, or shifting it, leaves the others as they are; but where things of another size
    do not fit, places are drawn anew. What is shifted varies."""
    numbers: dict[str, float] = {}
    for factor, entries in RANGES.items():
        default, low, high = np.array(list(entries.values())).T
        values = rng.uniform(low, high)
        if factor in shift:
            shares = ((values - low) / (high - low)).tolist()
            numbers |= {name: beyond(factor, name, share) for name, share in zip(entries, shares, strict=True)}
        else:
            numbers |= dict(zip(entries, (values if factor in vary else default).tolist(), strict=True))
    drawn = layouts[int(rng.integers(len(layouts)))]
    layout = drawn if "layout" in vary else layouts[0]
    present, focus = _present(rng, wishes)
    begin = float(rng.random())
    own = int(rng.integers(2**62))
    poses = np.random.default_rng(own if "pose" in vary else 0)
    numbers = {k: v for k, v in numbers.items() if k.partition(".")[0] in {*present, "table", "light", "camera"}}
    for _ in range(TRIES):
        found = Attempt(poses, layout, numbers, present, focus, wishes, begin).scene()
        if found:
            return replace(found, shift=list(shift))
    raise ValueError(
        f"found no place for {list(present)} in the layout {layout!r}; ask for fewer or smaller objects, or for "
        "larger regions that do not overlap"
    )


def _present(rng: np.random.Generator, wishes: Wishes) -> tuple[tuple[str, ...], str]:
    """Which objects stand there, and which one the layout is about."""
    order = [CATALOGUE[i] for i in rng.permutation(len(CATALOGUE))]
    share = float(rng.random())
    count = len(wishes.objects) + wishes.distractors
    if wishes.drawn:
        low, high = wishes.drawn
        count = max(low + int(share * (high - low + 1)), len(wishes.objects))
    more = [name for name in order if name not in wishes.objects][: count - len(wishes.objects)]
    names = [*wishes.objects, *more]
    return catalogue.ordered(names), names[0]
