"""A frozen network of the user's own, from the config of a training to a plan, in the smallest world."""

import sys

import pytest
import yaml
from typer.testing import CliRunner

from foresee.configs.build import plugins
from foresee.planner import collect
from foresee.planner.cli import app

RAIL = {"_target_": "envs.rail.Rail", "steps": 12, "size": 32}
DATA = {"env": RAIL, "scenes": {"first": 0, "count": 4}, "behaviours": {"random": 1.0}}
LOOK = {"network": {"_target_": "my_eye.Eye", "gain": 2.0}, "grid": 2, "size": 32, "mean": [0.5] * 3, "std": [0.5] * 3}
EYE = """
import torch

class Eye(torch.nn.Module):
    def __init__(self, gain: float):
        super().__init__()
        self.gain = torch.nn.Parameter(torch.tensor(gain))

    def forward(self, pictures):
        return self.gain * torch.nn.functional.avg_pool2d(pictures, 8)
"""
SHORT = {
    "model": {"latent": 16, "hidden": 32, "channels": 8, "members": 2, "encoder": LOOK},
    "look": {"steps": 2, "batch": 4},
    "joint": {"steps": 0},
    "settle": {"steps": 2, "batch": 4, "horizon": 4},
    "validation": 0.3,
}
CHECKED = ["check", "rail", "env.size=32", "world_model._target_=worldmodel.latent.Latent"]


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A folder where one works, with a module, a recording and a training."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "my_eye.py").write_text(EYE)
    collect.collect(DATA, tmp_path / "data", workers=1, progress=False)
    (tmp_path / "training.yaml").write_text(yaml.safe_dump({"data": "data", **SHORT}))
    yield tmp_path
    plugins.discard("my_eye")
    sys.modules.pop("my_eye", None)


def foresee(*words):
    return CliRunner().invoke(app, list(words))


def refusal(*words):
    done = foresee(*words)
    assert done.exit_code == 2 and len(done.stderr.strip().splitlines()) == 1
    return done.stderr


def test_a_class_of_a_plugin_looks_in_training_and_in_planning(home):
    train = ["train", "training.yaml", "--out", "out"]
    assert "'my_eye.Eye' is outside foresee" in refusal(*train)
    train += ["--plugin", "my_eye"]
    assert "Frozen has no option 'grids'; did you mean 'grid'?" in refusal(*train, "model.encoder={grids: 3}")
    (home / "short.yaml").write_text(yaml.safe_dump({"data": "data", "model": {"encoder": "vit"}}))
    assert "model.encoder is a mapping such as {network: " in refusal("train", "short.yaml")
    assert not (home / "out").exists()
    done = foresee(*train)
    assert done.exit_code == 0, done.output
    assert len(list((home / "data/.cache").glob("*-*.npy"))) == 1
    check = [*CHECKED, "world_model.checkpoint=out/checkpoint", "--plugin", "my_eye"]
    assert "looks through the frozen network my_eye.Eye, which is not here" in refusal(*check)
    encoder = "world_model.encoder={{_target_: my_eye.Eye, gain: {}}}"
    assert "weights of my_eye.Eye are not those" in refusal(*check, encoder.format(3.0))
    done = foresee(*check, encoder.format(2.0))
    assert done.exit_code == 0, done.output
