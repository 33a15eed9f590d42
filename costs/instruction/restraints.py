"""Reads the restraints of a tree."""

from collections.abc import Iterator, Sequence
from typing import Any

from .instruction import OTHERS, Goal, Kind, Restraint
from .nodes import children, kinds, length, measure
from .references import References, check_two
from .refusal import AmbiguousError, UnknownError

FALLING = ("fall", "topple", "tip", "upset")
"""Verbs that mean that an object falls over."""
OVER = ("knock", "turn", "push")
"""Verbs that mean it with "over"."""
KINDS = {
    "touch": "no_touch",
    "hit": "no_touch",
    "tap": "no_touch",
    "move": "no_move",
    "disturb": "no_move",
    "spill": "no_spill",
    "tilt": "upright",
}
"""Verb -> kind of the restraint that forbids it."""
STATES: dict[str, Kind] = {"state": "upright", "untouched": "no_touch", "in_place": "no_move"}
"""Node of a state -> kind of the restraint that keeps it."""


class Restraints:
    """Restraints of one goal; each method `_without`, `_stay` ... reads the node of that name."""

    def __init__(self, references: References, goals: Sequence[Goal], at: int):
        """Remember what "it" and "both" mean in a restraint that stands after the first `at` of the goals."""
        self.references = references
        before = goals[at - 1 : at] if at else goals[:1]
        self.about = tuple(goal.object for goal in before if goal.object)
        same = goals
        if at and len(goals) > 1:  # several objects of one goal
            same = [goal for goal in goals[:at] if (goal.verb, goal.of) == (before[0].verb, before[0].of)]
        self.pair = tuple(dict.fromkeys(goal.object for goal in same if goal.object))

    def read(self, node: Any) -> Iterator[Restraint]:
        """Yield the restraints of a node."""
        yield from getattr(self, f"_{node.data}")(node)

    def _about(self, node: Any) -> list[tuple[str, ...]]:
        """Resolve the objects of a restraint; names and "others" make a restraint each. Sorted."""
        names: list[str] = []
        for group in children(node, "anything"):
            plural = kinds(group.children) & {"them", "both", "either", "any"}
            names += self.references.mention(group.children, self.pair if plural else self.about)
        if list(children(node, "twice")):
            check_two(dict.fromkeys(names))
        plain = tuple(sorted({name for name in names if name != OTHERS}))
        return [each for each in (plain, (OTHERS,) if OTHERS in names else ()) if each]

    def _each(self, kind: Any, node: Any, **parts: Any) -> Iterator[Restraint]:
        for objects in self._about(node):
            yield Restraint(kind, objects, **parts)

    def _without(self, node: Any) -> Iterator[Restraint]:
        for child in node.children:
            yield from self.read(child)

    _forbid = _let = _lean = _near = _clearance = _keep = _without

    def _act(self, node: Any) -> Iterator[Restraint]:
        verbs, over = list(children(node, "verb")), bool(list(children(node, "by_over")))
        objects = self._about(node)
        for place, verb in enumerate(verbs):
            last = place == len(verbs) - 1
            kind = _forbidden(verb, over and last)
            yield from (Restraint(kind, each) for each in objects)

    def _contact(self, node: Any) -> Iterator[Restraint]:
        yield from self._each("no_touch", node)

    def _spill(self, node: Any) -> Iterator[Restraint]:
        named = self._about(node)
        if not named or named == [(OTHERS,)]:
            if not self.about:
                raise AmbiguousError("'spilling' needs the object that must not spill; name it.")
            named = [self.about]
        yield from (Restraint("no_spill", objects) for objects in named)

    def _happens_not(self, node: Any) -> Iterator[Restraint]:
        objects = self._about(node)
        for fate in children(node, "fate"):
            kind, parts = _happens(fate)
            yield from (Restraint(kind, each, **parts) for each in objects)

    _befalling = _happens_not

    def _leaning(self, node: Any) -> Iterator[Restraint]:
        yield from self._each("upright", node, degrees=measure(node, "angle"))

    def _gap(self, node: Any) -> Iterator[Restraint]:
        yield from self._each("clearance", node, distance=length(node))

    def _fast(self, node: Any) -> Iterator[Restraint]:
        yield Restraint("pace", speed=measure(node, "velocity"))

    _speed = _fast

    def _nothing(self, node: Any) -> Iterator[Restraint]:
        kind = _forbidden(next(iter(children(node, "verb"))), bool(list(children(node, "by_over"))))
        yield from (Restraint(kind, each) for each in self._about(node) or [(OTHERS,)])

    def _nothing_happens(self, node: Any) -> Iterator[Restraint]:
        for fate in children(node, "fate"):
            kind, parts = _happens(fate)
            yield Restraint(kind, (OTHERS,), **parts)

    def _stay(self, node: Any) -> Iterator[Restraint]:
        state = next(child for child in node.children if child.data in STATES)
        yield from self._each(STATES[state.data], node, degrees=measure(state, "angle"))
        for child in children(node, "staying"):
            yield from self._stay(child)

    _staying = _stay

    def _pace(self, node: Any) -> Iterator[Restraint]:
        yield Restraint("pace", pace="slow" if [str(c) for c in node.children] == ["slowly"] else "gentle")

    def _within(self, node: Any) -> Iterator[Restraint]:
        yield Restraint("within", seconds=measure(node, "time"))


def _forbidden(verb: Any, over_after: bool = False) -> Any:
    """The kind of restraint that a forbidden verb, or fate, makes."""
    word, over = str(verb.children[0]), over_after or len(verb.children) > 1
    if word in FALLING or (word in OVER and over):
        return "no_tip"
    if over or word not in KINDS:
        raise UnknownError(
            f"it does not understand '{word}{' over' * over}' here; it knows {', '.join(KINDS)}, knock over."
        )
    return KINDS[word]


def _happens(fate: Any) -> tuple[Any, dict[str, Any]]:
    """The kind of restraint that a fate makes, and its parts."""
    degrees = measure(fate, "angle")
    return (_forbidden(fate), {}) if degrees is None else ("upright", {"degrees": degrees})
