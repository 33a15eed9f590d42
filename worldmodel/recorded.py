"""One LeRobotDataset v3.0 on disk: its index read and checked, its columns and its videos."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from av.video.reformatter import VideoReformatter

from .interface import Quantity

CODEBASE = "v3.0"
PICTURES = "observation.images."


class DatasetError(ValueError):
    """A folder that cannot be trained on; the message names the file and the remedy."""


@dataclass(frozen=True)
class Recorded:
    """One dataset on disk, its index read and checked."""

    root: Path
    info: dict[str, Any]
    """Contents of `meta/info.json`."""
    episodes: list[dict[str, Any]]
    """One row per episode, without its statistics."""
    hash: str
    """SHA-256 over the data and episode files; the latter hold statistics of the pictures, so pixels count too."""
    video: bool = False
    """Whether pictures are all there is, or all that is read: no actions, no proprioception, no quantities."""

    @classmethod
    def open(cls, root: Path, video: bool = False) -> "Recorded":
        """Read the index of a dataset, or say what is wrong with which file.

        Args:
            root: its folder.
            video: whether to read the pictures alone, whoever recorded them and whatever else is there.
        """
        path = root / "meta/info.json"
        if not path.is_file():
            raise DatasetError(f"{root} holds no dataset: {path} is missing; record one with `foresee collect`.")
        try:
            info = json.loads(path.read_text())
        except ValueError as error:
            raise DatasetError(f"{path} is damaged: it is not JSON.") from error
        if not isinstance(info, dict) or info.get("codebase_version") != CODEBASE or not (video or "foresee" in info):
            whose = "" if video else " recorded by foresee"
            raise DatasetError(f"{path} is not that of a LeRobotDataset {CODEBASE}{whose}.")
        if not info["total_episodes"]:
            raise DatasetError(f"{root} holds no finished episodes; the same `foresee collect` again goes on with it.")
        found, total = [], hashlib.sha256()
        for folder in ("data", "meta/episodes"):
            for file in sorted((root / folder).glob("*/*.parquet")):
                total.update(hashlib.sha256(file.read_bytes()).digest())
        for file in sorted((root / "meta/episodes").glob("*/*.parquet")):
            table = _read(file)
            found += table.select([c for c in table.column_names if not c.startswith("stats/")]).to_pylist()
        if video and "action" in info["features"]:
            total.update(b"video")
        recorded = cls(root, info, found, total.hexdigest(), video or "action" not in info["features"])
        recorded._check()
        return recorded

    def _check(self) -> None:
        numbers = [e["episode_index"] for e in self.episodes]
        if numbers != list(range(self.info["total_episodes"])) or self.lengths.sum() != self.info["total_frames"]:
            raise DatasetError(
                f"{self.root / 'meta/episodes'} lists {len(numbers)} episodes with {self.lengths.sum()} frames, but "
                f"meta/info.json {self.info['total_episodes']} with {self.info['total_frames']}; the recording was "
                "interrupted, and the same `foresee collect` again goes on with it."
            )
        for file in (*self.data_files(), *(f for key in self.video_keys for f in self.videos(key))):
            if not file.is_file():
                raise DatasetError(f"{file} is missing; the same `foresee collect` again records it anew.")

    @property
    def cameras(self) -> tuple[str, ...]:
        if "foresee" in self.info:
            return tuple(self.info["foresee"]["cameras"])
        return tuple(key.removeprefix(PICTURES) for key in self.info["features"] if key.startswith(PICTURES))

    @property
    def fps(self) -> float:
        return float(self.info["fps"])

    @property
    def video_keys(self) -> list[str]:
        return [PICTURES + camera for camera in self.cameras]

    @property
    def quantities(self) -> dict[str, Quantity]:
        named = {} if self.video else self.info["foresee"]["quantities"]
        return {k: Quantity(tuple(q["shape"]), q["unit"], q["meaning"]) for k, q in named.items()}

    @property
    def lengths(self) -> np.ndarray:
        return np.array([e["length"] for e in self.episodes], dtype=np.int64)

    @property
    def size(self) -> tuple[int, int, int]:
        """Shape of one frame: (3 * V, H, W)."""
        shapes = {tuple(self.info["features"][key]["shape"][:2]) for key in self.video_keys}
        if len(shapes) != 1:
            raise DatasetError(
                f"{self.root} has cameras of different sizes {sorted(shapes)}; record them with one size."
            )
        return (3 * len(self.cameras), *shapes.pop())

    def data_files(self) -> list[Path]:
        """Every data file, in order."""
        places = {(e["data/chunk_index"], e["data/file_index"]) for e in self.episodes}
        template = self.info["data_path"]
        return [self.root / template.format(chunk_index=c, file_index=f) for c, f in sorted(places)]

    def videos(self, key: str) -> dict[Path, list[dict[str, Any]]]:
        """Video file -> its episodes."""
        found: dict[Path, list[dict[str, Any]]] = {}
        for e in self.episodes:
            place = {"chunk_index": e[f"videos/{key}/chunk_index"], "file_index": e[f"videos/{key}/file_index"]}
            found.setdefault(self.root / self.info["video_path"].format(video_key=key, **place), []).append(e)
        return found

    def columns(self) -> dict[str, np.ndarray]:
        """Everything numeric that training needs; nothing, for a video. Shapes (F, numbers), float32."""
        names = [] if self.video else ["observation.state", "action", *(f"scene.{q}" for q in self.quantities)]
        tables = [_read(file, [*names, "index"]) for file in self.data_files()]
        for file, table in zip(self.data_files(), tables, strict=True):
            absent = sorted(set(names) - set(table.column_names))
            if absent:
                raise DatasetError(f"{file} lacks the columns {absent} that meta/info.json promises.")
        whole = pa.concat_tables(tables)
        if not np.array_equal(whole["index"].to_numpy(), np.arange(self.lengths.sum())):
            raise DatasetError(f"{self.root / 'data'} has rows missing or out of order; collect again to repair it.")
        return {name: _numbers(whole[name]) for name in names}

    def decode(self, out: np.ndarray) -> None:
        """Decode every video from its beginning. `out` is uint8 of shape (F, 3 * V, H, W)."""
        for v, key in enumerate(self.video_keys):
            for path, episodes in self.videos(key).items():
                rows = np.full(max(self._end(e, key) for e in episodes), -1)  # picture of the video -> frame
                for e in episodes:
                    frames = np.arange(e["dataset_from_index"], e["dataset_to_index"])
                    rows[self._end(e, key) - len(frames) : self._end(e, key)] = frames
                for row, picture in zip(rows, _film(path, len(rows)), strict=True):
                    if row >= 0:
                        out[row, 3 * v : 3 * v + 3] = picture.transpose(2, 0, 1)

    def _end(self, episode: Mapping[str, Any], key: str) -> int:
        """Number of the frame after the episode's last one in its video."""
        return round(episode[f"videos/{key}/from_timestamp"] * self.info["fps"]) + episode["length"]


def _read(file: Path, columns: list[str] | None = None) -> pa.Table:
    try:
        with pq.ParquetFile(file) as parquet:
            return parquet.read(columns)
    except (OSError, pa.ArrowException) as error:
        raise DatasetError(f"{file} is truncated or damaged; delete it and collect again to record it anew.") from error


def _numbers(column: pa.ChunkedArray) -> np.ndarray:
    """Rows of a column of numbers or of fixed-size lists of them. Shape (F, numbers)."""
    values = column.combine_chunks()
    flat = values.flatten() if pa.types.is_fixed_size_list(values.type) else values
    return flat.to_numpy(zero_copy_only=False).astype(np.float32).reshape(len(values), -1)


def _film(path: Path, frames: int) -> Iterator[np.ndarray]:
    """Yield exactly the first frames of a video. Shape of each (H, W, 3), uint8."""
    seen, colours = 0, VideoReformatter()  # making one for each picture takes longer than all else
    try:
        with av.open(str(path)) as container:
            for frame in container.decode(video=0):
                if seen == frames:
                    return
                yield colours.reformat(frame, format="rgb24", threads=1).to_ndarray()
                seen += 1
    except av.error.FFmpegError as error:
        raise DatasetError(f"{path} is truncated or damaged; delete its data file and collect again.") from error
    if seen < frames:
        raise DatasetError(f"{path} has {seen} frames, not {frames}; delete its data file and collect again.")
