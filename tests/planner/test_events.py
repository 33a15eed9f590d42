import numpy as np

from foresee.planner.events import events, rows
from foresee.planner.fidelity import Pair

UP = np.array([0.0, 0.0, 1.0])
STEPS = 10


def leaning(degrees: float) -> np.ndarray:
    """Up axis of a thing that leans from step 5 on."""
    up, angle = np.tile(UP, (STEPS, 1)), np.radians(degrees)
    up[5:] = np.sin(angle), 0.0, np.cos(angle)
    return up


def pair(lean: float = 20.0, late: int = 0) -> Pair:
    """A cup that is touched from step 2 on and leans by 20 degrees from step 5 on, as somebody imagines it."""
    touch = (np.arange(STEPS) >= 2).astype(float)
    now = {"cup.up": UP, "contact.gripper.cup": np.array(0.0), "cup.held": np.array(0.0)}
    real = {"cup.up": leaning(20.0), "contact.gripper.cup": touch, "cup.held": np.zeros(STEPS)}
    heard = np.concatenate([np.zeros(late), touch])[:STEPS]
    return Pair(now, now, {**real, "cup.up": leaning(lean), "contact.gripper.cup": heard}, real, {})


def test_an_onset_may_be_one_step_late_but_not_two():
    f1 = [events([pair(late=late)] * 3)["contact onset"]["f1"] for late in (0, 1, 2)]
    assert f1 == [1.0, 1.0, 0.0]


def test_tips_are_counted_where_a_thing_stood():
    tip = events([pair(), pair(lean=10.0)])["tip"]
    assert (tip["recall"]["k"], tip["recall"]["n"], tip["precision"]["rate"]) == (1, 2, 1.0)
    fallen = pair()
    fallen = fallen._replace(now={**fallen.now, "cup.up": np.array([1.0, 0.0, 0.0])})
    assert events([fallen])["tip"]["n"] == 0


def test_the_table_says_how_surely():
    head, lines = rows(events([pair(), pair(lean=10.0)]))
    assert all(len(line) == len(head) for line in lines)
    tip, onset, held = lines
    assert tip[2] == "0.500 [0.09, 0.91] (1 of 2)" and tip[5] == "0.667"  # Wilson's interval of one of two
    assert held[2] == held[5] == "–"  # nothing was held, nobody said so
    assert onset[1] == onset[4] == "–" and onset[2].endswith("(2 of 2)")  # nobody counts how often no contact begins
    assert held[4] == "1.000 [0.34, 1.00] (20 of 20)"  # two chunks, and not twenty trials
    assert rows(events([pair(late=2)]))[1][1][5] == "0.000"
