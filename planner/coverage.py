"""How often calibrated margins are enough, on chunks that they were not calibrated on."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..costs.conformal import Calibration
from .events import cell
from .stats import proportion

CONFIDENCE = 0.95


def coverage(
    errors: Sequence[Mapping[str, Sequence[float]]], known: Mapping[str, Calibration]
) -> dict[str, dict[str, Any]]:
    """Count the chunks that margins cover at every step.

    Args:
        errors: of each chunk: limit -> real minus imagined at each step; NaN after the end of an episode.
        known: limit -> what its margins come from; steps beyond those that were calibrated are not looked at.

    Returns:
        limit -> {confidence, k, n, rate, low, high} (Wilson, 95 %). The confidence is `CONFIDENCE`, or the highest one
        that as few calibrated chunks allow.
    """
    found = {}
    for name, each in known.items():
        confidence, steps = min(CONFIDENCE, each.most), len(each.spread)
        covered = sum(each.covers(chunk[name][:steps], confidence) for chunk in errors)
        found[name] = {"confidence": confidence, **proportion(covered, len(errors))}
    return found


def rows(found: Mapping[str, Any]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The table of the margins: its head and its rows."""
    return ("margin of", "confidence", "chunks covered"), [
        (name, f"{each['confidence']:.3g}", cell(each)) for name, each in found.items()
    ]
