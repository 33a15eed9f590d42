"""Statistics of recorded episodes, per column and per colour channel, and what they are together."""

from collections.abc import Mapping, Sequence

import numpy as np

QUANTILES = {"q01": 0.01, "q10": 0.10, "q50": 0.50, "q90": 0.90, "q99": 0.99}
WIDEST = 64
"""Columns with more numbers in a row (a depth picture) get no statistics: they would outweigh the data."""


def episode_stats(images: Mapping[str, np.ndarray], columns: Mapping[str, np.ndarray]) -> dict[str, list]:
    """Describe one episode, keyed `<column>/<statistic>`; pictures count in 0..1 with shape (3, 1, 1).

    Args:
        images: camera -> uint8 pictures. Shape (T, H, W, 3).
        columns: column -> values. Shape (T,) or (T, numbers).
    """
    found: dict[str, list] = {}
    for name, values in columns.items():
        values = values.reshape(len(values), -1).astype(np.float64)
        if values.shape[1] <= WIDEST:
            found |= {f"{name}/{k}": v.tolist() for k, v in _describe(values).items()}
    for camera, pictures in images.items():
        for k, v in _describe_pictures(pictures).items():
            found[f"observation.images.{camera}/{k}"] = v.tolist() if k == "count" else v.reshape(3, 1, 1).tolist()
    return found


def _describe(values: np.ndarray) -> dict[str, np.ndarray]:
    """Statistics of what is known, (T, numbers); where nothing is, they are 0 and so is the count."""
    known = values[np.isfinite(values).all(1)]
    count, known = len(known), known if len(known) else np.zeros((1, values.shape[1]))
    stats = {"min": known.min(0), "max": known.max(0), "mean": known.mean(0), "std": known.std(0)}
    quantiles = np.quantile(known, list(QUANTILES.values()), axis=0)
    return {**stats, "count": np.array([count]), **dict(zip(QUANTILES, quantiles, strict=True))}


def _describe_pictures(pictures: np.ndarray) -> dict[str, np.ndarray]:
    """The same per channel, exactly, from the counts of the 256 possible values."""
    counts = np.stack([np.bincount(pictures[..., c].reshape(-1), minlength=256) for c in range(3)])  # (3, 256)
    levels, share = np.arange(256) / 255, counts / counts.sum(1, keepdims=True)
    mean = share @ levels
    stats = {"min": levels[(counts > 0).argmax(1)], "max": levels[255 - (counts[:, ::-1] > 0).argmax(1)]}
    stats |= {"mean": mean, "std": np.sqrt(np.maximum(share @ levels**2 - mean**2, 0.0))}
    quantiles = {k: levels[(share.cumsum(1) >= q - 1e-12).argmax(1)] for k, q in QUANTILES.items()}
    return {**stats, "count": np.array([len(pictures)]), **quantiles}


def pooled(stats: Sequence[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Put the statistics of one column over several episodes together.

    All are exact but the quantiles: those of a union cannot be known from quantiles, so each is the outermost
    one, a bound. Episodes in which nothing was known of the column do not count.
    """
    stats = [s for s in stats if np.sum(s["count"]) > 0] or list(stats[:1])
    stack = {k: np.stack([s[k] for s in stats]) for k in stats[0]}
    count = stack["count"].reshape(-1, *[1] * (stack["mean"].ndim - 1))
    mean = (stack["mean"] * count).sum(0) / max(count.sum(), 1)
    variance = ((stack["std"] ** 2 + (stack["mean"] - mean) ** 2) * count).sum(0) / max(count.sum(), 1)
    low, high = [k for k in QUANTILES if QUANTILES[k] <= 0.5], [k for k in QUANTILES if QUANTILES[k] > 0.5]
    together = {"min": stack["min"].min(0), "max": stack["max"].max(0), "mean": mean, "std": np.sqrt(variance)}
    together |= {"count": stack["count"].sum(0), **{k: stack[k].min(0) for k in low}}
    return together | {k: stack[k].max(0) for k in high}
