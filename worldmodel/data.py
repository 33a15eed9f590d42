"""Recorded frames as memory-mapped arrays, and windows of them as ready batches."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from .interface import Quantity
from .pictures import Pictures, pictures
from .recorded import DatasetError, Recorded


@dataclass(frozen=True)
class Frames:
    """Every frame of one or more datasets, in the order of recording. F frames, E episodes, V cameras."""

    images: np.ndarray | Pictures
    """Pictures, uint8, memory-mapped, the cameras stacked along the channels. Shape (F, 3 * V, H, W)."""
    proprio: np.ndarray
    """Proprioception, float32; NaN in a video. Shape (F, J)."""
    actions: np.ndarray
    """The action commanded in each frame, in [-1, 1], float32; NaN in a video. Shape (F, A)."""
    scene: dict[str, np.ndarray]
    """True quantities, float32; NaN where nobody knows them, as in a video. Shapes (F, *shape of the quantity)."""
    episode: np.ndarray
    """Which episode a frame belongs to. Shape (F,)."""
    starts: np.ndarray
    """First frame of each episode. Shape (E,)."""
    lengths: np.ndarray
    """Frames of each episode. Shape (E,)."""
    dataset: np.ndarray
    """Which dataset an episode belongs to. Shape (E,)."""
    quantities: dict[str, Quantity]
    cameras: tuple[str, ...]
    hash: str
    """SHA-256 over the data and episode files."""
    features: np.ndarray | None = None
    """What a frozen network sees in the pictures, float16, memory-mapped. Shape (F, V * tokens, C)."""

    @classmethod
    def open(
        cls,
        roots: Sequence[Path | str] | Path | str,
        cache: Path | str | None = None,
        videos: Sequence[Path | str] | Path | str = (),
    ) -> "Frames":
        """Read datasets recorded with the same cameras, sizes, rate and quantities, one after another.

        The pictures of each dataset are decoded once, into a file of the cache; later calls map that file.

        Args:
            roots: folders of datasets in the LeRobotDataset v3.0 format, recorded by foresee.
            cache: folder of the decoded pictures; None is `.cache` in each dataset.
            videos: folders of datasets in that format, whoever recorded them, of which the pictures alone are read: all
                else is NaN. They come last. Without other datasets, J and A are 0 and no quantity has a name.
        """
        folders, films = ([Path(f) for f in ([of] if isinstance(of, str | Path) else of)] for of in (roots, videos))
        if not folders + films:
            raise DatasetError("there is no dataset to open; name at least one folder.")
        if twice := {f.resolve() for f in folders} & {f.resolve() for f in films}:
            raise DatasetError(f"{min(twice)} is named as data and as video; name it once.")
        sets = [*(Recorded.open(folder) for folder in folders), *(Recorded.open(film, video=True) for film in films)]
        for other in sets:
            if other.video and other.root in folders:
                raise DatasetError(f"{other.root} holds video without actions; name it under video and not under data.")
            _alike(sets[0], other)
        total = hashlib.sha256("".join(s.hash for s in sets).encode()).hexdigest() if len(sets) > 1 else sets[0].hash
        lengths = np.concatenate([s.lengths for s in sets])
        columns = _joined([s.columns() for s in sets], [int(s.lengths.sum()) for s in sets])
        quantities = sets[0].quantities
        return cls(
            images=pictures(sets, Path(cache) if cache else None),
            proprio=columns["observation.state"],
            actions=columns["action"],
            scene={k: columns[f"scene.{k}"].reshape(-1, *q.shape) for k, q in quantities.items()},
            episode=np.repeat(np.arange(len(lengths)), lengths),
            starts=np.cumsum(lengths) - lengths,
            lengths=lengths,
            dataset=np.repeat(np.arange(len(sets)), [len(s.lengths) for s in sets]),
            quantities=quantities,
            cameras=sets[0].cameras,
            hash=total,
        )

    @property
    def seen(self) -> np.ndarray | Pictures:
        """What an encoder looks at: the features of a frozen network where there are some, or else the pictures."""
        return self.images if self.features is None else self.features

    @property
    def labelled(self) -> np.ndarray:
        """Whether it is known what was done in an episode; in a video it is not. Bool, shape (E,)."""
        return np.count_nonzero(np.isfinite(self.actions[self.starts]), axis=1) > 0

    def as_video(self, episodes: np.ndarray) -> "Frames":
        """Forget all but the pictures of the numbered episodes."""
        rows = np.isin(self.episode, episodes)

        def hidden(values: np.ndarray) -> np.ndarray:
            values = values.copy()
            values[rows] = np.nan
            return values

        scene = {name: hidden(values) for name, values in self.scene.items()}
        return replace(self, proprio=hidden(self.proprio), actions=hidden(self.actions), scene=scene)

    def split(self, validation_share: float) -> tuple[np.ndarray, np.ndarray]:
        """Divide the episodes of each dataset at random into training and validation; whole episodes each.

        A dataset is always divided in the same way, whatever it is opened with: what a training held out stays held out
        when a later one, which begins with its weights, opens more datasets behind.

        Returns:
            Episode numbers for training and for validation, sorted; each holds one at least of a dataset of two.
        """
        if not 0.0 <= validation_share < 1.0:
            raise ValueError(f"validation_share is {validation_share}; it must be at least 0 and below 1.")
        held_out = np.zeros(len(self.dataset), bool)
        for number in np.unique(self.dataset):
            mine = np.flatnonzero(self.dataset == number)
            count = round(validation_share * len(mine))
            if validation_share > 0 and len(mine) > 1:
                count = min(max(count, 1), len(mine) - 1)
            held_out[mine[np.random.default_rng(0).permutation(len(mine))[:count]]] = True
        return np.flatnonzero(~held_out), np.flatnonzero(held_out)


class Windows(Dataset):
    """Every window of `length` frames inside the given episodes; a list of them is fetched as one ready batch.

    With a `DataLoader`, pass `collate_fn=ready`: batches need no collating.

    Args:
        frames: the recorded frames.
        length: frames L of a window.
        indices: episode numbers, as from `Frames.split`; None takes all.
    """

    def __init__(self, frames: Frames, length: int, indices: Sequence[int] | np.ndarray | None = None):
        self.frames, self.length = frames, length
        episodes = np.arange(len(frames.lengths)) if indices is None else np.asarray(indices, dtype=np.int64)
        firsts = [frames.starts[e] + np.arange(frames.lengths[e] - length + 1) for e in episodes]
        self.firsts = np.concatenate([f for f in firsts if len(f)] or [np.zeros(0, np.int64)])
        """First frame of each window."""
        if not len(self.firsts):
            longest = max((int(n) for n in frames.lengths[episodes]), default=0)
            raise ValueError(
                f"no window of {length} frames fits; the longest of {len(episodes)} episodes has {longest}."
            )

    def __len__(self) -> int:
        return len(self.firsts)

    def __getitem__(self, index: int) -> dict[str, Any]:
        """Fetch one window, without the batch dimension."""
        batch = self.__getitems__([index])
        return {k: {n: v[0] for n, v in b.items()} if isinstance(b, dict) else b[0] for k, b in batch.items()}

    def __getitems__(self, indices: Sequence[int]) -> dict[str, Any]:
        """Fetch a batch.

        Returns:
            images (B, L, 3 * V, H, W) uint8, proprio (B, L, J), actions (B, L, A) and scene, a dictionary of
            (B, L, *shape); actions[:, t] is commanded in frame t and leads to frame t + 1. Frames that have features
            add them: features (B, L, V * tokens, C) float16.
        """
        firsts = self.firsts[np.asarray(indices)]
        rows = firsts[:, None] + np.arange(self.length)  # (B, L)
        batch: dict[str, Any] = {"images": self._pieces(self.frames.images, firsts)}
        if self.frames.features is not None:
            batch["features"] = self._pieces(self.frames.features, firsts)
        scene = {name: torch.from_numpy(values[rows]) for name, values in self.frames.scene.items()}
        proprio, actions = (torch.from_numpy(v[rows]) for v in (self.frames.proprio, self.frames.actions))
        return batch | {"proprio": proprio, "actions": actions, "scene": scene}

    def _pieces(self, whole: np.ndarray | Pictures, firsts: np.ndarray) -> Tensor:
        """Copy the windows out of a file, in which each is one piece. Shape (B, L, ...)."""
        windows = np.empty((len(firsts), self.length, *whole.shape[1:]), whole.dtype)
        for window, first in zip(windows, firsts, strict=True):
            window[...] = whole[first : first + self.length]
        return torch.from_numpy(windows)


def seen(batch: Mapping[str, Any]) -> Tensor:
    """What an encoder looks at in a batch; see `Frames.seen`."""
    return batch.get("features", batch["images"])


def ready(batch: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """The `collate_fn` of batches that are complete already."""
    return batch


def _alike(one: Recorded, other: Recorded) -> None:
    """Refuse datasets that cannot be joined; a video has pictures alone to differ in."""
    for what in ("cameras", "size", "fps") if other.video else ("cameras", "size", "fps", "quantities"):
        if getattr(one, what) != getattr(other, what):
            raise DatasetError(f"{one.root} and {other.root} differ in {what}; train on datasets recorded alike.")
    for column in () if other.video else ("observation.state", "action"):
        shapes = [s.info["features"][column]["shape"] for s in (one, other)]
        if shapes[0] != shapes[1]:
            raise DatasetError(
                f"{one.root} and {other.root} differ in the size of {column}: {shapes[0]} and {shapes[1]}."
            )


def _joined(tables: Sequence[Mapping[str, np.ndarray]], lengths: Sequence[int]) -> dict[str, np.ndarray]:
    """The columns (F, numbers) of all datasets; NaN where one, a video, has none."""
    widths = {"observation.state": 0, "action": 0} | {k: v.shape[1] for table in tables for k, v in table.items()}
    found: dict[str, list[np.ndarray]] = {name: [] for name in widths}
    for table, length in zip(tables, lengths, strict=True):
        for name, width in widths.items():
            found[name].append(table.get(name, np.broadcast_to(np.float32(np.nan), (length, width))))
    return {name: np.concatenate(parts) for name, parts in found.items()}
