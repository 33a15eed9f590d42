"""Quantities as they were when the episode began, and are when the chunk begins, reach the costs."""

import numpy as np
import pytest
import torch

from foresee.costs import Clearance, Displacement, Distance, Limit, Objective, PathLength, Speed, Tilt, Weighted
from foresee.costs.objective import UnknownQuantityError
from foresee.envs.rail import Rail
from foresee.planner.anchors import anchored, imagined, read_at, spread
from foresee.planner.cem import CEM
from foresee.planner.control import Controller
from foresee.planner.episode import Dream, Judge, Recording
from foresee.planner.methods import Planned
from foresee.planner.plan import Planner
from foresee.planner.polish import Adam
from foresee.worldmodel.analytic import RailModel
from foresee.worldmodel.interface import Context, Reads

STATE = torch.tensor([[0.25, 0.2, 0.08, 0.55, 0.04, 0.0, 0.7, 0.0], [0.3, 0.1, 0.08, 0.5, 0.04, 0.0, 0.65, 0.1]])
"""Two scenes of the rail. Shape (B, 8)."""
HAND = "gripper.position"
STAY = Objective(
    {"stay": Weighted(Displacement(HAND), 1.0), "reach": Weighted(Distance(HAND, "cup.position"), 0.1)},
    {"slow": Limit(Speed(HAND), at_most=0.1)},
)


class Blind:
    """A rail whose present cannot be read."""

    action_dim = 3

    def __init__(self):
        self.rail = RailModel()
        self.quantities, self.encode, self.imagine = self.rail.quantities, self.rail.encode, self.rail.imagine


def make(objective=STAY, **options) -> Planner:
    return Planner(RailModel(), objective, CEM(), candidates=64, iterations=3, **options)


def test_names_are_split_into_what_is_imagined_and_what_is_read():
    known, names = RailModel().quantities, ("clearance.bowl.gripper", HAND, f"{HAND}@now", "cup.position@start")
    assert imagined(names, known) == ("clearance.gripper.bowl", HAND)
    assert read_at("now", names, known) == (HAND,) and read_at("start", names, known) == ("cup.position",)


def test_the_present_is_read_off_the_state_and_the_start_is_given_or_now():
    model = RailModel()
    assert isinstance(model, Reads)
    found = anchored(model, STATE, (HAND, f"{HAND}@now", f"{HAND}@start", "clearance.bowl.gripper@now"))
    assert list(found) == [f"{HAND}@now", f"{HAND}@start", "clearance.bowl.gripper@now"]
    assert torch.equal(found[f"{HAND}@now"], found[f"{HAND}@start"]) and found[f"{HAND}@now"].shape == (2, 3)
    given = {HAND: torch.zeros(2, 3)}
    assert not anchored(model, STATE, (f"{HAND}@start",), given)[f"{HAND}@start"].any()
    with pytest.raises(LookupError, match=r"'start' lacks \['cup.position'\], which costs read at the start; it has"):
        anchored(model, STATE, ("cup.position@start",), given)


def test_an_anchor_is_spread_over_futures_candidates_and_steps_without_a_copy():
    value = torch.rand(2, 3)
    wide = spread({"x@now": value}, (4, 2, 5, 6))["x@now"]
    assert wide.shape == (4, 2, 5, 6, 3) and wide.data_ptr() == value.data_ptr()
    assert torch.equal(wide[3, :, 4, 5], value)


def test_a_plan_keeps_a_speed_limit_that_counts_from_the_present():
    planner = make()
    plan = planner.plan(STATE, planner.start(2))
    assert plan.status == ("feasible", "feasible")
    scene = planner.imagine_plan(STATE, plan.chunk)
    assert set(scene) == set(STAY.needs) and scene[f"{HAND}@now"].shape == (1, 2, 1, 10, 3)
    assert bool((Speed(HAND)(scene, plan.chunk[:, None]) <= 0.1 + 1e-6).all())
    torch.testing.assert_close(STAY(scene, plan.chunk[:, None]).cost[:, 0], plan.cost)


def test_another_start_changes_what_a_chunk_costs_and_nothing_else():
    planner, elsewhere = make(), {HAND: torch.tensor([[0.5, 0.0, 0.2], [0.3, 0.0, 0.1]])}
    here, there = (planner.plan(STATE, planner.start(2), start=start) for start in (None, elsewhere))
    assert here.costs["stay"][0] < there.costs["stay"][0]
    assert torch.equal(here.chunk[1], there.chunk[1])  # the second scene began where it is


def test_gradients_pass_by_what_is_read():
    plan = make(polish=Adam(3), at_once=20).plan(STATE[:1])
    assert plan.status == ("feasible",)


def test_a_pair_may_be_named_in_either_order():
    one, other = (
        make(Objective({}, {"free": Limit(Clearance(*pair, keep=0.3), at_most=0.0)})).plan(STATE[:1])
        for pair in (("gripper", "bowl"), ("bowl", "gripper"))
    )
    assert torch.equal(one.chunk, other.chunk) and torch.equal(one.excesses["free"], other.excesses["free"])


def test_a_model_whose_present_cannot_be_read_is_refused():
    with pytest.raises(ValueError) as error:
        Planner(Blind(), STAY, CEM())
    assert str(error.value) == (
        "the costs read ['gripper.position@now', 'gripper.position@start'], but the world model Blind has no method "
        "'read(state, names)' that says how a scene is; choose another model or other costs."
    )
    with pytest.raises(UnknownQuantityError, match=r"'stay' needs 'hand@start', which the world model does not know"):
        make(Objective({"stay": Weighted(Distance(HAND, "hand@start"), 1.0)}))


def test_the_controller_remembers_the_first_state_of_the_episode():
    controller, env = Controller(make()), Rail(size=8)
    for seed in (0, 1):  # and forgets it at a reset
        obs, info = env.reset(seed=seed)
        controller.reset(obs)
        first, executed = info["scene"][HAND], None
        for _ in range(5):
            obs, *_, info = env.step(controller.act(obs, executed))
            executed = info["executed"]
        assert controller.plan is not None
        scene = controller.imagine((f"{HAND}@start", f"{HAND}@now", "cup.position@start"))
        np.testing.assert_allclose(scene[f"{HAND}@start"][0, 0, 0, 4], first, atol=1e-6)
        assert not torch.equal(scene[f"{HAND}@start"], scene[f"{HAND}@now"])
        assert scene["cup.position@start"].shape == (1, 1, 1, 10, 3)


def test_dreams_hold_what_the_judge_reads_and_what_nobody_can_read_is_left_out():
    names = (f"{HAND}@now", HAND, "clearance.bowl.gripper", "mood@now")
    env, method = Rail(size=8), Planned(Controller(make()), names)
    obs, info = env.reset(seed=0)
    method.reset(obs, info, env)
    method.act(obs, info)
    assert set(method.dreams[0].scene) == set(names[:3])
    assert method.dreams[0].scene[f"{HAND}@now"].shape == (1, 10, 3)
    assert Planned(
        Controller(Planner(Blind(), Objective({"up": Weighted(Tilt("bowl"), 1.0)}), CEM())), names
    ).names == (
        HAND,
        "clearance.bowl.gripper",
    )


def moved(*places):
    """An episode in which the hand is at so many x after each action, from 0."""

    def scene(x):
        return {HAND: np.array([x, 0.0, 0.0], np.float32)}

    return Recording(
        scene(0.0), [], [np.zeros(2, np.float32) for _ in places], [scene(x) for x in places], [{} for _ in places]
    )


def test_a_recording_is_judged_from_its_start():
    judge = Judge({}, {"stay": Limit(Displacement(HAND), 0.2), "way": Limit(PathLength(HAND), 0.2)})
    excess = judge.excess(moved(0.1, 0.3, 0.0))
    assert excess == pytest.approx({"stay": 0.1, "way": 0.4})
    assert Judge({}, {"back": Limit(Displacement(HAND), 0.2, over="end")}).excess(
        moved(0.1, 0.3, 0.0)
    ) == pytest.approx({"back": -0.2})


def test_the_gap_compares_speeds_from_where_each_plan_began():
    def dream(step, now, *places):
        path = torch.tensor([[x, 0.0, 0.0] for x in places])[None]
        scene = {HAND: path, f"{HAND}@now": torch.tensor([now, 0.0, 0.0]).expand(1, len(places), 3)}
        return Dream(step, torch.zeros(len(places), 2), scene, True, 1.0)

    judge = Judge({"speed": Speed(HAND, fps=1.0)}, {})
    recording = moved(0.1, 0.2, 0.4, 0.6)
    assert judge.gaps([dream(0, 0.0, 0.1, 0.2), dream(2, 0.2, 0.4, 0.6)], recording)["speed"]["absolute"] < 1e-6
    gap = judge.gaps([dream(0, 0.0, 0.1, 0.2), dream(2, 0.1, 0.4, 0.6)], recording)["speed"]
    assert gap["mean"] == pytest.approx(0.1 / 4, abs=1e-6) and gap["steps"] == 4


def test_reading_the_rail_is_what_its_scene_says():
    obs, info = Rail(size=8).reset(seed=3)
    model = RailModel()
    context = Context(torch.zeros(1, 1, 3, 8, 8), torch.as_tensor(obs["proprio"])[None, None], torch.zeros(1, 0, 3))
    for name, value in model.read(model.encode(context), model.quantities).items():
        np.testing.assert_allclose(value[0], info["scene"][name], atol=1e-6)
