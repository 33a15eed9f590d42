"""The laws of the planning loop, on a point that is pushed about in the plane."""

import math
from dataclasses import dataclass, replace

import pytest
import torch

from foresee.costs.distance import Distance
from foresee.costs.objective import Limit, Objective, Weighted
from foresee.costs.risk import Worst
from foresee.costs.tilt import Tilt
from foresee.planner.basis import Knots, Repeat
from foresee.planner.belief import Belief
from foresee.planner.budget import Budget
from foresee.planner.cem import CEM
from foresee.planner.cmaes import CMAES
from foresee.planner.gradient import Gradient
from foresee.planner.icem import ICEM
from foresee.planner.mppi import MPPI
from foresee.planner.noise import PowerLaw
from foresee.planner.plan import Planner
from foresee.planner.polish import Adam
from foresee.planner.proposal import LastPlan, Primitives, Share
from foresee.planner.refine import SLSQP
from foresee.planner.sampling import PredictiveSampling
from foresee.planner.shooting import RandomShooting
from foresee.worldmodel.analytic import RailModel
from foresee.worldmodel.interface import Quantity

SHARP = [CEM(), ICEM(), MPPI(), MPPI(effective=8), CMAES(), Gradient()]
SEARCHES = [*SHARP, PredictiveSampling(), RandomShooting()]
WALL = 0.5


class Point:
    """x' = x + 0.1 a in two futures, the second drifting; remembers the largest action and the names asked for."""

    action_dim = 2

    def __init__(self):
        self.quantities = {name: Quantity((3,), "m", "") for name in ("point.position", "point.unused")}
        self.largest, self.lowest, self.asked, self.calls = 0.0, 0.0, set(), 0

    def imagine(self, state, chunks, names):
        self.largest, self.calls = max(self.largest, chunks.abs().max().item()), self.calls + 1
        self.lowest = min(self.lowest, chunks.min().item())
        self.asked |= set(names)
        drift = torch.tensor([0.0, 0.01]).view(2, 1, 1, 1, 1)
        path = state[None, :, None, None] + 0.1 * chunks.cumsum(dim=2) + drift
        return {"point.position": torch.cat([path, torch.zeros_like(path[..., :1])], dim=-1)}


@dataclass(frozen=True)
class Beyond:
    """How far the point is along x, metres; not a number where it is `lost`."""

    lost: float = math.inf
    needs: tuple[str, ...] = ("point.position",)

    def __call__(self, scene, actions):
        x = scene["point.position"][..., 0]
        return torch.where(x > self.lost, torch.nan, x)


def objective(weight=1.0, wall: float | None = WALL, lost=math.inf):
    limits = {} if wall is None else {"wall": Limit(Beyond(), at_most=wall)}
    goal = {"reach": Weighted(Distance("point.position", (0.8, 0.3, 0.0)), weight)}
    if lost < math.inf:
        goal["lost"] = Weighted(Beyond(lost), 0.0)
    return Objective(goal, limits)


def make(search=SEARCHES[0], goal=None, **options) -> Planner:
    return Planner(Point(), goal or objective(), search, **{"horizon": 10, "candidates": 128, **options})


STATE = torch.zeros(1, 2)


def named(search) -> str:
    return type(search).__name__


@pytest.mark.parametrize("search", SHARP, ids=named)
class TestSharpSearch:
    def test_it_goes_to_the_goal_where_nothing_is_in_the_way(self, search):
        plan = make(search, objective(wall=None)).plan(STATE)
        assert plan.status == ("feasible",)
        assert (0.1 * plan.chunk[0].sum(dim=0)).tolist() == pytest.approx([0.8, 0.3], abs=0.15)

    def test_it_stops_at_a_limit(self, search):
        planner = make(search)
        plan = planner.plan(STATE)
        x = planner.imagine_plan(STATE, plan.chunk)["point.position"][..., 0]
        assert bool(plan.feasible) and x.mean(dim=0).max() <= WALL + 1e-6
        assert x.max() > WALL - 0.1
        assert plan.violation.item() == 0 and plan.excesses["wall"].item() <= 0


@pytest.mark.parametrize("search", SEARCHES, ids=named)
class TestEverySearch:
    def test_it_comes_nearer_and_keeps_the_limit(self, search):
        planner = make(search)
        plan = planner.plan(STATE)
        x = planner.imagine_plan(STATE, plan.chunk)["point.position"][..., 0]
        assert bool(plan.feasible) and x.mean(dim=0).max() <= WALL + 1e-6
        assert plan.cost < planner.objective(planner.imagine_plan(STATE, 0 * plan.chunk), 0 * plan.chunk[:, None]).cost

    def test_actions_beyond_the_bounds_never_reach_the_model(self, search):
        planner = make(search, objective(wall=None))
        belief = Belief(torch.full((1, 10, 2), 3.0), torch.ones(1, 10, 2))
        plan = planner.plan(STATE, belief)
        assert 0.99 < planner.model.largest <= 1.0 and plan.chunk.abs().max() <= 1.0

    def test_bounds_need_not_be_symmetric(self, search):
        planner = make(search, low=(-0.125, 0.25), high=(0.625, 1.0), polish=Adam(3), proposals=(Primitives(),))
        plan = planner.plan(STATE)
        assert bool((plan.chunk[..., 0] <= 0.625).all()) and bool((plan.chunk[..., 1] >= 0.25).all())
        assert planner.model.largest <= 1.0 and planner.model.lowest >= -0.125

    def test_the_reported_cost_is_that_of_the_returned_chunk(self, search):
        planner = make(search, keep=4, proposals=(LastPlan(), Primitives()))
        plan = planner.plan(STATE)
        score = planner.objective(planner.imagine_plan(STATE, plan.chunk), plan.chunk[:, None])
        torch.testing.assert_close(plan.cost, score.cost[:, 0])
        torch.testing.assert_close(plan.costs["reach"], score.costs["reach"][:, 0])
        torch.testing.assert_close(plan.excesses["wall"], score.excesses["wall"][:, 0])

    def test_a_scene_is_planned_alike_in_any_batch(self, search):
        states = torch.tensor([[0.0, 0.0], [0.3, -0.5], [-0.4, 0.2]])
        planner = make(search, keep=4)
        together = planner.plan(states, planner.start(3), seeds=[(5,), (6,), (7,)])
        for b in range(3):
            alone = planner.plan(states[b : b + 1], seeds=[(5 + b,)])
            assert torch.equal(alone.chunk[0], together.chunk[b])
            assert torch.equal(alone.cost[0], together.cost[b])

    def test_the_same_seed_gives_the_same_plan_whatever_the_global_generator_says(self, search):
        torch.manual_seed(1)
        one, state = make(search).plan(STATE), torch.random.get_rng_state()
        assert torch.equal(state, torch.random.get_rng_state())
        torch.manual_seed(2)
        assert torch.equal(one.chunk, make(search).plan(STATE).chunk)
        assert not torch.equal(one.chunk, make(search, seed=1).plan(STATE).chunk)

    @pytest.mark.parametrize("scale", [1e-3, 1e3])
    def test_the_scale_of_the_cost_does_not_change_the_plan(self, search, scale):
        one, other = make(search).plan(STATE), make(search, objective(weight=scale)).plan(STATE)
        torch.testing.assert_close(one.chunk, other.chunk, rtol=0, atol=1e-2)
        assert other.cost.item() == pytest.approx(scale * one.cost.item(), rel=1e-2)

    def test_a_candidate_that_is_not_a_number_never_wins(self, search):
        plan = make(search, objective(wall=None, lost=0.4)).plan(STATE)
        assert plan.status == ("feasible",) and plan.cost.isfinite().all()
        assert 0.1 * plan.chunk[0, :, 0].cumsum(dim=0).max() + 0.01 <= 0.4 + 1e-6

    def test_with_nothing_feasible_it_returns_the_least_violation_and_says_so(self, search):
        plan = make(search, objective(wall=-2.0)).plan(STATE)
        assert plan.status == ("infeasible",) and not plan.feasible.any()
        # The worst step is the first, 0.005 m of mean drift and at best 0.1 m back.
        assert plan.violation.item() == pytest.approx(2.0 - 0.1 + 0.005, abs=3e-2)
        assert plan.chunk[0, 0, 0].item() == pytest.approx(-1.0, abs=0.3)

    def test_with_nothing_finite_it_says_so(self, search):
        plan = make(search, objective(lost=-5.0)).plan(STATE)
        assert plan.status == ("not finite",) and not plan.feasible.any()
        assert plan.chunk.isfinite().all()

    def test_one_candidate_one_step_one_iteration_is_a_plan(self, search):
        search = (
            replace(search, elites=1, **({"effective": None} if isinstance(search, MPPI) else {}))
            if hasattr(search, "elites")
            else search
        )
        plan = make(search, horizon=1, candidates=1, iterations=1, keep=3, proposals=(Primitives(),)).plan(STATE)
        assert plan.chunk.shape == (1, 1, 2) and plan.cost.isfinite().all()

    def test_more_iterations_never_cost_more(self, search):
        trace = make(search, objective(wall=None)).plan(STATE).trace
        assert len(trace.cost) > 1 and bool((trace.cost.diff(dim=0) <= 0).all())
        assert trace.cost[-1] < trace.cost[0] or isinstance(search, RandomShooting)

    @pytest.mark.parametrize("scene", ["one bad", "asymmetric"])
    def test_rows_stay_independent_where_one_goes_wrong(self, search, scene):
        states = torch.tensor([[0.0, 0.0], [math.nan if scene == "one bad" else 5.0, 0.0]])
        planner = make(search, polish=Adam(2))
        together, alone = planner.plan(states, planner.start(2)), planner.plan(states[:1])
        assert torch.equal(together.chunk[0], alone.chunk[0])
        assert together.status == ("feasible", "not finite" if scene == "one bad" else "infeasible")

    @pytest.mark.parametrize("options", [{"basis": Repeat(2)}, {"basis": Knots(4, "cubic")}, {"colour": PowerLaw()},
                                         {"decay": 1.5, "keep": 4}, {"at_once": 50}], ids=str)  # fmt: skip
    def test_the_options_of_the_loop_go_with_it(self, search, options):
        planner = make(search, objective(wall=None), **options)
        plan = planner.plan(STATE)
        score = planner.objective(planner.imagine_plan(STATE, plan.chunk), plan.chunk[:, None])
        torch.testing.assert_close(plan.cost, score.cost[:, 0])
        assert plan.cost < 0.55 and planner.model.largest <= 1.0


def test_only_what_the_objective_needs_is_imagined():
    planner = make()
    planner.plan(STATE)
    assert planner.model.asked == {"point.position"}


def test_an_objective_that_needs_more_than_the_model_knows_is_refused_before_anything_moves():
    goal = Objective({"reach": Weighted(Distance("point.positon", (0.0, 0.0, 0.0)), 1.0)})
    with pytest.raises(LookupError, match=r"did you mean 'point.position'.* only knows \['point.position'"):
        make(goal=goal)


@pytest.mark.parametrize("option", ["horizon", "candidates", "iterations"])
def test_options_that_leave_nothing_to_do_are_refused(option):
    with pytest.raises(ValueError, match=f"{option} is 0; it must be at least 1"):
        make(**{option: 0})


def test_seeds_for_another_number_of_scenes_are_refused():
    with pytest.raises(ValueError, match="holds 1 scenes but there are seeds for 2"):
        make().plan(STATE, seeds=[(0,), (1,)])


def test_a_plan_is_valid_even_without_time():
    planner = make(polish=Adam())
    plan = planner.plan(STATE, budget=1e-6)
    assert plan.cost.isfinite().all()
    assert planner.model.calls == 2  # one iteration, and the mean
    with pytest.raises(ValueError, match="a budget of milliseconds=0 leaves nothing to do"):
        planner.plan(STATE, budget=0)


@pytest.mark.parametrize(("rollouts", "used"), [(1, 1), (100, 100), (128, 128), (400, 385), (700, 700), (900, 883)])
def test_no_more_is_imagined_than_the_budget_allows(rollouts, used):
    plan = make(polish=Adam(steps=5, top=6)).plan(STATE, budget=Budget(rollouts=rollouts))
    assert plan.rollouts <= rollouts and plan.cost.isfinite().all()


def test_a_budget_of_iterations():
    assert make(try_mean=False).plan(STATE, budget=Budget(iterations=2)).rollouts == 2 * 128


def test_a_part_at_a_time_gives_the_same_plan():
    whole, parts = make().plan(STATE), make(at_once=20).plan(STATE)
    torch.testing.assert_close(whole.chunk, parts.chunk)


def test_a_shrinking_population_stays_above_a_quarter():
    sizes = []

    class Counting(Point):
        def imagine(self, state, chunks, names):
            sizes.append(chunks.shape[1])
            return super().imagine(state, chunks, names)

    Planner(Counting(), objective(), CEM(), candidates=100, decay=2.0, try_mean=False).plan(STATE)
    assert sizes == [100, 50, 25, 25, 25, 25]


@pytest.mark.parametrize("polish", [Adam(steps=8), SLSQP(steps=8)], ids=named)
class TestEveryPolish:
    def test_it_improves_a_weak_search_and_says_so(self, polish):
        rough = make(CEM(), iterations=1).plan(STATE)
        fine = make(CEM(), iterations=1, polish=polish).plan(STATE)
        assert bool(fine.feasible) and fine.cost < rough.cost and fine.source == (named(polish),)

    def test_it_never_breaks_a_limit_to_save_cost(self, polish):
        planner = make(polish=polish)
        plan = planner.plan(STATE)
        assert bool(plan.feasible)
        assert planner.imagine_plan(STATE, plan.chunk)["point.position"][..., 0].mean(0).max() <= WALL + 1e-6

    def test_without_gradients_it_is_refused(self, polish):
        class Stepping(Point):
            def imagine(self, state, chunks, names):
                return {name: values.detach() for name, values in super().imagine(state, chunks, names).items()}

        with pytest.raises(ValueError, match=r"the world model or the costs give none; .*planner.polish=null"):
            Planner(Stepping(), objective(), CEM(), polish=polish).plan(STATE)
        Stepping.differentiable = False
        with pytest.raises(ValueError, match="the world model or the costs give none"):
            Planner(Stepping(), objective(), CEM(), polish=polish)

    def test_no_graph_is_kept_of_a_trainable_model(self, polish):
        class Trainable(Point):
            gain = torch.nn.Parameter(torch.ones(()))

            def imagine(self, state, chunks, names):
                return super().imagine(state, self.gain * chunks, names)

        planner = Planner(Trainable(), objective(), CEM(), polish=polish)
        plan = planner.plan(STATE)
        assert not plan.cost.requires_grad and not plan.chunk.requires_grad and Trainable.gain.grad is None


def test_elites_beyond_the_candidates_are_refused():
    with pytest.raises(ValueError, match="elites is 32, but there are 16 candidates"):
        make(CEM(), candidates=16)


def test_the_plan_says_where_it_came_from():
    behind = torch.tensor([[1.8, 0.3]])  # the goal is ten full steps back: noise alone seldom finds that at once
    weak = CEM(elites=1, smoothing=0.99)
    plan = make(weak, objective(wall=None), proposals=(Primitives(),), iterations=1).plan(behind)
    assert plan.source == ("Primitives",) and plan.chunk[0].tolist() == [[-1.0, 0.0]] * 10

    solution = Belief(torch.tensor([[0.8, 0.3]]).repeat(10, 1)[None], torch.ones(1, 10, 2))
    planner = make(weak, objective(wall=None), proposals=(LastPlan(),), iterations=1, try_mean=False)
    assert planner.plan(STATE, solution).source in (("LastPlan",), ("search",))
    assert make(weak, objective(wall=None), iterations=1, candidates=1).plan(STATE).source[0] in ("search", "mean")


def test_a_warm_start_competes_unperturbed():
    first = make(iterations=8).plan(STATE)
    planner = make(CEM(elites=2), iterations=1, candidates=4, proposals=(LastPlan(),), try_mean=False)
    again = planner.plan(STATE, Belief(first.chunk, torch.full_like(first.chunk, 2.0)))
    assert again.cost <= first.cost and again.source == ("LastPlan",)


@pytest.mark.parametrize("polish", [Adam(), SLSQP()], ids=named)
def test_a_polish_keeps_the_bounds(polish):
    plan = make(goal=objective(wall=None), low=(-1.0, 0.5), polish=polish).plan(STATE)
    assert bool((plan.chunk[..., 1] >= 0.5).all())


def test_the_plan_names_the_step_at_which_a_limit_binds():
    goal = Objective({}, {"start": Limit(Beyond(), at_most=0.0)})  # the first step is the worst one of a retreat
    plan = make(goal=goal, low=(-1.0, 0.0), high=(-1.0, 0.0)).plan(STATE)
    assert plan.binding["start"].tolist() == [0]


def test_proposals_get_their_shares_and_the_others_what_is_left_of_half():
    class Many:
        def propose(self, state, belief, n, noise):
            self.asked = n
            return belief.mean[:, None].expand(-1, n, -1, -1)

    first, second, third = Many(), Many(), Many()
    make(candidates=100, proposals=(Share(first, 0.2), second, third)).plan(STATE)
    assert (first.asked, second.asked, third.asked) == (20, 30, 0)
    make(candidates=100, proposals=(Share(first, 0.7), second)).plan(STATE)
    assert (first.asked, second.asked) == (70, 0)
    with pytest.raises(ValueError, match=r"the shares of the proposals add up to 1.2; they must not exceed 1"):
        make(proposals=(Share(first, 0.6), Share(second, 0.6)))
    with pytest.raises(ValueError, match=r"the share of Many is 0; it must lie in \(0, 1\]"):
        Share(first, 0)


def test_a_proposal_of_another_shape_is_refused():
    class Short:
        def propose(self, state, belief, n, noise):
            return belief.mean[:, None, :3]

    with pytest.raises(ValueError, match=r"Short must propose chunks of shape \(B, n, T, A\) = \(1, n, 10, 2\)"):
        make(proposals=(Short(),)).plan(STATE)


def test_planning_twice_with_a_trainable_model_keeps_no_graph():
    planner = make()
    state = STATE.clone().requires_grad_()
    assert not planner.plan(state).cost.requires_grad


def test_what_a_plan_returns_can_be_differentiated_through():
    planner = make()
    plan = planner.plan(STATE)
    chunk = plan.chunk.requires_grad_()
    scene = planner.model.imagine(STATE, chunk[:, None], planner.needs)
    planner.objective(scene, chunk[:, None]).cost.sum().backward()
    assert bool(chunk.grad.any()) and not plan.belief.best.is_inference()


def test_an_iteration_compiles_in_one_piece():
    cup = {"reach": Weighted(Distance("gripper.position", "cup.position"), 1.0)}
    goal = Objective(cup, {"upright": Limit(Tilt("bowl"), at_most=10.0)}, limit_risk=Worst())
    planner = Planner(RailModel(), goal, CEM(), horizon=3)
    state = torch.tensor([[0.2, 0.1, 0.08, 0.5, 0.04, 0.0, 0.7, 0.0]])
    whole = torch.compile(planner._imagine_and_score, backend="eager", fullgraph=True)
    actions = torch.rand(1, 5, 3, 3) * 2 - 1
    one, two = whole(state, actions), planner._imagine_and_score(state, actions)
    torch.testing.assert_close((one.cost, one.violation, one.binding), (two.cost, two.violation, two.binding))


def test_the_best_chunks_of_an_iteration_compete_again_in_the_next():
    class Recalling(Point):
        def imagine(self, state, chunks, names):
            self.seen = [*getattr(self, "seen", []), chunks[0]]
            return super().imagine(state, chunks, names)

    for keep, again in ((0, 0), (8, 8), (999, 64)):
        planner = Planner(Recalling(), objective(wall=None), CEM(), candidates=128, iterations=2, keep=keep)
        planner.plan(STATE)
        first, second = (chunks.flatten(1) for chunks in planner.model.seen[:2])
        assert len(first) == len(second) == 128
        assert int((second[:, None] == first[None]).all(dim=-1).any(dim=1).sum()) == again
