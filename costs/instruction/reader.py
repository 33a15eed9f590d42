"""Turns a tree of the grammar into an instruction: the goals first, then the restraints, which are about them."""

from collections.abc import Sequence
from typing import Any

from .goals import Goals
from .instruction import Instruction, Restraint
from .nodes import groups, kinds
from .references import References
from .refusal import UnknownError
from .restraints import Restraints

LATER = {"it", "them", "both", "either", "any", "others", "other", "every_other", "any_other"}
"""Things whose meaning depends on the goals."""


def understood(tree: Any, scene: Sequence[str]) -> Instruction:
    """Read a tree.

    Args:
        tree: without ambiguity.
        scene: names of the objects that are there.
    """
    references = References(tuple(scene))
    goals = Goals(references)
    restraints: list[tuple[Any, int]] = []  # a node, or what a goal has read already; after so many goals
    _check_joined(tree)
    for node in tree.children:
        if node.data == "restraint":
            restraints.append((node.children[0], len(goals.done)))
            _note(node, references)
        else:
            restraints += [(each, len(goals.done)) for each in goals.read(node)]
            for inner in node.find_pred(lambda each: each.data in ("restraint", "manner")):
                restraints.append((inner.children[0], len(goals.done)))
                _note(inner, references)
    found: list[Restraint] = []
    for node, at in restraints:
        found += [node] if isinstance(node, Restraint) else Restraints(references, goals.done, at).read(node)
    return Instruction(tuple(goals.done), tuple(dict.fromkeys(found)))


def _check_joined(tree: Any) -> None:
    """Refuse two goals at once."""
    goals = [node.data for node in tree.children if node.data != "restraint"]
    if "during" in goals and len(goals) > 1:
        raise UnknownError("it does one thing after the other; join goals with 'then', not with 'while'.")


def _note(node: Any, references: References) -> None:
    """Remember what a restraint names: a later "it" may mean it."""
    for group in groups(node):
        if not kinds(group) & LATER:
            references.mention(group, ())
