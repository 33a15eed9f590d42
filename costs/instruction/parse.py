"""Understand an instruction in English, or refuse it: a grammar, not a language model."""

from collections.abc import Sequence

from .contradiction import check_contradictions
from .instruction import Instruction
from .reader import understood
from .references import check_names, inventory
from .refusal import AmbiguousError, EmptyError, RefusalError
from .syntax import EXAMPLE, readings
from .words import read


def parse(text: str, scene: Sequence[str]) -> Instruction:
    """Understand a sentence, or refuse it in one sentence.

    Args:
        text: an instruction such as "pick up the red cup without knocking over the blue bowl".
        scene: names of the objects that are there, such as red_cup.
    """
    check_names(scene)
    words = read(text, inventory(scene))
    if not any(word.meaning not in (",", ".") for word in words):
        raise EmptyError(f"the instruction is empty; say something such as '{EXAMPLE}'.")
    found: dict[str, Instruction] = {}
    refused: list[RefusalError] = []
    for tree in readings(words):
        try:
            instruction = understood(tree, scene)
            found.setdefault(str(instruction.json()), instruction)
        except RefusalError as error:
            refused.append(error)
    if not found:
        raise refused[0]
    if len(found) > 1:
        raise AmbiguousError(f"'{text.strip()}' can be understood in {len(found)} ways; say it in shorter sentences.")
    instruction = next(iter(found.values()))
    if not instruction.goals:
        raise EmptyError(f"the instruction says what to mind, but nothing to do; add a goal, as in '{EXAMPLE}'.")
    check_contradictions(instruction)
    return instruction
