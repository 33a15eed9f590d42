"""What doubts are worth: known answers."""

import numpy as np
import pytest

from foresee.planner.abstain import doubts, risk_coverage
from foresee.planner.monitor import KINDS


def test_a_doubt_that_knows_is_best_and_one_that_is_wrong_is_worst():
    failed = np.array([False] * 8 + [True] * 2)
    knows = risk_coverage(np.arange(10.0), failed)
    assert knows["aurc"] == knows["best"] == pytest.approx((1 / 9 + 2 / 10) / 10) and knows["blind"] == 0.2
    assert knows["risk"]["0.8"] == 0 and knows["risk"]["1.0"] == 0.2
    assert risk_coverage(-np.arange(10.0), failed)["risk"]["0.2"] == 1


def test_a_doubt_that_is_always_the_same_gets_no_credit():
    failed = np.array([False, True, False, True])
    assert risk_coverage(np.zeros(4), failed)["aurc"] > 0.5


def test_flags_are_counted_among_failures_and_successes():
    def line(position, success):
        return {"success": success, "violation": False, "surprise": dict.fromkeys(KINDS, 0.0) | {"position": position}}

    lines = [line(0.01, True), line(0.05, True), line(0.06, False), line(0.02, False)]
    found = doubts(lines, dict.fromkeys(KINDS, 0.04))
    assert [found["flagged"][who]["rate"] for who in ("failures", "successes")] == [0.5, 0.5]
    assert "flagged" not in doubts(lines) and doubts([{"surprise": {}}]) == {}
    blind = {"success": False, "violation": False, "surprise": {}}  # nothing could be planned, so nothing was watched
    assert doubts([*lines, blind], dict.fromkeys(KINDS, 0.04))["flagged"]["failures"]["k"] == 2
    assert doubts([*lines, blind])["position"]["blind"] == 0.6
