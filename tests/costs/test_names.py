"""Either order of a pair, and anchors."""

import pytest
import torch

from foresee.costs import Clearance, Contact, Distance, Limit, Objective, Speed, UnknownQuantityError, Weighted
from foresee.costs.names import known_as, seen, split, turned

KNOWN = ("clearance.cup.bowl", "contact.gripper.cup.point", "cup.position")


@pytest.mark.parametrize(
    ("name", "quantity"),
    [
        ("clearance.cup.bowl", "clearance.cup.bowl"),
        ("clearance.bowl.cup", "clearance.cup.bowl"),
        ("contact.cup.gripper.point@now", "contact.gripper.cup.point"),
        ("cup.position@start", "cup.position"),
        ("cup.position@then", None),
        ("cup.position@", None),
        ("position.cup", None),
    ],
)
def test_a_name_finds_its_quantity(name, quantity):
    assert known_as(name, KNOWN) == quantity


def test_only_pairs_turn():
    assert turned("contact.a.b.point@now") == "contact.b.a.point@now"
    assert turned("cup.position") == "cup.position" and turned("clearance.cup") == "clearance.cup"
    assert split("a.up@now") == ("a.up", "now") and split("a.up") == ("a.up", "")


def test_a_scene_is_seen_under_the_names_of_the_costs():
    scene = {"clearance.cup.bowl": 1, "clearance.cup.bowl@now": 2, "cup.up": 3}
    assert seen(scene, ("clearance.bowl.cup", "clearance.bowl.cup@now", "bowl.up")) == {
        "clearance.bowl.cup": 1,
        "clearance.bowl.cup@now": 2,
    }


@pytest.mark.parametrize("make", [lambda a, b: Clearance(a, b, keep=0.1), Contact])
def test_costs_take_a_pair_in_either_order(make):
    name, chunks = make("cup", "bowl").needs[0], torch.zeros(1, 2, 3, 4)
    scene = {name: torch.rand(2, 1, 2, 3, generator=torch.Generator().manual_seed(0))}
    scores = []
    for pair in (("cup", "bowl"), ("bowl", "cup")):
        aim = Objective({"a": Weighted(make(*pair), 1.0)}, {"b": Limit(make(*pair), 0.5)})
        aim.check_known([name])
        scores.append(aim(scene, chunks))
    assert torch.equal(scores[0].cost, scores[1].cost) and torch.equal(scores[0].violation, scores[1].violation)


def test_an_anchor_is_known_where_its_quantity_is():
    Objective({"slow": Weighted(Speed("cup.position"), 1.0)}).check_known(KNOWN)
    with pytest.raises(UnknownQuantityError) as error:
        Objective({"slow": Weighted(Distance("cup.position", "cup.position@then"), 1.0)}).check_known(KNOWN)
    assert str(error.value) == (
        "'slow' needs 'cup.position@then', but there is no moment 'then'; write cup.position@start or cup.position@now "
        "or cup.position@goal."
    )


def test_a_scene_without_the_anchor_is_refused():
    with pytest.raises(UnknownQuantityError) as error:
        Objective({"slow": Weighted(Speed("cup.position"), 1.0)}).measure(
            {"cup.position": torch.zeros(2, 3)}, torch.zeros(2, 4)
        )
    assert str(error.value) == (
        "the scene holds no 'cup.position@now'; supply it, the same at every step, beside the imagined quantities."
    )
