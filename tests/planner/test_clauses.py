"""What `foresee check` says of each clause."""

import re

import pytest

from foresee.costs import (
    Contact,
    Disagreement,
    Displacement,
    Effort,
    Height,
    Limit,
    Objective,
    Stage,
    Stages,
    Tilt,
    UnknownQuantityError,
    Weighted,
)
from foresee.planner.clauses import HEAD, known, rows, unknowable, worth
from foresee.worldmodel.analytic import RailModel
from foresee.worldmodel.interface import Quantity
from foresee.worldmodel.objects.model import Objects

TILT = Tilt("bowl")


class Plain:
    """A model that says nothing of itself."""

    quantities = RailModel().quantities


def test_every_quantity_has_a_row_and_a_clause_is_named_once():
    aim = Objective(
        {"lift": Weighted(Height("cup.position", 0.2), 4.0), "calm": Weighted(Effort(), 0.5, over="end")},
        {"still": Limit(Displacement("bowl.position"), 0.01), "untouched": Limit(Contact("bowl", "gripper"), 0.5)},
    )
    found = rows(aim, RailModel())
    assert all(len(row) == len(HEAD) for row in found)
    assert found == [
        ("lift", "minimize", "m", "weight 4 per m", "cup.position", "exact"),
        ("calm", "minimize", Effort.unit, f"weight 0.5 per {Effort.unit}, at the end", "the actions", "given"),
        ("still", "subject_to", "m", "at most 0.01 m", "bowl.position", "exact"),
        ("", "", "", "", "bowl.position@start", "exact"),
        ("untouched", "subject_to", "probability", "at most 0.5 probability", "contact.bowl.gripper", "exact"),
    ]


@pytest.mark.parametrize(
    ("term", "said"),
    [
        (Limit(TILT, 15, margin=5), "at most 15 degrees, margin 5 degrees"),
        (Limit(TILT, 15, margin={"first": 1, "growth": 0.5, "most": 4}), "at most 15 degrees, margin 1 to 4 degrees"),
        (Limit(TILT, 15, margin=(1.0, 3.0, 2.0), over="min"), "at most 15 degrees, margin 1 to 3 degrees, at best"),
        (Weighted(TILT, 0.1, over="max"), "weight 0.1 per degree, at worst"),
        (Weighted(Stages({"up": Stage(TILT)}), 1), "weight 1 per stage"),
    ],
)
def test_weights_and_limits_are_said_with_their_units(term, said):
    assert worth(term) == said


def test_a_model_that_says_nothing_of_itself_only_knows_or_does_not():
    assert known(Plain(), "clearance.bowl.gripper@now") == "knows it"
    assert known(Plain(), "cup.speed") == "does not know it"
    assert unknowable(Plain()) == ""


def test_the_shipped_checkpoint_says_how_far_off_it_is():
    model = Objects("tabletop")
    assert re.fullmatch(r"[\d.]+ mm seen, [\d.]+ mm after 8 steps", known(model, "clearance.blue_bowl.gripper"))
    assert re.fullmatch(r"[\d.]+ mm seen", known(model, "red_cup.position@start"))
    right = r"[\d.]+ % right / F1 0\.\d\d"
    assert re.fullmatch(rf"{right} seen, {right} after 8 steps", known(model, "red_cup.held"))
    assert known(model, Disagreement().needs[0]) == "the model's own"
    assert unknowable(model).startswith("The world model cannot know: masses and frictions; what is hidden")
    assert known(model, "image") == "not measured"


def test_what_it_does_not_know_is_in_the_table_before_it_is_refused():
    aim = Objective({}, {"upright": Limit(Tilt("vase"), 15.0)})
    assert rows(aim, RailModel())[0][-1] == "does not know it"
    with pytest.raises(UnknownQuantityError, match=r"'upright' needs 'vase\.up'"):
        aim.check_known({"bowl.up": Quantity((3,), "unit", "")})
