"""Planning while acting, on the rail, whose model is exact."""

import numpy as np
import pytest
import torch

from foresee import configs
from foresee.costs.distance import Distance
from foresee.costs.objective import Limit, Objective, Weighted
from foresee.costs.tilt import Tilt
from foresee.envs.rail import Rail
from foresee.planner import build
from foresee.planner.basis import Knots
from foresee.planner.cem import CEM
from foresee.planner.control import Controller
from foresee.planner.delay import beginning, steps_of
from foresee.planner.methods import method_named
from foresee.planner.monitor import Monitor
from foresee.planner.plan import Planner
from foresee.planner.polish import Adam
from foresee.planner.proposal import LastPlan, Primitives
from foresee.planner.refine import SLSQP
from foresee.worldmodel.analytic import RailModel

REACH = {"reach": Weighted(Distance("gripper.position", "cup.position"), 1.0)}


class Noting(RailModel):
    """Keeps every chunk that it was asked to imagine."""

    def __init__(self):
        self.chunks = []

    def imagine(self, state, chunks, names):
        self.chunks.append(chunks.detach().clone())
        return super().imagine(state, chunks, names)


def planner_of(model=None, **options):
    aim = Objective(REACH, {"upright": Limit(Tilt("bowl"), at_most=5.0)})
    return Planner(model or RailModel(), aim, CEM(elites=8), candidates=32, iterations=2, **options)


def drive(controller, steps, moved=None):
    """Act for some steps; from step `moved` on, the cup is seen behind the gripper."""
    env = Rail(size=8)
    obs, info = env.reset(seed=1, options={"layout": "roomy"})
    controller.reset(obs, 1)
    executed, actions, scenes = None, [], [info["scene"]]
    for step in range(steps):
        seen = obs["proprio"].copy()
        seen[3] -= 0.4 if moved is not None and step >= moved else 0.0
        actions.append(controller.act({**obs, "proprio": seen}, executed))
        obs, *_, info = env.step(actions[-1])
        executed = info["executed"]
        scenes.append(info["scene"])
    return np.stack(actions), scenes


@pytest.mark.parametrize(
    "options",
    [
        {"polish": Adam(steps=2)},
        {"polish": SLSQP(steps=2, top=1)},
        {"basis": Knots(4)},
        {"proposals": (LastPlan(), Primitives()), "keep": 4},
        {"low": -0.5, "high": 0.5},
    ],
)
def test_every_chunk_begins_bit_by_bit_with_what_is_committed(options):
    begin = torch.rand(3, 3, generator=torch.Generator().manual_seed(0)) - 0.5
    model = Noting()
    planner = planner_of(model, **options)
    state = torch.as_tensor(Rail(size=8).reset(seed=0)[0]["proprio"])[None]
    plan = beginning(planner, begin).plan(state)
    assert torch.equal(plan.chunk[0, :3], begin) and plan.chunk[0, 3:].any()
    assert all(torch.equal(chunks[..., :3, :], begin.expand(*chunks.shape[:2], 3, 3)) for chunks in model.chunks)
    assert not torch.equal(planner.plan(state).chunk[0, :3], begin)  # the planner itself stays as it is


@pytest.mark.parametrize(("delay", "execute"), [(0, 1), (1, 1), (2, 1), (2, 2)])
def test_an_action_depends_on_nothing_that_is_seen_after_its_plan_began(delay, execute):
    steps, moved = 8, 4  # a plan begins at step 4
    usual, _ = drive(Controller(planner_of(), execute, delay=delay), steps)
    other, _ = drive(Controller(planner_of(), execute, delay=delay), steps, moved)
    np.testing.assert_array_equal(usual[: moved + delay], other[: moved + delay])
    assert (usual[moved + delay] != other[moved + delay]).any()
    assert not usual[:delay].any() and usual[delay].any()  # nothing was planned before


def test_without_a_delay_nothing_is_fixed():
    planner = planner_of()
    assert beginning(planner, torch.zeros(0, 3)) is planner


@pytest.mark.parametrize(("delay", "execute"), [(2, 3), (3, 1), (1, "adaptive")])
def test_what_a_late_plan_imagined_is_what_happens_where_the_model_is_exact(delay, execute):
    controller = Controller(planner_of(), execute, delay=delay, monitor=Monitor({"position": 1e-4}, "stop"))
    actions, _ = drive(controller, 7)  # the monitor would stop at the first surprise
    assert set(controller.surprise) == {"position", "up", "disagreement"}
    again, _ = drive(Controller(planner_of(), execute, delay=delay), 7)
    np.testing.assert_array_equal(actions, again)
    whole = Controller(planner_of(), 10 - delay, delay=delay)
    _, scenes = drive(whole, 10 - delay)
    imagined = whole.imagined["gripper.position"][0, 0, 0, : 10 - delay]
    np.testing.assert_allclose(imagined, [scene["gripper.position"] for scene in scenes[1:]], atol=1e-5)


@pytest.mark.parametrize("delay", [1, 2])
def test_the_cup_is_lifted_with_a_delay_too(delay):
    config = build.load("rail", ["control.execute=2", f"control.latency={0.2 * delay - 0.05}", "films=0"])
    env = build.environment(config)
    method = method_named("planner", config, env)
    assert method.controller.delay == delay  # at 5 actions a second
    obs, info = env.reset(seed=2_000_000, options={"layout": "roomy"})
    method.reset(obs, info, env)
    over = False
    while not over:
        obs, _, done, late, info = env.step(method.act(obs, info))
        over = done or late
    assert info["success"]
    assert [dream.step for dream in method.dreams[:3]] == [0, 2, 4]


class Slipping(RailModel):
    """Reads the cup 5 cm beside the place it imagined, from the fourth look on."""

    def __init__(self):
        self.looks = 0

    def encode(self, context):
        self.looks += 1
        return super().encode(context)

    def read(self, state, names):
        aside = torch.tensor([0.0, 0.05 * (self.looks >= 4), 0.0])
        return {n: value + aside if n == "cup.position" else value for n, value in super().read(state, names).items()}


def test_an_alarm_lets_the_robot_stand_still_until_a_new_plan_is_ready():
    held, _ = drive(Controller(planner_of(Slipping()), 1, delay=2, monitor=Monitor({"position": 0.02}, "hold")), 7)
    assert [bool(action.any()) for action in held] == [False, False, True, False, False, False, True]
    usual, _ = drive(Controller(planner_of(Slipping()), 3, delay=2, monitor=Monitor()), 8)
    again, _ = drive(Controller(planner_of(Slipping()), 3, delay=2, monitor=Monitor({"position": 0.02})), 8)
    np.testing.assert_array_equal(usual[:7], again[:7])  # it is alarmed at step 5, when two more are committed
    assert (usual[7] != again[7]).any()


def test_where_nothing_is_feasible_the_last_plan_goes_on_behind_what_is_committed():
    controller = Controller(planner_of(), 2, ("last", "hold"), delay=1)
    drive(controller, 3)
    chunk = controller.plan.chunk[0].numpy()  # the first of its actions is executed
    controller.planner.objective.subject_to["upright"] = Limit(Tilt("bowl"), at_most=-1.0)
    obs = Rail(size=8).reset(seed=1)[0]
    found = [controller.act(obs, np.zeros(3, np.float32)) for _ in range(4)]
    np.testing.assert_array_equal(found, chunk[1:5])
    assert controller.plan.status == ("infeasible: last",)


@pytest.mark.parametrize(
    ("latency", "rate", "steps"), [(0.0, 5.0, 0), (0.2, 5.0, 1), (0.25, 10.0, 3), (0.7, 10.0, 7), (1e-3, 5.0, 1)]
)
def test_a_latency_is_as_many_steps_as_begin_in_it(latency, rate, steps):
    assert steps_of(latency, rate) == steps


def test_delays_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match=r"delay is 10; it must lie in 0\.\.9, below the planner's horizon"):
        Controller(planner_of(), delay=10)
    with pytest.raises(ValueError, match=r"execute is 9; it must lie in 1\.\.8, the planner's horizon less the delay"):
        Controller(planner_of(), 9, delay=2)
    with pytest.raises(ValueError, match=r"'control\.latency' is at least 0, got -1"):
        steps_of(-1, 5.0)
    config = build.load("rail", ["control.delay=1", "control.latency=0.2"])
    with pytest.raises(configs.ConfigError, match="a delay in steps and a latency in seconds; give one of them"):
        build.controller(config, planner_of(), Rail(size=8))
