"""Films: what the cameras saw, beside what had been imagined for the same moment."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from torch import Tensor

from .episode import Dream, Recording

GAP = 4
"""Pixels between the two halves."""
CAPTION = 16
"""Pixels of the line above them."""
HEIGHT = 160
"""Pixels each picture is enlarged to, at least, by a whole factor."""


def side_by_side(recording: Recording, dreams: Sequence[Dream]) -> list[np.ndarray]:
    """Lay out one frame per observation: real cameras on the left, imagined ones on the right.

    A moment nobody imagined (the first one, or a method without a world model) has no right half or a grey one.

    Returns:
        Frames. Each (h, w, 3), uint8.
    """
    real = recording.images
    imagined = imagined_frames(dreams, len(real))
    if not imagined:
        return [_captioned([frame], "real") for frame in real]
    grey = np.full_like(real[0], 128)
    return [_captioned([frame, imagined.get(t, grey)], f"real | imagined   step {t}") for t, frame in enumerate(real)]


def imagined_frames(dreams: Sequence[Dream], count: int) -> dict[int, np.ndarray]:
    """The decoded picture of each moment, from the last plan made before it.

    Returns:
        Index of the observation -> cameras side by side. Shape (H, V * W, 3), uint8.
    """
    frames = {}
    for dream in dreams:
        if "image" not in dream.scene:
            continue
        for k, image in enumerate(dream.scene["image"].mean(0), start=1):
            if dream.step + k < count:
                frames[dream.step + k] = picture(image)
    return frames


def picture(image: Tensor) -> np.ndarray:
    """Turn a model's `image` (3V, H, W) in 0..1 into cameras side by side. Shape (H, V * W, 3), uint8."""
    cameras = image.unflatten(0, (-1, 3)).permute(2, 0, 3, 1)  # (H, V, W, 3)
    return (cameras.flatten(1, 2).clamp(0, 1) * 255).round().byte().numpy()


def save_gif(frames: Sequence[np.ndarray], path: Path, fps: float) -> None:
    """Write a film that plays for ever, under a temporary name until it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    images = [Image.fromarray(frame).quantize(64) for frame in frames]
    unfinished = path.with_suffix(".tmp")
    images[0].save(unfinished, "GIF", save_all=True, append_images=images[1:], duration=int(1000 / fps), loop=0)
    unfinished.replace(path)


def _captioned(halves: list[np.ndarray], text: str) -> np.ndarray:
    factor = max(1, -(-HEIGHT // halves[0].shape[0]))
    halves = [half.repeat(factor, 0).repeat(factor, 1) for half in halves]
    bar = np.full((halves[0].shape[0], GAP, 3), 255, np.uint8)
    body = np.concatenate([part for half in halves for part in (half, bar)][:-1], axis=1)
    caption = Image.new("RGB", (body.shape[1], CAPTION), "white")
    ImageDraw.Draw(caption).text((3, 2), text, fill="black")
    return np.concatenate([np.asarray(caption), body])
