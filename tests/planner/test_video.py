"""From folders of data and of video to a plan, in the smallest world; and the configs of the benchmark of labels."""

import json
import shutil
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from foresee import configs
from foresee.planner import build, collect, training
from foresee.planner.cli import app
from foresee.worldmodel.checkpoint import load

BENCHMARK = Path(__file__).resolve().parents[2] / "benchmarks" / "labels"
TINY = {
    "model": {"frames": 1, "latent": 16, "hidden": 32, "channels": 8, "members": 2},
    "look": {"steps": 2, "batch": 4},
    "joint": {"steps": 2, "batch": 4, "horizon": 3},
    "settle": {"steps": 2, "batch": 4, "horizon": 3},
    "validation": 0.3,
}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with six labelled episodes and two of video, recorded as the benchmark does, and a training."""
    folder = tmp_path_factory.mktemp("home")
    for name, count in (("data", 6), ("video", 2)):
        few = [f"scenes.count={count}", "env.steps=12", "shard=2"]
        recording = configs.load(str(BENCHMARK / f"{name}.yaml"), few, known=(*build.KEYS, *collect.KEYS))
        collect.collect(recording, folder / name, workers=1, progress=False)
    config = {"data": str(folder / "data"), "video": [str(folder / "video")], "labels": 0.5, **TINY}
    shutil.copytree(folder / "video", folder / "film")
    (folder / "training.yaml").write_text(yaml.safe_dump(config))
    return folder


def train(home, out, *overrides):
    return training.train(str(home / "training.yaml"), list(overrides), out, progress=False)


def test_a_model_trained_with_video_plans_on_what_it_feels_and_sees(home, tmp_path):
    told, _ = load(train(home, tmp_path / "out"))
    assert told["network"]["apart"] and told["network"]["proprio"] == 3
    assert told["training"]["labels"] == 0.5 and told["training"]["unlabelled"] == 0.5
    said = ["check", str(BENCHMARK / "rail.yaml"), f"world_model.checkpoint={tmp_path / 'out/checkpoint'}"]
    done = CliRunner().invoke(app, said)
    assert done.exit_code == 0, done.output
    again, _ = load(train(home, tmp_path / "again"))
    assert again["weights_sha256"] == told["weights_sha256"]
    without, _ = load(train(home, tmp_path / "without", "unlabelled=0"))
    assert not without["network"]["apart"] and without["weights_sha256"] != told["weights_sha256"]


def test_what_names_video_wrongly_is_refused_before_anything_is_written(home, tmp_path):
    said = ["train", str(home / "training.yaml"), "--out", str(tmp_path / "out")]
    for override, sentence in (
        (f"data=[{home / 'data'},{home / 'film'}]", "holds video without actions; name it under video and not under"),
        (f"video={home / 'data'}", "is named as data and as video; name it once"),
        ("video=nowhere", "nowhere holds no dataset"),
        ("labels=2", "labels is 2; it is the share of the episodes that keeps its labels"),
        ("rounds={count: 1, collect: data/tabletop_curious, scenes: 2}", "rounds learn from recordings with actions"),
    ):
        done = CliRunner().invoke(app, [*said, override])
        assert done.exit_code == 2 and sentence in done.stderr and len(done.stderr.strip().splitlines()) == 1, override
        assert not (tmp_path / "out").exists()
    with pytest.raises(configs.ConfigError, match="leave out labels, or rounds"):
        train(home, tmp_path, "video=null", "rounds={count: 1, collect: data/tabletop_curious, scenes: 2}")


def test_the_benchmark_trains_every_share_alike(home, tmp_path):
    folders = [f"data={home / 'data'}", f"video={home / 'video'}", "validation=0.3"]
    few = [f"{stage}.{key}={n}" for stage in ("look", "joint", "settle") for key, n in (("steps", 1), ("batch", 4))]
    out = training.train(str(BENCHMARK / "train.yaml"), [*folders, *few, "labels=0.25"], tmp_path, progress=False)
    assert json.loads((out.parent / "choices.json").read_text())["labels"] == 0.25
