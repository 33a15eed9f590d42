import pytest
from omegaconf import OmegaConf

from foresee.costs import Height, Held
from foresee.planner import build
from foresee.planner.cem import CEM
from foresee.planner.proposal import LastPlan, Share

TILT = "{_target_: costs.tilt.Tilt, object: bowl}"


def rail(*overrides):
    return build.load("rail", list(overrides))


def test_terms_carry_their_weight_and_their_limit():
    aim = build.objective(rail("minimize.lift.weight=7.0", "subject_to.upright.at_most=3.0"))
    assert aim.minimize["lift"].weight == 7.0
    assert (aim.subject_to["upright"].at_most, aim.subject_to["upright"].scale) == (3.0, 10.0)
    assert {"bowl.up", "cup.held", "cup.position"} <= set(aim.needs)


def test_null_drops_a_term():
    assert "lift" not in build.objective(rail("minimize.lift=null")).minimize


STAGES = (
    "minimize.task={_target_: costs.stages.Stages, weight: 1.0, over: min, stages: {reach: {"
    "cost: {_target_: costs.distance.Distance, of: gripper.position, to: cup.position}, "
    "done: {_target_: costs.held.Held, object: cup}, softness: 1.0}, "
    "lift: {cost: {_target_: costs.height.Height, of: cup.position, to: 0.2}}}}"
)


def test_costs_are_made_of_costs_and_overridden_inside():
    aim = build.objective(
        rail(STAGES, "minimize.task.stages.lift.cost.to=0.3", "minimize.task.stages.reach.softness=0.5")
    )
    task = aim.minimize["task"]
    assert task.over == "min" and task.cost.stages["lift"].cost == Height("cup.position", 0.3)
    assert (task.cost.stages["reach"].softness, task.cost.stages["reach"].done) == (0.5, Held("cup"))
    assert {"gripper.position", "cup.position", "cup.held"} <= set(aim.needs)
    assert build.objective(rail("subject_to.upright.over=end")).subject_to["upright"].over == "end"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("minimize.lift.weight=much", "'lift': 'weight' is a finite number, got 'much'."),
        ("minimize.lift.weight=.nan", "'lift': 'weight' is a finite number, got nan."),
        ("subject_to.upright.at_most=[1]", "'upright': 'at_most' is a finite number, got [1]."),
        ("subject_to.upright.at_most=true", "'upright': 'at_most' is a finite number, got True."),
        ("minimize.lift.to=high", "'lift': costs.height.Height: 'to' is a number, got 'high'."),
    ],
)
def test_what_is_no_number_is_refused_with_the_name_of_the_clause(change, sentence):
    with pytest.raises(ValueError) as refused:
        build.objective(rail(change))
    assert str(refused.value).startswith(sentence)


@pytest.mark.parametrize(("section", "key"), [("minimize", "weight"), ("subject_to", "at_most")])
def test_a_term_without_its_number_is_refused_by_name(section, key):
    with pytest.raises(ValueError, match=f"'new' needs '{key}'"):
        build.objective(rail(f"{section}.new={TILT}"))


def test_risk_is_the_mean_unless_named():
    aim = build.objective(rail("risk.limit={_target_: costs.risk.CVaR, alpha: 0.5}"))
    assert type(aim.cost_risk).__name__ == "Mean"
    assert aim.limit_risk.alpha == 0.5


def test_the_planner_gets_the_choices_of_the_config_and_changes_on_top():
    config = rail("seed=4", "planner.horizon=5")
    env = build.environment(config)
    made = build.planner(config, build.world_model(config, env), build.objective(config), candidates=16)
    assert (made.horizon, made.candidates, made.seed) == (5, 16, 4)
    assert made.search == CEM(elites=16)
    assert made.offers.proposals == (LastPlan(),)
    some = rail(
        "planner.proposals={last: {_target_: planner.proposal.LastPlan, share: 0.25}}", "planner.low=[-1, -1, 0]"
    )
    made = build.planner(some, build.world_model(some, env), build.objective(some))
    assert made.offers.proposals == (Share(LastPlan(), 0.25),) and made.bounds.low.tolist() == [-1.0, -1.0, 0.0]


def test_a_model_of_another_action_size_is_refused():
    config = rail()

    class Wide:
        action_space = type("Box", (), {"shape": (5,)})

    with pytest.raises(ValueError, match=r"takes actions of size 3, but the environment .* takes size 5; choose"):
        build.world_model(config, Wide())
    config = OmegaConf.merge(config, {"env": {"tilt": True}})
    with pytest.raises(ValueError, match=r"takes size 5, since the hand rolls and pitches \(env\.tilt\); choose"):
        build.world_model(config, Wide())


def test_the_judge_may_be_laxer_than_the_planner():
    config = rail()
    judge = build.judge(config, build.environment(config))
    assert build.objective(config).subject_to["upright"].at_most == 10.0
    assert judge.limits["upright"].at_most == 15.0
    assert set(judge.clauses) == {"reach", "held", "lift", "upright"}


def test_without_a_judge_the_limits_of_the_planner_count():
    config = rail("judge=null")
    judge = build.judge(config, build.environment(config))
    assert judge.limits["upright"].at_most == 10.0
    assert not judge.success


def test_the_judge_refuses_what_the_environment_does_not_know():
    config = rail("judge.limits.upright.object=vase")
    with pytest.raises(LookupError, match=r"vase\.up"):
        build.judge(config, build.environment(config))
