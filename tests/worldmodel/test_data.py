"""Frames and windows, read back from datasets that were really written."""

import json

import av
import numpy as np
import pytest
import torch
from gymnasium import spaces
from torch.utils.data import DataLoader

from foresee.envs import dataset
from foresee.envs.lerobot import DATA, VIDEO, Schema, at, write_shard
from foresee.envs.rail import Rail
from foresee.envs.record import make_anywhere, record
from foresee.worldmodel.data import Frames, Windows, ready
from foresee.worldmodel.recorded import DatasetError


class Stereo(Rail):
    """A rail with a second camera, which sees the first one's picture mirrored; odd seeds end early."""

    cameras = ("front", "mirror")

    def __init__(self, steps=10):
        super().__init__(size=32, steps=steps)
        picture = self.observation_space["image"]
        self.observation_space = spaces.Dict({**self.observation_space.spaces, "image.mirror": picture})

    def reset(self, *, seed=None, options=None):
        self.short = bool(seed % 2)
        return super().reset(seed=seed, options=options)

    def step(self, action):
        obs, reward, _, truncated, info = super().step(action)
        return obs, reward, self.short and self._steps == 6, truncated, info

    def _observe(self):
        obs = super()._observe()
        return {**obs, "image.mirror": obs["image"][:, ::-1].copy()}


def play(seed, schema=None):
    env = Stereo()
    return record(env, schema or Schema.of(env), seed, "random", make_anywhere)


def write(root, first=0, shards=2, video=False):
    schema, about = Schema.of(Stereo()), {"env": {}, "first": first, "count": 2 * shards}
    schema = schema.video() if video else schema
    dataset.begin(root, schema, about)
    for shard in range(shards):
        seeds = range(first + 2 * shard, first + 2 * shard + 2)
        write_shard(root, schema, shard, 2 * shard, [play(seed, schema) for seed in seeds])
    dataset.finish(root, schema, about, None)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dataset")
    write(folder)
    return folder


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    folder = tmp_path_factory.mktemp("video")
    write(folder, first=200, shards=1, video=True)
    return folder


@pytest.fixture
def spare(tmp_path):
    """A dataset to be damaged."""
    write(tmp_path / "set", shards=1)
    return tmp_path / "set"


def test_frames_are_what_was_recorded(root):
    frames, episodes = Frames.open(root), [play(seed) for seed in range(4)]
    assert frames.lengths.tolist() == [10, 6, 10, 6] and frames.starts.tolist() == [0, 10, 16, 26]
    assert frames.images.shape == (32, 6, 32, 32) and frames.images.dtype == np.uint8
    assert isinstance(frames.images, np.memmap) and frames.cameras == ("front", "mirror")
    for name, mine in {"observation.state": frames.proprio, "action": frames.actions}.items():
        np.testing.assert_array_equal(mine, np.concatenate([e.columns[name] for e in episodes]))
    held = np.concatenate([e.columns["scene.cup.held"] for e in episodes])
    np.testing.assert_array_equal(frames.scene["cup.held"], held.reshape(-1))
    assert frames.scene["bowl.up"].shape == (32, 3) and frames.quantities["bowl.up"].unit == "unit"
    assert frames.episode.tolist() == np.repeat(range(4), frames.lengths).tolist()


def test_pictures_belong_to_their_frames_and_cameras(root):
    frames = Frames.open(root)
    for e in range(4):
        images = play(e).images
        drawn = np.concatenate([images["front"], images["mirror"]], -1).transpose(0, 3, 1, 2).astype(float)
        error = np.abs(frames.images[frames.starts[e] : frames.starts[e] + frames.lengths[e]] - drawn).mean((1, 2, 3))
        assert (error < 5).all()  # of 255, lost by the video; a picture of another time differs by more at its edges


def test_several_datasets_follow_one_another(root, tmp_path):
    write(tmp_path / "more", first=100, shards=1)
    both = Frames.open([root, tmp_path / "more"], tmp_path / "cache")
    one, other = Frames.open(root), Frames.open(tmp_path / "more")
    for name in ("images", "proprio", "actions"):
        np.testing.assert_array_equal(
            getattr(both, name)[:], np.concatenate([getattr(one, name), getattr(other, name)])
        )
    assert both.hash not in (one.hash, other.hash) and both.episode.max() == 5


def test_videos_are_decoded_once_and_decoded_anew_when_the_data_changes(root, spare, tmp_path):
    cache = tmp_path / "cache"
    Frames.open(root, cache)
    (file,) = cache.glob("*.npy")
    written = file.stat().st_mtime_ns
    assert str(Frames.open(root, cache).images.filename) == str(file) and file.stat().st_mtime_ns == written
    Frames.open([root, spare], cache)  # beside others, each dataset keeps a file of its own
    assert len(list(cache.glob("*.npy"))) == 2 and file.stat().st_mtime_ns == written


def test_windows_never_cross_episodes_and_cover_them(root):
    frames = Frames.open(root)
    windows = Windows(frames, 6)
    assert len(windows) == 5 + 1 + 5 + 1
    for first in windows.firsts:
        assert frames.episode[first] == frames.episode[first + 5]


def test_a_list_of_windows_is_a_ready_batch(root):
    frames = Frames.open(root)
    windows = Windows(frames, 4, indices=[0, 2])
    (batch,) = DataLoader(windows, batch_size=len(windows), collate_fn=ready)
    assert batch["images"].shape == (14, 4, 6, 32, 32) and batch["images"].dtype == torch.uint8
    assert batch["proprio"].shape == (14, 4, 8) and batch["actions"].shape == (14, 4, 3)
    assert batch["scene"]["cup.held"].shape == (14, 4) and batch["scene"]["bowl.up"].shape == (14, 4, 3)
    for i, first in enumerate(windows.firsts):
        np.testing.assert_array_equal(batch["images"][i], frames.images[first : first + 4])
        np.testing.assert_array_equal(batch["actions"][i], frames.actions[first : first + 4])
    assert torch.equal(windows[3]["scene"]["bowl.up"], batch["scene"]["bowl.up"][3])


def test_windows_longer_than_every_episode_are_refused(root):
    with pytest.raises(ValueError, match="no window of 11 frames fits; the longest of 4 episodes has 10"):
        Windows(Frames.open(root), 11)


def test_split_keeps_episodes_whole_and_is_always_the_same(root):
    train, validation = Frames.open(root).split(0.25)
    assert sorted([*train, *validation]) == [0, 1, 2, 3] and len(validation) == 1
    np.testing.assert_array_equal(Frames.open(root).split(0.25)[1], validation)
    assert len(Frames.open(root).split(0.0)[1]) == 0


def test_what_is_held_out_stays_held_out_when_datasets_are_added(root, tmp_path):
    write(tmp_path / "more", first=100, shards=3)
    for share in (0.1, 0.25, 0.5, 0.75):
        one, other = (Frames.open(folder).split(share) for folder in (root, tmp_path / "more"))
        both = Frames.open([root, tmp_path / "more"], tmp_path / "cache")
        for mine, theirs, joined in zip(one, other, both.split(share), strict=True):
            assert joined.tolist() == [*mine, *(4 + theirs)]
        assert both.dataset.tolist() == [0] * 4 + [1] * 6


def test_what_nobody_knows_of_a_video_is_not_a_number(root, film, tmp_path):
    frames = Frames.open(root, tmp_path, film)
    known = np.repeat(frames.labelled, frames.lengths)
    assert frames.labelled.tolist() == [e < 4 for e in range(6)] and frames.lengths.sum() == 48
    alone = Frames.open(root)
    assert frames.quantities == alone.quantities and frames.scene.keys() == alone.scene.keys()
    pairs = {"actions": (frames.actions, alone.actions), "proprio": (frames.proprio, alone.proprio)}
    for name, (joined, mine) in (pairs | {k: (v, alone.scene[k]) for k, v in frames.scene.items()}).items():
        assert joined.dtype == np.float32 and np.isnan(joined[~known]).all(), name
        np.testing.assert_array_equal(joined[known], mine, err_msg=name)
    np.testing.assert_array_equal(frames.images[~known], Frames.open([], tmp_path, film).images)
    batch = Windows(frames, 4, np.flatnonzero(~frames.labelled))[0]
    assert batch["actions"].shape == (4, 3) and batch["actions"].isnan().all()


def test_a_video_alone_has_pictures_alone(film):
    frames = Frames.open([], videos=film)
    assert frames.images.shape == (16, 6, 32, 32) and frames.images.any() and not frames.labelled.any()
    assert frames.actions.shape == frames.proprio.shape == (16, 0) and not frames.scene and not frames.quantities


def test_any_recording_is_a_video_to_those_who_read_its_pictures_alone(root, spare, tmp_path):
    path = spare / "meta/info.json"
    path.write_text(json.dumps({k: v for k, v in json.loads(path.read_text()).items() if k != "foresee"}))
    with pytest.raises(DatasetError, match="recorded by foresee"):
        Frames.open(spare)
    frames, alone = Frames.open(root, tmp_path, spare), Frames.open(root)
    assert frames.labelled.tolist() == [True] * 4 + [False] * 2 and frames.quantities == alone.quantities
    np.testing.assert_array_equal(frames.images[32:], alone.images[:16])  # the same episodes
    assert np.isnan(frames.actions[32:]).all() and len({frames.hash, alone.hash}) == 2
    path.write_text(json.dumps({**json.loads(path.read_text()), "fps": 30}))
    with pytest.raises(DatasetError, match="differ in fps; train on datasets recorded alike"):
        Frames.open(root, tmp_path, spare)


def test_a_folder_is_data_or_video_and_a_video_is_no_data(root, film, tmp_path):
    with pytest.raises(DatasetError, match=f"{film} holds video without actions; name it under video"):
        Frames.open([root, film], tmp_path)
    with pytest.raises(DatasetError, match=f"{root} is named as data and as video; name it once"):
        Frames.open(root, tmp_path, [film, root])
    assert not list(tmp_path.iterdir())  # refused before anything is decoded


def test_a_folder_without_a_dataset_is_refused(tmp_path):
    with pytest.raises(DatasetError, match=r"info.json is missing; record one with `foresee collect`"):
        Frames.open(tmp_path)


def test_another_programs_dataset_is_refused(spare):
    info = json.loads((spare / "meta/info.json").read_text())
    for change in ({"codebase_version": "v2.1"}, {"foresee": None}):
        there = {k: v for k, v in {**info, **change}.items() if v is not None}
        (spare / "meta/info.json").write_text(json.dumps(there))
        with pytest.raises(DatasetError, match=r"info.json is not that of a LeRobotDataset v3.0 recorded by foresee"):
            Frames.open(spare)


@pytest.mark.parametrize("template", [DATA, VIDEO])
def test_a_truncated_file_is_named(spare, template):
    path = at(spare, template, 0, video_key="observation.images.mirror")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DatasetError, match=f"{path} is truncated or damaged; delete"):
        Frames.open(spare)
    assert not list(spare.glob(".cache/*.npy"))
    path.unlink()
    with pytest.raises(DatasetError, match=f"{path} is missing"):
        Frames.open(spare)


def test_a_video_that_lost_frames_is_named(spare, tmp_path):
    write(tmp_path / "shorter", first=1, shards=1)
    videos = [at(folder, VIDEO, 0, video_key="observation.images.front") for folder in (tmp_path / "shorter", spare)]
    with av.open(str(videos[1])) as film, av.open(str(videos[0]), "w") as short:
        stream = short.add_stream_from_template(film.streams.video[0])
        for packet in list(film.demux(video=0))[:8]:
            packet.stream = stream
            short.mux(packet)
    videos[0].replace(videos[1])
    with pytest.raises(DatasetError, match=rf"{videos[1]} has \d+ frames, not 16"):
        Frames.open(spare)


def test_an_unfinished_recording_is_told_from_a_finished_one(spare):
    schema = Schema.of(Stereo())
    write_shard(spare, schema, 1, 2, [play(2), play(3)])  # recorded, but never indexed
    with pytest.raises(DatasetError, match=r"lists 4 episodes with 32 frames, but meta/info.json 2 with 16"):
        Frames.open(spare)


def test_datasets_that_differ_are_not_joined(root, spare):
    info = json.loads((spare / "meta/info.json").read_text())
    info["foresee"]["quantities"]["cup.held"]["unit"] = "m"
    (spare / "meta/info.json").write_text(json.dumps(info))
    with pytest.raises(DatasetError, match="differ in quantities; train on datasets recorded alike"):
        Frames.open([root, spare])
