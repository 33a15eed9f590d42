"""How many steps of a plan are committed, where the answer can be counted on the rail."""

import pytest
import torch

from foresee.costs.clearance import Clearance
from foresee.costs.distance import Distance
from foresee.costs.objective import Limit, Objective, Weighted
from foresee.envs.rail import Rail
from foresee.planner.cem import CEM
from foresee.planner.commit import Adaptive, commitment
from foresee.planner.control import Controller
from foresee.planner.plan import Planner
from foresee.worldmodel.analytic import RailModel

GOAL = {"reach": Weighted(Distance("gripper.position", "cup.position"), 1.0)}
# The gripper is 0.24 m from the bowl and 0.04 m nearer after each step of `TOWARDS`: 0.20, 0.16, 0.12, 0.08, 0.04, 0.
STATE = torch.tensor([[0.3, 0.05, 0.08, 0.5, 0.04, 0.0, 0.6, 0.0]])
TOWARDS, STILL = torch.tensor([1.0, 0.0, 0.0]), torch.zeros(3)


def apart(**options):
    return {"apart": Limit(Clearance("gripper", "bowl", keep=0.02), at_most=0.0, scale=0.04, **options)}


def planner_of(limits, model=None):
    return Planner(model or RailModel(), Objective(GOAL, limits), CEM(elites=4), candidates=8, iterations=1)


def count(adaptive=None, action=TOWARDS, limits=None, model=None, begun=0):
    planner = planner_of(apart() if limits is None else limits, model)
    plan = planner.plan(STATE)._replace(chunk=action.expand(1, 10, 3))
    return (adaptive or Adaptive(at_most=10)).steps(planner, STATE, plan, {}, begun)


class Parting(RailModel):
    """Two futures: the cup drifts 4 mm a step to one side or to the other; in the second the bowl is 5 cm nearer."""

    def imagine(self, state, chunks, names):
        scene = {
            name: values.repeat(2, *[1] * (values.dim() - 1))
            for name, values in super().imagine(state, chunks, names).items()
        }
        if "cup.position" in scene:
            away = 0.004 * torch.arange(1.0, 1 + chunks.shape[2])
            scene["cup.position"][..., 1] = torch.stack([away, -away])[:, None, None]
        if "clearance.gripper.bowl" in scene:
            scene["clearance.gripper.bowl"][1] -= 0.05
        return scene


class Lost(RailModel):
    """Imagines nothing but what is no number."""

    def imagine(self, state, chunks, names):
        return {name: values * torch.nan for name, values in super().imagine(state, chunks, names).items()}


def test_all_is_committed_where_nothing_is_near_a_limit_and_one_step_where_the_first_is_beyond_it():
    assert count(action=STILL) == 10
    assert count(limits={}) == 10
    assert count(limits={"apart": Limit(Clearance("gripper", "bowl", keep=0.3), at_most=0.0)}) == 1


def test_steps_are_committed_until_the_limit_its_margin_or_the_reserve():
    assert count() == 5  # 0.04 m are left after the fifth
    assert count(limits=apart(margin=0.03)) == 4
    assert count(limits=apart(margin=[0.01, 0.03, 0.05, 0.07, 0.09, *[0.1] * 5])) == 3  # 0.12 m against 0.07, then 0.08
    assert count(Adaptive(10, reserve=0.75)) == 4  # 0.02 m and 0.03 m


def test_limits_that_are_not_about_every_step_do_not_count():
    assert [count(limits=apart(over=over)) for over in ("end", "mean", "min")] == [10, 10, 10]


def test_every_future_counts_and_how_far_they_lie_apart():
    assert count(Adaptive(10, within=1.0), model=Parting()) == 4
    assert count(Adaptive(10, within=0.01), action=STILL, model=Parting()) == 2  # 4 and 8 mm, then 12
    assert count(Adaptive(within=0.0), action=STILL, model=Parting()) == 1


def test_at_most_so_many_are_committed_and_those_that_are_already_are_not_counted():
    assert [count(Adaptive(most)) for most in (3, 99)] == [3, 5] and count(Adaptive()) == 4
    assert [count(begun=begun) for begun in (2, 4, 5, 7)] == [3, 1, 1, 1]
    assert count(action=STILL, begun=2) == 8


def test_what_is_no_number_is_not_trusted():
    assert count(action=STILL, model=Lost()) == 1


def test_an_episode_looks_again_near_the_bowl_and_shifts_the_belief_by_what_was_committed():
    env, controller = Rail(size=8), Controller(planner_of(apart(), Parting()), "adaptive", "continue")
    obs, _ = env.reset(seed=0, options={"layout": "between"})
    controller.reset(obs)
    executed, counts = None, []
    for _ in range(12):
        before = controller.plans
        action = controller.act(obs, executed)
        if controller.plans > before:
            counts.append(controller.committed)
            after = controller.plan.belief.mean[:, counts[-1] :]
            torch.testing.assert_close(controller.belief.mean[:, : after.shape[1]], after)
            assert not controller.belief.mean[:, after.shape[1] :].any()
        obs, *_, info = env.step(action)
        executed = info["executed"]
    assert sum(counts[:-1]) < 12 <= sum(counts) and {*counts} <= {1, 2} and 2 in counts


@pytest.mark.parametrize(
    ("execute", "said"),
    [
        (9, r"execute is 9; it must lie in 1\.\.8, the planner's horizon less the delay"),
        ("adaptiv", "execute is 'adaptiv'; it must be a whole number of actions, 'adaptive', or made of at_most"),
        (2.5, "execute is 2.5; it must be a whole number"),
        (True, "execute is True; it must be a whole number"),
        (None, "execute is None; it must be a whole number"),
        ({"at_most": 0}, "'execute.at_most' is a whole number of at least 1, got 0"),
        ({"at_most": "many"}, "'execute.at_most' is a whole number of at least 1, got 'many'"),
        ({"most": 2}, "execute has no option 'most'; it is made of at_most, within, reserve"),
        ({"within": -1}, "'execute.within' is at least 0, got -1"),
        ({"reserve": "much"}, "'execute.reserve' is a finite number, got 'much'"),
    ],
)
def test_what_cannot_be_meant_is_refused(execute, said):
    with pytest.raises(ValueError, match=said):
        commitment(execute, 8)
    assert commitment("adaptive", 8) == commitment({}, 8) == Adaptive() and commitment(8, 8) == 8
