"""One key sorts feasible before infeasible before nonsense."""

import pytest
import torch

from foresee.costs import Score

INF, NAN = torch.inf, torch.nan


def score(cost, violation):
    return Score(torch.tensor([cost]), torch.tensor([violation]))


def order(each):
    return each.ranking().argsort(dim=-1, stable=True)[0].tolist()


def test_feasible_then_infeasible_then_not_finite():
    each = score([5.0, 1.0, NAN, 9.0, 0.0, 7.0, INF], [0.0, 2.0, 0.0, 0.0, 1.0, NAN, 0.0])
    assert order(each) == [0, 3, 4, 1, 2, 5, 6]
    assert each.feasible[0].tolist() == [True, False, False, True, False, False, False]
    assert each.ranking()[0, [2, 5, 6]].isinf().all()


def test_feasible_candidates_keep_their_cost():
    assert score([5.0, 1.0, 9.0], [0.0, 1.0, 0.0]).ranking()[0, [0, 2]].tolist() == [5.0, 9.0]


def test_without_a_feasible_candidate_the_key_is_the_violation():
    each = score([1.0, 2.0, 3.0], [3e-9, 1e-9, 2e6])
    assert torch.equal(each.ranking(), each.violation)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize("level", [0.0, -1e6, 1e6, 1e-6])
def test_no_scale_or_level_merges_or_reorders_candidates(scale, level):
    noise = torch.Generator().manual_seed(0)
    cost = level + torch.rand(1, 400, generator=noise)
    violation = torch.rand(1, 400, generator=noise).mul(1e-6) * (torch.arange(400) % 2)
    key = Score(scale * cost, violation).ranking()
    feasible, infeasible = key[:, ::2], key[:, 1::2]
    assert torch.equal(feasible, (scale * cost)[:, ::2])
    assert feasible.max() < infeasible.min()
    assert torch.equal(infeasible.argsort(stable=True), violation[:, 1::2].argsort(stable=True))
    assert len(infeasible.unique()) == len(violation[:, 1::2].unique())


def test_the_key_of_a_scaled_cost_is_the_scaled_key():
    each = score([5.0, 1.0, 9.0, 2.0], [0.0, 1.0, 0.0, 2.0])
    torch.testing.assert_close(score([1.25, 0.25, 2.25, 0.5], [0.0, 1.0, 0.0, 2.0]).ranking(), each.ranking() / 4)


def test_equal_violations_share_a_key():
    key = score([0.0, 1.0, 2.0], [0.0, 3.0, 3.0]).ranking()[0]
    assert key[1] == key[2] > key[0]


def test_one_feasible_candidate_at_cost_zero_still_comes_first():
    assert order(score([0.0, -5.0], [0.0, 1e-9])) == [0, 1]


def test_the_key_does_not_depend_on_other_scenes():
    both = Score(torch.tensor([[1.0, 2.0], [1e6, -3.0]]), torch.tensor([[0.0, 1.0], [0.0, 2.0]]))
    assert torch.equal(both.ranking()[:1], score([1.0, 2.0], [0.0, 1.0]).ranking())


def test_beats_compares_across_calls():
    mine = score([1.0, 9.0, 0.0, 0.0, NAN, 1.0], [0.0, 0.0, 1.0, 1.0, 0.0, 0.0])
    other = score([2.0, 0.0, 9.0, 0.0, 5.0, NAN], [0.0, 1.0, 2.0, 1.0, 9.0, 0.0])
    assert mine.beats(other)[0].tolist() == [True, True, True, False, False, True]
