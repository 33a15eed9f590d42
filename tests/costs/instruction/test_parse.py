import pytest

from foresee.costs.instruction import Grammar, Instruction, Translator, named_in, parse
from foresee.costs.instruction.refusal import (
    AbsentError,
    AmbiguousError,
    ContradictionError,
    EmptyError,
    UnitError,
    UnknownError,
)

SCENE = ("red_cup", "blue_cup", "blue_bowl", "green_plate")


def meant(said, scene=SCENE):
    return parse(said, scene).json()


def test_the_json_is_plain():
    assert meant("Lift the red cup 20 cm without touching the bowl or the plate.") == {
        "goals": [{"verb": "pick", "object": "red_cup", "height": 0.2}],
        "restraints": [{"kind": "no_touch", "objects": ["blue_bowl", "green_plate"]}],
    }


def test_the_same_sentence_always_means_the_same():
    said = "carefully put both cups on the plate without touching anything else, within ten seconds"
    assert len({str(meant(said)) for _ in range(5)}) == 1


@pytest.mark.parametrize("case", [str.upper, str.title, lambda s: f"Please, {s}!", lambda s: f"could you {s}?"])
def test_capitals_and_courtesy_change_nothing(case):
    said = "push the bowl 10 cm to the left without moving the plate"
    assert meant(case(said)) == meant(said)


def test_restraints_may_come_first():
    first = meant("without touching the bowl, pick up the red cup")
    assert first == meant("pick up the red cup without touching the bowl")


def test_it_is_what_was_named_last_and_in_a_restraint_the_object_of_the_goal():
    goals = meant("pick up the red cup and put it on the plate without spilling it")
    assert [goal["object"] for goal in goals["goals"]] == ["red_cup", "red_cup"]
    assert goals["restraints"] == [{"kind": "no_spill", "objects": ["red_cup"]}]
    assert meant("pick up the red cup without touching the bowl, then put it on the plate")["goals"][1] == {
        "verb": "place",
        "object": "red_cup",
        "relation": "on",
        "of": "green_plate",
    }


def test_both_and_others():
    assert [goal["object"] for goal in meant("lift both cups")["goals"]] == ["red_cup", "blue_cup"]
    assert meant("lift the red cup, don't touch anything else")["restraints"][0]["objects"] == ["others"]
    assert meant("lift the red cup without touching the other cup")["restraints"][0]["objects"] == ["blue_cup"]
    both = meant("put the red cup in the bowl and keep both of them upright")["restraints"][0]["objects"]
    assert both == ["blue_bowl", "red_cup"]


@pytest.mark.parametrize(
    ("said", "error", "hint"),
    [
        ("pick up the cup", AmbiguousError, "'the cup' may be the red cup or the blue cup; say which."),
        ("pick up the green cup", AbsentError, "there is no green cup; the scene has red cup, blue cup"),
        ("pick up the red cup without touching it", ContradictionError, "cannot be the object of 'pick'"),
        ("push the bowl left but leave it where it is", ContradictionError, "is not to be moved"),
        ("lift the red cup by 20", UnitError, "a length, in cm"),
        ("tilt the red cup by 20 cm", UnitError, "an angle, in degrees"),
        ("lift the red cup within 0 seconds", UnitError, "larger than 0 and at most 10 minutes"),
        ("", EmptyError, "is empty"),
        ("  ...  ", EmptyError, "is empty"),
        ("don't touch the bowl", EmptyError, "nothing to do"),
        ("push the bowl", UnknownError, "say where: left, right"),
        ("pick up the red cup then juggle", UnknownError, "'juggle' is not a word it knows"),
        ("the red cup the bowl pick up", UnknownError, "does not understand"),
        ("lift it", UnknownError, "'it' stands for nothing"),
        ("lift both", AmbiguousError, "exactly two"),
    ],
)
def test_refusals_say_what_is_known(said, error, hint):
    with pytest.raises(error, match=hint.replace("(", r"\(")) as refusal:
        parse(said, SCENE)
    assert str(refusal.value).endswith(".")


def test_every_prefix_is_understood_or_refused_and_never_breaks():
    said = "please pick up the red cup, put it 10 cm left of the bowl and don't touch anything else within 5 s".split()
    for end in range(len(said)):
        for start in range(0, end, 3):
            try:
                assert isinstance(parse(" ".join(said[start:end]), SCENE), Instruction)
            except ValueError as refusal:
                assert str(refusal).endswith(".")


def test_objects_without_colour_and_kind_cannot_be_spoken_of():
    with pytest.raises(ValueError, match="'cup' cannot be spoken of: an object is named by one of red"):
        parse("pick up the cup", ("cup", "bowl"))


def test_a_sentence_can_name_the_scene():
    assert named_in("put the green cube in the red bowl, not touching it") == ("red_bowl", "green_block")
    assert named_in("pick up the cup") == ()


def test_the_grammar_is_a_translator():
    assert isinstance(Grammar(), Translator)
    assert Grammar()("pick up the red cup", SCENE) == parse("pick up the red cup", SCENE)


@pytest.mark.parametrize("courtesy", ["please", "thank you", "if you don't mind"])
def test_courtesy_changes_nothing_wherever_it_stands(courtesy):
    plain = "push the bowl 10 cm to the left, without moving the plate"
    for said in (
        f"{courtesy}, {plain}",
        f"{plain}, {courtesy}!",
        f"{plain}. {courtesy}.",
        plain.replace(",", f", {courtesy},"),
    ):
        assert meant(said) == meant(plain)


@pytest.mark.parametrize(
    ("said", "most", "more"),
    [
        ("lift the red cup by {} cm", 100, 101),
        ("stay {} mm away from the bowl and lift the red cup", 1000, 1001),
        ("tilt the red cup by {} degrees", 180, 181),
        ("hold the red cup for {} minutes", 10, 11),
        ("lift the red cup within {} seconds", 600, 601),
        ("lift the red cup slower than {} cm/s", 200, 201),
    ],
)
def test_numbers_that_make_no_sense_on_a_table_are_refused(said, most, more):
    meant(said.format(most))
    for number in (0, -1, more):
        with pytest.raises(UnitError, match=f"'{number} .* for this table: it is larger than 0 and at most"):
            meant(said.format(number))


@pytest.mark.parametrize("both", ["both cups", "both of the cups", "the two cups", "either of the cups"])
def test_both_are_exactly_two(both):
    said = f"push the bowl left without touching {both}"
    assert meant(said)["restraints"][0]["objects"] == ["blue_cup", "red_cup"]
    with pytest.raises(AmbiguousError, match="the red cup or the blue cup or the green cup; name each"):
        meant(said, (*SCENE, "green_cup"))
