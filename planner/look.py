"""What a controller makes of observations: pictures side by side, proprioception, and the goal."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

Observation = Mapping[str, np.ndarray]
"""Pictures ("image", "image.<camera>"), "proprio", and whatever else an environment shows."""


def cameras_of(obs: Observation) -> tuple[str, ...]:
    """The first camera, whose name an observation does not tell, and then those that are named."""
    first = ("first",) if "image" in obs else ()
    return (*first, *(name.removeprefix("image.") for name in obs if name.startswith("image.")))


def goal_of(obs: Observation, cameras: Sequence[str], frames: int) -> dict[str, Tensor]:
    """Pictures and proprioception of a context in which nothing moves and the goal is reached."""
    seen = {key.replace("goal", "image", 1): value for key, value in obs.items() if key.startswith("goal")}
    images, proprio = look({**seen, "proprio": obs["goal.proprio"]}, cameras)
    return {
        "images": torch.from_numpy(np.stack([images] * frames))[None],
        "proprio": torch.from_numpy(np.stack([proprio] * frames))[None],
    }


def look(obs: Observation, cameras: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Stack the pictures of one observation along the channels: (3V, H, W) uint8 and (J,) float32."""
    keys = ["image" if i == 0 else f"image.{camera}" for i, camera in enumerate(cameras)]
    missing = [key for key in keys if key not in obs]
    if missing:
        raise ValueError(f"the world model looks at {keys}, but the observation has only {sorted(obs)}.")
    pictures = [np.asarray(obs[key], np.uint8).transpose(2, 0, 1) for key in keys]
    images = np.concatenate(pictures) if pictures else np.zeros((0, 1, 1), np.uint8)
    return images, np.array(obs["proprio"], np.float32)
