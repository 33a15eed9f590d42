import json

import numpy as np
import pytest
from typer.testing import CliRunner

from foresee.planner.choices import Weighed, agreement, choices, rows
from foresee.planner.cli import app

COSTS = np.array([1.0, 2.0, 3.0, 5.0])


def weighed(mine: list[float], broken: list[bool]) -> Weighed:
    """Four chunks whose second limit-breaker is the third."""
    real = np.array([False, False, True, True])
    return Weighed(np.array(mine), COSTS, np.array(mine)[::-1], {"apart": (np.array(broken), real)})


def test_the_right_order_is_rank_one_and_costs_nothing():
    found = agreement([weighed([10.0, 20.0, 30.0, 40.0], [False, False, True, True])] * 2)
    assert found["rank"]["model"]["mean"] == pytest.approx(1.0) and found["rank"]["shuffled"]["mean"] == pytest.approx(
        -1
    )
    assert found["regret"]["model"]["mean"] == 0.0 and found["regret"]["shuffled"]["mean"] == 1.0
    assert found["limits"]["apart"]["right"]["rate"] == 1.0


def test_a_wrong_choice_costs_its_share_of_the_range_and_a_missed_limit_is_counted():
    found = agreement([weighed([3.0, 1.0, 2.0, 4.0], [True, False, False, True])] * 3)
    assert found["regret"]["model"]["mean"] == pytest.approx(0.25)
    limit = found["limits"]["apart"]
    assert (limit["right"]["k"], limit["right"]["n"]) == (6, 12)
    assert (limit["missed"]["k"], limit["missed"]["n"], limit["broken"]["k"]) == (3, 6, 6)
    head, lines = rows(found)
    assert all(len(line) == len(head) for line in lines)


def test_chunks_that_all_cost_the_same_are_ranked_by_nobody():
    found = agreement([weighed([1.0, 1.0, 1.0, 1.0], [False] * 4)] * 2)
    assert found["rank"]["model"]["mean"] == 0.0


def test_too_few_chunks_are_refused():
    with pytest.raises(ValueError, match="at least 4"):
        choices(None, 1, chunks=2)


def test_the_simulator_agrees_with_itself(tmp_path):
    exact = "world_model={_target_: envs.oracle.Oracle, exact: true}"
    small = ["planner.candidates=6", "planner.iterations=1", "planner.horizon=3", "planner.keep=2", "search.elites=3"]
    said = ["bench", "choices", "red_cup", exact, *small, "planner.proposals={}", "planner.polish=null"]
    said += ["env.steps=4", "env.cameras=[]", "workers=1", "--scenes", "2", "--chunks", "6", "--out", str(tmp_path)]
    done = CliRunner().invoke(app, said)
    assert done.exit_code == 0, done.output
    found = json.loads((tmp_path / "choices.json").read_text())
    assert found["rank"]["model"]["mean"] == pytest.approx(1.0) and found["regret"]["model"]["mean"] == 0.0
    assert all(limit["right"]["rate"] == 1.0 for limit in found["limits"].values())
    assert found["command"].startswith("foresee bench choices red_cup") and found["chunks"] == 6
