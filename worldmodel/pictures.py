"""Decoded pictures on disk: a file for each dataset, read as one array."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .once import once
from .recorded import Recorded


class Pictures:
    """Pictures of several datasets, one behind the other. Shape (F, 3 * V, H, W), uint8.

    Args:
        parts: those of each, usually memory-mapped, all of one size.
    """

    def __init__(self, parts: Sequence[np.ndarray]) -> None:
        self.parts, self.dtype = tuple(parts), parts[0].dtype
        self.filename = getattr(parts[0], "filename", None)
        self.ends = np.cumsum([len(part) for part in parts])
        self.shape = (int(self.ends[-1]), *parts[0].shape[1:])

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: Any) -> np.ndarray:
        """Copy what a number, a slice or an array of numbers or of truths picks, as of an array."""
        rows = np.arange(len(self))[index]
        found = np.empty((rows.size, *self.shape[1:]), self.dtype)
        of = np.searchsorted(self.ends, rows.ravel(), side="right")
        for i in np.unique(of):
            found[of == i] = self.parts[i][rows.ravel()[of == i] - (self.ends[i] - len(self.parts[i]))]
        return found.reshape(*rows.shape, *self.shape[1:])


def pictures(sets: Sequence[Recorded], cache: Path | None) -> np.ndarray | Pictures:
    """Map the decoded pictures of all datasets, decoding those that never were.

    Args:
        sets: recorded with the same cameras and sizes.
        cache: folder of the files, each named by its data; None is `.cache` in each dataset.
    """
    parts = [_decoded(recorded, cache or recorded.root / ".cache") for recorded in sets]
    return parts[0] if len(parts) == 1 else Pictures(parts)


def _decoded(recorded: Recorded, cache: Path) -> np.ndarray:
    def decode(part: Path) -> None:
        frames = int(recorded.lengths.sum())
        out = np.lib.format.open_memmap(part, "w+", np.uint8, (frames, *recorded.size))
        recorded.decode(out)
        out.flush()

    return once(cache / f"{recorded.hash[:16]}.npy", decode)
