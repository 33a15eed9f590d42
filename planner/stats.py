"""What a count, a comparison or a timing says, and how surely."""

from collections.abc import Callable, Sequence

import numpy as np
from scipy import stats


def wilson(k: int, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a rate after `k` of `n` (Wilson, 1927); (0, 1) when nothing was tried."""
    if not 0 <= k <= n:
        raise ValueError(f"{k} of {n} is not a count; it must lie in 0..{n}.")
    if n == 0:
        return 0.0, 1.0
    interval = stats.binomtest(k, n).proportion_ci(0.95, method="wilson")
    return float(interval.low), float(interval.high)


def proportion(k: int, n: int) -> dict[str, float | int | None]:
    """Describe `k` of `n` as {k, n, rate, low, high}; the rate of nothing is None."""
    low, high = wilson(k, n)
    return {"k": k, "n": n, "rate": k / n if n else None, "low": low, "high": high}


def clustered(k: int, n: int, clusters: int) -> dict[str, float | int | None]:
    """Describe `k` of `n` trials that came in clusters, such as the steps of a chunk: Wilson's interval of as many
    independent trials as there are clusters, as if those of one cluster always agreed."""
    if not n:
        return proportion(0, 0)
    rate, z = k / n, float(stats.norm.ppf(0.975))
    middle, half = rate + z**2 / (2 * clusters), z * (rate * (1 - rate) / clusters + (z / (2 * clusters)) ** 2) ** 0.5
    low, high = ((middle + sign * half) / (1 + z**2 / clusters) for sign in (-1, 1))
    return {"k": k, "n": n, "rate": rate, "low": max(low, 0.0), "high": min(high, 1.0)}


def newcombe(k: int, n: int, other_k: int, other_n: int) -> tuple[float, float, float]:
    """One rate minus another, and its 95 % interval, as if they were independent (Newcombe, 1998, method 10).

    Args:
        k: how often the one happened.
        n: of how many.
        other_k: how often the other happened.
        other_n: of how many; where nothing was tried, the rate may be anything, and the difference is not a number.

    Returns:
        The difference, and the low and the high end.
    """
    (low, high), (other_low, other_high) = wilson(k, n), wilson(other_k, other_n)
    if not n or not other_n:
        return float("nan"), -1.0, 1.0
    rate, other = k / n, other_k / other_n
    below, above = np.hypot(rate - low, other_high - other), np.hypot(high - rate, other - other_low)
    return rate - other, float(rate - other - below), float(rate - other + above)


def mcnemar(only_first: int, only_second: int) -> float:
    """Exact two-sided p-value that two methods, tried on the same scenes, are equally good (McNemar, 1947).

    Args:
        only_first: scenes in which the first method alone had the outcome.
        only_second: scenes in which the second alone had it. Scenes where they agree say nothing.
    """
    differ = only_first + only_second
    return float(stats.binomtest(only_first, differ).pvalue) if differ else 1.0


def percentiles(values: Sequence[float], ranks: Sequence[int] = (50, 95)) -> dict[str, float | None]:
    """Percentiles as {"p50": ..., "p95": ...}; None where there are no values."""
    if not len(values):
        return {f"p{rank}": None for rank in ranks}
    return {f"p{rank}": float(np.percentile(values, rank)) for rank in ranks}


def interval(
    values: Sequence[float], statistic: Callable[..., np.ndarray] = np.mean, resamples: int = 2000, seed: int = 0
) -> tuple[float, float, float]:
    """A statistic of independent values and its 95 % percentile-bootstrap interval (Efron, 1979).

    With very few values the interval is too narrow, with one it is a point: say how many there were beside it.

    Args:
        values: at least one number.
        statistic: takes an array and `axis`, such as `numpy.mean` or `numpy.median`.
        resamples: how often to draw.
        seed: names the draws.

    Returns:
        The statistic, and the low and the high end.
    """
    numbers = np.asarray(values, float)
    if not len(numbers):
        raise ValueError("an interval needs at least one value; there are none.")
    value = float(statistic(numbers, axis=0))
    if len(numbers) == 1:
        return value, value, value
    result = stats.bootstrap(
        (numbers,), statistic, n_resamples=resamples, method="percentile", rng=np.random.default_rng(seed)
    )
    return value, float(result.confidence_interval.low), float(result.confidence_interval.high)
