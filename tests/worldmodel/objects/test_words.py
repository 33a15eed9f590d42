"""Words for what came about."""

from itertools import product

import pytest
import torch

from foresee.worldmodel.objects.state import State
from foresee.worldmodel.objects.truth import Truth
from foresee.worldmodel.objects.words import VERBS, WHERE, Words, retold


def scene(places, held=(0.0, 0.0)):
    place = torch.tensor([[[*p, 0.0, 0.0, 1.0] for p in places]])
    own = torch.zeros(1, 2, 6)
    own[0, :, 0] = torch.tensor(held)
    return Truth(torch.zeros(1, 2).long(), place, own, torch.zeros(1, 1, 2), torch.zeros(1, 2))


HERE = [(0.5, 0.0, 0.05), (0.5, 0.2, 0.03)]


@pytest.mark.parametrize(
    ("there", "held", "verb", "where"),
    [
        ([(0.5, 0.0, 0.2), HERE[1]], (1.0, 0.0), "pick", {""}),
        ([(0.5, -0.2, 0.12), HERE[1]], (1.0, 0.0), "move", {"right"}),
        ([(0.51, 0.19, 0.09), HERE[1]], (0.0, 0.0), "place", {"on"}),
        ([(0.51, 0.19, 0.04), HERE[1]], (0.0, 0.0), "place", {"in"}),
        ([(0.62, 0.0, 0.05), HERE[1]], (0.0, 0.0), "push", {"forward", "away_from", ""}),
        (HERE, (0.0, 0.0), "reach", {"above", ""}),
    ],
)
def test_what_came_about_is_put_into_words(there, held, verb, where):
    robot = torch.zeros(1, 14)
    robot[0, :3] = torch.tensor([0.5, 0.0, 0.15])
    found = set()
    for seed in range(30):
        words = retold(scene(HERE), scene(there, held), robot, torch.Generator().manual_seed(seed))
        assert VERBS[words.verb[0]] == verb and words.object[0] == 0
        found.add(WHERE[words.where[0]])
        related = verb == "place" or WHERE[words.where[0]] == "away_from"
        assert words.other[0] == (1 if related else -1)
    assert found == where


def test_goals_of_the_language_are_words_and_others_are_refused():
    slots = ("red_cup", "blue_bowl")
    words = Words.of({"verb": "place", "object": "red_cup", "relation": "in", "of": "blue_bowl"}, slots)
    assert [int(each) for each in words] == [VERBS.index("place"), WHERE.index("in"), 0, 1]
    words = Words.of({"verb": "push", "object": "blue_bowl", "to": "right"}, slots)
    assert [int(each) for each in words] == [VERBS.index("push"), WHERE.index("right"), 1, -1]
    words = Words.of({"verb": "push", "object": "blue_bowl", "to": "back"}, slots)
    assert WHERE[words.where[0]] == "forward"  # the back of the table lies away from the robot
    words = Words.of({"verb": "push", "object": "blue_bowl", "to": "red_cup"}, slots)
    assert WHERE[words.where[0]] == "toward" and words.other[0] == 0
    with pytest.raises(ValueError, match="has no words for"):
        Words.of({"verb": "push", "object": "blue_bowl", "to": "middle"}, slots)
    with pytest.raises(ValueError, match=r"cannot follow \{'verb': 'clear'"):
        Words.of({"verb": "clear", "region": "left"}, slots)


def test_every_word_is_told_apart():
    """Each verb, relation and role changes what is told, and no two instructions are told alike."""
    now = State(torch.zeros(1, 14), torch.zeros(1, 2, 6), torch.zeros(1, 2).long())
    told = set()
    for verb, where, thing, other in product(range(len(VERBS)), range(len(WHERE)), (0, 1), (-1, 0, 1)):
        words = Words(*(torch.tensor([number]) for number in (verb, where, thing, other)))
        told.add(tuple(torch.cat([each.flatten() for each in words.told(now)]).tolist()))
    assert len(told) == len(VERBS) * len(WHERE) * 6
