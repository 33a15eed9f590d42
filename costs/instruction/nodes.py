"""What the nodes of a tree hold: other nodes, words, and measures in SI units."""

from collections.abc import Iterable, Iterator
from typing import Any

from .refusal import UnitError
from .words import vocabulary

NAMES = {"velocity": "speed"}


def children(node: Any, name: str) -> Iterator[Any]:
    """Child nodes of a name; those of a tree only."""
    return (child for child in node.children if getattr(child, "data", None) == name)


def groups(node: Any) -> Iterator[list[Any]]:
    """The things that are named together, at any depth."""
    for child in getattr(node, "children", ()):
        if getattr(child, "data", None) == "anything":
            yield list(child.children)
        yield from groups(child)


def kinds(things: Iterable[Any]) -> set[str]:
    """What things are, at any depth: single, it, both ..."""
    return {str(each.data) for thing in things for each in thing.iter_subtrees()}


def word(node: Any, name: str) -> str | None:
    """The word of a child node."""
    return next((str(child.children[0]) for child in children(node, name)), None)


def length(node: Any) -> float | None:
    return measure(node, "length")


def measure(node: Any, kind: str) -> float | None:
    """The measure of a kind that a node holds, in SI units or degrees; what makes no sense on a table is refused."""
    sensible = vocabulary()["sensible"][kind]
    for child in children(node, kind):
        number, *units = map(str, child.children)
        sizes = [vocabulary()["units"][unit]["size"] for unit in units]
        value = round(float(number) * (sizes[0] if sizes else 1.0) / (sizes[1] if len(sizes) > 1 else 1.0), 9)
        if not 0 < value <= sensible["most"]:
            said = " ".join((number, "/".join(units) or "degrees"))
            name = NAMES.get(kind, kind)
            raise UnitError(
                f"'{said}' is no {name} for this table: it is larger than 0 and at most {sensible['said']}."
            )
        return value
    return None
