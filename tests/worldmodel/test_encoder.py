import pytest
import torch

from foresee.worldmodel.encoder import Encoder


@pytest.fixture
def seen():
    return torch.randint(0, 256, (2, 5, 6, 32, 32), dtype=torch.uint8), torch.randn(2, 5, 3)


def test_a_window_holds_what_its_runs_encode_to(seen):
    encoder, (images, proprio) = Encoder(2, 32, 3, frames=3, latent=8), seen
    window = encoder.window(images, proprio)
    assert window.shape == (2, 3, 8)
    for t in range(3):
        torch.testing.assert_close(window[:, t], encoder(images[:, t : t + 3], proprio[:, t : t + 3]))


def test_forgetting_is_seeing_the_last_frame_of_the_first_run_again_and_again(seen):
    encoder, (images, proprio) = Encoder(2, 32, 3, latent=8), seen
    plain, forgot = encoder.window(images, proprio), encoder.window(images, proprio, torch.tensor([True, False]))
    still = encoder(images[:1, [1, 1]], proprio[:1, [1, 1]])
    torch.testing.assert_close(forgot[0, 0], still[0])
    torch.testing.assert_close(forgot[1], plain[1])
    torch.testing.assert_close(forgot[0, 1:], plain[0, 1:])


def test_frames_of_a_window_pass_the_convolutions_once(seen):
    encoder, (images, proprio) = Encoder(2, 32, 3, latent=8), seen
    counts = []
    encoder.eye.register_forward_hook(lambda module, inputs, output: counts.append(len(output)))
    encoder.window(images, proprio)
    assert counts == [10]


def test_a_size_that_cannot_be_halved_four_times_is_refused():
    with pytest.raises(ValueError, match="40 px cannot be encoded; choose a multiple of 16"):
        Encoder(1, 40, 3)


def test_a_channel_that_never_changes_does_not_divide_by_zero(seen):
    encoder, (images, proprio) = Encoder(2, 32, 3, latent=8), seen
    encoder.measure(torch.ones(10, 3))
    assert encoder.window(images, proprio).isfinite().all()
