"""Every shift has an experiment, which is the red cup but for the shift and the methods."""

import pytest

from foresee.envs.shift import SHIFTS
from foresee.planner import build

CHANGES = {**{name: {"shift": [name]} for name in SHIFTS}, "distractor": {"distractors": 1}}


@pytest.mark.parametrize("name", CHANGES)
def test_a_shifts_experiment_is_the_red_cups_but_for_the_shift(name):
    usual, shifted = build.load("red_cup"), build.load(f"shift/{name}")
    assert {key for key in {*usual, *shifted} if usual.get(key) != shifted.get(key)} == {"env", "methods"}
    assert shifted.env == {**usual.env, **CHANGES[name]}
    env = build.environment(shifted)
    assert (env.shift, env.wishes.distractors) == (((name,), 0) if name in SHIFTS else ((), 1))
    env.close()


def test_a_shift_is_an_override_of_the_red_cup_too():
    assert build.load("red_cup", ["env.shift=[size, camera]"]).env.shift == ["size", "camera"]
