"""Understand an instruction in English, or refuse it: a grammar, not a language model."""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import islice, product
from pathlib import Path
from typing import Any

from .contradiction import check_contradictions
from .instruction import OTHERS, Goal, Instruction, Restraint
from .references import References, check_apart, check_names, inventory
from .refusal import AmbiguousError, EmptyError, RefusalError, UnitError, UnknownError
from .words import Word, read, vocabulary

EXAMPLE = "pick up the red cup without touching the blue bowl"
UNITS = {"LENGTH": "a length, in cm", "TIME": "a time, in s", "DEG": "an angle, in degrees"}
"""Word of the grammar -> what has to follow a number."""
READINGS = 64
"""Trees of one sentence that are compared."""


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
    for tree in islice(_readings(_tree(words)), READINGS):
        try:
            instruction = _Reader(tuple(scene)).read(tree)
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


@cache
def _parser() -> Any:
    from lark import Lark  # which nobody waits for who gives no instructions

    grammar = (Path(__file__).parent / "grammar.lark").read_text()
    whole = f'{grammar}\n%ignore " "'
    return Lark(whole, parser="earley", lexer="basic", ambiguity="explicit", maybe_placeholders=False)


def _tree(words: list[Word]) -> Any:
    """Parse words of the grammar."""
    from lark.exceptions import UnexpectedEOF, UnexpectedInput

    text = " ".join(word.meaning for word in words)
    try:
        return _parser().parse(text)
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


def _readings(tree: Any) -> Iterator[Any]:
    """Every tree without ambiguity."""
    from lark import Tree

    if not isinstance(tree, Tree):
        yield tree
    elif tree.data == "_ambig":
        for each in tree.children:
            yield from _readings(each)
    else:
        for children in product(*(tuple(islice(_readings(child), READINGS)) for child in tree.children)):
            yield Tree(tree.data, list(children))


class _Reader:
    """Turns a tree into goals and restraints."""

    def __init__(self, scene: tuple[str, ...]):
        self.references = References(scene)
        self.goals: list[Goal] = []
        self.aside: list[tuple[Restraint, ...]] = []

    def read(self, tree: Any) -> Instruction:
        goal_trees, restraints = 0, []
        for node in tree.children:
            if node.data == "restraint":
                restraints.append((node.children[0], len(self.goals)))
                self._note(node)
                continue
            if node.data == "during":
                goal_trees += 1
                if len([n for n in tree.children if n.data not in ("restraint",)]) > 1:
                    raise UnknownError("it does one thing after the other; join goals with 'then', not with 'while'.")
            before = len(self.goals)
            late = self._goal(node)
            if late is not None:
                restraints.append((late, len(self.goals)))
            if len(self.goals) == before:
                raise UnknownError("a goal is missing.")
        found = [each for node, at in restraints for each in self._restraint(node, at)]
        return Instruction(tuple(self.goals), tuple(dict.fromkeys(found)))

    def _note(self, node: Any) -> None:
        """Remember what a restraint names: a later "it" may mean it."""
        for group in _groups(node):
            if all(t.children[0].data not in ("it", "them", "both", "others", "other", "every_other") for t in group):
                self.references.mention(group, ())

    # ---- goals

    def _goal(self, node: Any) -> Any:
        """Add the goals of a node; return a restraint that it holds too."""
        if node.data in ("during", "after", "before", "reversed"):
            made = []
            for child in node.children:
                start = len(self.goals)
                self._goal(child)
                made.append(self.goals[start:])
                del self.goals[start:]
            for goals in reversed(made) if node.data == "reversed" else made:
                self.goals += goals
            return None
        return getattr(self, f"_{node.data}")(node)

    def _these(self, node: Any, which: str = "these") -> tuple[str, ...]:
        things = [child for child in _children(node, which)]
        group = things[0].children if which == "these" else things[:1]
        names = self.references.mention(group)
        if OTHERS in names:
            there = inventory(self.references.scene)
            raise UnknownError(f"a goal is about named objects, not about everything else; {there}.")
        return names

    def _thing(self, node: Any) -> str:
        names = self._these(node, "thing")
        if len(names) != 1:
            raise AmbiguousError(f"a place is relative to one object, not to {len(names)}; say which.")
        return names[0]

    def _add(self, names: Sequence[str], **parts: Any) -> None:
        for name in names:
            other = next((parts[k] for k in ("of", "to", "toward", "away_from") if parts.get(k)), None)
            check_apart(name, other or "")
            self.goals.append(Goal(object=name, **parts))

    def _pick(self, node: Any) -> None:
        self._add(self._these(node), verb="pick", height=_length(node))

    def _pick_place(self, node: Any) -> None:
        names = self._these(node)
        self._add(names, verb="pick")
        self._add(names, verb="place", **self._where(node))

    def _where(self, node: Any) -> dict[str, Any]:
        relation = _word(node, "relation")
        return {"relation": relation or "next_to", "of": self._thing(node), "distance": _length(node)}

    def _place(self, node: Any) -> None:
        self._add(self._these(node), verb="place", **self._where(node))

    def _push(self, node: Any) -> None:
        names, distance = self._these(node), _length(node)
        for key in ("to", "toward", "away_from"):
            if list(_children(node, key)):
                return self._add(names, verb="push", **{key: self._thing(node)}, distance=distance)
        if spot := _word(node, "spot"):
            return self._add(names, verb="push", to=SPOTS.get(spot, spot), distance=distance)
        self._add(names, verb="push", direction=_word(node, "direction") or _word(node, "sideways"), distance=distance)

    def _move(self, node: Any) -> None:
        names = self._these(node)
        direction = _word(node, "direction") or _word(node, "sideways") or _word(node, "vertical")
        self._add(names, verb="move", direction=direction, distance=_length(node))

    def _lower(self, node: Any) -> None:
        self._add(self._these(node), verb="move", direction="down", distance=_length(node))

    def _hold(self, node: Any) -> None:
        self._add(self._these(node), verb="hold", seconds=_measure(node, "time"))

    def _hold_upright(self, node: Any) -> Any:
        names = self._these(node)
        self._add(names, verb="hold", seconds=_measure(node, "time"))
        return (Restraint("upright", tuple(sorted(names)), degrees=_measure(node, "angle")),)

    def _tilt(self, node: Any) -> None:
        degrees = _measure(node, "angle")
        if degrees is not None and degrees > 180:
            raise UnitError(f"a tilt is at most 180 degrees, not {degrees:g}.")
        self._add(self._these(node), verb="tilt", degrees=degrees)

    def _touch(self, node: Any) -> None:
        self._add(self._these(node), verb="touch")

    def _clear(self, node: Any) -> None:
        region = _word(node, "region") or ""
        self.goals.append(Goal("clear", region=SPOTS.get(region, region)))

    def _reach(self, node: Any) -> None:
        place = _word(node, "place_of") or "at"
        self._add((self._thing(node),), verb="reach", relation="above" if place == "over" else place)

    def _hover(self, node: Any) -> None:
        self._add((self._thing(node),), verb="reach", relation="above")

    # ---- restraints

    def _restraint(self, node: Any, at: int) -> Iterator[Restraint]:
        """Yield the restraints of a node that follows so many goals."""
        if isinstance(node, tuple):
            yield from node
            return
        before = self.goals[at - 1 : at] if at else self.goals[:1]
        self.about = tuple(goal.object for goal in before if goal.object)
        if at and len(self.goals) > 1:  # several objects of one goal
            same = [goal for goal in self.goals[:at] if (goal.verb, goal.of) == (before[0].verb, before[0].of)]
            self.pair = tuple(dict.fromkeys(goal.object for goal in same if goal.object))
        else:
            self.pair = tuple(dict.fromkeys(goal.object for goal in self.goals if goal.object))
        yield from getattr(self, f"_rule_{node.data}")(node)

    def _about(self, node: Any) -> list[tuple[str, ...]]:
        """Resolve the objects of a restraint; names and "others" make a restraint each. Sorted."""
        names: list[str] = []
        for group in _children(node, "anything"):
            plural = any(t.children[0].data in ("them", "both") for t in group.children)
            names += self.references.mention(group.children, self.pair if plural else self.about)
        plain = tuple(sorted({name for name in names if name != OTHERS}))
        return [each for each in (plain, (OTHERS,) if OTHERS in names else ()) if each]

    def _each(self, kind: Any, node: Any, **parts: Any) -> Iterator[Restraint]:
        for objects in self._about(node):
            yield Restraint(kind, objects, **parts)

    def _rule_without(self, node: Any) -> Iterator[Restraint]:
        for child in node.children:
            yield from getattr(self, f"_rule_{child.data}")(child)

    _rule_forbid = _rule_without

    def _rule_act(self, node: Any) -> Iterator[Restraint]:
        verbs, over = list(_children(node, "verb")), bool(list(_children(node, "by_over")))
        objects = self._about(node)
        for place, verb in enumerate(verbs):
            last = place == len(verbs) - 1
            kind = _forbidden(verb, over and last)
            yield from (Restraint(kind, each) for each in objects)

    def _rule_contact(self, node: Any) -> Iterator[Restraint]:
        yield from self._each("no_touch", node)

    def _rule_spill(self, node: Any) -> Iterator[Restraint]:
        named = self._about(node)
        if not named or named == [(OTHERS,)]:
            if not self.about:
                raise AmbiguousError("'spilling' needs the object that must not spill; name it.")
            named = [self.about]
        yield from (Restraint("no_spill", objects) for objects in named)

    def _rule_let(self, node: Any) -> Iterator[Restraint]:
        objects = self._about(node)
        for fate in _children(node, "fate"):
            kind, parts = _happens(fate)
            yield from (Restraint(kind, each, **parts) for each in objects)

    _rule_happens_not = _rule_let

    def _rule_lean(self, node: Any) -> Iterator[Restraint]:
        yield from self._each("upright", node, degrees=_measure(node, "angle"))

    def _rule_near(self, node: Any) -> Iterator[Restraint]:
        yield from self._each("clearance", node, distance=_length(node))

    _rule_clearance = _rule_near

    def _rule_fast(self, node: Any) -> Iterator[Restraint]:
        yield Restraint("pace", speed=_measure(node, "velocity"))

    _rule_speed = _rule_fast

    def _rule_nothing(self, node: Any) -> Iterator[Restraint]:
        kind = _forbidden(next(iter(_children(node, "verb"))), bool(list(_children(node, "by_over"))))
        yield from (Restraint(kind, each) for each in self._about(node) or [(OTHERS,)])

    def _rule_nothing_happens(self, node: Any) -> Iterator[Restraint]:
        for fate in _children(node, "fate"):
            kind, parts = _happens(fate)
            yield Restraint(kind, (OTHERS,), **parts)

    def _rule_stay(self, node: Any) -> Iterator[Restraint]:
        state = node.children[-1]
        kind = {"untouched": "no_touch", "in_place": "no_move"}.get(state.data, "upright")
        yield from self._each(kind, node, degrees=_measure(state, "angle"))

    _rule_keep = _rule_stay

    def _rule_pace(self, node: Any) -> Iterator[Restraint]:
        yield Restraint("pace", pace="slow" if [str(c) for c in node.children] == ["slowly"] else "gentle")

    def _rule_within(self, node: Any) -> Iterator[Restraint]:
        yield Restraint("within", seconds=_measure(node, "time"))


SPOTS = {"rear": "back"}
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
    degrees = _measure(fate, "angle")
    return (_forbidden(fate), {}) if degrees is None else ("upright", {"degrees": degrees})


def _children(node: Any, name: str) -> Iterator[Any]:
    """Child nodes of a name; those of a tree only."""
    return (child for child in node.children if getattr(child, "data", None) == name)


def _groups(node: Any) -> Iterator[list[Any]]:
    """The things that are named together, at any depth."""
    for child in getattr(node, "children", ()):
        if getattr(child, "data", None) == "anything":
            yield list(child.children)
        yield from _groups(child)


def _word(node: Any, name: str) -> str | None:
    """The word of a child node."""
    return next((str(child.children[0]) for child in _children(node, name)), None)


def _length(node: Any) -> float | None:
    return _measure(node, "length")


def _measure(node: Any, kind: str) -> float | None:
    """The measure of a kind that a node holds, in SI units or degrees; what is not above 0 is refused."""
    for child in _children(node, kind):
        number, *units = map(str, child.children)
        sizes = [vocabulary()["units"][unit]["size"] for unit in units]
        value = float(number) * (sizes[0] if sizes else 1.0) / (sizes[1] if len(sizes) > 1 else 1.0)
        if value <= 0:
            raise UnitError(f"'{number}' is no {kind}: it has to be larger than 0.")
        return round(value, 9)
    return None
