"""What is wanted in words, for a policy that imagines nothing: a verb, an object, a relation, another object."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from .goal import BODY, MOVED, OBJECT
from .state import HAND, POSITION, State
from .truth import Truth

VERBS = ("reach", "pick", "place", "push", "move")
WHERE = ("", "in", "on", "above", "left", "right", "forward", "back", "toward", "away_from", "up")
"""Relations and directions; left is +y, forward is +x."""
SAME = {"left_of": "left", "right_of": "right", "in_front_of": "back", "behind": "forward", "at": ""}
"""Words of the language that say the same of a place."""
SIDES = {"left": "left", "right": "right", "back": "forward", "front": "back"}
"""Sides of the table, and the direction in which they lie."""
UP = 0.05
"""How far an object rises that is picked, metres."""


class Words(NamedTuple):
    """An instruction for each of M scenes, as whole numbers. Shape (M,) each."""

    verb: Tensor
    """Of `VERBS`."""
    where: Tensor
    """Of `WHERE`."""
    object: Tensor
    """Slot of the object."""
    other: Tensor
    """Slot of the other object; -1 for none."""

    def told(self, now: State) -> tuple[Tensor, Tensor]:
        """Say it in the shapes of `Goal.told`: to the robot (M, BODY), to each object (M, S, OBJECT)."""
        slots = now.slots.shape[-2]
        body = torch.cat([F.one_hot(self.verb, len(VERBS)), F.one_hot(self.where, len(WHERE))], -1)
        roles = torch.stack([F.one_hot(self.object, slots), F.one_hot(self.other + 1, slots + 1)[:, 1:]], -1)
        body, roles = (each.to(now.slots.dtype) for each in (body, roles))
        return F.pad(body, (0, BODY - body.shape[-1])), F.pad(roles, (0, OBJECT - roles.shape[-1]))

    @classmethod
    def of(cls, goal: Mapping[str, Any], slots: Sequence[str]) -> "Words":
        """Put a goal of the language into words.

        Args:
            goal: as the language parses it, such as {verb: place, object: red_cup, relation: in, of: blue_bowl}.
            slots: names of the objects in the scene, slot by slot.
        """
        verb, name = goal.get("verb"), goal.get("object")
        if verb not in VERBS or name not in slots:
            raise ValueError(
                f"a policy that imagines nothing was taught {', '.join(VERBS)} with one object of the scene; it cannot "
                f"follow {dict(goal)}."
            )
        to = goal.get("to")
        other = goal.get("of") or goal.get("toward") or goal.get("away_from") or (to if to in slots else None)
        said = "toward" if to in slots or goal.get("toward") else "away_from" if goal.get("away_from") else ""
        said = said or goal.get("relation") or goal.get("direction") or SIDES.get(to or "", to or "")
        said = SAME.get(said, said)
        if said not in WHERE or other not in (None, *slots):
            raise ValueError(f"a policy that imagines nothing has no words for {dict(goal)}.")
        where = WHERE.index(said)
        numbers = (VERBS.index(verb), where, slots.index(name), -1 if other is None else slots.index(other))
        return cls(*(torch.tensor([number]) for number in numbers))


def retold(now: Truth, then: Truth, robot: Tensor, noise: torch.Generator) -> Words:
    """Put into words what came about (hindsight, as for goals): of the object that went farthest, or of the hand.

    Args:
        now: truth of M moments.
        then: truth later.
        robot: proprioception then. Shape (M, 14).
        noise: chooses between words that are both right.
    """
    place, end = now.place[..., POSITION].nan_to_num(9.0), then.place[..., POSITION].nan_to_num(9.0)  # (M, S, 3)
    m = len(place)
    far, mover = (end - place).norm(dim=-1).max(-1)
    hand = robot[..., HAND]
    nearest = (end - hand[:, None]).norm(dim=-1).argmin(-1)
    thing = torch.where(far > MOVED, mover, nearest)
    rows = torch.arange(m)
    here, there = place[rows, thing], end[rows, thing]
    held = then.own[rows, thing, 0].nan_to_num(0.0) > 0.5
    gaps = (end - there[:, None])[..., :2].norm(dim=-1)
    gaps[rows, thing] = torch.inf
    gap, other = gaps.min(-1)
    above = there[:, 2] - end[rows, other, 2]
    before = (place[rows, other] - here)[:, :2].norm(dim=-1)
    way = there - here
    reach, pick, place_, push, move = range(5)
    flat = way[:, :2].norm(dim=-1)
    verb = torch.full_like(thing, push)
    verb = torch.where(held & (flat > 0.1), move, verb)
    verb = torch.where(held & (way[:, 2] > UP) & (flat <= 0.1), pick, verb)
    on_it = ~held & (gap < 0.05) & (above > -0.01)
    verb = torch.where(on_it, place_, verb)
    verb = torch.where(far <= MOVED, reach, verb)

    def side(vector: Tensor) -> Tensor:
        x, y = vector[:, 0], vector[:, 1]
        return torch.where(x.abs() > y.abs(), torch.where(x > 0, 6, 7), torch.where(y > 0, 4, 5))

    where = side(way)
    close = (torch.rand(m, generator=noise) < 0.4).to(gap.device) & (verb == push) & gap.isfinite() & (before < 0.4)
    where = torch.where(close, torch.where(gap < before, 8, 9), where)
    where = torch.where(verb == pick, 0, where)
    where = torch.where(verb == place_, torch.where(above < 0.03, 1, 2), where)
    off = hand - there
    beside = torch.where(off[:, :2].norm(dim=-1) < 0.04, 3, side(off))
    where = torch.where(verb == reach, beside, where)
    silent = (torch.rand(m, generator=noise) < 0.2).to(gap.device) & ((verb == push) | (verb == reach))
    where = torch.where(silent & ~close, 0, where)
    related = (verb == place_) | close
    return Words(verb, where, thing, torch.where(related & gap.isfinite(), other, -1))
