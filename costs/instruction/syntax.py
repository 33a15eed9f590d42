"""From the words of a sentence to the trees that the grammar finds in them."""

from collections.abc import Iterator
from functools import cache
from itertools import islice, product
from pathlib import Path
from typing import Any

from .refusal import RefusalError, UnitError, UnknownError
from .words import Word, vocabulary

EXAMPLE = "pick up the red cup without touching the blue bowl"
UNITS = {"LENGTH": "a length, in cm", "TIME": "a time, in s", "DEG": "an angle, in degrees"}
"""Word of the grammar -> what has to follow a number."""
READINGS = 64
"""Trees of one sentence that are compared."""


def readings(words: list[Word]) -> Iterator[Any]:
    """Yield every tree, at most `READINGS`, that these words of the grammar can be; refuse those that can be none."""
    return islice(_unambiguous(_tree(words)), READINGS)


@cache
def parser() -> Any:
    """Load the grammar."""
    from lark import Lark  # which nobody waits for who gives no instructions

    grammar = (Path(__file__).parent / "grammar.lark").read_text()
    whole = f'{grammar}\n%ignore " "'
    made = Lark(whole, parser="earley", lexer="basic", ambiguity="explicit", maybe_placeholders=False)
    # For each word lark would try every rule within reach at once, and then again from each of these; the rules of
    # one name are enough, since it comes to what is within them anyway: the same trees in a fifth of the time.
    steps = made.parser.parser.predictions
    steps.update({name: [rule for rule in made.rules if rule.origin == name] for name in steps})
    return made


def _tree(words: list[Word]) -> Any:
    """Parse words of the grammar."""
    from lark.exceptions import UnexpectedEOF, UnexpectedInput

    text = " ".join(word.meaning for word in words)
    try:
        return parser().parse(text)
    except UnexpectedEOF as error:
        raise _not_understood(words, len(words), set(error.expected)) from None
    except UnexpectedInput as error:
        place = text[: error.pos_in_stream or 0].count(" ") if error.pos_in_stream is not None else len(words)
        raise _not_understood(words, place, set(getattr(error, "expected", ()) or ())) from None


def _not_understood(words: list[Word], place: int, expected: set[str]) -> RefusalError:
    """Say which part of a sentence has no place in the grammar."""
    before = " ".join(word.said for word in words[:place][-4:] if word.said.strip(",."))
    rest = " ".join(word.said for word in words[place:][:6] if word.said)
    last, there = words[place - 1 : place], words[place : place + 1]
    numbers = [word for word in last + there if _is_number(word)]
    fitting = [what for sign, what in UNITS.items() if sign in expected]
    if numbers and fitting and not (there and _is_number(there[0])):
        return UnitError(f"'{numbers[0].said}' needs a unit that fits after '{before}': {' or '.join(fitting)}.")
    if rest.strip(" ,."):
        after = f" after '{before}'" if before else ""
        return UnknownError(f"it does not understand '{rest}'{after}; it understands sentences such as '{EXAMPLE}'.")
    verbs = [word.meaning for word in words if word.meaning in vocabulary()["missing"]]
    if verbs:
        return UnknownError(f"'{before}' is not a whole instruction; {vocabulary()['missing'][verbs[-1]]}.")
    return UnknownError(f"'{before}' is not a whole instruction: say what with, or where to; as in '{EXAMPLE}'.")


def _is_number(word: Word) -> bool:
    return word.meaning.lstrip("-")[:1].isdigit()


def _unambiguous(tree: Any) -> Iterator[Any]:
    """Every tree without ambiguity."""
    from lark import Tree

    if not isinstance(tree, Tree):
        yield tree
    elif tree.data == "_ambig":
        for each in tree.children:
            yield from _unambiguous(each)
    else:
        for children in product(*(tuple(islice(_unambiguous(child), READINGS)) for child in tree.children)):
            yield Tree(tree.data, list(children))
