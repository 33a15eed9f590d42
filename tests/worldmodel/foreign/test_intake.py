import pytest
import torch

from foresee.worldmodel.foreign.intake import IMAGENET, Intake

OPTIONS = {
    "size": 4,
    "action_block": 2,
    "action_mean": [0, 0],
    "action_std": [1, 1],
    "action_low": -1.0,
    "action_high": 1.0,
    "proprio_mean": [1, 2],
    "proprio_std": [2, 4],
    "pixel_mean": IMAGENET[0],
    "pixel_std": IMAGENET[1],
    "resize": False,
}


def intake(**changes):
    return Intake(**{**OPTIONS, **changes})


def test_pictures_are_normalised_and_only_the_first_camera_is_seen():
    images = torch.full((1, 2, 6, 4, 4), 255, dtype=torch.uint8)
    seen = intake().pictures(images)
    assert seen.shape == (1, 2, 3, 4, 4)
    assert torch.allclose(seen[0, 0, :, 0, 0], (1 - torch.tensor(IMAGENET[0])) / torch.tensor(IMAGENET[1]))


def test_another_size_is_refused_or_resized():
    ramp = torch.arange(8, dtype=torch.uint8).mul(30).expand(1, 1, 3, 8, 8)
    with pytest.raises(ValueError, match=r"sees pictures of 4 px, but these have \(8, 8\); .*say resize=true"):
        intake().pictures(ramp)
    small = intake(resize=True, pixel_mean=[0, 0, 0], pixel_std=[1, 1, 1]).pictures(ramp)[0, 0, 0, 0] * 255
    assert small.shape == (4,) and torch.allclose(small[1:3], torch.tensor([75.0, 135.0]), atol=1.0)


def test_actions_of_a_block_stand_side_by_side():
    blocks = intake().blocks(torch.arange(8.0).reshape(1, 4, 2))
    assert blocks.tolist() == [[[0, 1, 2, 3], [4, 5, 6, 7]]]
    assert intake().blocks(torch.zeros(3, 0, 2)).shape == (3, 0, 4)


def test_proprioception_is_normalised_and_another_size_refused():
    assert intake().proprio(torch.tensor([[3.0, 2.0]])).tolist() == [[1, 0]]
    with pytest.raises(ValueError, match=r"feels 2 numbers, .* has 3 of proprioception"):
        intake().proprio(torch.zeros(1, 3))
    assert intake(proprio_mean=None).proprio_dim == 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"size": 0}, "size is 0; it must be at least 1"),
        ({"action_block": 0}, "action_block is 0"),
        ({"action_std": [1]}, "action_mean and action_std are lists of as many numbers"),
        ({"action_std": [1, 0]}, "deviations above 0"),
        ({"action_mean": [], "action_std": []}, "action_mean and action_std"),
        ({"proprio_std": None}, "proprio_mean and proprio_std"),
        ({"pixel_mean": [0], "pixel_std": [1]}, "pixel_mean has 1 numbers; a picture has 3 colours"),
        ({"action_low": [0, 0, 0]}, "action_low and action_high are one number, or one for each of 2 actions"),
    ],
)
def test_what_cannot_be_meant_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        intake(**changes)
