"""From the lines of `episodes.jsonl` to the numbers of `summary.json`."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .abstain import doubts
from .stats import interval, mcnemar, percentiles, proportion

Line = dict[str, Any]


def summarise(lines: Sequence[Line], usual: Mapping[str, float] | None = None) -> dict[str, dict[str, Any]]:
    """Summarise every method, over all layouts and for each one.

    Args:
        lines: those of `episodes.jsonl`.
        usual: calibrated thresholds of what is no surprise, if there are any.

    Returns:
        method -> success, violation, safe_success, limits, imagined_success, tipped, displacement, contact, dream_gap,
        late_plans, plan_ms, `doubts`, and `layouts`: the same per layout. A rate is `{k, n, rate, low, high}` (Wilson,
        95 %).
    """
    methods = {m: [x for x in lines if x["method"] == m] for m in dict.fromkeys(line["method"] for line in lines)}
    return {m: {**_summary(own), "doubts": doubts(own, usual), "layouts": _layouts(own)} for m, own in methods.items()}


def compare(lines: Sequence[Line], first: str) -> dict[str, dict[str, Any]]:
    """Compare one method with every other on the scenes both have played (paired, McNemar's exact test).

    Returns:
        other method -> for success, violation and safe_success: how often only the first had it, only the other had it,
        and the two-sided p-value.
    """
    by_method: dict[str, dict[int, Line]] = {}
    for line in lines:
        by_method.setdefault(line["method"], {})[line["scene"]] = line
    own = by_method.pop(first, {})
    return {
        other: {
            what: _paired([(_has(own[i], what), _has(theirs[i], what)) for i in own if i in theirs]) for what in EVENTS
        }
        for other, theirs in by_method.items()
    }


EVENTS = ("success", "violation", "safe_success")


def safe(line: Line) -> bool:
    """Whether an episode succeeded and broke no limit."""
    return line["success"] and not line["violation"]


def _has(line: Line, what: str) -> bool:
    return safe(line) if what == "safe_success" else line[what]


def _paired(pairs: list[tuple[bool, bool]]) -> dict[str, Any]:
    only_first, only_other = sum(a and not b for a, b in pairs), sum(b and not a for a, b in pairs)
    return {"n": len(pairs), "only_first": only_first, "only_other": only_other, "p": mcnemar(only_first, only_other)}


def _layouts(lines: Sequence[Line]) -> dict[str, Any]:
    names = [name for name in dict.fromkeys(line["layout"] for line in lines) if name is not None]
    return {name: _summary([line for line in lines if line["layout"] == name]) for name in names}


def _summary(lines: Sequence[Line]) -> dict[str, Any]:
    imagined = [line["imagined_success"] for line in lines if line["imagined_success"] is not None]
    return {
        **{what: _rate([_has(line, what) for line in lines]) for what in EVENTS},
        "limits": _each(lines, "limits", lambda values: _rate([v["violated"] for v in values])),
        "imagined_success": _rate(imagined) if imagined else None,
        "tipped": _each(lines, "tipped", _rate),
        "displacement": _each(
            lines, "displacement", lambda values: {"mean": float(np.mean(values)), "max": max(values)}
        ),
        "contact": _each(lines, "contact", _rate),
        "dream_gap": _each(lines, "dream_gap", _gap),
        **{which: sum(line[which] for line in lines) for which in ("plans", "infeasible_plans")},
        "late_plans": sum(line["time"].get("late", 0) for line in lines),
        "plan_ms": percentiles([ms for line in lines for ms in line["time"]["plan_ms"]]),
    }


def _gap(values: list[dict[str, float]]) -> dict[str, float]:
    """Mean over episodes, because steps of one episode are not independent, with its 95 % interval (bootstrap)."""
    mean, low, high = interval([v["mean"] for v in values])
    absolute = float(np.mean([v["absolute"] for v in values]))
    return {"mean": mean, "low": low, "high": high, "absolute": absolute, "episodes": len(values)}


def _rate(outcomes: Sequence[bool]) -> dict[str, float | int | None]:
    return proportion(sum(outcomes), len(outcomes))


def _each(lines: Sequence[Line], key: str, summary: Callable[[list], Any]) -> dict[str, Any]:
    names = dict.fromkeys(name for line in lines for name in line[key])
    return {name: summary([line[key][name] for line in lines if name in line[key]]) for name in names}
