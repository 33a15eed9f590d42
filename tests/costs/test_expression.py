"""Formulas over quantities: known answers, grammar, refusals."""

import math
import pickle

import pytest
import torch

from foresee.costs import Expression
from foresee.costs.expression import ALLOWED

SCENE = {
    "cup.position": torch.tensor([[0.3, 0.4, 0.1], [0.0, 0.0, 0.2]]),
    "cup.position@start": torch.tensor([[0.3, 0.0, 0.0]]).expand(2, 3),
    "cup.up": torch.tensor([[0.0, 0.0, 2.0], [0.0, 1.0, 1.0]]),
    "cup.held": torch.tensor([0.25, 1.0]),
    "clearance.cup.bowl": torch.tensor([-0.1, 0.3]),
    "disagreement": torch.tensor([0.01, 0.02]),
}


@pytest.mark.parametrize(
    ("formula", "known"),
    [
        ("norm(cup.position - cup.position@start) - 0.1", [math.sqrt(0.17) - 0.1, math.sqrt(0.13) - 0.1]),
        ("cup.position.z", [0.1, 0.2]),
        ("cup.position@start.x - cup.position.x", [0.0, 0.3]),
        ("(cup.position - (0, 0, 0.1)).z", [0.0, 0.1]),
        ("deg(cup.up, (0, 0, 1))", [0.0, 45.0]),
        ("dot(cup.up, cup.position) * 2", [0.4, 0.4]),
        ("1 - cup.held", [0.75, 0.0]),
        ("-cup.held ** 2 + 1", [1 - 0.0625, 0.0]),
        ("2 ** -1 * cup.held / .5", [0.25, 1.0]),
        ("2 ** 3 ** 0 + 0 * cup.held", [2.0, 2.0]),
        ("8 - 4 - 2 + 0 * cup.held", [2.0, 2.0]),
        ("max(clearance.cup.bowl, 0, cup.held / 10)", [0.025, 0.3]),
        ("min(0.1, abs(clearance.cup.bowl))", [0.1, 0.1]),
        ("sqrt(exp(0 * cup.held)) + 1e-1", [1.1, 1.1]),
        ("norm(cup.held * cup.position + cup.position / 4)", [0.5 * math.sqrt(0.26), 0.25]),
        ("norm((cup.held, 0, 0))", [0.25, 1.0]),
        ("disagreement * 100", [1.0, 2.0]),
    ],
)
def test_known_answers(formula, known):
    cost = Expression(formula)
    assert set(cost.needs) <= set(SCENE)
    assert cost(SCENE, torch.zeros(2, 4)).tolist() == pytest.approx(known, abs=1e-6)


def test_quantities_are_needed_once_each():
    assert Expression("cup.held * cup.held + bowl.position@now.x").needs == ("cup.held", "bowl.position@now")


def test_it_is_pickled_and_compared_by_its_text():
    cost = Expression("cup.held * 2", unit="cups")
    assert pickle.loads(pickle.dumps(cost)) == cost and cost.unit == "cups"
    assert pickle.loads(pickle.dumps(cost))(SCENE, torch.zeros(2, 4)).tolist() == [0.5, 2.0]


def test_any_leading_dimensions_and_a_slope():
    place = torch.rand(2, 3, 4, 5, 3, generator=torch.Generator().manual_seed(0), requires_grad=True)
    value = Expression("norm(cup.position - (0.1, 0.2, 0.3)) * cup.position.x")({"cup.position": place}, place)
    assert value.shape == (2, 3, 4, 5)
    value.sum().backward()
    assert place.grad is not None and place.grad.isfinite().all()


@pytest.mark.parametrize(
    "formula",
    [
        "__import__('os').system('true')",
        "cup.__class__",
        "cup._position.x",
        "cup.position__now.x",
        "import os",
        "open(cup.held)",
        "eval(cup.held)",
        "norm(cup.position)(3)",
        "'cup'",
        '"cup" + cup.held',
        "lambda: cup.held",
        "cup.held if cup.held else 1",
        "cup.held = 1",
        "cup.held; cup.held",
        "cup.held > 1",
        "cup.held // 2",
        "cup.held % 2",
        "[cup.held]",
        "cup.position[0]",
        "cup.position@then.x",
        "cup.held +",
        "(cup.held",
        "norm()",
        "(1, 2, cup.held",
        "Cup.held",
        "cup..held",
    ],
)
def test_anything_else_is_refused_with_what_is_allowed(formula):
    with pytest.raises(ValueError) as error:
        Expression(formula)
    text = str(error.value)
    assert text.startswith(f"Expression: '{formula}' cannot be read at ") and text.endswith(f"; it may use {ALLOWED}.")


@pytest.mark.parametrize(
    ("formula", "sentence"),
    [
        (
            "2 * cup.position",
            "Expression: '2 * cup.position' is a vector at each step, not a number; take norm(...) of it, or a "
            "component such as .z.",
        ),
        ("norm(cup.held)", "Expression: norm is taken of vectors, such as red_cup.position, not of numbers."),
        ("cup.held.x", "Expression: a component is taken of vectors, such as red_cup.position, not of numbers."),
        ("abs(cup.up)", "Expression: abs is made of numbers, such as red_cup.position.z, not of vectors."),
        ("cup.up + cup.held", "Expression: + and - join two numbers or two vectors, not one of each."),
        (
            "norm(cup.up * cup.up)",
            "Expression: two vectors are multiplied by dot(a, b), and nothing is divided by a vector.",
        ),
        ("min(cup.held)", "Expression: min takes 2 or more, got 1."),
        ("dot(cup.up, cup.up, cup.up)", "Expression: dot takes 2, got 3."),
        ("1 + 2", f"Expression: '1 + 2' reads no quantity; it may use {ALLOWED}."),
        ("  ", "Expression: 'expression' is a formula of at most 1000 characters."),
        ("cup.held" + " + 1" * 300, "Expression: 'expression' is a formula of at most 1000 characters."),
    ],
)
def test_what_cannot_be_computed_is_refused_before_anything_moves(formula, sentence):
    with pytest.raises(ValueError) as error:
        Expression(formula)
    assert str(error.value) == sentence
