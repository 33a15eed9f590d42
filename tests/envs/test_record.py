"""Recorded datasets, read back by programs that know nothing of the writer: pandas, pyarrow, PyAV."""

import json

import av
import numpy as np
import pandas
import pyarrow.parquet as pq
import pytest

from foresee.envs import dataset
from foresee.envs.lerobot import DATA, EPISODES, Schema, at, write_shard
from foresee.envs.play import make
from foresee.envs.rail import Rail
from foresee.envs.record import choose, make_anywhere, record
from foresee.envs.red_cup import RedCup
from foresee.envs.tabletop import Tabletop

ABOUT = {"env": {"_target_": "envs.rail.Rail"}, "behaviours": {"random": 1.0}, "first": 0, "count": 5, "shard": 2}
STEPS = 8


def schema_of(video):
    schema = Schema.of(Rail(size=32, steps=STEPS))
    return schema.video() if video else schema


def play(seed, video=False):
    return record(Rail(size=32, steps=STEPS), schema_of(video), seed, "random", make_anywhere, layout="tight")


def write(root, shards=(0, 1, 2), video=False):
    """Five episodes in shards of two; the last one is shorter than the others."""
    schema = schema_of(video)
    dataset.begin(root, schema, ABOUT)
    for shard in shards:
        episodes = [play(seed, video=video) for seed in range(2 * shard, min(2 * shard + 2, 5))]
        write_shard(root, schema, shard, 2 * shard, episodes)
    return dataset.finish(root, schema, ABOUT, 100.0)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dataset")
    write(folder)
    return folder


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    folder = tmp_path_factory.mktemp("video")
    write(folder, video=True)
    return folder


def read(root, pattern):
    return pandas.concat([pandas.read_parquet(f) for f in sorted(root.glob(pattern))], ignore_index=True)


def test_info_names_every_column_and_no_other(root):
    info = json.loads((root / "meta/info.json").read_text())
    table = pq.read_table(at(root, DATA, 0))
    numeric = {k: f for k, f in info["features"].items() if f["dtype"] != "video"}
    assert info["codebase_version"] == "v3.0" and info["fps"] == 5 and isinstance(info["fps"], int)
    assert (info["total_episodes"], info["total_frames"], info["splits"]) == (5, 5 * STEPS, {"train": "0:5"})
    assert table.column_names == list(numeric)
    for name, feature in numeric.items():
        kind = str(table.schema.field(name).type).replace("float", "float32").replace("double", "float64")
        assert feature["shape"] == [1] or f"[{feature['shape'][0]}]" in kind, name
    assert info["foresee"]["quantities"]["cup.up"]["shape"] == [3] and info["foresee"]["renderer"] == "numpy"


def test_rows_number_themselves_as_readers_expect(root):
    data, episodes = read(root, "data/*/*.parquet"), read(root, "meta/episodes/*/*.parquet")
    assert (data["index"] == np.arange(len(data))).all() and (episodes["episode_index"] == np.arange(5)).all()
    for e in episodes.to_dict("records"):
        rows = data[e["dataset_from_index"] : e["dataset_to_index"]]
        assert (rows["episode_index"] == e["episode_index"]).all() and len(rows) == e["length"]
        np.testing.assert_allclose(rows["timestamp"], np.arange(len(rows)) / 5, rtol=1e-6)  # stored as float32
        assert rows["next.done"].tolist() == [False] * (len(rows) - 1) + [True]
    assert episodes["seed"].tolist() == [0, 1, 2, 3, 4] and set(episodes["layout"]) == {"tight"}


def test_replaying_the_recorded_actions_gives_the_recorded_states(root):
    data, env = read(root, "data/*/*.parquet"), Rail(steps=STEPS)
    obs, info = env.reset(seed=3, options={"layout": "tight"})
    for row in data[data["episode_index"] == 3].to_dict("records"):
        np.testing.assert_array_equal(row["observation.state"], obs["proprio"])
        np.testing.assert_array_equal(row["scene.cup.position"], info["scene"]["cup.position"])
        assert row["scene.clearance.gripper.bowl"] == info["scene"]["clearance.gripper.bowl"]
        obs, _, _, _, info = env.step(row["action"])


def test_pandas_finds_tasks_by_their_text(root):
    tasks = pandas.read_parquet(root / "meta/tasks.parquet")
    assert tasks.index.name == "task" and tasks.loc[Schema.of(Rail()).task, "task_index"] == 0


def test_video_holds_each_picture_at_the_time_the_index_says(root):
    episodes, key = read(root, "meta/episodes/*/*.parquet"), "observation.images.front"
    e = episodes.iloc[3]
    path = root / f"videos/{key}/chunk-000/file-{e[f'videos/{key}/file_index']:03d}.mp4"
    with av.open(str(path)) as film:
        assert film.streams.video[0].pix_fmt == "yuv444p"
        frames = list(film.decode(video=0))
    start, pictures = e[f"videos/{key}/from_timestamp"], play(3).images["front"]
    shown = [f for f in frames if start - 1e-4 <= f.time < e[f"videos/{key}/to_timestamp"] - 1e-4]
    np.testing.assert_allclose([f.time for f in shown], start + np.arange(STEPS) / 5, atol=1e-4)
    error = np.stack([f.to_ndarray(format="rgb24") for f in shown]).astype(float) - pictures
    assert 10 * np.log10(255**2 / np.mean(error**2)) > 33  # dB; painted edges are harder than rendered ones


def test_pooled_statistics_are_those_of_all_rows(root):
    stats = json.loads((root / "meta/stats.json").read_text())
    values = np.stack(read(root, "data/*/*.parquet")["action"]).astype(float)
    for name in ("min", "max", "mean", "std"):
        np.testing.assert_allclose(stats["action"][name], getattr(values, name)(0), rtol=1e-9, err_msg=name)
    pictures = np.concatenate([play(seed).images["front"] for seed in range(5)]) / 255
    np.testing.assert_allclose(np.ravel(stats["observation.images.front"]["mean"]), pictures.mean((0, 1, 2)), rtol=1e-9)
    assert np.shape(stats["observation.images.front"]["std"]) == (3, 1, 1) and stats["action"]["count"] == [40]


def test_a_missing_shard_leaves_a_valid_dataset_and_its_return_the_same_bytes(root, tmp_path):
    info = write(tmp_path, shards=(0, 2))
    data, episodes = read(tmp_path, "data/*/*.parquet"), read(tmp_path, "meta/episodes/*/*.parquet")
    assert info["total_episodes"] == 3 and episodes["seed"].tolist() == [0, 1, 4]
    assert (data["index"] == np.arange(3 * STEPS)).all() and (episodes["episode_index"] == np.arange(3)).all()
    assert write(tmp_path, shards=(1,))["foresee"]["sha256"] == dataset.read_info(root)["foresee"]["sha256"]
    for shard in range(3):
        for kind in (DATA, EPISODES):
            assert at(tmp_path, kind, shard).read_bytes() == at(root, kind, shard).read_bytes()


def test_what_was_left_half_written_is_no_part_of_a_dataset(root, tmp_path):
    write(tmp_path)
    at(tmp_path, DATA, 2).rename(at(tmp_path, DATA, 2).with_suffix(".parquet.part"))
    assert dataset.recorded(tmp_path, 2) == 0
    assert write(tmp_path, shards=())["total_episodes"] == 4
    assert not list(tmp_path.rglob("*.part")) and not at(tmp_path, EPISODES, 2).exists()


def test_the_card_counts_what_happened(root):
    card, data = (root / "README.md").read_text(), read(root, "data/*/*.parquet")
    touched = (data["scene.contact.gripper.bowl"] > 0.5).mean()
    tipped = (np.stack(data["scene.bowl.up"])[:, 2] < np.cos(np.deg2rad(15))).mean()
    frames = next(line for line in card.splitlines() if line.startswith("| all, frames"))
    assert f"{touched:.1%}" in frames and f"{tipped:.1%}" in frames
    assert "| random | 5 | 5 |" in card and "100 steps/s" in card and "numpy" in card


def test_a_video_holds_pictures_and_timestamps_and_says_so(root, film):
    data, episodes = read(film, "data/*/*.parquet"), read(film, "meta/episodes/*/*.parquet")
    info, stats = (json.loads((film / f"meta/{name}.json").read_text()) for name in ("info", "stats"))
    counters = ["timestamp", "frame_index", "episode_index", "index", "task_index"]
    assert list(data) == counters and [*info["features"]] == [*counters, "observation.images.front"]
    assert data.equals(read(root, "data/*/*.parquet")[counters])
    assert [*stats] == ["observation.images.front"] and not info["foresee"]["quantities"]
    assert not [name for name in episodes if "action" in name or "state" in name or "scene" in name or "next" in name]
    for path in root.glob("videos/*/*/*.mp4"):  # the same pictures
        assert path.read_bytes() == (film / path.relative_to(root)).read_bytes()
    card = (film / "README.md").read_text()
    assert "Simulated video without actions" in card and "## Quantities" not in card and "Base rates" not in card
    assert "Simulated video" not in (root / "README.md").read_text()


def test_a_video_and_other_recordings_do_not_share_a_folder(root, film):
    for folder, video in ((root, True), (film, False)):
        with pytest.raises(
            FileExistsError, match=r"with other columns \(action is in one only\); choose another folder"
        ):
            dataset.begin(folder, schema_of(video), ABOUT)
    dataset.begin(film, schema_of(True), ABOUT)


def test_a_video_without_a_camera_is_refused():
    with pytest.raises(ValueError, match="video: true records pictures alone; give the environment a camera"):
        Schema.of(RedCup(cameras=())).video()


def test_a_folder_with_something_else_is_refused(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="holds no dataset of foresee; choose a new or empty folder"):
        dataset.begin(tmp_path, Schema.of(Rail()), ABOUT)


def test_a_dataset_of_another_config_is_refused(root):
    with pytest.raises(FileExistsError, match=r"another behaviours .*choose another folder"):
        dataset.begin(root, Schema.of(Rail()), {**ABOUT, "behaviours": {"idle": 1.0}})
    with pytest.raises(FileExistsError, match="5 episodes, more than the 4 asked for"):
        dataset.begin(root, Schema.of(Rail()), {**ABOUT, "count": 4})
    dataset.begin(root, Schema.of(Rail(steps=STEPS)), {**ABOUT, "count": 6})


def test_a_truncated_shard_is_refused_by_name(tmp_path):
    write(tmp_path, shards=(0,))
    path = at(tmp_path, DATA, 0)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match=f"{path} is missing or damaged; delete it"):
        dataset.recorded(tmp_path, 0)


def test_behaviours_get_their_shares_whatever_the_seeds():
    shares = {"pick": 0.5, "push": 0.3, "random": 0.2}
    for first in (0, 1_000_000, 2_000_017):
        names = [choose(shares, seed) for seed in range(first, first + 200)]
        assert all(abs(names.count(name) / 200 - share) < 0.02 for name, share in shares.items())
        of_layout = names[::3]  # layouts take turns, so every third episode has the same one
        assert all(abs(of_layout.count(name) / 67 - share) < 0.06 for name, share in shares.items())


def test_nonsense_shares_are_refused():
    with pytest.raises(ValueError, match="needs names with shares of 0 or more"):
        choose({"pick": -1.0, "push": 2.0}, 0)


def test_a_quantity_that_is_promised_but_absent_is_named():
    env = Rail(steps=2)
    env.quantities = {**Rail.quantities, "vase.up": Rail.quantities["bowl.up"]}
    with pytest.raises(LookupError, match=r"promises the quantities \['vase.up'\]"):
        record(env, Schema.of(env), 0, "idle", make_anywhere)


def test_what_is_recorded_is_the_command_and_not_what_the_limits_left_of_it():
    env = RedCup(cameras=("front",), size=16, steps=2)
    episode = record(env, Schema.of(env), 0, "open", lambda *_: lambda obs, info: np.array([0.0, 0.0, 0.5, 0.0, 3.0]))
    assert episode.columns["action"].tolist() == [[0.0, 0.0, 0.5, 0.0, 1.0]] * 2  # the fingers are open already


def test_nothing_known_of_an_empty_slot_is_no_number_in_the_statistics(tmp_path):
    env = Tabletop(drawn=(1, 2), slots=True, cameras=("front",), size=16, steps=3)
    schema = Schema.of(env)
    dataset.begin(tmp_path, schema, {"count": 4})
    episodes = [record(env, schema, seed, "push", make) for seed in range(4)]
    write_shard(tmp_path, schema, 0, 0, episodes)
    dataset.finish(tmp_path, schema, {"count": 4}, None)
    stats = json.loads((tmp_path / "meta/stats.json").read_text())
    assert all(np.isfinite(value).all() for column in stats.values() for value in column.values())
    present = [int((episode.columns["scene.object1.who"] >= 0).sum()) for episode in episodes]
    assert 0 < sum(present) < 12
    assert stats["scene.object1.position"]["count"] == [sum(present)]
    assert stats["scene.object3.position"]["count"] == [0]  # never there
    known = np.concatenate([episode.columns["scene.object1.position"] for episode in episodes])
    assert np.allclose(stats["scene.object1.position"]["mean"], np.nanmean(known, axis=0))
    env.close()
