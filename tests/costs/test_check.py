"""Every message of `check_cost` can fire."""

import pytest
import torch

from foresee.costs import check_cost


class Sound:
    needs = ("cup.position",)

    def __call__(self, scene, actions):
        return scene["cup.position"][..., 2]


class OneName(Sound):
    needs = "cup.position"


class NotATensor(Sound):
    def __call__(self, scene, actions):
        return 0.0


class Whole(Sound):
    def __call__(self, scene, actions):
        return scene["cup.position"][..., 2].long()


class Summed(Sound):
    def __call__(self, scene, actions):
        return scene["cup.position"][..., 2].sum(dim=-1)


class Broken(Sound):
    def __call__(self, scene, actions):
        return scene["cup.position"][..., 2] / 0


class Unread(Sound):
    needs = ("bowl.up", "cup.position")


class Unlisted(Sound):
    def __call__(self, scene, actions):
        return scene["cup.position"][..., 2] + scene["cup.held"]


class Mixing(Sound):
    def __call__(self, scene, actions):
        z = scene["cup.position"][..., 2]
        return z - z.mean()


class Private(Sound):
    needs = ("mood",)

    def __call__(self, scene, actions):
        return scene["mood"][..., 0]


@pytest.mark.parametrize(
    ("cost", "sentence"),
    [
        (OneName(), "OneName.needs is a tuple of quantity names, got 'cup.position'."),
        (NotATensor(), "NotATensor returns a tensor of floating-point numbers, got float."),
        (Whole(), "Whole returns a tensor of floating-point numbers, got torch.int64."),
        (Summed(), "Summed returns one number per step, shape (1,), got ()."),
        (Broken(), "Broken is finite on a finite scene, got inf."),
        (Unread(), "Unread.needs names ['bowl.up'], which it never reads; take it out."),
        (Unlisted(), "Unlisted reads 'cup.held', which Unlisted.needs does not name; add it."),
        (Mixing(), "Mixing mixes leading dimensions: a future measured alone gives other values."),
        (Private(), "check_cost cannot tell the shape of 'mood'; pass shapes={'mood': (...)}."),
    ],
)
def test_a_broken_promise_is_named(cost, sentence):
    with pytest.raises(ValueError) as error:
        check_cost(cost)
    assert str(error.value) == sentence


def test_a_sound_cost_passes():
    check_cost(Sound())
    check_cost(Private(), shapes={"mood": (2,)})


def test_the_global_random_generator_is_left_alone():
    before = torch.get_rng_state()
    check_cost(Sound())
    assert torch.equal(before, torch.get_rng_state())
