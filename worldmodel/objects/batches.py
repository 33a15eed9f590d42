"""Windows over slots that were encoded beforehand, which makes steps cheap."""

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from ..data import Frames
from .truth import Truth

if TYPE_CHECKING:
    from .network import Network


BLUR = 0.004
"""Spread of what is added to positions where imagination starts, metres: scenes never seen are seen less exactly."""


@torch.no_grad()
def encode_all(network: "Network", frames: Frames, who: Tensor, chunk: int = 64) -> Tensor:
    """Encode every frame with its history, on the network's device; the first frame of an episode is its own.

    Returns:
        Float32 in main memory. Shape (F, S, 6 + F').
    """
    count, k, where = len(frames.images), network.sizes.frames, network.eye.mean.device
    features = torch.empty(count, who.shape[1], network.eye.tell.in_features, dtype=torch.half)
    for i in range(0, count, chunk):
        images = torch.from_numpy(np.array(frames.images[i : i + chunk]))
        features[i : i + chunk] = network.eye.features(images.to(where), who[i : i + chunk].to(where))
    proprio = torch.as_tensor(np.asarray(frames.proprio))
    begins = torch.as_tensor(np.repeat(frames.starts, frames.lengths))  # (F,)
    rows = torch.arange(count)[:, None] - torch.arange(k - 1, -1, -1)  # (F, K), oldest first
    rows = torch.maximum(rows, begins[:, None])
    parts = zip(rows.split(chunk), who.split(chunk), strict=True)
    slots = [network.eye.fuse(features[r].float().to(where), proprio[r].to(where), w.to(where)) for r, w in parts]
    return torch.cat([each.cpu() for each in slots])


class Slots(Dataset):
    """Windows over encoded slots, with what was true of them."""

    def __init__(self, network: "Network", frames: Frames, episodes: np.ndarray, horizon: int) -> None:
        scene = {n: torch.as_tensor(np.asarray(v)) for n, v in frames.scene.items() if n != "depth"}
        self.truth = Truth.of(scene, network.sizes.slots)
        self.slots = self.see(network, frames)
        self.robot = torch.as_tensor(np.asarray(frames.proprio))
        self.actions = torch.as_tensor(np.asarray(frames.actions))
        ends = np.repeat(frames.starts + frames.lengths, frames.lengths)  # (F,)
        whole = np.arange(len(ends)) + horizon < ends
        self.firsts = np.flatnonzero(whole & np.isin(frames.episode, episodes))
        """First frame of each window."""
        self.horizon = horizon

    def see(self, network: "Network", frames: Frames) -> Tensor:
        """What is kept of every frame. Shape (F, ...)."""
        return encode_all(network, frames, self.truth.who)

    def __len__(self) -> int:
        return len(self.firsts)

    def __getitems__(self, indices: list[int]) -> dict[str, object]:
        """Gather a batch; see `ObjectLoss.settle`."""
        rows = torch.from_numpy(self.firsts[indices])[:, None] + torch.arange(self.horizon + 1)
        return {
            "slots": self.slots[rows],
            "robot": self.robot[rows],
            "actions": self.actions[rows[:, :-1]],
            "truth": self.truth.at(rows),
        }
