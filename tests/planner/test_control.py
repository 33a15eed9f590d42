"""Receding-horizon control, closed around the smallest world and its exact model."""

import numpy as np
import pytest
import torch

from foresee.costs.distance import Distance
from foresee.costs.height import Height
from foresee.costs.objective import Limit, Objective, Weighted
from foresee.costs.tilt import Tilt
from foresee.envs.rail import Rail
from foresee.planner.cem import CEM
from foresee.planner.control import Controller, Infeasible
from foresee.planner.plan import Planner
from foresee.planner.proposal import LastPlan
from foresee.worldmodel.analytic import RailModel

GOAL = {
    "reach": Weighted(Distance("gripper.position", "cup.position"), 1.0),
    "lift": Weighted(Height("cup.position", 0.25), 4.0),
}
LIMITS = {"upright": Limit(Tilt("bowl"), at_most=5.0)}
IMPOSSIBLE = {"wall": Limit(Distance("gripper.position", (0.5, 0.0, 3.0)), at_most=0.01)}


def make(limits=LIMITS, model=None, **options) -> Controller:
    planner = Planner(
        model or RailModel(), Objective(GOAL, limits), CEM(), candidates=64, iterations=3, proposals=(LastPlan(),)
    )
    return Controller(planner, **options)


def drive(controller, env, seed, layout, steps):
    obs, info = env.reset(seed=seed, options={"layout": layout})
    controller.reset(obs, seed)
    executed, scenes, actions = None, [info["scene"]], []
    for _ in range(steps):
        action = controller.act(obs, executed)
        obs, _, done, late, info = env.step(action)
        executed = info["executed"]
        scenes.append(info["scene"])
        actions.append(action)
        if done or late:
            break
    return info, scenes, actions


class Watching(RailModel):
    """Keeps three frames and every context it was shown."""

    context_frames = 3

    def __init__(self):
        self.contexts = []

    def encode(self, context):
        self.contexts.append(context)
        return super().encode(context)


def test_it_reaches_for_the_cup_over_the_bowl():
    _, scenes, _ = drive(make(), Rail(size=8), 0, "between", 14)
    gaps = [np.linalg.norm(s["gripper.position"] - s["cup.position"]) for s in scenes]
    assert min(gaps) < 0.5 * gaps[0]
    assert all(s["bowl.up"][2] >= np.cos(np.deg2rad(5.0)) - 1e-6 for s in scenes)


def test_what_was_imagined_is_what_happens_where_the_model_is_exact():
    controller, env = make(execute=10), Rail(size=8)
    _, scenes, _ = drive(controller, env, 1, "roomy", 10)
    imagined = controller.imagined["gripper.position"]
    assert imagined.shape == (1, 1, 1, 10, 3)
    real = np.stack([s["gripper.position"] for s in scenes[1:]])
    np.testing.assert_allclose(imagined[0, 0, 0], real, atol=1e-6)
    assert set(controller.imagine(["cup.held"])) == {"cup.held"}


def test_an_episode_repeats_itself_and_another_seed_differs():
    _, _, one = drive(make(), Rail(size=8), 0, "roomy", 6)
    controller = make()
    drive(controller, Rail(size=8), 3, "tight", 3)
    _, _, again = drive(controller, Rail(size=8), 0, "roomy", 6)  # nothing survives a reset
    np.testing.assert_array_equal(one, again)


def test_it_replans_after_as_many_actions_as_it_executes():
    model = Watching()
    drive(make(model=model, execute=3), Rail(size=8), 0, "roomy", 7)
    assert len(model.contexts) == 3


def test_the_next_plan_starts_from_the_rest_of_the_last():
    controller, env = make(execute=4), Rail(size=8)
    obs, _ = env.reset(seed=0)
    controller.reset(obs)
    starts = []
    search, planner = controller.planner.search, controller.planner

    class Starting(type(search)):
        def sample(self, belief, n, noise):
            starts.append(belief)
            return super().sample(belief, n, noise)

    planner.search, executed = Starting(), None
    for _ in range(5):
        before = controller.plan
        obs, *_, info = env.step(controller.act(obs, executed))
        executed = info["executed"]
    first = starts[planner.iterations]
    assert before is not None
    torch.testing.assert_close(first.mean[:, :6], before.belief.mean[:, 4:])
    assert not first.mean[:, 6:].any()


def test_the_context_holds_the_last_frames_and_the_actions_between_them():
    model, env = Watching(), Rail(size=8)
    _, _, actions = drive(make(model=model, execute=2), env, 0, "roomy", 6)
    first, _, last = model.contexts
    assert first.images.shape == (1, 3, 3, 8, 8) and first.images.dtype == torch.uint8
    assert bool((first.proprio == first.proprio[:, :1]).all()) and not first.actions.any()
    assert last.actions.shape == (1, 2, 3)
    np.testing.assert_array_equal(last.actions[0], actions[2:4])
    moved = (last.proprio[0, 1:, :2] - last.proprio[0, :-1, :2]) / 0.04
    np.testing.assert_allclose(moved, np.stack(actions[2:4])[:, :2], atol=1e-4)


def test_cameras_are_stacked_along_the_channels():
    obs = {"image": np.zeros((8, 8, 3), np.uint8), "image.side": np.full((8, 8, 3), 9, np.uint8)}
    obs["proprio"] = Rail(size=8).reset(seed=0)[0]["proprio"]
    controller = make(cameras=("front", "side"))
    controller.reset(obs)
    assert controller.context.images.float().mean(dim=(0, 1, 3, 4)).tolist() == [0, 0, 0, 9, 9, 9]


def test_a_missing_camera_is_refused():
    with pytest.raises(ValueError, match=r"looks at \['image', 'image.side'\], but the observation has only"):
        make(cameras=("front", "side")).reset(Rail(size=8).reset(seed=0)[0])


def test_stop_raises_with_the_plan():
    with pytest.raises(Infeasible, match=r"exceeds wall by .*; relax a limit") as caught:
        drive(make(IMPOSSIBLE, if_infeasible="stop"), Rail(size=8), 0, "roomy", 1)
    assert caught.value.plan.status == ("infeasible: stop",)


class Changing(RailModel):
    """Believes in an impossible place from the third look on."""

    def __init__(self):
        self.looks = 0

    def encode(self, context):
        self.looks += 1
        state = super().encode(context).clone()
        if self.looks > 2:
            state[:, 7] = 1.0  # the bowl has tipped, and nothing brings it back
        return state


def walk(**options):
    controller, env, statuses, actions = make(model=Changing(), **options), Rail(size=8), [], []
    obs, _ = env.reset(seed=0, options={"layout": "roomy"})
    controller.reset(obs)
    executed = None
    for _ in range(30):
        try:
            actions.append(controller.act(obs, executed))
        except Infeasible:
            return [*statuses, controller.plan.status[0]], actions, controller
        statuses.append(controller.plan.status[0])
        obs, *_, info = env.step(actions[-1])
        executed = info["executed"]
    return statuses, actions, controller


def test_the_ladder_is_the_last_feasible_plan_then_holding_then_stopping():
    statuses, actions, controller = walk(execute=1)
    tail = controller.planner.horizon - 1
    assert statuses == ["feasible"] * 2 + ["infeasible: last"] * tail + ["infeasible: hold"] * 5 + ["infeasible: stop"]
    assert not np.any(actions[-5:])


def test_a_backup_policy_comes_before_stopping():
    up = np.array([0.0, 1.0, 0.0], np.float32)
    statuses, actions, _ = walk(execute=1, if_infeasible=("hold", "backup", "stop"), backup=lambda obs: 3 * up)
    assert statuses[2:9] == ["infeasible: hold"] * 5 + ["infeasible: backup", "infeasible: hold"]
    assert actions[7].tolist() == up.tolist()


def test_a_budget_may_be_named():
    assert make(budget={"rollouts": 64}).budget.rollouts == 64 and make(budget=20).budget.milliseconds == 20
    with pytest.raises(ValueError, match="a budget has no 'rollout'; it is made of milliseconds, rollouts, iterations"):
        make(budget={"rollout": 64})


def test_hold_executes_nothing_and_looks_again_at_every_step():
    model = Watching()
    _, _, actions = drive(make(IMPOSSIBLE, model, if_infeasible="hold"), Rail(size=8), 0, "roomy", 3)
    assert not np.any(actions) and len(model.contexts) == 3


def test_continue_executes_the_least_violation():
    _, scenes, actions = drive(make(IMPOSSIBLE, if_infeasible="continue"), Rail(size=8), 0, "roomy", 4)
    assert np.abs(actions).max() > 0.5
    assert scenes[-1]["gripper.position"][2] >= scenes[0]["gripper.position"][2]  # the impossible goal is far above


def test_impossible_options_are_refused():
    with pytest.raises(ValueError, match=r"execute is 11; it must lie in 1..10"):
        make(execute=11)
    with pytest.raises(ValueError, match=r"std is 0; it must be above 0"):
        make(std=0)
    with pytest.raises(ValueError, match=r"if_infeasible is 'wait'; it must be one of \['last', 'hold', .*or several"):
        make(if_infeasible="wait")
    with pytest.raises(ValueError, match="call act"):
        _ = make().imagined
