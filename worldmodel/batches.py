"""What training draws from: windows of frames, or of latents encoded beforehand, which makes steps cheap."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from .data import Frames, Windows, ready

if TYPE_CHECKING:
    from .latent import Network


@torch.no_grad()
def encode_all(network: "Network", frames: Frames, chunk: int = 64) -> Tensor:
    """Encode every frame with its history, on the network's device; the first frame of an episode is its own.

    Returns:
        Float32 in main memory. Shape (F, D).
    """
    count, k, where = len(frames.images), network.sizes.frames, network.encoder.mean.device
    shown = (torch.from_numpy(np.array(frames.seen[i : i + chunk])) for i in range(0, count, chunk))
    seen = [network.encoder.features(each.to(where)).cpu() for each in shown]
    features, proprio = torch.cat(seen), torch.as_tensor(np.asarray(frames.proprio))
    begins = torch.as_tensor(np.repeat(frames.starts, frames.lengths))  # (F,)
    rows = torch.arange(count)[:, None] - torch.arange(k - 1, -1, -1)  # (F, K), oldest first
    rows = torch.maximum(rows, begins[:, None])
    fuse = network.encoder.fuse
    return torch.cat([fuse(features[r].to(where), proprio[r].to(where)).float().cpu() for r in rows.split(chunk)])


class Latents(Dataset):
    """Windows over latents that were encoded beforehand."""

    def __init__(self, network: "Network", frames: Frames, episodes: np.ndarray, horizon: int) -> None:
        self.latents = encode_all(network, frames)
        self.actions = torch.as_tensor(np.asarray(frames.actions))
        scene = {n: torch.as_tensor(np.asarray(frames.scene[n])) for n in network.readout.columns}
        self.targets = network.readout.targets(scene)
        ends = np.repeat(frames.starts + frames.lengths, frames.lengths)  # (F,)
        whole = np.arange(len(ends)) + horizon < ends
        self.firsts = np.flatnonzero(whole & np.isin(frames.episode, episodes))
        """First frame of each window."""
        self.horizon = horizon

    def __len__(self) -> int:
        return len(self.firsts)

    def __getitems__(self, indices: list[int]) -> dict[str, Tensor]:
        """Gather a batch: latents (B, T + 1, D), the actions between them (B, T, A), targets (B, T + 1, Q)."""
        rows = torch.from_numpy(self.firsts[np.asarray(indices)])[:, None] + torch.arange(self.horizon + 1)
        return {"latents": self.latents[rows], "actions": self.actions[rows[:, :-1]], "targets": self.targets[rows]}


class Draws:
    """Batches without end; those of step i depend on the seed and i alone, so that a rerun may begin anywhere.

    Args:
        count: windows there are.
        size: windows of a pass.
        seed: of the draws.
        start: tells the first step.
        passes: batches of a step.
        share: (r, n) is the r-th of n equal parts of every batch, r from 0.
    """

    def __init__(
        self,
        count: int,
        size: int,
        seed: int,
        start: Callable[[], int],
        passes: int = 1,
        share: tuple[int, int] = (0, 1),
    ) -> None:
        self.count, self.size, self.seed, self.start = count, size, seed, start
        self.passes, self.share = passes, share

    def __iter__(self) -> Iterator[list[int]]:
        step, (mine, of) = self.start(), self.share
        while True:
            drawn = np.random.default_rng((self.seed, step)).integers(self.count, size=self.passes * self.size)
            yield from drawn.reshape(self.passes, of, -1)[:, mine].tolist()
            step += 1


def examples(windows: Windows, count: int) -> DataLoader:
    """Choose windows evenly, always the same."""
    some = np.linspace(0, len(windows) - 1, min(count, len(windows))).astype(int).tolist()
    return DataLoader(windows, batch_sampler=[some[i : i + 64] for i in range(0, len(some), 64)], collate_fn=ready)  # type: ignore[arg-type]
