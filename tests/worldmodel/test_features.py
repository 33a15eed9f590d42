"""Training and planning through a frozen network, with what it sees kept on disk."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from foresee.worldmodel.batches import encode_all
from foresee.worldmodel.begin import begin
from foresee.worldmodel.check import check_model
from foresee.worldmodel.checkpoint import load
from foresee.worldmodel.data import Windows
from foresee.worldmodel.features import with_features
from foresee.worldmodel.frozen import Frozen, FrozenError
from foresee.worldmodel.latent import Latent
from foresee.worldmodel.train import fit

SMALL = {"latent": 16, "hidden": 32, "channels": 8, "members": 3}
SHORT = {
    "look": {"steps": 2, "batch": 8, "every": 2},
    "joint": {"steps": 2, "batch": 8, "every": 2, "horizon": 4},
    "settle": {"steps": 2, "batch": 8, "every": 2, "horizon": 4},
    "validation": 0.2,
}


class Eye(nn.Module):
    """A map of 8 features, 4 x 4, that counts the pictures that it sees."""

    def __init__(self, seed=0):
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(3, 8, 4, stride=4), nn.Tanh())
        with torch.no_grad():
            for number, weights in enumerate(self.layers.parameters()):
                weights.copy_(torch.randn(weights.shape, generator=torch.Generator().manual_seed(seed + number)))
        self.count = 0

    def forward(self, x):
        self.count += len(x)
        return self.layers(x)


def look(module, grid=2):
    return Frozen(module, grid=grid, size=16, mean=[0.5] * 3, std=[0.25] * 3)


@pytest.fixture(scope="module")
def trained(frames, tmp_path_factory):
    return fit(frames, tmp_path_factory.mktemp("seen"), model=SMALL | {"encoder": look(Eye())}, **SHORT)


def test_every_picture_is_looked_at_once_and_what_is_kept_is_what_is_seen(frames, tmp_path):
    eye = Eye()
    frozen = look(eye)
    eye.count = 0
    kept = with_features(frames, frozen, tmp_path).features
    assert eye.count == len(frames.images) and isinstance(kept, np.memmap) and kept.dtype == np.float16
    again = with_features(frames, frozen, tmp_path).features
    assert eye.count == len(frames.images) and np.array_equal(again, kept)
    fresh = frozen(torch.from_numpy(frames.images))
    torch.testing.assert_close(torch.from_numpy(np.array(kept)), fresh, atol=1e-3, rtol=1e-3)  # sums in another order


def test_other_weights_pooling_or_data_make_another_file(frames, tmp_path):
    for frozen in (look(Eye()), look(Eye(seed=5)), look(Eye(), grid=4)):
        with_features(frames, frozen, tmp_path)
    with_features(replace(frames, hash="other"), look(Eye()), tmp_path)
    assert len(list((tmp_path / ".cache").glob("*.npy"))) == 4


def test_features_lie_beside_the_decoded_pictures(frames, tmp_path):
    np.save(tmp_path / "pictures.npy", frames.images)
    mapped = replace(frames, images=np.load(tmp_path / "pictures.npy", mmap_mode="r"))
    with_features(mapped, look(Eye()), tmp_path / "out")
    assert len(list(tmp_path.glob("dots-*.npy"))) == 1 and not (tmp_path / "out").exists()


def test_looking_that_was_interrupted_goes_on(frames, tmp_path):
    class Tired(Eye):
        def forward(self, x):
            if self.count > 100:
                raise KeyboardInterrupt
            return super().forward(x)

    with pytest.raises(KeyboardInterrupt):
        with_features(frames, look(Tired()), tmp_path)
    assert not list((tmp_path / ".cache").glob("*.npy")) and list((tmp_path / ".cache").glob("*.part"))
    eye = Eye()
    frozen = look(eye)
    eye.count = 0
    went_on = with_features(frames, frozen, tmp_path).features
    assert 0 < eye.count < len(frames.images)
    assert np.array_equal(went_on, with_features(frames, frozen, tmp_path / "straight").features)


def test_windows_hold_the_features_of_their_frames(frames, tmp_path):
    seen = with_features(frames, look(Eye()), tmp_path)
    windows = Windows(seen, 4)
    batch = windows.__getitems__([0, 11])
    for i, first in enumerate(windows.firsts[[0, 11]]):
        np.testing.assert_array_equal(batch["features"][i], seen.features[first : first + 4])
    assert "features" not in Windows(frames, 4).__getitems__([0])


def test_latents_of_kept_features_are_those_of_pictures(frames, tmp_path):
    frozen = look(Eye())
    network = begin(frames, np.arange(12), SMALL | {"encoder": frozen}, None)
    kept, fresh = encode_all(network, with_features(frames, frozen, tmp_path)), encode_all(network, frames)
    torch.testing.assert_close(kept, fresh, atol=5e-3, rtol=0)


def test_a_checkpoint_refers_to_what_it_looks_through_and_plans_with_it(trained, context):
    told, weights = load(trained)
    assert told["network"]["encoder"]["network"].endswith(".Eye") and len(told["network"]["encoder"]["weights"]) == 64
    assert not [name for name in weights if name.startswith("encoder.") and "layers" in name]
    model = Latent(trained, "float32", encoder=Eye())
    check_model(model, context)
    other = context._replace(images=255 - context.images)
    assert not torch.equal(model.encode(context), model.encode(other))


def test_training_through_it_again_gives_the_same_weights(frames, trained, tmp_path):
    again = fit(frames, tmp_path, model=SMALL | {"encoder": look(Eye())}, **SHORT)
    assert load(again)[0]["weights_sha256"] == load(trained)[0]["weights_sha256"]


def test_a_training_can_begin_with_a_checkpoint_that_looks_alike(frames, trained, tmp_path):
    still = SHORT | {"look": {"steps": 0}, "settle": {"steps": 0}, "joint": {"steps": 1, "batch": 4, "rate": 0.0}}
    out = fit(frames, tmp_path, model=SMALL | {"encoder": look(Eye())}, init_from=str(trained), **still)
    (_, old), (_, new) = load(trained), load(out)
    assert all(torch.equal(old[name], new[name]) for name in old)


def test_a_changed_network_is_refused(frames, trained, tmp_path):
    with pytest.raises(FrozenError, match=r"but the weights of .*Eye are not those that it was trained with"):
        Latent(trained, encoder=Eye(seed=1))
    with pytest.raises(FrozenError, match=r"Eye, which is not here; give world_model.encoder"):
        Latent(trained)
    with pytest.raises(ValueError, match="does not fit these data and choices"):
        fit(frames, tmp_path, model=SMALL | {"encoder": look(Eye(seed=1))}, init_from=str(trained), **SHORT)


def test_options_that_are_no_network_are_refused(frames, tmp_path):
    with pytest.raises(
        ValueError, match=r"model.encoder is a Frozen, such as Frozen\('models/dinov2-small'\), got 'vit'"
    ):
        fit(frames, tmp_path, model=SMALL | {"encoder": "vit"}, **SHORT)
