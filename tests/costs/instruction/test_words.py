import re

import pytest

from foresee.costs.instruction import words
from foresee.costs.instruction.refusal import UnitError, UnknownError
from foresee.costs.instruction.syntax import parser
from foresee.costs.instruction.words import phrases, read, spell, vocabulary


def meanings(sentence):
    return " ".join(word.meaning for word in read(sentence, "the scene has red cup"))


def terminals():
    return [re.compile(each.pattern.to_regexp()) for each in parser().terminals]


def test_every_word_has_a_place_in_the_grammar():
    known = terminals()
    said = {meaning for way in phrases().values() for meaning in way}
    assert not [word for word in said if not any(each.fullmatch(word) for each in known)]


def test_every_word_of_the_grammar_is_one_token():
    lexed = {meaning for way in phrases().values() for meaning in way}
    for word in lexed:
        assert [str(token) for token in parser().lex(word)] == [word]


def test_no_way_of_saying_has_two_meanings():
    told, found = vocabulary(), {}
    ways = {"": told["dropped"], "self": told["self"], **told["words"]}
    for meaning, said in ways.items():
        for way in said:
            found.setdefault(words._spelt(way), set()).add(meaning)
    for verb, said in told["verbs"].items():
        for way in said:
            for form, marks in words._inflected(way, told["forms"]):
                if marks != ("ed",):  # put is put
                    found.setdefault(words._spelt(form), set()).add(" ".join((*marks, verb)))
    assert not {way: each for way, each in found.items() if len(each) > 1}


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("ten centimetres", "10 cm"),
        ("twenty-five cm", "25 cm"),
        ("5cm", "5 cm"),
        ("half a metre", "0.5 m"),
        ("a quarter of a metre", "0.25 m"),
        ("a second", "1 s"),
        ("one and a half metres", "1.5 m"),
        ("a second and a half", "1.5 s"),
        ("30°", "30 deg"),
        (".5 m", "0.5 m"),
        ("10 cm/s", "10 cm per s"),
        ("ten centimetres a second", "10 cm per s"),
        ("a hundred millimetres", "100 mm"),
        ("-5 cm", "-5 cm"),
    ],
)
def test_numbers_are_read_in_words_and_digits(said, meant):
    assert meanings(said) == meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Don't", "not"),
        ("don’t", "not"),
        ("PICK up", "pick up"),
        ("picking, touched", "ing pick , ed touch"),
        ("next-to", "next_to"),
        ("to the left of", "left_of"),
        ("please", ""),
        ("the table's", "table"),
        ("wait...", None),
        ("lift!?", "pick"),
        ("lift, please; thanks. Push", "pick . push"),
    ],
)
def test_spelling_makes_no_difference(said, meant):
    if meant is None:
        with pytest.raises(UnknownError, match="'wait'"):
            meanings(said)
    else:
        assert meanings(said) == meant


@pytest.mark.parametrize(
    ("said", "error", "hint"),
    [
        ("pick up the red fork", UnknownError, "'fork' is not an object it knows; the scene has red cup"),
        ("pick up the purple cup", UnknownError, "the colours are red, blue, green, yellow"),
        ("tuch the red cup", UnknownError, "did you mean 'touch'"),
        ("lift it by 5 inches", UnitError, "the units are mm, cm"),
        ("lift {it}", UnknownError, "means nothing to it"),
        ("lift it " * 200, UnknownError, "at most 600 characters"),
    ],
)
def test_what_is_not_known_is_refused_with_what_is(said, error, hint):
    with pytest.raises(error, match=re.escape(hint)):
        read(said, "the scene has red cup")


def test_full_stops_are_kept_apart_from_commas():
    assert spell("a, b. c;d!?") == ["a", ",", "b", ".", "c", ".", "d", "."]
