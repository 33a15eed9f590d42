"""Limits that are broken before anything moves, on scenes that say where a cup stands."""

import numpy as np
import pytest

from foresee.costs import Clearance, Contact, GoalImage, Height, Limit, Objective, Weighted
from foresee.planner.begin import NowhereError, check_start, notes
from foresee.planner.scenes import Scene

PLACES = [Scene(i, i, None) for i in range(4)]
AIM = Objective(
    {},
    {
        "low": Limit(Height("cup.position", 0.0), at_most=0.1),
        "free": Limit(Clearance("bowl", "cup", keep=0.05), at_most=0.0),
        "later": Limit(Height("cup.position", 0.0), at_most=0.0, over="end"),
        "unread": Limit(Contact("cup", "bowl"), at_most=0.5),
    },
)


class Shelf:
    """The cup of seed i stands at `heights[i]`."""

    def __init__(self, *heights):
        self.heights, self.resets = heights, 0

    def reset(self, seed, options):
        self.resets += 1
        place = np.array([0.0, 0.0, self.heights[seed]], np.float32)
        return {}, {"scene": {"cup.position": place, "clearance.cup.bowl": np.float32(0.2)}}


def test_the_first_scene_is_told_of_and_one_that_holds_is_enough():
    env, told = Shelf(0.3, 0.2, 0.05, 0.3), []
    check_start(AIM, env, PLACES, told.append)
    assert told == ["In the first scene, 'low' does not hold at the start: 0.3 m, 0.2 more than allowed."]
    assert env.resets == 3
    assert notes(AIM, env, PLACES[1]) == ["'low' does not hold at the start: 0.2 m, 0.1 more than allowed."]


def test_what_holds_in_the_first_scene_needs_no_other():
    env, told = Shelf(0.0), []
    check_start(AIM, env, PLACES, told.append)
    assert env.resets == 1 and told == []


def test_a_limit_that_every_scene_breaks_is_refused_with_the_least_excess():
    with pytest.raises(NowhereError) as refused:
        check_start(AIM, Shelf(0.3, 0.2, 0.4, 0.3), PLACES, lambda sentence: None)
    assert str(refused.value) == (
        "'low' holds nowhere at the start: every scene (4) breaks it, by 0.1 m at least; allow more, or say with "
        "'over: end' that only the end counts."
    )


def test_without_limits_that_can_be_read_nothing_is_said():
    wishes = Objective({"low": Weighted(Height("cup.position", 0.0), 1.0)})
    seen = Objective({}, {"alike": Limit(GoalImage([0.0, 1.0]), 0.1)})
    check_start(wishes, Shelf(0.3), PLACES[:1], pytest.fail)
    check_start(seen, Shelf(0.3), PLACES[:1], pytest.fail)
