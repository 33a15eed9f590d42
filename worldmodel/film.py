"""A film strip: what really happened above what was imagined."""

import numpy as np
from torch import Tensor


def strip(real: Tensor, imagined: Tensor) -> np.ndarray:
    """Lay out T pictures from left to right, for each camera the real row above the imagined one.

    Args:
        real: uint8 pictures. Shape (T, 3 * V, H, W).
        imagined: pictures, 0..1. Shape (T, 3 * V, H, W).

    Returns:
        uint8. Shape (2 * V * H, T * W, 3).
    """
    dream = (imagined.detach().clamp(0.0, 1.0) * 255).round().byte()
    rows = [_row(film[:, 3 * v : 3 * v + 3]) for v in range(real.shape[1] // 3) for film in (real, dream)]
    return np.concatenate(rows)


def _row(pictures: Tensor) -> np.ndarray:
    return np.concatenate([p.permute(1, 2, 0).cpu().numpy() for p in pictures], axis=1)
