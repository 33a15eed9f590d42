"""The LeRobotDataset v3.0 format: which file holds what, and how a shard of episodes is written safely."""

import dataclasses
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from .interface import Quantity
from .stats import episode_stats

CODEBASE = "v3.0"
CHUNK = 1000
"""Files of one chunk folder."""
DATA = "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
EPISODES = "meta/episodes/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
VIDEO = "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4"
X264 = {"crf": "18", "g": "2"}  # every second frame is a key frame: random access stays cheap
COUNTERS = ("frame_index", "episode_index", "index", "task_index")
PART = ".part"
"""What is being written; it gets its own name when it is whole."""


@dataclass(frozen=True)
class Schema:
    """What one row of a dataset holds, and what made it."""

    fps: float
    cameras: dict[str, tuple[int, int]]
    """Camera -> (height, width) in pixels; the first is the planner's first view."""
    proprio: int
    """Size J of the proprioception; 0 if none is recorded."""
    action: int
    """Size A of an action; 0 if none is recorded, nor what followed it."""
    quantities: dict[str, Quantity]
    task: str
    """What the robot is asked to do, in words."""
    renderer: str
    layouts: tuple[str, ...] = ()
    """Every layout the environment can be reset to."""
    steps: int | None = None
    """Longest episode; None where the environment does not say."""

    @classmethod
    def of(cls, env: Any) -> "Schema":
        """Read the schema off an environment."""
        spaces = {c: env.observation_space["image" if i == 0 else f"image.{c}"] for i, c in enumerate(env.cameras)}
        return cls(
            fps=float(env.fps),
            cameras={camera: space.shape[:2] for camera, space in spaces.items()},
            proprio=env.observation_space["proprio"].shape[0],
            action=env.action_space.shape[0],
            quantities={name: Quantity(*quantity) for name, quantity in env.quantities.items()},
            task=getattr(env, "task", None) or (type(env).__doc__ or type(env).__name__).strip().splitlines()[0],
            renderer=getattr(env, "renderer", "unknown"),
            layouts=tuple(getattr(env, "layouts", ())),
            steps=getattr(env, "steps", None),
        )

    def video(self) -> "Schema":
        """The same with pictures and timestamps alone: nothing that was done, felt or true."""
        if not self.cameras:
            raise ValueError("video: true records pictures alone; give the environment a camera.")
        return dataclasses.replace(self, proprio=0, action=0, quantities={})

    def columns(self) -> dict[str, tuple[str, int]]:
        """Column -> (dtype, numbers in one row); a number alone is stored bare, several as a fixed-size list."""
        scene = {f"scene.{name}": ("float32", int(np.prod(q.shape))) for name, q in self.quantities.items()}
        following = {"next.reward": ("float32", 1), "next.done": ("bool", 1), "next.success": ("bool", 1)}
        sizes = {"observation.state": self.proprio, "action": self.action}
        observed = {name: ("float32", size) for name, size in sizes.items() if size}
        counters = {"timestamp": ("float32", 1), **{name: ("int64", 1) for name in COUNTERS}}
        return {**observed, **scene, **(following if self.action else {}), **counters}

    def features(self) -> dict[str, dict]:
        """The `features` of `meta/info.json`."""
        columns = {k: {"dtype": dtype, "shape": [size], "names": None} for k, (dtype, size) in self.columns().items()}
        return {**columns, **{f"observation.images.{c}": self._video(*size) for c, size in self.cameras.items()}}

    def _video(self, height: int, width: int) -> dict:
        info = {"height": height, "width": width, "codec": "h264", "pix_fmt": "yuv444p", "fps": whole(self.fps)}
        info = {f"video.{k}": v for k, v in {**info, "channels": 3, **X264}.items()}
        info = {**info, "has_audio": False, "is_depth_map": False}
        return {"dtype": "video", "shape": [height, width, 3], "names": ["height", "width", "channels"], "info": info}


@dataclass(frozen=True)
class Episode:
    """One recorded episode of T steps; row t holds what was seen at t, the action commanded then, and what followed."""

    seed: int
    behaviour: str
    layout: str
    images: dict[str, np.ndarray]
    """Camera -> pictures, uint8. Shape (T, H, W, 3)."""
    columns: dict[str, np.ndarray]
    """Every column of the schema but the counters. Shape (T,) or (T, numbers)."""

    def __len__(self) -> int:
        return len(next(iter({**self.images, **self.columns}.values())))


def write_shard(root: Path, schema: Schema, shard: int, first: int, episodes: Sequence[Episode]) -> None:
    """Write the files of one shard; its data file appears last and marks the shard as complete.

    Args:
        root: the dataset.
        schema: its columns.
        shard: file index of this shard.
        first: number of its first episode. It and the frame numbers hold if all earlier shards are there and all
            earlier episodes ran their full length; `dataset.number` corrects them otherwise.
        episodes: what was recorded.
    """
    for camera in schema.cameras:
        frames = np.concatenate([episode.images[camera] for episode in episodes])
        path = at(root, VIDEO, shard, video_key=f"observation.images.{camera}")
        replace(path, lambda part, frames=frames: _encode(part, frames, schema.fps))
    write_table(at(root, EPISODES, shard), pa.Table.from_pylist(list(_rows(schema, shard, first, episodes))))
    write_table(at(root, DATA, shard), _data(schema, first, episodes))


def _data(schema: Schema, first: int, episodes: Sequence[Episode]) -> pa.Table:
    lengths = [len(episode) for episode in episodes]
    frame = np.concatenate([np.arange(length) for length in lengths])
    values = {name: np.concatenate([e.columns[name] for e in episodes]) for name in episodes[0].columns}
    values |= {"timestamp": frame / schema.fps, "frame_index": frame, "task_index": np.zeros_like(frame)}
    values |= {"episode_index": first + np.repeat(np.arange(len(lengths)), lengths)}
    values |= {"index": first * (schema.steps or 0) + np.arange(len(frame))}
    fields = [pa.field(name, column_type(*kind)) for name, kind in schema.columns().items()]
    arrays = [_array(values[name], *kind) for name, kind in schema.columns().items()]
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def _rows(schema: Schema, shard: int, first: int, episodes: Sequence[Episode]) -> Iterator[dict[str, Any]]:
    place = {"chunk_index": shard // CHUNK, "file_index": shard % CHUNK}
    nominal = first * (schema.steps or 0)
    start = 0
    for i, episode in enumerate(episodes):
        end = start + len(episode)
        row = {"episode_index": first + i, "tasks": [schema.task], "length": len(episode)}
        row |= {"seed": episode.seed, "behaviour": episode.behaviour, "layout": episode.layout}
        row |= {f"{what}/{k}": v for what in ("data", "meta/episodes") for k, v in place.items()}
        row |= {"dataset_from_index": nominal + start, "dataset_to_index": nominal + end}
        for camera in schema.cameras:
            times = {"from_timestamp": start / schema.fps, "to_timestamp": end / schema.fps}
            row |= {f"videos/observation.images.{camera}/{k}": v for k, v in {**place, **times}.items()}
        yield row | {f"stats/{key}": value for key, value in episode_stats(episode.images, episode.columns).items()}
        start = end


def column_type(dtype: str, size: int) -> pa.DataType:
    """Arrow type of a column with `size` numbers a row."""
    kind = {"float32": pa.float32(), "int64": pa.int64(), "bool": pa.bool_()}[dtype]
    return kind if size == 1 else pa.list_(kind, size)


def _array(values: np.ndarray, dtype: str, size: int) -> pa.Array:
    flat = pa.array(np.ascontiguousarray(values, dtype=dtype).reshape(-1))
    return flat if size == 1 else pa.FixedSizeListArray.from_arrays(flat, type=column_type(dtype, size))


def _encode(path: Path, frames: np.ndarray, fps: float) -> None:
    rate = Fraction(fps).limit_denominator(1000)
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=rate, options=X264)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuv444p"  # halving the colour resolution would cost 5 dB
        stream.codec_context.thread_count = 1  # the same bytes on every machine with this encoder
        for i, frame in enumerate(frames):
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
            picture.pts, picture.time_base = i, 1 / rate
            container.mux(stream.encode(picture))
        container.mux(stream.encode())


# ---- files ----------------------------------------------------------------------------------------------------------


def at(root: Path, template: str, shard: int, **names: str) -> Path:
    """Where one file of a shard lies."""
    return root / template.format(chunk_index=shard // CHUNK, file_index=shard % CHUNK, **names)


def shards(root: Path) -> list[int]:
    """The complete shards of a dataset, in order."""
    files = (root / "data").glob("chunk-*/file-*.parquet")
    return sorted(int(f.parent.name[6:]) * CHUNK + int(f.stem[5:]) for f in files)


def replace(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file under a temporary name, then give it its own, so that it is whole or absent."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + PART)
    write(part)
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(path)


def write_table(path: Path, table: pa.Table) -> None:
    """Write a parquet file, whole or not at all; reading and writing it again gives the same bytes."""
    schema = pa.schema([f.with_type(_named(f.type)) for f in table.schema], table.schema.metadata)
    replace(path, lambda part: pq.write_table(table.cast(schema), part, compression="zstd"))


def _named(kind: pa.DataType) -> pa.DataType:
    """The same type with the items of lists named as parquet names them; Arrow's own name would change on reading."""
    if not (pa.types.is_list(kind) or pa.types.is_fixed_size_list(kind)):
        return kind
    size = kind.list_size if pa.types.is_fixed_size_list(kind) else -1
    return pa.list_(pa.field("element", _named(kind.value_type)), size)


def read_table(path: Path, columns: list[str] | None = None) -> pa.Table:
    """Read a parquet file, or say which one is damaged."""
    try:
        with pq.ParquetFile(path) as file:
            return file.read(columns)
    except (OSError, pa.ArrowException) as error:
        raise ValueError(f"{path} is missing or damaged; delete it and collect again to record it anew.") from error


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write a JSON file, whole or not at all."""
    replace(path, lambda part: part.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n"))


def digest(root: Path) -> str:
    """SHA-256 over the data and episode files; the latter hold statistics of the pictures, so pixels count too."""
    total = hashlib.sha256()
    for folder in ("data", "meta/episodes"):
        for path in sorted((root / folder).glob("*/*.parquet")):
            total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def whole(number: float) -> int | float:
    """The same number, as an integer where it is one: readers expect frame rates as integers."""
    return int(number) if float(number).is_integer() else float(number)
