import torch

from foresee.worldmodel.decoder import Decoder
from foresee.worldmodel.inverse import Inverse


def test_pictures_have_the_size_and_cameras_asked_for():
    assert Decoder(cameras=2, size=48, latent=8, channels=4)(torch.randn(3, 5, 8)).shape == (3, 5, 6, 48, 48)


def test_the_inverse_answers_one_action_per_pair_of_latents():
    assert Inverse(8, 5)(torch.randn(3, 4, 8), torch.randn(3, 4, 8)).shape == (3, 4, 5)
