import pytest

from foresee.costs.conformal import Calibration
from foresee.planner.coverage import coverage, rows

NAN = float("nan")


def test_a_chunk_is_covered_if_no_step_exceeds_its_margin():
    known = {"upright": Calibration((1.0, 2.0), tuple(float(i) for i in range(1, 20)))}  # margins of 19 and 38
    errors = [[19.0, 38.0], [19.1, 0.0], [0.0, 38.1], [5.0, NAN], [0.0, 0.0, 99.0]]
    found = coverage([{"upright": each, "other": [1e9]} for each in errors], known)
    assert found.keys() == {"upright"}
    assert (found["upright"]["k"], found["upright"]["n"], found["upright"]["confidence"]) == (3, 5, 0.95)
    assert (found["upright"]["low"], found["upright"]["high"]) == pytest.approx((0.2307, 0.8824), abs=1e-4)
    head, (line,) = rows(found)
    assert len(head) == len(line) and line == ("upright", "0.95", "0.600 [0.23, 0.88] (3 of 5)")


def test_few_calibrated_chunks_promise_less():
    known = {"upright": Calibration((1.0,), (1.0, 2.0, 3.0))}
    found = coverage([{"upright": [3.0]}, {"upright": [3.5]}], known)["upright"]
    assert (found["confidence"], found["k"]) == (0.75, 1)
