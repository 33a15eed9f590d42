"""Known intervals, p-values and percentiles."""

import numpy as np
import pytest

from foresee.planner.stats import interval, mcnemar, newcombe, percentiles, proportion, wilson


def test_wilson_agrees_with_the_published_example():
    assert wilson(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert wilson(9, 10) == pytest.approx((0.5958, 0.9821), abs=1e-4)


def test_nothing_tried_is_no_rate():
    assert proportion(0, 0) == {"k": 0, "n": 0, "rate": None, "low": 0.0, "high": 1.0}
    assert percentiles([]) == {"p50": None, "p95": None}


def test_a_count_beyond_the_total_is_refused():
    with pytest.raises(ValueError, match="11 of 10 is not a count"):
        wilson(11, 10)


def test_mcnemar_is_the_coin_of_the_disagreements():
    assert mcnemar(0, 0) == 1.0
    assert mcnemar(1, 9) == pytest.approx(2 * (1 + 10) / 2**10)
    assert mcnemar(9, 1) == mcnemar(1, 9)


def test_newcombe_agrees_with_the_published_example_and_changes_sign_with_the_order():
    assert newcombe(56, 70, 48, 80) == pytest.approx((0.2, 0.0524, 0.3339), abs=1e-4)
    value, low, high = newcombe(48, 80, 56, 70)
    assert (-value, -high, -low) == pytest.approx(newcombe(56, 70, 48, 80))


def test_a_difference_from_nothing_may_be_anything():
    value, low, high = newcombe(3, 4, 0, 0)
    assert np.isnan(value) and (low, high) == (-1.0, 1.0)


def test_percentiles_of_one_to_a_hundred():
    assert percentiles(range(101)) == {"p50": 50.0, "p95": 95.0}


def test_a_bootstrap_interval_holds_the_truth_and_repeats_itself():
    values = np.random.default_rng(0).normal(3.0, 1.0, 200)
    value, low, high = interval(values)
    assert low < value < high and low < 3.0 < high
    assert high - low == pytest.approx(2 * 1.96 / 200**0.5, rel=0.2)
    assert interval(values) == (value, low, high)
    assert interval(values, np.median)[0] == np.median(values)


def test_one_value_is_a_point_and_none_is_refused():
    assert interval([2.0]) == (2.0, 2.0, 2.0)
    with pytest.raises(ValueError, match="at least one value"):
        interval([])
