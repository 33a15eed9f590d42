import json

import pytest
import torch

from foresee.worldmodel.checkpoint import CheckpointError, CheckpointMissingError, load, save, shipped

WEIGHTS = {"matrix": torch.randn(4, 3), "vector": torch.tensor([1e-7, 3.0])}
TOLD = {"network": {}, "quantities": {}}


def test_vectors_are_kept_exactly_and_matrices_to_half_a_thousandth(tmp_path):
    told, weights = load(save(tmp_path / "x", WEIGHTS, TOLD | {"seed": 3}))
    assert told["seed"] == 3 and torch.equal(weights["vector"], WEIGHTS["vector"])
    torch.testing.assert_close(weights["matrix"], WEIGHTS["matrix"], rtol=5e-4, atol=1e-7)


def test_saving_again_replaces_and_leaves_nothing_beside(tmp_path):
    save(tmp_path / "x", WEIGHTS, TOLD)
    save(tmp_path / "x", {"matrix": torch.zeros(1, 1)}, TOLD)
    assert set(load(tmp_path / "x")[1]) == {"matrix"} and [p.name for p in tmp_path.iterdir()] == ["x"]


def test_a_missing_checkpoint_names_those_that_are_shipped():
    with pytest.raises(CheckpointMissingError, match="no checkpoint 'nowhere': give the name of a shipped one"):
        load("nowhere")
    assert all(load(name)[0]["network"] for name in shipped())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "is not JSON"),
        ("[]", "does not describe a checkpoint of format 1: format, network, quantities, weights_sha256 missing"),
        (json.dumps(TOLD | {"format": 9, "weights_sha256": ""}), "but of format 9"),
    ],
)
def test_a_foreign_description_is_refused(tmp_path, text, says):
    save(tmp_path / "x", WEIGHTS, TOLD)
    (tmp_path / "x" / "description.json").write_text(text)
    with pytest.raises(CheckpointError, match=says):
        load(tmp_path / "x")


@pytest.mark.parametrize("damage", [lambda p: p.write_bytes(p.read_bytes()[:-4]), lambda p: p.unlink()])
def test_damaged_weights_are_refused(tmp_path, damage):
    folder = save(tmp_path / "x", WEIGHTS, TOLD)
    damage(folder / "weights.safetensors")
    with pytest.raises(CheckpointError, match=r"is not the file that description.json was written for"):
        load(folder)
