"""Weights, limits and risk, scored on hand-written scenes."""

from itertools import pairwise

import pytest
import torch

from foresee.costs import (
    CVaR,
    Effort,
    Height,
    Held,
    Limit,
    Mean,
    Objective,
    Tilt,
    UnknownQuantityError,
    Weighted,
    Worst,
)

CHUNKS = torch.zeros(1, 2, 3, 4)
"""Shape (B, N, T, A)."""


def heights(*futures):
    """Scene of one cup from z, nested as (P, N, T)."""
    z = torch.tensor(futures)[:, None]  # (P, 1, N, T)
    return {"cup.position": torch.stack([torch.zeros_like(z), torch.zeros_like(z), z], dim=-1)}


ONE = heights([[1.0, 2.0, 3.0], [6.0, 0.0, 0.0]])
TWO = heights([[1.0, 2.0, 3.0], [6.0, 0.0, 0.0]], [[3.0, 2.0, 1.0], [0.0, 0.0, 0.0]])
LOW = Height("cup.position", 0.0)


@pytest.mark.parametrize(
    ("over", "known"), [("mean", [4.0, 4.0]), ("end", [6.0, 0.0]), ("max", [6.0, 12.0]), ("min", [2.0, 0.0])]
)
def test_weight_times_the_steps_summed_up(over, known):
    score = Objective({"low": Weighted(LOW, 2.0, over)})(ONE, CHUNKS)
    assert score.cost.tolist() == [known]
    assert score.costs["low"].tolist() == [known]
    assert score.feasible.all()


def test_terms_add_up_to_the_cost_on_average():
    score = Objective({"low": Weighted(LOW, 2.0), "easy": Weighted(Effort(), 0.5)})(TWO, torch.ones(1, 2, 3, 4))
    torch.testing.assert_close(score.costs["low"] + score.costs["easy"], score.cost)
    torch.testing.assert_close(score.costs["easy"], torch.full((1, 2), 0.5))


def test_excess_is_the_signed_worst_step():
    score = Objective({}, {"low": Limit(LOW, at_most=4.0)})(ONE, CHUNKS)
    assert score.excesses["low"].tolist() == [[-1.0, 2.0]]
    assert score.violation.tolist() == [[0.0, 2.0]]
    assert score.feasible.tolist() == [[True, False]]


@pytest.mark.parametrize(
    ("over", "excess", "step"),
    [
        ("max", [-1.0, 2.0], [2, 0]),
        ("end", [-1.0, -4.0], [2, 2]),
        ("min", [-3.0, -4.0], [0, 1]),
        ("mean", [-2.0, -2.0], [2, 0]),
    ],
)
def test_a_limit_may_hold_at_the_end_at_some_step_or_on_average(over, excess, step):
    score = Objective({}, {"low": Limit(LOW, at_most=4.0, over=over)})(ONE, CHUNKS)
    assert score.excesses["low"].tolist() == [excess] and score.binding["low"].tolist() == [step]
    values = LOW(ONE, CHUNKS)
    torch.testing.assert_close(Limit(LOW, 4.0, margin=9.0, over=over).broken_by(values)[0], torch.tensor([excess]))


def test_exactly_at_the_limit_is_feasible():
    assert Objective({}, {"low": Limit(LOW, at_most=6.0)})(ONE, CHUNKS).feasible.all()


def test_the_binding_step_is_the_worst_one_of_the_worst_future():
    aim, still = Objective({}, {"low": Limit(LOW, 4.0)}), torch.zeros(1, 1, 3, 4)
    assert aim(heights([[1.0, 5.0, 2.0]], [[7.0, 0.0, 0.0]]), still).binding["low"].tolist() == [[0]]
    assert aim(heights([[1.0, 5.0, 2.0]]), still).binding["low"].tolist() == [[1]]


def test_scale_divides_violations_but_not_excesses():
    score = Objective({}, {"low": Limit(LOW, at_most=4.0, scale=4.0)})(ONE, CHUNKS)
    assert score.excesses["low"].tolist() == [[-1.0, 2.0]]
    assert score.violation.tolist() == [[0.0, 0.5]]


def test_risk_is_taken_over_signed_excesses():
    # Excesses of the second candidate: 1 and -5. Cut off at 0 they would average 0.5, which is not safe.
    limits = {"low": Limit(LOW, at_most=5.0)}
    assert Objective({}, limits)(TWO, CHUNKS).excesses["low"].tolist() == [[-2.0, -2.0]]
    assert Objective({}, limits)(TWO, CHUNKS).feasible.tolist() == [[True, True]]
    assert Objective({}, limits, limit_risk=Worst())(TWO, CHUNKS).feasible.tolist() == [[True, False]]


def test_cost_risk_is_taken_over_the_total_of_each_future():
    # Futures in which one term is bad while the other is good: their total is the same in both.
    scene = heights([[1.0], [1.0]], [[0.0], [0.0]])
    scene["cup.held"] = scene["cup.position"][..., 2]
    terms = {"low": Weighted(LOW, 1.0), "hold": Weighted(Held("cup"), 1.0)}
    assert Objective(terms, cost_risk=Worst())(scene, CHUNKS[:, :, :1]).cost.tolist() == [[1.0, 1.0]]


def test_more_caution_never_looks_better():
    scene = {"bowl.up": torch.randn(5, 2, 20, 3, 3, generator=torch.Generator().manual_seed(0))}
    chunks = torch.zeros(2, 20, 3, 4)
    wishes, limits = {"level": Weighted(Tilt("bowl"), 1.0)}, {"upright": Limit(Tilt("bowl"), 60.0)}
    scores = [Objective(wishes, limits, risk, risk)(scene, chunks) for risk in (Mean(), CVaR(0.5), Worst())]
    for bold, careful in pairwise(scores):
        assert (bold.cost <= careful.cost + 1e-3).all()  # degrees in float32
        assert (bold.violation <= careful.violation + 1e-3).all()


def test_looser_limits_never_cost_more():
    violations = [Objective({}, {"low": Limit(LOW, at_most=most)})(TWO, CHUNKS).violation for most in (1.0, 2.0, 5.0)]
    assert (violations[0] >= violations[1]).all() and (violations[1] >= violations[2]).all()


def test_margin_is_added_to_every_step_or_to_its_own():
    def excess(margin, *values):
        return [each.item() for each in Limit(LOW, 4.0, margin=margin).excess(torch.tensor(values))]

    assert excess(0.5, 1.0, 3.0) == [-0.5, 1]
    assert excess((0.0, 2.0, 9.0), 3.0, 3.0) == [1.0, 1]
    assert excess({"first": 1.0, "growth": 1.0, "most": 2.0}, 3.0, 1.0, 1.0) == [0.0, 0]


def test_a_margin_shorter_than_the_chunk_is_refused():
    with pytest.raises(ValueError) as error:
        Limit(LOW, 4.0, margin=(0.0, 2.0)).excess(torch.zeros(3))
    assert str(error.value) == ("'margin' has 2 steps, but the chunk has 3; give one number, or one for each step.")


@pytest.mark.parametrize("nonsense", [torch.nan, torch.inf, -torch.inf])
@pytest.mark.parametrize("clause", ["cost", "limit", "actions"])
def test_nonsense_in_any_future_ranks_last_and_is_infeasible(nonsense, clause):
    scene = {name: values.clone() for name, values in TWO.items()} | {"bowl.up": torch.ones(2, 1, 2, 3, 3)}
    chunks = CHUNKS.clone()
    # The last step is the only one that counts for the cost, so the broken first one must be noticed on its own.
    if clause == "actions":
        chunks[0, 0, 0, 0] = nonsense
    else:
        scene["cup.position" if clause == "cost" else "bowl.up"][1, 0, 0, 0, 2] = nonsense
    score = Objective({"low": Weighted(LOW, 1.0, "end")}, {"upright": Limit(Tilt("bowl"), 1.0)})(scene, chunks)
    assert score.feasible.tolist() == [[False, False]]
    assert score.cost[0, 0] == score.violation[0, 0] == torch.inf
    assert score.cost[0, 1].isfinite() and score.violation[0, 1].isfinite()
    assert score.ranking()[0, 0] > score.ranking()[0, 1]


def test_numbers_that_overflow_are_not_finite():
    score = Objective({"low": Weighted(LOW, 1e38, "max")})(ONE, CHUNKS)
    assert score.cost.tolist() == [[pytest.approx(3e38), torch.inf]]
    assert score.violation.tolist() == [[0.0, torch.inf]]
    assert score.feasible.tolist() == [[True, False]]


def test_a_scene_is_scored_alike_in_any_batch():
    objective = Objective({"low": Weighted(LOW, 1.0)}, {"upright": Limit(Tilt("bowl"), 60.0)}, CVaR(0.5), CVaR(0.5))
    noise = torch.Generator().manual_seed(0)
    scene = {name: torch.randn(5, 4, 33, 7, 3, generator=noise) for name in objective.needs}
    chunks = torch.randn(4, 33, 7, 4, generator=noise)
    together = objective(scene, chunks)
    alone = objective({name: values[:, 1:2].contiguous() for name, values in scene.items()}, chunks[1:2])
    assert torch.equal(together.cost[1:2], alone.cost) and torch.equal(together.violation[1:2], alone.violation)


def test_a_slope_reaches_the_actions():
    chunks = torch.full((1, 2, 3, 4), 0.5, requires_grad=True)
    Objective({"easy": Weighted(Effort(), 1.0)}, {"gentle": Limit(Effort(), 0.1)})({}, chunks).cost.sum().backward()
    assert chunks.grad is not None and (chunks.grad > 0).all()


def test_an_objective_may_read_actions_only():
    score = Objective({"easy": Weighted(Effort(), 2.0)})({}, torch.ones(1, 2, 3, 4))
    assert score.cost.tolist() == [[2.0, 2.0]]


def test_without_limits_is_blind_but_wants_the_same():
    objective = Objective({"low": Weighted(LOW, 1.0)}, {"upright": Limit(Tilt("bowl"), 15.0)}, cost_risk=Worst())
    blind = objective.without_limits()
    assert objective.needs == ("bowl.up", "cup.position") and blind.needs == ("cup.position",)
    assert torch.equal(blind(TWO, CHUNKS).cost, torch.tensor([[2.0, 2.0]]))
    assert blind(TWO, CHUNKS).feasible.all()


def test_measure_gives_every_clause_per_step_on_a_recording():
    objective = Objective({"low": Weighted(LOW, 9.0)}, {"high": Limit(Height("cup.position", 3.0), 0.1, margin=5.0)})
    measured = objective.measure({"cup.position": torch.tensor([[0.0, 0.0, 1.0], [0.0, 0.0, 2.0]])}, torch.zeros(2, 4))
    assert {name: values.tolist() for name, values in measured.items()} == {"low": [1.0, 2.0], "high": [2.0, 1.0]}


def test_an_unknown_quantity_is_refused_with_the_nearest():
    objective = Objective({"low": Weighted(Height("cup.positon", 0.0), 1.0)})
    with pytest.raises(UnknownQuantityError) as error:
        objective.check_known(["cup.position", "bowl.up"])
    assert str(error.value) == (
        "'low' needs 'cup.positon', which the world model does not know; "
        "did you mean 'cup.position'? It only knows ['bowl.up', 'cup.position']."
    )
    with pytest.raises(UnknownQuantityError, match="the scene does not know; it only knows \\[\\]"):
        objective({}, CHUNKS)


def test_wrong_shapes_are_refused():
    with pytest.raises(ValueError) as error:
        Objective({"low": Weighted(LOW, 1.0)})({"cup.position": torch.zeros(1, 2, 3, 3)}, CHUNKS)
    assert str(error.value) == ("'cup.position' starts with (P, B, N, T) = (1, 1, 2, 3), got shape (1, 2, 3, 3).")
    with pytest.raises(ValueError) as error:
        Objective({"up": Weighted(Held("cup"), 1.0)})({"cup.held": torch.zeros(1, 1, 2, 3, 1)}, CHUNKS)
    assert str(error.value) == "'up' gives one number per step (1, 1, 2, 3), got shape (1, 1, 2, 3, 1)."


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Objective({}), "An objective needs at least one term under minimize or subject_to, or a sentence."),
        (
            lambda: Objective({"low": Weighted(LOW, 1.0)}, {"low": Limit(LOW, 1.0)}),
            "'low' names a term under minimize and one under subject_to; rename one of them.",
        ),
        (lambda: Weighted(LOW, 1.0, "sum"), "'over' is one of mean, end, max, min, got 'sum'."),  # type: ignore[arg-type]
        (lambda: Weighted(LOW, "1.0"), "'weight' is a finite number, got '1.0'."),  # type: ignore[arg-type]
        (lambda: Limit(LOW, 1.0, over="any"), "'over' is one of mean, end, max, min, got 'any'."),  # type: ignore[arg-type]
        (lambda: Limit(LOW, torch.nan), "'at_most' is a finite number, got nan."),
        (lambda: Limit(LOW, 1.0, margin=(0.0, torch.inf)), "'margin' is a finite number, got inf."),
        (lambda: Limit(LOW, 1.0, scale=0.0), "'scale' is larger than 0, in the unit of the cost, got 0.0."),
    ],
)
def test_terms_that_cannot_be_meant_are_refused(make, sentence):
    with pytest.raises(ValueError) as error:
        make()
    assert str(error.value) == sentence
