"""Frozen networks in the format of `transformers`, with random weights, saved and read back without a network."""

import json
import shutil

import pytest
import torch
import transformers
from torch.nn import functional as F

from foresee.worldmodel.features import with_features
from foresee.worldmodel.frozen import Frozen, FrozenError
from foresee.worldmodel.latent import Latent
from foresee.worldmodel.train import fit

TINY = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
TINY |= {"image_size": 32, "patch_size": 8}
SAID = {
    "do_normalize": True,
    "image_mean": [0.5, 0.4, 0.3],
    "image_std": [0.2, 0.3, 0.4],
    "size": {"shortest_edge": 40},
    "do_center_crop": True,
    "crop_size": {"height": 32, "width": 32},
}


def save(folder, seed=0, said=SAID, config=transformers.Dinov2Config, kind=transformers.Dinov2Model):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = kind(config(**TINY)).eval()
    model.save_pretrained(folder)
    if said:
        (folder / "preprocessor_config.json").write_text(json.dumps(said))
    return model


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "dinov2-tiny"
    save(folder)
    return folder


@pytest.mark.parametrize(
    ("config", "kind"),
    [
        (transformers.Dinov2Config, transformers.Dinov2Model),
        (transformers.Dinov2WithRegistersConfig, transformers.Dinov2WithRegistersModel),
        (transformers.ViTConfig, transformers.ViTModel),
    ],
)
def test_features_are_those_computed_by_hand(tmp_path, context, config, kind):
    model = save(tmp_path / "model", config=config, kind=kind)
    images = context.images[:, 0]
    x = F.interpolate(images / 255, (32, 32), mode="bicubic", antialias=True).clamp(0, 1)
    x = (x - torch.tensor(SAID["image_mean"]).view(3, 1, 1)) / torch.tensor(SAID["image_std"]).view(3, 1, 1)
    with torch.no_grad():
        tokens = model(pixel_values=x).last_hidden_state
    patches = tokens[:, -16:].transpose(1, 2).unflatten(2, (4, 4))
    by_hand = torch.cat([tokens[:, :1], F.avg_pool2d(patches, 2).flatten(2).transpose(1, 2)], 1)
    torch.testing.assert_close(Frozen(tmp_path / "model", grid=2)(images).float(), by_hand, atol=2e-3, rtol=2e-3)


def test_the_folder_says_how_it_wants_its_pictures_unless_the_options_do(folder, tmp_path):
    told = Frozen(folder, grid=2).told
    assert (told["size"], told["mean"], told["std"]) == (32, SAID["image_mean"], SAID["image_std"])
    assert Frozen(folder, size=64).told["size"] == 64
    save(tmp_path / "silent", said=None)
    with pytest.raises(FrozenError, match=r"silent wants its pictures; give size, mean, std, such as size: 224"):
        Frozen(tmp_path / "silent")


def test_a_model_trains_and_plans_through_a_folder_and_refuses_a_changed_one(frames, context, folder, tmp_path):
    here = shutil.copytree(folder, tmp_path / "here")
    stage = {"steps": 2, "batch": 8, "every": 2, "horizon": 4}
    small = {"latent": 16, "hidden": 32, "channels": 8, "members": 3, "encoder": Frozen(here, grid=2)}
    trained = fit(frames, tmp_path / "out", model=small, look={"steps": 0}, joint=stage, settle=stage, validation=0.2)
    assert len(list((tmp_path / "out/.cache").glob("dots-*.npy"))) == 1
    model = Latent(trained, "float32")
    chunks = torch.zeros(3, 2, 5, 2)
    scene = model.imagine(model.encode(context), chunks, ["cup.position"])
    assert scene["cup.position"].isfinite().all()
    moved = here.rename(tmp_path / "moved")
    with pytest.raises(FrozenError, match=r"here, which is not here; give world_model.encoder, its folder"):
        Latent(trained)
    again = Latent(trained, "float32", encoder=str(moved))
    assert torch.equal(again.encode(context), model.encode(context))
    save(here, seed=1)
    with pytest.raises(FrozenError, match=r"but the weights of .*here are not those that it was trained with"):
        Latent(trained)


def test_what_is_kept_is_the_same_wherever_the_folder_lies(frames, folder, tmp_path):
    elsewhere = shutil.copytree(folder, tmp_path / "elsewhere")
    for place in (folder, elsewhere):
        with_features(frames, Frozen(place), tmp_path)
    assert len(list((tmp_path / ".cache").glob("*.npy"))) == 1


def test_a_damaged_or_incomplete_folder_is_refused(folder, tmp_path):
    damaged = shutil.copytree(folder, tmp_path / "damaged")
    (damaged / "model.safetensors").unlink()
    with pytest.raises(FrozenError, match=r"transformers cannot read .*damaged: "):
        Frozen(damaged)
    lacking = shutil.copytree(folder, tmp_path / "lacking")
    told = json.loads((lacking / "config.json").read_text())
    (lacking / "config.json").write_text(json.dumps(told | {"num_hidden_layers": 3}))
    with pytest.raises(FrozenError, match=r"the weights in .*lacking lack encoder.layer.2\..*, which its config.json"):
        Frozen(lacking)


def test_code_in_a_folder_never_runs(folder, tmp_path):
    foreign = shutil.copytree(folder, tmp_path / "foreign")
    told = json.loads((foreign / "config.json").read_text())
    told |= {"model_type": "mine", "auto_map": {"AutoConfig": "mine.Config", "AutoModel": "mine.Model"}}
    (foreign / "config.json").write_text(json.dumps(told))
    (foreign / "mine.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    with pytest.raises(FrozenError, match=r"transformers cannot read .*foreign: "):
        Frozen(foreign)
    assert not (tmp_path / "ran").exists()
