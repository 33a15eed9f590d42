"""Recording in real processes: the same bytes whatever the number of workers, and nothing finished is ever lost."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas
import pytest

from foresee.envs.rail import Rail
from foresee.planner.collect import collect
from foresee.planner.pool import Makers

CONFIG = {
    "env": {"_target_": "envs.rail.Rail", "steps": 6},
    "scenes": {"first": 10, "count": 6},
    "behaviours": {"random": 0.7, "idle": 0.3},
    "shard": 2,
}


class Uneven(Rail):
    """A rail whose episodes end after a length that depends on the seed."""

    def __init__(self, pause=0.0):
        super().__init__(steps=20)
        self.pause = pause

    def reset(self, *, seed=None, options=None):
        self.length = 3 + seed % 4
        return super().reset(seed=seed, options=options)

    def step(self, action):
        time.sleep(self.pause)
        obs, reward, _, truncated, info = super().step(action)
        return obs, reward, self._steps >= self.length, truncated, info


def uneven(node):
    return Uneven(node.get("pause", 0.0))


class Aimless(Rail):
    """A rail without behaviours of its own."""

    @property
    def behaviour(self):
        raise AttributeError


def aimless(node):
    return Aimless()


class Steady:
    """Plans to go where it went at the start of the episode; a trace of an earlier episode would show."""

    def __init__(self, config):
        self.start = config.search.start

    def reset(self, obs, info, env):
        self.action = np.full(3, self.start + 0.01 * self.offset(obs), np.float32)

    def act(self, obs, info):
        self.action = self.action / 2
        return self.action

    @staticmethod
    def offset(obs):
        return float(obs["proprio"][0])


def steady(config, env):
    return Steady(config)


def contents(root):
    return {str(f.relative_to(root)): f.read_bytes() for f in root.rglob("*") if f.suffix in (".parquet", ".mp4")}


def read(root):
    return pandas.concat([pandas.read_parquet(f) for f in sorted(root.glob("data/*/*.parquet"))], ignore_index=True)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "set"
    collect({**CONFIG, "env": {}}, folder, workers=1, progress=False, makers=Makers(uneven))
    return folder


def test_two_workers_record_the_same_bytes_as_one(root, tmp_path):
    collect({**CONFIG, "env": {}}, tmp_path, workers=2, progress=False, makers=Makers(uneven))
    assert contents(tmp_path) == contents(root)
    rows = read(root)
    assert (rows["index"] == np.arange(len(rows))).all()
    assert rows.groupby("episode_index").size().tolist() == [3 + seed % 4 for seed in range(10, 16)]


def test_a_rerun_records_only_the_missing_shard_and_gives_the_same_bytes(root):
    before, lost = contents(root), root / "data/chunk-000/file-001.parquet"
    kept = (root / "data/chunk-000/file-002.parquet").stat().st_mtime_ns
    rate = json.loads((root / "meta/info.json").read_text())["foresee"]["steps_per_second"]
    lost.unlink()
    summary = collect({**CONFIG, "env": {}}, root, workers=1, progress=False, makers=Makers(uneven))
    assert contents(root) == before and (root / "data/chunk-000/file-002.parquet").stat().st_mtime_ns == kept
    assert summary.episodes == 6 and rate > 0
    again = collect({**CONFIG, "env": {}}, root, workers=1, progress=False, makers=Makers(uneven))
    assert contents(root) == before and again.steps_per_second is None


def test_a_recording_can_grow_and_layouts_take_turns(tmp_path):
    config = {**CONFIG, "scenes": {"split": "validation", "count": 3}}
    summary = collect(config, tmp_path, workers=1, progress=False)
    assert (summary.episodes, summary.frames, summary.renderer) == (3, 18, "numpy")
    collect({**config, "scenes": {"split": "validation", "count": 4}}, tmp_path, workers=1, progress=False)
    episodes = pandas.concat([pandas.read_parquet(f) for f in sorted(tmp_path.glob("meta/episodes/*/*.parquet"))])
    assert episodes["seed"].tolist() == [1_000_000, 1_000_001, 1_000_002, 1_000_003]
    assert episodes["layout"].tolist() == ["roomy", "tight", "between", "roomy"]


def test_a_video_goes_on_as_a_video_and_as_nothing_else(tmp_path):
    config = {**CONFIG, "video": True}
    collect({**config, "scenes": {"first": 10, "count": 2}}, tmp_path, workers=1, progress=False)
    assert "action" not in read(tmp_path)
    with pytest.raises(FileExistsError, match="other columns"):
        collect(CONFIG, tmp_path, workers=1, progress=False)
    summary = collect(config, tmp_path, workers=1, progress=False)
    assert summary.frames == 36 and "action" not in read(tmp_path)
    assert '"video": true' in (tmp_path / "README.md").read_text()


def test_a_planner_is_a_behaviour_and_starts_every_episode_afresh(tmp_path):
    config = {**CONFIG, "behaviours": {"planner": 1}, "search": {"start": 0.5}}
    makers = Makers(uneven, policy=steady)
    collect({**config, "env": {}}, tmp_path, workers=1, progress=False, makers=makers)
    rows = read(tmp_path)
    for _, episode in rows.groupby("episode_index"):
        start, steps = 0.5 + 0.01 * episode["observation.state"].iloc[0][0], np.arange(1, len(episode) + 1)
        np.testing.assert_allclose([a[0] for a in episode["action"]], start / 2.0**steps, rtol=1e-5)
    with pytest.raises(FileExistsError, match="another search"):
        collect({**config, "env": {}, "search": {"start": 0.1}}, tmp_path, 1, progress=False, makers=makers)


def test_an_error_in_a_worker_reaches_the_caller(tmp_path):
    juggling = {**CONFIG, "behaviours": {"juggle": 1}}
    with pytest.raises(ValueError, match="there is no behaviour 'juggle': the environment Aimless has none of its own"):
        collect(juggling, tmp_path, workers=1, progress=False, makers=Makers(aimless))
    with pytest.raises(ValueError, match="the rail has no behaviour 'juggle'"):
        collect(juggling, tmp_path, workers=1, progress=False)
    assert not list(tmp_path.iterdir())
    with pytest.raises(ValueError, match="Rail has no option 'stepps'"):
        config = {**CONFIG, "env": {"_target_": "envs.rail.Rail", "stepps": 6}}
        collect(config, tmp_path / "other", workers=1, progress=False)


@pytest.mark.parametrize(
    "change, sentence",
    [
        ({"behaviours": None}, "a recording needs behaviours"),
        ({"behaviours": {"expert": "half"}}, "behaviours is {'expert': 'half'}; it needs names with shares"),
        ({"behaviours": {"planner": 1}}, "'world_model' is missing; add it"),
        ({"seed": -1}, "seed is -1; it is a whole number, at least 0."),
        ({"shard": 0}, "shard is 0; it is a whole number, at least 1."),
        ({"scenes": {"split": "train"}}, "needs scenes.count"),
        ({"scenes": {"split": "exam", "count": 1}}, "'exam'"),
        ({"video": "yes"}, "video is 'yes'; it is true, for pictures and timestamps alone, or false"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_before_anything_starts(tmp_path, change, sentence):
    with pytest.raises((ValueError, KeyError), match=sentence):
        collect({**CONFIG, **change}, tmp_path / "set", progress=False)
    assert not (tmp_path / "set").exists()


SLOW = """
import sys
sys.path.insert(0, {here!r})
from test_collect import CONFIG, Makers, collect, uneven

if __name__ == "__main__":
    collect({{**CONFIG, "env": {{"pause": 0.1}}}}, {out!r}, workers=2, progress=False, makers=Makers(uneven))
"""


def test_ctrl_c_keeps_what_was_finished_and_the_rerun_goes_on(root, tmp_path):
    script, out = tmp_path / "slow.py", tmp_path / "set"
    script.write_text(SLOW.format(here=str(Path(__file__).parent), out=str(out)))
    run = subprocess.Popen([sys.executable, str(script)], stderr=subprocess.PIPE, text=True, start_new_session=True)
    while not list(out.glob("data/*/*.parquet")) and run.poll() is None:
        time.sleep(0.02)
    os.killpg(run.pid, signal.SIGINT)  # a terminal sends it to the workers too
    _, errors = run.communicate()
    info = json.loads((out / "meta/info.json").read_text())
    assert f"stopped; what was finished is in {out}" in errors and errors.count("Traceback") == 1, errors
    assert 2 <= info["total_episodes"] < 6 and len(read(out)) == info["total_frames"]
    collect({**CONFIG, "env": {"pause": 0.1}}, out, workers=2, progress=False, makers=Makers(uneven))
    assert contents(out) == contents(root)
