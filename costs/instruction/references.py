"""Which objects of the scene the words of a sentence mean."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from .instruction import OTHERS
from .nodes import kinds
from .refusal import AbsentError, AmbiguousError, ContradictionError, UnknownError
from .words import read, vocabulary

SEVERAL = {"them", "both", "either", "every", "any", "every_other", "any_other", "others"}
"""Things that may be several objects."""


def spoken(name: str) -> str:
    """Say the name of an object: red_cup is the red cup."""
    return f"the {name.replace('_', ' ')}"


def inventory(scene: Sequence[str]) -> str:
    """Say what a scene has."""
    return f"the scene has {', '.join(name.replace('_', ' ') for name in scene) or 'no objects'}"


def check_names(scene: Sequence[str]) -> None:
    """Refuse objects whose names do not say what they look like."""
    for name in scene:
        colour, _, kind = name.partition("_")
        if colour not in vocabulary()["colours"] or kind not in vocabulary()["kinds"]:
            raise UnknownError(
                f"'{name}' cannot be spoken of: an object is named by one of {', '.join(vocabulary()['colours'])} "
                f"and one of {', '.join(vocabulary()['kinds'])}, as red_cup."
            )


def named_in(text: str) -> tuple[str, ...]:
    """Names of the objects that a sentence gives with colour and kind, in the order of kinds, then of colours."""
    words = [word.meaning for word in read(text, "there may be any object")]
    said = {f"{one}_{other}" for one, other in pairwise(words)}
    names = [f"{colour}_{kind}" for kind in vocabulary()["kinds"] for colour in vocabulary()["colours"]]
    return tuple(name for name in names if name in said)


@dataclass
class References:
    """The scene, and what has been named so far; each mention is resolved against both."""

    scene: tuple[str, ...]
    named: list[str] = field(default_factory=list)
    """Objects named by colour or kind, in their order."""
    last: tuple[str, ...] = ()
    """What was named last, together: by goals, or by restraints before the first of them."""
    doing: bool = False
    """Whether a goal has named something."""

    def mention(self, things: Iterable[Any], goal: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """Resolve things that are named together.

        Args:
            things: `thing` nodes.
            goal: in a restraint, the object of its goal, which "it" means there.
        """
        things, found, pronouns = list(things), [], True
        if things and things[0].data == "pair":
            return self._pair(things[0].children, goal)
        for thing in things:
            node = thing.children[0]
            names = self._resolve(node, goal, found)
            if goal is None and node.data in ("either", "any", "any_other") and len(names) > 1:
                raise AmbiguousError(
                    f"'{node.data.split('_')[0]}' may be {' or '.join(map(spoken, names))} here; say which."
                )
            pronouns &= node.data in ("it", "them", "others")
            found += names
            if node.data not in ("it", "them", "others"):
                self.named += [name for name in names if name not in self.named]
        found = list(dict.fromkeys(found))
        if not pronouns and (goal is None or not self.doing):
            self.last = tuple(found)
        self.doing |= goal is None
        return tuple(found)

    def _resolve(self, node: Any, goal: tuple[str, ...] | None, together: list[str]) -> tuple[str, ...]:
        words = [str(each) for each in node.children if isinstance(each, str)]
        colour = next((word for word in words if word in vocabulary()["colours"]), None)
        kind = next((k for k in vocabulary()["kinds"] if k in words or f"{k}s" in words), None)
        match node.data:
            case "single" | "by_colour" | "sole":
                return (self._only(colour, kind),)
            case "it":
                return self._it(goal)
            case "any" if kind is None:
                return self._them(goal)
            case "them":
                return self._them(goal)
            case "both" | "either":
                return self._both(colour, kind, goal)
            case "every" | "any":
                return self._several(self._matching(colour, kind), colour, kind)
            case "other":
                return (self._other(colour, kind, together),)
            case "every_other" | "any_other":
                kind = kind or self._kind_of_last()
                rest = tuple(n for n in self._matching(colour, kind) if n not in self.named and n not in together)
                return self._several(rest, colour, kind)
            case "two_colours":
                colours = [word for word in words if word in vocabulary()["colours"]]
                return tuple(self._only(each, kind) for each in colours)
        if len(node.children) and (said := self.mention(node.children[0].children, goal)):
            if set(self.named) - set(said):
                raise AmbiguousError("'everything except' leaves open what else is named; say which objects are meant.")
        return (OTHERS,)

    def _matching(self, colour: str | None, kind: str | None) -> tuple[str, ...]:
        colours_kinds = [(name, *name.split("_", 1)) for name in self.scene]
        return tuple(n for n, c, k in colours_kinds if colour in (None, c) and kind in (None, k))

    def _only(self, colour: str | None, kind: str | None) -> str:
        """The one object of a colour and a kind, of which either may be left open."""
        said = f"the {' '.join(each for each in (colour, kind or ('one' if colour else 'object')) if each)}"
        found = self._matching(colour, kind)
        if not found:
            raise AbsentError(f"there is no {said.removeprefix('the ')}; {inventory(self.scene)}.")
        first, *more = found
        if more:
            choices = " or ".join(map(spoken, found))
            raise AmbiguousError(f"'{said}' may be {choices}; say which.")
        return first

    def _several(self, found: tuple[str, ...], colour: str | None, kind: str | None) -> tuple[str, ...]:
        if not found:
            said = " ".join(each for each in (colour, kind) if each)
            raise AbsentError(f"there is no (other) {said}; {inventory(self.scene)}.")
        return found

    def _it(self, goal: tuple[str, ...] | None) -> tuple[str, ...]:
        meant = self.last if goal is None else goal
        if len(meant) == 1 and meant[0] != OTHERS:
            return meant
        if not meant:
            raise UnknownError(f"'it' stands for nothing that was named before; {inventory(self.scene)}.")
        raise AmbiguousError(f"'it' may be {' or '.join(map(spoken, meant))}; say which.")

    def _them(self, goal: tuple[str, ...] | None) -> tuple[str, ...]:
        for meant in (goal or (), self.last, tuple(self.named)):
            if len(meant) > 1 and OTHERS not in meant:
                return meant
        raise UnknownError(f"'them' stands for nothing that was named before; {inventory(self.scene)}.")

    def _both(self, colour: str | None, kind: str | None, goal: tuple[str, ...] | None) -> tuple[str, ...]:
        if colour is None and kind is None:
            for meant in (goal or (), tuple(self.named), self.scene):
                if len(meant) == 2:
                    return tuple(meant)
            raise AmbiguousError(f"'both' means exactly two objects; {inventory(self.scene)}.")
        found = self._matching(colour, kind)
        if not found:
            raise AbsentError(
                f"there is no {' '.join(each for each in (colour, kind) if each)}; {inventory(self.scene)}."
            )
        check_two(found)
        return found

    def _pair(self, things: Sequence[Any], goal: tuple[str, ...] | None) -> tuple[str, ...]:
        """Resolve what "both" or "either" stands before: two things, or several that are two."""
        if len(things) > 1 and kinds(things) & SEVERAL:
            raise AmbiguousError("'both' and 'either' join two things; name each by colour and kind.")
        found = self.mention(things, goal)
        check_two(found)
        return found

    def _other(self, colour: str | None, kind: str | None, together: list[str]) -> str:
        kind = kind or (None if colour else self._kind_of_last())
        rest = [n for n in self._matching(colour, kind) if n not in self.named and n not in together]
        if len(rest) != 1:
            choices = " or ".join(map(spoken, rest)) or "nothing"
            raise (AmbiguousError if rest else AbsentError)(
                f"'the other one' may be {choices}; {inventory(self.scene)}."
            )
        return rest[0]

    def _kind_of_last(self) -> str | None:
        """The kind that "the other one" shares with what was named before, if another has it; any, if none has."""
        kinds = {name.split("_", 1)[1] for name in self.named}
        kind = kinds.pop() if len(kinds) == 1 else None
        return kind if kind and set(self._matching(None, kind)) - set(self.named) else None


def check_two(names: Collection[str]) -> None:
    """Refuse to say "both" or "either" of one object, or of three."""
    if len(names) != 2:
        choices = " or ".join(map(spoken, names))
        raise AmbiguousError(f"'both' and 'either' mean exactly two objects, but this may be {choices}; name each.")


def check_apart(one: str, other: str) -> None:
    """Refuse a place that an object would have beside itself."""
    if one == other:
        raise ContradictionError(f"{spoken(one)} cannot be placed relative to itself; name another object.")
