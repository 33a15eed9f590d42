"""The red cup is the tabletop with two objects, and an end."""

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import foresee.envs  # noqa: F401  (registers the ids)
from foresee.envs import check
from foresee.envs.factors import LAYOUTS
from foresee.envs.red_cup import LIFTED, STEADY, RedCup
from foresee.envs.scripted import Scripted
from foresee.envs.tabletop import Tabletop

PICK = {"verb": "pick", "object": "red_cup"}
UPRIGHT = {"kind": "no_tip", "objects": ["blue_bowl"]}


@pytest.fixture(scope="module")
def env():
    world = RedCup(cameras=())
    yield world
    world.close()


def picked(env: RedCup, seed: int, layout: str) -> list[tuple]:
    """Let the scripted expert play; every answer of `step`."""
    _, info = env.reset(seed=seed, options={"layout": layout})
    expert = Scripted(env.actions, [PICK], [UPRIGHT])
    answers, end = [], False
    while not end:
        answers.append(env.step(expert(info["scene"])))
        *_, done, late, info = answers[-1]
        end = done or late
    return answers


def test_gymnasium_finds_nothing_to_complain_about():
    env = gymnasium.make("foresee/RedCup-v1", disable_env_checker=True)
    check_env(env.unwrapped)
    check.check_env(env.unwrapped)
    env.close()


def test_it_is_the_tabletop_but_for_its_end():
    own, plain = RedCup(size=16), Tabletop(objects=["red_cup", "blue_bowl"], size=16)
    for seed in range(3):
        seen = []
        for world in (own, plain):
            observation, info = world.reset(seed=seed)
            seen.append([*observation.values(), *info["scene"].values()])
            assert world.quantities.keys() == info["scene"].keys()
            for _ in range(3):
                observation, _, _, late, info = world.step(np.full(5, 0.3))
                seen[-1] += [*observation.values(), *info["scene"].values(), late]
        for one, other in zip(*seen, strict=True):
            np.testing.assert_array_equal(one, other)
    own.close()
    plain.close()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_scripted_expert_lifts_the_cup_and_leaves_the_bowl(env, layout):
    answers = picked(env, 11, layout)
    _, reward, done, _, info = answers[-1]
    assert done and reward == 1.0 and info["success"] and info["is_success"] and env.factors.layout == layout
    assert min(info["worst"]["blue_bowl.up"][2] for *_, info in answers) > np.cos(np.deg2rad(5.0))


def test_success_is_the_cup_held_high_for_steps_on_end(env):
    answers = picked(env, 4, "between")
    half = env.factors.shape("red_cup").height / 2
    high = [
        bool(info["scene"]["red_cup.held"] and info["scene"]["red_cup.position"][2] - half >= LIFTED)
        for *_, info in answers
    ]
    assert high[-STEADY:] == [True] * STEADY and not high[-STEADY - 1]
    assert [reward for _, reward, *_ in answers] == [0.0] * (len(answers) - 1) + [1.0]


def test_an_idle_hand_succeeds_at_nothing(env):
    _, info = env.reset(seed=11)
    assert info["success"] is False
    ends = [env.step(np.zeros(5))[1:4] for _ in range(env.steps)]
    assert not any(reward or done for reward, done, _ in ends)
    assert [late for *_, late in ends] == [False] * (env.steps - 1) + [True]


def test_an_endless_episode_goes_on_after_success_and_a_new_one_begins_without_it():
    env = RedCup(cameras=(), endless=True)
    answers = picked(env, 11, "roomy")
    assert len(answers) == env.steps and not any(done for _, _, done, *_ in answers)
    assert sum(reward for _, reward, *_ in answers) > 1
    assert env.reset(seed=1)[1]["success"] is False
    assert env.step(np.zeros(5))[1] == 0.0
    env.close()


def test_slots_have_no_names_and_success_is_the_same(env):
    slots = RedCup(cameras=(), slots=True)
    named = picked(env, 11, "tight")
    slots.reset(seed=11, options={"layout": "tight"})
    actions = env.done
    ends = [slots.step(action)[1:3] for action in actions]
    assert "red_cup.up" not in slots.quantities and "object0.who" in slots.quantities
    assert ends == [answer[1:3] for answer in named]
    slots.close()


def test_distractors_stand_there_and_are_the_others():
    env = RedCup(cameras=(), distractors=2)
    for seed in range(3):
        answers = picked(env, seed, "roomy")
        info = answers[-1][4]
        assert len(info["objects"]) == 4 and {"red_cup", "blue_bowl"} < {*info["objects"]}
        assert info["success"] and "others.up" in info["worst"]
    env.close()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"distractors": 3}, "2 objects and 3 distractors are too many"),
        ({"cameras": ["top"]}, r"has no camera 'top'; it has \['front', 'side'\]"),
        ({"layouts": ["messy"]}, "there is no layout 'messy'"),
        ({"variation": ["weather"]}, "there is no factor of variation 'weather'"),
        ({"shift": ["gravity"]}, "there is no shift 'gravity'"),
        ({"size": 50}, "must be a multiple of 16, not 50"),
    ],
)
def test_wrong_arguments_are_refused_with_what_is_right(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        RedCup(**arguments)
