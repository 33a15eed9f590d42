"""Arrays on disk that are made once, whoever wants them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from filelock import FileLock


def once(path: Path, make: Callable[[Path], None]) -> np.ndarray:
    """Map an array, made first if it is not there; whoever else wants it meanwhile waits.

    Args:
        path: of the .npy file.
        make: writes it to the path it is given, whose file, if there is one, was left by a call that was interrupted.
    """
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_suffix(".lock")):
            if not path.is_file():
                part = path.with_suffix(".part")
                make(part)
                part.replace(path)
    return np.load(path, mmap_mode="r")
