"""Colours keep the variance, and hang together as they say."""

import numpy as np
import pytest
import torch

from foresee.planner.noise import Correlated, Noise, PowerLaw


@pytest.mark.parametrize("colour", [Correlated(0.8), PowerLaw(1.0), PowerLaw(3.0)], ids=str)
def test_every_step_keeps_its_variance(colour):
    noise = Noise([(0,)], colour=colour)(20000, 5, 1)[0, ..., 0]
    assert noise.std(dim=0) == pytest.approx(torch.ones(5), abs=0.03)


def test_correlated_noise_resembles_the_step_before():
    noise = Noise([(0,)], colour=Correlated(0.8))(20000, 5, 1)[0, ..., 0]
    assert torch.corrcoef(noise.T)[0].numpy() == pytest.approx(0.8 ** np.arange(5), abs=0.03)


def test_without_exponent_or_correlation_the_noise_is_white():
    white = Noise([(0,)])(3, 5, 2)
    for colour in (Correlated(0.0), PowerLaw(0.0)):
        torch.testing.assert_close(Noise([(0,)], colour=colour)(3, 5, 2), white, atol=1e-4, rtol=0)


def test_red_noise_moves_slower_than_pink():
    def roughness(exponent):
        noise = Noise([(0,)], colour=PowerLaw(exponent))(2000, 20, 1)
        return noise.diff(dim=2).square().mean().item()

    assert roughness(2.0) < 0.7 * roughness(1.0) < 0.7 * roughness(0.0)


def test_coloured_noise_of_a_scene_depends_on_its_seed_alone():
    both = Noise([(3, 0), (3, 1)], colour=PowerLaw())(4, 6, 2)
    assert torch.equal(Noise([(3, 1)], colour=PowerLaw())(4, 6, 2)[0], both[1])


def test_impossible_colours_are_refused():
    with pytest.raises(ValueError, match=r"correlation is 1.0; it must lie in \[0, 1\)"):
        Correlated(1.0)
    with pytest.raises(ValueError, match="exponent is -1; it must be at least 0"):
        PowerLaw(-1)
