"""What holds for beliefs, noise, searches and proposals, each tested with a few tensors."""

import numpy as np
import pytest
import torch

from foresee.planner.belief import START_STD, Belief, Search
from foresee.planner.cem import CEM
from foresee.planner.cmaes import CMAES
from foresee.planner.gradient import Gradient
from foresee.planner.icem import ICEM
from foresee.planner.mppi import MPPI
from foresee.planner.noise import Noise
from foresee.planner.proposal import LastPlan, Primitives
from foresee.planner.sampling import PredictiveSampling
from foresee.planner.shooting import RandomShooting

FITTING = [CEM(elites=8), ICEM(elites=8), MPPI(elites=8), MPPI(elites=8, effective=4), CMAES()]
JUMPING = [PredictiveSampling(), RandomShooting(), Gradient()]
SEARCHES = [*FITTING, *JUMPING]


def named(search) -> str:
    return type(search).__name__


def bowl(chunks: torch.Tensor) -> torch.Tensor:
    """A ranking whose best chunk is 0.5 everywhere."""
    return ((chunks - 0.5) ** 2).mean(dim=(2, 3))


def test_shifting_drops_what_was_executed_and_stands_still_after_the_end():
    belief = Belief(torch.arange(4.0).view(1, 4, 1), torch.full((1, 4, 1), 0.1)).shifted(3)
    assert belief.mean.flatten().tolist() == [3.0, 0.0, 0.0, 0.0]
    assert bool((belief.std == Belief.start(1, 4, 1).std).all())


def test_the_rest_of_a_plan_is_searched_as_widely_as_asked_and_what_follows_afresh():
    belief = Belief.start(1, 4, 1).shifted(3, std=0.25)
    assert belief.std.flatten().tolist() == pytest.approx([0.25, START_STD, START_STD, START_STD])


def test_shifting_beyond_the_end_is_a_fresh_start_and_backwards_is_refused():
    fresh = Belief.start(2, 3, 1)
    assert torch.equal(Belief(torch.ones(2, 3, 1), torch.ones(2, 3, 1)).shifted(5).mean, fresh.mean)
    with pytest.raises(ValueError, match="cannot be shifted by -1 steps"):
        fresh.shifted(-1)


def test_noise_of_a_scene_depends_on_its_seed_alone():
    alone, together = Noise([(3, 1)]), Noise([(3, 0), (3, 1)])
    torch.manual_seed(0)
    first = alone(4, 3, 2)
    torch.manual_seed(99)
    both = together(4, 3, 2)
    assert torch.equal(first[0], both[1])
    assert not torch.equal(both[0], both[1])


def test_noise_leaves_the_global_generator_alone():
    before = torch.random.get_rng_state()
    Noise([(0,)])(2, 2, 2)
    assert torch.equal(before, torch.random.get_rng_state())


@pytest.mark.parametrize("search", SEARCHES, ids=named)
class TestSearch:
    def test_it_is_a_search(self, search):
        assert isinstance(search, Search)

    def test_one_update_leaves_the_zero_plan(self, search):
        belief = Belief.start(1, 3, 2)
        chunks = search.sample(belief, 128, Noise([(0,)]))
        assert search.update(belief, chunks, bowl(chunks)).mean.mean() > 0.1

    @pytest.mark.parametrize("scale", [1e-3, 1e3])
    def test_the_scale_of_the_ranking_does_not_matter(self, search, scale):
        belief = Belief.start(1, 3, 2)
        chunks = search.sample(belief, 64, Noise([(0,)]))
        one, other = (search.update(belief, chunks, factor * bowl(chunks)) for factor in (1.0, scale))
        torch.testing.assert_close(one[:2], other[:2], rtol=1e-4, atol=1e-5)

    @pytest.mark.parametrize("offset", [-1000.0, 1000.0])
    def test_nor_does_an_offset(self, search, offset):
        belief = Belief.start(1, 3, 2)
        chunks = search.sample(belief, 64, Noise([(0,)]))
        one, other = (search.update(belief, chunks, add + bowl(chunks).double()) for add in (0.0, offset))
        torch.testing.assert_close(one[:2], other[:2], rtol=1e-4, atol=1e-5)

    def test_with_nothing_usable_the_belief_stays(self, search):
        belief = Belief(torch.full((1, 3, 2), 0.3), torch.full((1, 3, 2), 0.2))
        chunks = torch.full((1, 5, 3, 2), torch.nan)
        torch.testing.assert_close(search.update(belief, chunks, torch.full((1, 5), torch.inf))[:2], belief[:2])


@pytest.mark.parametrize("search", FITTING, ids=named)
class TestFittingSearch:
    def test_it_finds_the_minimum(self, search):
        belief, noise = Belief.start(2, 3, 2), Noise([(0,), (1,)])
        for _ in range(15):
            chunks = search.sample(belief, 128, noise)
            belief = search.update(belief, chunks, bowl(chunks))
        assert belief.mean == pytest.approx(torch.full((2, 3, 2), 0.5), abs=0.1)
        assert bool((belief.std >= search.min_std).all())

    def test_the_belief_narrows_where_the_candidates_agree(self, search):
        belief, noise = Belief.start(1, 3, 2), Noise([(0,)])
        for _ in range(5):
            chunks = search.sample(belief, 64, noise)
            belief = search.update(belief, chunks, bowl(chunks))
        assert belief.std.mean() < 0.6 * START_STD


@pytest.mark.parametrize("search", [CEM(elites=8), ICEM(elites=8), MPPI(elites=8)], ids=named)
class TestSearchWithElites:
    def test_unusable_candidates_teach_nothing(self, search):
        belief = Belief.start(1, 3, 2)
        chunks = search.sample(belief, 6, Noise([(0,)]))
        ranking = bowl(chunks)
        ranking[:, 4:] = torch.inf
        poisoned = chunks.clone()
        poisoned[:, 4:] = torch.nan
        torch.testing.assert_close(
            search.update(belief, poisoned, ranking), search.update(belief, chunks[:, :4], ranking[:, :4])
        )

    def test_one_candidate_is_believed_but_the_search_can_still_move(self, search):
        belief = search.update(Belief.start(1, 1, 1), torch.ones(1, 1, 1, 1), torch.zeros(1, 1))
        assert belief.mean.item() == pytest.approx(1 - search.smoothing)
        assert belief.std.item() >= search.min_std

    def test_candidates_beyond_the_bounds_are_learned_from_unclipped(self, search):
        belief = Belief.start(1, 1, 1)
        chunks = torch.full((1, 8, 1, 1), 3.0)
        assert search.update(belief, chunks, torch.zeros(1, 8)).mean.item() > 1.0

    @pytest.mark.parametrize(
        ("option", "value", "message"),
        [("elites", 0, "at least 1"), ("min_std", 0.0, "above 0"), ("smoothing", 1.0, r"in \[0, 1\)")],
    )
    def test_impossible_options_are_refused(self, search, option, value, message):
        with pytest.raises(ValueError, match=f"{option} is {value}; it must .*{message}"):
            type(search)(**{option: value})


def test_a_higher_temperature_averages_more_evenly():
    ranking = torch.linspace(0, 1, 8)[None]
    cold, hot = MPPI(temperature=0.1).weights(ranking), MPPI(temperature=10.0).weights(ranking)
    assert cold[0, 0] == hot[0, 0] == 1.0
    assert bool((hot > cold)[0, 1:].all())


def test_the_temperature_meets_the_effective_sample_size():
    ranking = torch.cat([torch.linspace(0, 1, 16), torch.full((2,), torch.inf)])[None]
    for target in (2.0, 5.0, 12.0):
        weights = MPPI(elites=16, effective=target).weights(ranking)
        assert (weights.sum() ** 2 / weights.square().sum()).item() == pytest.approx(target, rel=1e-2)
    even = MPPI(elites=16, effective=2.0).weights(torch.zeros(1, 16))
    assert bool((even == 1).all())
    with pytest.raises(ValueError, match=r"effective is 20; it must lie in 1..16, the elites"):
        MPPI(elites=16, effective=20)


def test_random_shooting_is_even_over_the_whole_range():
    drawn = RandomShooting().sample(Belief.start(1, 2, 1), 20000, Noise([(0,)])).flatten()
    assert drawn.abs().max() <= 1 and drawn.mean().abs() < 0.02
    assert drawn.histc(4, -1, 1) / len(drawn) == pytest.approx(torch.full((4,), 0.25), abs=0.01)


def test_cma_es_learns_which_actions_vary_together():
    belief, noise = Belief.start(1, 2, 1), Noise([(0,)])
    for _ in range(12):
        chunks = CMAES().sample(belief, 32, noise)
        total, difference = chunks.sum(dim=(2, 3)), chunks[:, :, 0, 0] - chunks[:, :, 1, 0]
        belief = CMAES().update(belief, chunks, (total - 0.5) ** 2 + 1e-4 * difference**2)
    drawn = CMAES().sample(belief, 500, noise)[0, :, :, 0]
    assert torch.corrcoef(drawn.T)[0, 1] < -0.8


def test_cma_es_is_pure_and_leaves_the_global_generator_alone():
    before = np.random.get_state()[1].copy()
    belief = Belief.start(2, 3, 2)
    chunks = CMAES().sample(belief, 16, Noise([(0,), (1,)]))
    one, other = (CMAES().update(belief, chunks, bowl(chunks)) for _ in range(2))
    assert torch.equal(one.mean, other.mean)
    again = [CMAES().sample(one, 16, Noise([(2,), (3,)])) for _ in range(2)]
    assert torch.equal(*again)
    assert (np.random.get_state()[1] == before).all()


def test_primitives_are_standing_still_and_each_action_both_ways():
    belief = Belief.start(2, 4, 3)
    chunks = Primitives().propose(None, belief, 99, Noise([(0,), (0,)]))
    assert chunks.shape == (2, 7, 4, 3)
    assert bool((chunks == chunks[:, :, :1]).all())
    assert chunks[0, :, 0].tolist()[:3] == [[0, 0, 0], [1, 0, 0], [0, 1, 0]]
    assert Primitives().propose(None, belief, 2, Noise([(0,), (0,)])).shape == (2, 2, 4, 3)


def test_the_last_plan_also_offers_its_best_chunks():
    belief = Belief(torch.zeros(1, 4, 2), torch.ones(1, 4, 2), best=torch.rand(1, 3, 4, 2))
    assert torch.equal(LastPlan(best=2).propose(None, belief, 9, Noise([(0,)]))[:, 1:], belief.best[:, :2])
    later = belief.shifted(1)
    assert torch.equal(later.best[:, :, :3], belief.best[:, :, 1:]) and not later.best[:, :, 3].any()


def test_scenes_may_have_moved_on_by_different_numbers_of_steps_and_begin_anew():
    belief = Belief(torch.arange(6.0).view(2, 3, 1), torch.full((2, 3, 1), 0.1), best=torch.ones(2, 1, 3, 1))
    assert belief.shifted([1, 3]).mean[..., 0].tolist() == [[1.0, 2.0, 0.0], [0.0, 0.0, 0.0]]
    fresh = belief.renewed([True, False])
    assert fresh.mean[..., 0].tolist() == [[0.0, 0.0, 0.0], [3.0, 4.0, 5.0]]
    assert fresh.std[:, 0, 0].tolist() == pytest.approx([START_STD, 0.1]) and fresh.best.flatten(1).sum(1).tolist() == [
        0,
        3,
    ]


def test_the_last_plan_is_the_mean():
    belief = Belief(torch.rand(2, 4, 3), torch.ones(2, 4, 3))
    assert torch.equal(LastPlan().propose(None, belief, 5, Noise([(0,), (0,)]))[:, 0], belief.mean)
    assert LastPlan().propose(None, belief, 0, Noise([(0,), (0,)])).shape[1] == 0
