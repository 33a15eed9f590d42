"""The smallest world keeps every promise of an environment, and the check of those promises can fail."""

import gymnasium
import numpy as np
import pytest

import foresee.envs  # noqa: F401  (registers the ids)
from foresee.envs.check import check_env
from foresee.envs.rail import BOWL_RADIUS, CUP_RADIUS, Rail


def make() -> Rail:
    return gymnasium.make("foresee/Rail-v0").unwrapped


def go(env, *actions):
    for action in actions:
        obs, reward, done, late, info = env.step(np.array(action, np.float32))
    return obs, reward, done, late, info


def fetch(env, info):
    """Let a little expert rise, go over the cup, sink, close and lift."""
    for over_cup, height, closing in ((0, 0.25, 0), (1, 0.25, 0), (1, 0.04, 0), (1, 0.04, -1), (1, 0.30, -1)):
        for _ in range(10):
            hand, cup = info["scene"]["gripper.position"], info["scene"]["cup.position"]
            *_, info = go(env, ((cup[0] - hand[0]) / 0.04 * over_cup, (height - hand[2]) / 0.04, closing))
            if info["success"]:
                return info
    return info


def test_the_rail_keeps_every_promise_without_a_warning():
    check_env(make())


@pytest.mark.parametrize("layout", ["roomy", "tight", "between"])
def test_an_expert_lifts_the_cup_without_touching_the_bowl(layout):
    env = Rail(steps=100)
    _, info = env.reset(seed=3, options={"layout": layout})
    assert info["factors"]["layout"] == layout
    info = fetch(env, info)
    assert info["success"] and info["is_success"]
    assert info["scene"]["bowl.up"][2] == 1.0


def test_success_needs_the_cup_and_not_only_the_gripper():
    env = Rail(steps=30)
    env.reset(seed=0)
    *_, late, info = go(env, *[(0, 1, -1)] * 30)
    assert late and not info["success"] and info["scene"]["cup.held"] == 0


def test_a_cup_that_is_let_go_falls():
    env = Rail(steps=100)
    _, info = env.reset(seed=3, options={"layout": "roomy"})
    info = fetch(env, info)
    assert info["scene"]["cup.position"][2] > 0.1
    *_, info = go(env, (0, 0, 1))
    assert info["scene"]["cup.held"] == 0
    assert info["scene"]["cup.position"][2] == pytest.approx(0.04)


def test_the_bowl_tips_when_it_is_touched_and_only_then():
    env = Rail()
    env.reset(seed=0, options={"layout": "between"})
    for _ in range(15):
        *_, info = go(env, (1, -1, 0))
        scene = info["scene"]
        assert (scene["clearance.gripper.bowl"] <= 0) == (scene["contact.gripper.bowl"] == 1)
        if scene["contact.gripper.bowl"]:
            break
        assert scene["bowl.up"][2] == 1.0
    *_, info = go(env, (1, -1, 0))
    assert info["scene"]["bowl.up"][2] < np.cos(np.deg2rad(15))


@pytest.mark.parametrize(("layout", "low", "high"), [("roomy", 0.04, 0.10), ("tight", 0.015, 0.04)])
def test_layouts_are_the_gaps_they_are_named_for(layout, low, high):
    env = Rail(size=8)
    for seed in range(20):
        scene = env.reset(seed=seed, options={"layout": layout})[1]["scene"]
        gap = abs(scene["bowl.position"][0] - scene["cup.position"][0]) - BOWL_RADIUS - CUP_RADIUS
        assert low - 1e-6 <= gap <= high + 1e-6


def test_a_factor_that_is_fixed_leaves_the_others_alone():
    env = Rail()
    free = env.reset(seed=5)[1]["factors"]
    fixed = env.reset(seed=5, options={"variation": ["pose", "layout"]})[1]["factors"]
    assert fixed["state"] == free["state"] and fixed["colours"] != free["colours"]


def test_actions_beyond_the_bounds_are_executed_at_the_bounds():
    env = Rail()
    env.reset(seed=0)
    *_, info = go(env, (9, -9, 0.5))
    assert info["executed"].tolist() == [1.0, -1.0, 0.5]


def test_a_picture_shows_where_the_cup_is():
    env = Rail(size=64)
    obs, info = env.reset(seed=1, options={"variation": []})
    red = (obs["image"][..., 0] > 150) & (obs["image"][..., 1] < 100)
    x = 0.2 + 0.7 * (np.nonzero(red)[1].mean() + 0.5) / 64
    assert x == pytest.approx(info["scene"]["cup.position"][0], abs=0.7 / 64)


def test_unknown_options_and_layouts_are_refused():
    with pytest.raises(ValueError, match="reset has no option 'lay'"):
        Rail().reset(seed=0, options={"lay": "tight"})
    with pytest.raises(ValueError, match="there is no layout 'wide'"):
        Rail(layouts=("wide",))


def test_what_is_felt_and_how_the_gripper_looks_leave_the_world_alone():
    usual, other = Rail(), Rail(feels="gripper", gripper=(0.9, 0.6, 0.1))
    for seed in range(3):
        (one, _), (two, _) = (env.reset(seed=seed) for env in (usual, other))
        for action in np.random.default_rng(seed).uniform(-1, 1, (5, 3)):
            assert np.array_equal(two["proprio"], one["proprio"][:3])
            differ = (one["image"] != two["image"]).any(-1)
            assert differ.any() and (np.ptp(one["image"][differ].astype(int), 1) < 20).all()  # what was grey
            (one, *_, told), (two, *_, seen) = (env.step(action) for env in (usual, other))
            assert all(np.array_equal(told["scene"][name], seen["scene"][name]) for name in usual.quantities)
    check_env(gymnasium.make("foresee/Rail-v0", feels="gripper", gripper=(0.9, 0.6, 0.1)).unwrapped)
    with pytest.raises(ValueError, match=r"cannot feel 'cup'; choose one of \['all', 'gripper'\]"):
        Rail(feels="cup")
    with pytest.raises(ValueError, match=r"gripper is .* three numbers from 0 to 1"):
        Rail(gripper=(0, 0, 2))


def test_behaviours_fetch_the_cup_now_and_then_and_fail_in_many_ways():
    happened = {"pick": set(), "wander": set()}
    for name, found in happened.items():
        for seed in range(12):
            env, before = Rail(steps=40), False
            obs, info = env.reset(seed=seed)
            act, done = env.behaviour(name, np.random.default_rng(seed)), False
            while not done:
                obs, _, over, late, info = env.step(act(obs, info))
                scene, done = info["scene"], over or late
                beside = np.abs(scene["gripper.position"] - scene["cup.position"]).max() < 0.05
                found |= {"success"} if info["success"] else set()
                found |= {"tipped"} if scene["bowl.up"][2] < 0.9 else set()
                found |= {"dropped"} if before and not scene["cup.held"] else set()
                found |= {"closed on air"} if scene["gripper.width"] < 0.05 and beside else set()
                before = scene["cup.held"]
    assert "success" in happened["pick"]
    assert {"tipped", "dropped", "closed on air"} <= happened["pick"] | happened["wander"]
    with pytest.raises(ValueError, match="no behaviour 'juggle'; it has pick, wander"):
        Rail().behaviour("juggle", np.random.default_rng(0))


class Forgetful(Rail):
    """Carries something from one episode to the next that shows from the second step on."""

    episodes = 0

    def _info(self):
        info = super()._info()
        self.episodes += self._steps == 0
        if self._steps >= 2:
            info["scene"]["gripper.width"] = np.array(self.episodes, np.float32)
        return info


class Silent(Rail):
    def _info(self):
        info = super()._info()
        del info["scene"]["cup.held"]
        return info


class Boastful(Rail):
    def step(self, action):
        *rest, info = super().step(action)
        return *rest, info | {"executed": np.asarray(action)}


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (Forgetful, "two episodes with seed 7 differ at step 2"),
        (Silent, r"only one has \['cup.held'\]"),
        (Boastful, r"executed action, shape \(3,\), in \[-1, 1\]"),
    ],
)
def test_the_check_says_which_promise_is_broken(kind, message):
    env = kind()
    env.spec = make().spec
    with pytest.raises(ValueError, match=message):
        check_env(env)
