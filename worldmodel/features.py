"""What a frozen network sees in recorded pictures, computed once and kept beside them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from .data import Frames
from .frozen import Frozen
from .once import once
from .pictures import Pictures

CHUNK = 64
"""Frames looked at in one call; bounds the memory."""


def with_features(frames: Frames, frozen: Frozen, out: Path, device: str = "cpu", progress: bool = False) -> Frames:
    """Give frames the features of a frozen network, computing those that the cache does not hold.

    The file is named by the data's hash and the network's `key`, so that other weights, another grid or another
    preprocessing make another file. What was interrupted goes on where it stopped.

    Args:
        frames: the data; their cache is where the decoded pictures of the first dataset are.
        frozen: looks.
        out: the features go to `out/.cache` if the pictures are in no file.
        device: where it looks, such as "cuda".
        progress: show a bar.
    """
    pictures = getattr(frames.images, "filename", None)
    cache = Path(pictures).parent if pictures else out / ".cache"
    path = cache / f"{frames.hash[:16]}-{frozen.key[:16]}.npy"
    features = once(path, lambda part: _fill(part, frames.images, frozen, device, progress))
    return replace(frames, features=features)


def _fill(part: Path, images: np.ndarray | Pictures, frozen: Frozen, device: str, progress: bool) -> None:
    """Write the features of all pictures; a row that is nothing but zeros was not looked at yet."""
    shape = (len(images), images.shape[1] // 3 * frozen.told["tokens"], frozen.told["width"])
    fresh = not part.is_file()
    rows = np.lib.format.open_memmap(part, "w+" if fresh else "r+", np.float16, shape if fresh else None)
    seen = 0 if fresh else next((i for i in range(len(rows)) if not rows[i].any()), len(rows))
    begin = max(0, seen // CHUNK - 1) * CHUNK  # the last chunk may have been half written
    for i in tqdm(range(begin, len(rows), CHUNK), unit=f"{CHUNK} frames", desc="looking", disable=not progress):
        some = torch.from_numpy(np.array(images[i : i + CHUNK])).to(device)
        rows[i : i + CHUNK] = frozen(some).cpu().numpy()
    rows.flush()
