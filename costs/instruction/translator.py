"""Whoever turns a sentence into an instruction: the grammar that is shipped, or something of one's own."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from .instruction import Instruction
from .parse import parse


@runtime_checkable
class Translator(Protocol):
    """Understands sentences.

    A language model is plugged in here: it answers with an `Instruction`, or raises a `ValueError` of one sentence.
    What it answers is compiled, shown and checked like what the grammar understood.
    """

    def __call__(self, text: str, scene: Sequence[str]) -> Instruction:
        """Translate.

        Args:
            text: a sentence.
            scene: names of the objects that are there, such as red_cup.
        """
        ...


class Grammar:
    """The translator that is shipped: a grammar, not a language model.

    It understands the sentences of grammar.lark in the words of words.yaml and refuses all others; the same sentence
    always means the same.
    """

    def __call__(self, text: str, scene: Sequence[str]) -> Instruction:
        return parse(text, scene)
