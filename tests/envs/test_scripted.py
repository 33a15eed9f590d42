"""The scripted expert reaches goals of the language, decides from what it sees, and refuses what this arm cannot do."""

import numpy as np
import pytest

from foresee.configs.build import build
from foresee.envs.action import ActionMap
from foresee.envs.scripted import Scripted
from foresee.envs.tabletop import Tabletop

CUP, TRAY = "red_cup", "blue_tray"


def act(env: Tabletop, goals, seed: int, steps: int = 50, restraints=(), shove=None):
    """Let the expert act; return every scene, and every action."""
    _, info = env.reset(seed=seed)
    expert = Scripted(env.actions, goals, restraints)
    expert.reset(info["scene"])
    scenes, actions = [info["scene"]], []
    for step in range(steps):
        action = expert(info["scene"]) if shove is None else shove(step, expert(info["scene"]))
        *_, info = env.step(action)
        scenes.append(info["scene"])
        actions.append(action)
    return scenes, np.array(actions)


@pytest.fixture(scope="module")
def pair():
    env = Tabletop(objects=[CUP, TRAY], cameras=(), steps=100)
    yield env
    env.close()


@pytest.fixture(scope="module")
def bowl():
    env = Tabletop(objects=["green_bowl"], cameras=(), steps=100, regions={"green_bowl": [0.5, 0.0, 0.5, 0.0]})
    yield env
    env.close()


def rests(scene, name: str) -> bool:
    return scene[f"{name}.held"] < 0.5 and scene[f"{name}.up"][2] > 0.95


@pytest.mark.parametrize("seed", [3, 4])
def test_it_picks_up(pair, seed):
    scenes, _ = act(pair, [{"verb": "pick", "object": CUP}], seed, 30)
    assert scenes[-1][f"{CUP}.held"] > 0.5
    assert scenes[-1][f"{CUP}.position"][2] > 0.2


@pytest.mark.parametrize("relation, within", [("in", 0.03), ("right_of", 0.17)])
def test_it_puts_down_and_lets_go(pair, relation, within):
    scenes, _ = act(pair, [{"verb": "place", "object": CUP, "relation": relation, "of": TRAY}], 3)
    off = scenes[-1][f"{CUP}.position"] - scenes[-1][f"{TRAY}.position"]
    assert rests(scenes[-1], CUP)
    assert np.hypot(*off[:2]) < within
    assert relation == "in" or off[1] < -0.1


def test_a_bowl_is_pulled_from_inside_and_does_not_tip(bowl):
    scenes, _ = act(bowl, [{"verb": "push", "object": "green_bowl", "direction": "left", "distance": 0.12}], 2)
    moved = scenes[-1]["green_bowl.position"] - scenes[0]["green_bowl.position"]
    assert moved[1] == pytest.approx(0.12, abs=0.025)
    assert abs(moved[0]) < 0.02
    assert min(scene["green_bowl.up"][2] for scene in scenes) > 0.97


def test_a_cup_is_pushed_or_carried_if_it_must_stay_upright(pair):
    goal = [{"verb": "push", "object": CUP, "direction": "forward", "distance": 0.06}]
    pushed, _ = act(pair, goal, 3)
    carried, _ = act(pair, goal, 3, restraints=[{"kind": "upright", "objects": [CUP], "degrees": 5.0}])
    for scenes in (pushed, carried):
        assert rests(scenes[-1], CUP)
        assert scenes[-1][f"{CUP}.position"][0] - scenes[0][f"{CUP}.position"][0] == pytest.approx(0.06, abs=0.02)
    assert min(s[f"{CUP}.up"][2] for s in carried) > min(s[f"{CUP}.up"][2] for s in pushed)


def test_goals_come_in_order(pair):
    goals = [{"verb": "touch", "object": TRAY}, {"verb": "pick", "object": CUP}]
    scenes, _ = act(pair, goals, 4, 60)
    touched = [step for step, scene in enumerate(scenes) if scene[f"contact.gripper.{TRAY}"] > 0.5]
    held = [step for step, scene in enumerate(scenes) if scene[f"{CUP}.held"] > 0.5]
    assert touched and held and touched[0] < held[0]


def test_a_cleared_region_is_empty(pair):
    scenes, _ = act(pair, [{"verb": "clear", "region": "left"}], 4, 80)
    assert all(scenes[-1][f"{name}.position"][1] < 0.0 for name in (CUP, TRAY))


def test_it_recovers_when_the_fingers_open_on_the_way(pair):
    def disturb(step, action):
        return np.array([*action[:-1], 1.0]) if 9 <= step < 13 else action

    scenes, _ = act(pair, [{"verb": "pick", "object": CUP}], 3, 50, shove=disturb)
    assert scenes[-1][f"{CUP}.held"] > 0.5


def test_slow_is_slower(pair):
    goal = [{"verb": "pick", "object": CUP}]
    _, quick = act(pair, goal, 3, 8)
    _, slow = act(pair, goal, 3, 8, restraints=[{"kind": "pace", "pace": "slow"}])
    assert np.abs(slow[:, :3]).max() <= 0.5 < np.abs(quick[:, :3]).max()


def test_it_does_the_same_twice(pair):
    goal = [{"verb": "place", "object": CUP, "relation": "next_to", "of": TRAY}]
    np.testing.assert_array_equal(act(pair, goal, 5, 25)[1], act(pair, goal, 5, 25)[1])


def test_a_second_episode_knows_nothing_of_the_first(pair):
    goal = [{"verb": "move", "object": CUP, "direction": "left"}]
    _, info = pair.reset(seed=3)
    expert = Scripted(pair.actions, goal)
    expert.reset(info["scene"])
    first = expert(info["scene"])
    _, other = pair.reset(seed=4)
    expert.reset(other["scene"])
    expert(other["scene"])
    expert.reset(info["scene"])
    np.testing.assert_array_equal(expert(info["scene"]), first)


def test_a_config_builds_it():
    node = {"_target_": "envs.scripted.Scripted", "goals": [{"verb": "pick", "object": CUP}]}
    assert isinstance(build(node, env=None, actions=ActionMap()), Scripted)


@pytest.mark.parametrize(
    "goal, said",
    [
        ({"verb": "tilt", "object": CUP}, "cannot tilt anything"),
        ({"verb": "pick", "object": "red_bowl"}, "cannot lift 'red_bowl'"),
        ({"verb": "place", "object": TRAY, "relation": "on", "of": CUP}, "cannot lift 'blue_tray'"),
        ({"verb": "place", "object": CUP, "relation": "on", "of": "red_bottle"}, "nothing stands on 'red_bottle'"),
        ({"verb": "juggle", "object": CUP}, "does not know the verb 'juggle'"),
        ({"verb": "pick", "objekt": CUP}, "cannot read the goal"),
    ],
)
def test_it_refuses_what_it_cannot_do(goal, said):
    with pytest.raises(ValueError, match=said):
        Scripted(ActionMap(), [goal])


def test_it_refuses_no_goal_and_an_object_that_is_not_there(pair):
    with pytest.raises(ValueError, match="at least one goal"):
        Scripted(ActionMap(), [])
    _, info = pair.reset(seed=0)
    with pytest.raises(LookupError, match="sees no 'red_block'"):
        Scripted(pair.actions, [{"verb": "pick", "object": "red_block"}]).reset(info["scene"])
