from dataclasses import replace

import numpy as np
import pytest
import torch

from foresee.worldmodel import checkpoint
from foresee.worldmodel.objects.network import Network
from foresee.worldmodel.objects.recipe import begin
from foresee.worldmodel.objects.resize import PLACES, resized

from .conftest import SIDE, SMALL, made


def test_weights_of_the_same_size_stay():
    weights = made().state_dict()
    assert all(value.equal(weights[name]) for name, value in resized(weights, SIDE, SIDE).items())


def test_every_weight_fits_pictures_of_the_other_size():
    network = made()
    larger = Network(replace(network.sizes, size=3 * SIDE))
    larger.load_state_dict(resized(network.state_dict(), SIDE, 3 * SIDE))
    changed = {n for n, v in network.state_dict().items() if v.shape != larger.state_dict()[n].shape}
    assert changed == set(PLACES)


def test_what_grows_evenly_across_a_picture_still_does():
    """A ramp along the columns is a ramp in more columns, but for the edges, beyond which nothing was learned."""
    network = made()
    weights = network.state_dict()
    ramp = torch.arange(8.0).repeat(8)[None, :, None].expand_as(weights["eye.place"])
    place = resized({**weights, "eye.place": ramp}, SIDE, 2 * SIDE)["eye.place"].unflatten(1, (16, 16))
    steps = place.diff(dim=2)[:, :, 1:-1]
    assert torch.allclose(steps, torch.full_like(steps, 0.5)) and place.diff(dim=1).abs().max() == 0


def test_a_training_begins_with_weights_of_another_size(frames, tmp_path):
    network = made()
    small = checkpoint.save(tmp_path / "small", network.state_dict(), network.describe())
    wide = replace(frames, images=np.repeat(np.repeat(frames.images, 2, axis=2), 2, axis=3))
    larger = begin(wide, np.arange(3), SMALL, str(small))
    assert larger.sizes.size == 2 * SIDE
    known = checkpoint.load(small)[1]
    assert all(v.equal(known[n]) for n, v in larger.state_dict().items() if n in known and n not in PLACES)
    with pytest.raises(ValueError, match="does not fit these data and choices"):
        begin(wide, np.arange(3), {**SMALL, "channels": 8}, str(small))
