from pathlib import Path

import pytest
from lark import Lark

from foresee.costs.instruction import syntax
from foresee.costs.instruction.words import read

SENTENCES = [
    "pick up the red cup and, slowly, put it in the bowl without touching anything else",
    "lift the cup, keeping 2 cm away from the bowl, 3 cm from the bottle and not touching the plate",
    "hold the cup, without spilling, for three seconds, then move slowly to the left of the bowl",
    "lift the cup, the bowl and the plate must stay in place",
]


@pytest.fixture(scope="module")
def plain():
    grammar = Path(syntax.__file__).with_name("grammar.lark").read_text()
    return Lark(
        f'{grammar}\n%ignore " "', parser="earley", lexer="basic", ambiguity="explicit", maybe_placeholders=False
    )


@pytest.mark.parametrize("said", SENTENCES)
def test_the_shorter_way_finds_the_same_trees(plain, said, monkeypatch):
    words = read(said, "")
    short = {str(tree) for tree in syntax.readings(words)}
    monkeypatch.setattr(syntax, "parser", lambda: plain)
    assert short == {str(tree) for tree in syntax.readings(words)} != set()


def test_the_grammar_is_loaded_once():
    assert syntax.parser() is syntax.parser()
