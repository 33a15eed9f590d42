"""Reads the goals of a tree."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .instruction import OTHERS, Goal, Restraint
from .nodes import children, length, measure, word
from .references import References, check_apart, inventory
from .refusal import AmbiguousError, UnknownError

ORDERED = ("during", "after", "before", "reversed")
"""Nodes that hold goals in an order."""
SPOTS = {"rear": "back"}


@dataclass
class Goals:
    """Goals in the order of being done; each method `_pick`, `_place` ... reads the node of that name."""

    references: References
    done: list[Goal] = field(default_factory=list)

    def read(self, node: Any) -> tuple[Restraint, ...]:
        """Add the goals of a node; return the restraints that it holds too."""
        if node.data not in ORDERED:
            return getattr(self, f"_{node.data}")(node) or ()
        made = []
        for child in (each for each in node.children if each.data != "manner"):
            start = len(self.done)
            self.read(child)
            made.append(self.done[start:])
            del self.done[start:]
        for goals in reversed(made) if node.data == "reversed" else made:
            self.done += goals
        return ()

    def _these(self, node: Any, which: str = "these") -> tuple[str, ...]:
        things = [child for child in children(node, which)]
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
            self.done.append(Goal(object=name, **parts))

    def _pick(self, node: Any) -> None:
        self._add(self._these(node), verb="pick", height=length(node))

    def _pick_place(self, node: Any) -> None:
        names = self._these(node)
        self._add(names, verb="pick")
        self._add(names, verb="place", **self._where(node))

    def _where(self, node: Any) -> dict[str, Any]:
        relation = word(node, "relation")
        return {"relation": relation or "next_to", "of": self._thing(node), "distance": length(node)}

    def _place(self, node: Any) -> None:
        self._add(self._these(node), verb="place", **self._where(node))

    def _push(self, node: Any) -> None:
        names, distance = self._these(node), length(node)
        for key in ("to", "toward", "away_from"):
            if list(children(node, key)):
                return self._add(names, verb="push", **{key: self._thing(node)}, distance=distance)
        if spot := word(node, "spot"):
            return self._add(names, verb="push", to=SPOTS.get(spot, spot), distance=distance)
        self._add(names, verb="push", direction=word(node, "direction") or word(node, "sideways"), distance=distance)

    def _move(self, node: Any) -> None:
        names = self._these(node)
        direction = word(node, "direction") or word(node, "sideways") or word(node, "vertical")
        self._add(names, verb="move", direction=direction, distance=length(node))

    def _lower(self, node: Any) -> None:
        self._add(self._these(node), verb="move", direction="down", distance=length(node))

    def _hold(self, node: Any) -> None:
        self._add(self._these(node), verb="hold", seconds=measure(node, "time"))

    def _hold_upright(self, node: Any) -> tuple[Restraint, ...]:
        names = self._these(node)
        self._add(names, verb="hold", seconds=measure(node, "time"))
        return (Restraint("upright", tuple(sorted(names)), degrees=measure(node, "angle")),)

    def _tilt(self, node: Any) -> None:
        self._add(self._these(node), verb="tilt", degrees=measure(node, "angle"))

    def _touch(self, node: Any) -> None:
        self._add(self._these(node), verb="touch")

    def _clear(self, node: Any) -> None:
        region = word(node, "region") or ""
        self.done.append(Goal("clear", region=SPOTS.get(region, region)))

    def _reach(self, node: Any) -> None:
        place = word(node, "place_of") or "at"
        self._add((self._thing(node),), verb="reach", relation="above" if place == "over" else place)

    def _hover(self, node: Any) -> None:
        self._add((self._thing(node),), verb="reach", relation="above")
