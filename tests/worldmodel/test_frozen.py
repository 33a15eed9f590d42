import json

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from foresee.worldmodel.frozen import Frozen, FrozenError, again, pooled

HOW = {"size": 32, "mean": [0.5, 0.4, 0.3], "std": [0.2, 0.3, 0.4]}


class Patches(nn.Module):
    """Mean colours of 4 x 4 patches, behind a class token and as many registers as are asked for."""

    def __init__(self, registers=0, gain=1.0):
        super().__init__()
        self.gain = nn.Parameter(torch.tensor(gain))
        self.registers = registers

    def forward(self, x):
        patches = self.gain * F.adaptive_avg_pool2d(x, 4).flatten(2).transpose(1, 2)
        return torch.cat(
            [patches.mean(1, keepdim=True), patches.new_full((len(x), self.registers, 3), 9.0), patches], 1
        )


@pytest.fixture
def images():
    """Two frames of two cameras."""
    return torch.randint(0, 256, (2, 6, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("registers", [0, 4])
def test_tokens_are_the_class_token_and_averages_of_patches(images, registers):
    seen = Frozen(Patches(registers), grid=2, **HOW)(images)
    mean, std = (torch.tensor(HOW[key]).view(-1, 1, 1) for key in ("mean", "std"))
    assert seen.shape == (2, 10, 3) and seen.dtype == torch.float16
    for camera in range(2):
        picture = (images[:, 3 * camera : 3 * camera + 3] / 255 - mean) / std
        by_hand = torch.cat([picture.mean((2, 3))[:, None], F.avg_pool2d(picture, 16).flatten(2).transpose(1, 2)], 1)
        torch.testing.assert_close(seen[:, 5 * camera : 5 * camera + 5].float(), by_hand, atol=2e-3, rtol=0)


def test_maps_and_vectors_are_tokens_too():
    seen = torch.arange(2 * 3 * 16.0).view(2, 3, 4, 4)
    torch.testing.assert_close(pooled(seen, 1), seen.mean((2, 3))[:, None])
    assert torch.equal(pooled(seen, 4)[0, 5], seen[0, :, 1, 1])
    assert torch.equal(pooled(seen[..., 0, 0], 4), seen[:, None, :, 0, 0])
    without_class_token = seen.flatten(2).transpose(1, 2)
    assert torch.equal(pooled(without_class_token, 2), pooled(seen, 2))


def test_a_picture_of_another_size_is_resized_whole(images):
    small, large = (Frozen(Patches(), grid=4, **HOW | {"size": size}) for size in (32, 64))
    edges = torch.zeros(1, 3, 32, 32, dtype=torch.uint8)
    edges[..., :2, :] = 255  # what cropping would lose
    torch.testing.assert_close(large(edges).float(), small(edges).float(), atol=0.1, rtol=0)
    assert large.told["size"] == 64 and large.key != small.key


def test_it_never_learns_and_copies_share_it(images):
    from copy import deepcopy

    frozen = Frozen(nn.Sequential(nn.Dropout(0.5), Patches()), **HOW)
    assert torch.equal(frozen(images), frozen(images)) and not frozen(images).requires_grad
    assert deepcopy({"frozen": frozen})["frozen"] is frozen


def test_the_key_is_that_of_weights_pooling_and_preprocessing():
    one = Frozen(Patches(), **HOW)
    assert one.key == Frozen(Patches(), **HOW).key
    others = [Frozen(Patches(gain=2.0), **HOW), Frozen(Patches(), grid=2, **HOW)]
    others += [Frozen(Patches(), **HOW | {"mean": [0.0] * 3}), Frozen(Patches(), **HOW | {"std": [1.0] * 3})]
    assert len({one.key, *(other.key for other in others)}) == 5
    assert json.loads(json.dumps(one.told)) == one.told


@pytest.mark.parametrize(
    ("network", "options", "message"),
    [
        (
            Patches(),
            {"size": 32},
            r"nothing says how .*\.Patches wants its pictures; give mean, std, such as size: 224",
        ),
        (Patches(), HOW | {"grid": 5}, "cannot look at pictures of 32 px, grid 5: grid is at least 1 and at most 4"),
        (nn.Linear(7, 7), HOW, "torch.nn.modules.linear.Linear cannot look at pictures of 32 px, grid 4: "),
        (3, HOW, "a frozen network is a folder or a torch.nn.Module, got 3"),
        ("/nowhere", HOW, "/nowhere holds no network: config.json is missing; download its files into this folder"),
    ],
)
def test_what_cannot_look_is_refused(network, options, message):
    with pytest.raises(FrozenError, match=message):
        Frozen(network, **options)


def test_the_same_weights_are_found_again_and_others_refused():
    told = Frozen(Patches(), grid=2, **HOW).told
    assert again(told, Patches(), "dot").told == told
    with pytest.raises(
        FrozenError, match=r"'dot' looks through the frozen network .*Patches, but the weights of .*Patches"
    ):
        again(told, Patches(gain=2.0), "dot")
    with pytest.raises(
        FrozenError, match=r"Patches, which is not here; give world_model.encoder, its folder or {_target_: CLASS}"
    ):
        again(told, None, "dot")
    with pytest.raises(FrozenError, match=r"'dot' looks through no frozen network; take world_model.encoder out"):
        again(None, Patches(), "dot")
