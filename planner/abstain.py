"""What a planner's doubts are worth: how often it fails in the episodes that surprised it least."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .monitor import KINDS
from .stats import proportion

SHARES = tuple(round(0.1 * i, 1) for i in range(1, 11))
"""Shares of the episodes of which the risk is told."""


def doubts(lines: Sequence[Mapping[str, Any]], usual: Mapping[str, float] | None = None) -> dict[str, Any]:
    """Relate what surprised the monitor most in each episode to whether the episode failed.

    Args:
        lines: those of `episodes.jsonl` of one method; a failure is an episode without safe success. Where others were
            watched, one in which nothing could be watched is the most doubtful.
        usual: calibrated thresholds by kind, of which any may raise a flag; none, if absent.

    Returns:
        {} where nothing was watched; else kind -> what `risk_coverage` says, and with thresholds `flagged`: {failures,
        successes: {k, n, rate, low, high}}, how many of each were flagged.
    """
    if not any(line.get("surprise") for line in lines):
        return {}
    failed = np.array([line["violation"] or not line["success"] for line in lines])
    scores = {kind: np.array([(line.get("surprise") or {}).get(kind, np.inf) for line in lines]) for kind in KINDS}
    found: dict[str, Any] = {kind: risk_coverage(values, failed) for kind, values in scores.items()}
    if usual is not None:
        flagged = np.any([scores[kind] > usual[kind] for kind in KINDS], axis=0)
        found["flagged"] = {
            name: proportion(int(flagged[who].sum()), int(who.sum()))
            for name, who in (("failures", failed), ("successes", ~failed))
        }
    return found


def risk_coverage(scores: np.ndarray, failed: np.ndarray) -> dict[str, Any]:
    """Say how often those fail that are least in doubt (El-Yaniv & Wiener, 2010).

    Args:
        scores: doubt in each episode, more is worse. Shape (n,).
        failed: bool. Shape (n,).

    Returns:
        `risk`: share of the episodes that are kept -> share of these that fail; `aurc`: its mean over every number of
        episodes kept (Geifman & El-Yaniv, 2017); `best` and `blind`: that of a doubt that knows, and of one that does
        not. Among equal scores, failures are kept first, so that no doubt looks better than it is.
    """
    n = len(failed)
    kept = failed[np.lexsort((~failed, scores))]
    risks, best = (np.cumsum(order) / np.arange(1, n + 1) for order in (kept, np.sort(failed)))
    return {
        "risk": {str(share): float(risks[max(round(share * n), 1) - 1]) for share in SHARES},
        "aurc": float(risks.mean()),
        "best": float(best.mean()),
        "blind": float(failed.mean()),
    }
