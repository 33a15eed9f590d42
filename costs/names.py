"""How costs name the quantities that they read: either order of a pair, and anchors that stay as time goes on."""

from collections.abc import Container, Iterable, Mapping
from typing import TypeVar

ANCHORS = ("start", "now", "goal")
"""`cup.position@start` is where the cup was when the episode began, `cup.position@now` where it is when the chunk
begins, `cup.position@goal` where it is in the goal picture: the same at all T steps."""
PAIRS = ("contact", "clearance")
"""First words of quantities of two things."""

T = TypeVar("T")


def split(name: str) -> tuple[str, str]:
    """Split a name into quantity and anchor; the anchor is "" where there is none."""
    quantity, _, anchor = name.partition("@")
    return quantity, anchor


def turned(name: str) -> str:
    """Swap the two things of a pair: contact.a.b.point becomes contact.b.a.point; any other name stays."""
    words = name.partition("@")[0].split(".")
    if words[0] not in PAIRS or len(words) < 3:
        return name
    swapped = ".".join([words[0], words[2], words[1], *words[3:]])
    return name.replace(".".join(words), swapped, 1)


def known_as(name: str, known: Container[str]) -> str | None:
    """Find the quantity that a cost means, without its anchor: the name itself, or the pair in its other order."""
    quantity, anchor = split(name)
    if anchor not in ("", *ANCHORS) or ("@" in name and not anchor):
        return None
    return next((each for each in (quantity, turned(quantity)) if each in known), None)


def seen(scene: Mapping[str, T], names: Iterable[str]) -> dict[str, T]:
    """Show a scene under the names that costs use; what it does not hold is left out."""
    found = {name: name if name in scene else turned(name) for name in names}
    return {name: scene[other] for name, other in found.items() if other in scene}
