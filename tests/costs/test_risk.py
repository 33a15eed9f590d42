"""Risk over possible futures."""

from itertools import pairwise

import pytest
import torch

from foresee.costs import CVaR, Mean, Quantile, Worst

FUTURES = torch.tensor([4.0, 1.0, 2.0, 3.0, 0.0])[:, None, None]
"""Shape (P, B, N)."""


def test_known_answers():
    assert Mean()(FUTURES).item() == 2.0
    assert Worst()(FUTURES).item() == 4.0
    assert Quantile(0.5)(FUTURES).item() == 2.0
    assert Quantile(0.8)(FUTURES).item() == pytest.approx(3.2)  # between the fourth and the fifth
    assert CVaR(0.6)(FUTURES).item() == pytest.approx(3.5)  # the worst two of five
    assert CVaR(0.7)(FUTURES).item() == pytest.approx((4.0 + 0.5 * 3.0) / 1.5)  # one and a half


def test_mean_is_at_most_cvar_is_at_most_worst():
    values = torch.randn(7, 3, 50, generator=torch.Generator().manual_seed(0))
    levels = [risk(values) for risk in (Mean(), CVaR(0.0), CVaR(0.3), CVaR(0.5), CVaR(0.9), Worst())]
    for lower, higher in pairwise(levels):
        assert (lower <= higher + 1e-6).all()  # sums in another order


def test_a_quantile_grows_to_the_worst():
    values = torch.randn(7, 3, 50, generator=torch.Generator().manual_seed(0))
    for lower, higher in pairwise([*(Quantile(alpha)(values) for alpha in (0.0, 0.3, 0.9, 1.0)), Worst()(values)]):
        assert (lower <= higher).all()


def test_extremes_of_cvar_are_mean_and_worst():
    torch.testing.assert_close(CVaR(0.0)(FUTURES), Mean()(FUTURES))
    torch.testing.assert_close(CVaR(0.99)(FUTURES), Worst()(FUTURES))


@pytest.mark.parametrize("risk", [Mean(), CVaR(0.5), Quantile(0.7), Worst()])
def test_one_future_is_itself(risk):
    torch.testing.assert_close(risk(FUTURES[:1]), FUTURES[0])


@pytest.mark.parametrize("risk", [Mean(), CVaR(0.5), Quantile(0.7), Worst()])
def test_not_a_number_is_never_averaged_away(risk):
    assert risk(torch.tensor([1.0, torch.nan, 0.0, 2.0])[:, None, None]).isnan().all()


def test_a_share_beyond_one_is_refused():
    with pytest.raises(ValueError) as error:
        CVaR(1.0)
    assert str(error.value) == "CVaR: 'alpha' is a share from 0 (the mean) to below 1 (the worst), got 1.0."
    with pytest.raises(ValueError) as error:
        Quantile(1.5)
    assert str(error.value) == "Quantile: 'alpha' is a share from 0 (the best) to 1 (the worst), got 1.5."
