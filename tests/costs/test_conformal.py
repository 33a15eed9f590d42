import numpy as np
import pytest

from foresee.costs.conformal import CAP, Calibration


def draws(n: int, seed: int) -> np.ndarray:
    """Errors that grow from step to step. Shape (n, 10)."""
    return np.cumsum(np.random.default_rng(seed).normal(0.1, 1.0, (n, 10)), axis=1)


def test_margins_cover_new_chunks_as_often_as_asked():
    for confidence in (0.8, 0.95):
        hits = [
            np.mean([Calibration.of(draws(300, seed)).covers(e, confidence) for e in draws(300, 1000 + seed)])
            for seed in range(10)
        ]
        assert np.mean(hits) == pytest.approx(confidence, abs=0.025)


def test_a_known_answer():
    errors = np.ones((12, 2)) * np.arange(12)[:, None] / 10
    found = Calibration.of(errors)  # three chunks give the spread, nine the scores
    assert found.spread == pytest.approx((0.18, 0.18)) and len(found.scores) == 9
    assert found.margin(0.9).values == pytest.approx((1.1, 1.1))  # the 9th of 9: ceil(10 * 0.9)
    assert found.margin(0.5).values == pytest.approx((0.7, 0.7))  # the 5th


def test_what_grows_has_an_end():
    errors = draws(200, 0) * np.exp(np.arange(10))
    margin = Calibration.of(errors).margin(0.9).values
    assert max(margin) <= CAP * margin[0] * (1 + 1e-9) and list(margin) == sorted(margin)


def test_an_imagination_that_is_too_dark_makes_nobody_bolder():
    assert max(Calibration.of(draws(100, 0) - 1000.0).margin(0.9).values) == 0.0


def test_a_threshold_of_values_may_be_below_zero():
    values = np.full((12, 2), -1.0) * np.arange(1, 13)[::-1][:, None] / 10  # -1.2 ... -0.1
    found = Calibration.of(values, threshold=True)
    assert found.margin(0.9).values == pytest.approx((-0.1, -0.1)) and found.margin(0.5).values[0] < -0.4
    assert Calibration.of(values).margin(0.9).values == (0.0, 0.0)


def test_an_episode_may_end_before_its_chunk():
    errors = draws(100, 0)
    errors[::2, 4:] = np.nan
    assert all(np.isfinite(Calibration.of(errors).scores))


@pytest.mark.parametrize(
    "confidence, said",
    [(1.0, "between 0 and 1"), ("high", "confidence"), (0.99, "15 calibrated chunks allow at most 0.938")],
)
def test_what_cannot_be_promised_is_refused(confidence, said):
    with pytest.raises(ValueError, match=said):
        Calibration.of(draws(20, 0)).margin(confidence)


def test_too_few_chunks_are_refused():
    with pytest.raises(ValueError, match="at least 8 chunks"):
        Calibration.of(draws(4, 0))
