import pytest

from foresee.costs.height import Height
from foresee.costs.objective import Limit, Objective, Weighted
from foresee.planner.hopeless import notes


@pytest.mark.parametrize(("infeasible", "told"), [(5, 0), (6, 1)])
def test_who_mostly_finds_no_plan_is_told_what_the_limits_ask_for(infeasible, told):
    height = Height(of="cup.position", to=0.2)
    limits = {"low": Limit(height, at_most=0.05, margin=[0.02, 0.03]), "high": Limit(height, at_most=0.1)}
    aim = Objective({"lift": Weighted(height, 1.0)}, limits)
    plans = {"plans": 10, "infeasible_plans": infeasible}
    methods = {"planner": plans, "policy": plans, "idle": {"plans": 0, "infeasible_plans": 0}}
    found = notes(methods, aim)
    assert len(found) == told
    for sentence in found:
        assert sentence.startswith("planner found nothing within its limits in 6 of 10 plans (low: at most 0.05 m, ")
        assert "less a margin of 0.02 m; high: at most 0.1 m): allow more" in sentence
