"""Learning from video, in which nobody recorded what was done: what counts as video, and how batches mix it in.

Actions are inferred by inverse dynamics, which learns from labelled windows in every batch, and drive the imagination
of what comes next (VPT: Baker et al., 2022). They are continuous and live where real actions do. With `latent_actions`
they learn from all that is imagined later in their window, too, as in LAPO (Schmidt and Jiang, 2024); whatever else
moves in a picture may then pass for an action (Nikulin et al., 2025). What is felt is guessed from what is seen.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset

from .data import Frames
from .stage import Stage


def divide(
    frames: Frames, validation: float, labels: float, unlabelled: float, seed: int
) -> tuple[Frames, np.ndarray, np.ndarray]:
    """Choose the episodes that are learned from, those of them that are video, and those that are held out.

    Args:
        frames: the data, with or without video.
        validation: share of the labelled episodes held out; these keep their labels, to be measured on.
        labels: share of the other labelled episodes that keeps its labels; the rest counts as video. Of one seed, the
            episodes of a smaller share are among those of a larger one.
        unlabelled: share of video in each batch; where it is 0, video is left out.
        seed: of the choice.

    Returns:
        The frames, NaN where labels are not to be known; numbers of the episodes for training and for validation.
    """
    if not 0.0 < labels <= 1.0:
        raise ValueError(
            f"labels is {labels}; it is the share of the episodes that keeps its labels, above 0, at most 1."
        )
    if not 0.0 <= unlabelled < 1.0:
        raise ValueError(f"unlabelled is {unlabelled}; it is the share of video in a batch, at least 0 and below 1.")
    seen, held_out = frames.split(validation)
    known = frames.labelled
    if known.all() and labels == 1.0:
        return frames, seen, held_out
    learned, held_out = seen[known[seen]], held_out[known[held_out]]
    count = round(labels * len(learned))
    if not count:
        raise ValueError(
            f"labels is {labels} of {len(learned)} labelled episodes for training, which is none; actions are inferred "
            "only where some are known from the start, so give data with actions, or a larger share."
        )
    kept = np.sort(np.random.default_rng(seed).permutation(learned)[:count])
    if not unlabelled:
        return frames, kept, held_out
    rest = np.setdiff1d(np.arange(len(known)), [*kept, *held_out])
    return frames.as_video(rest), np.sort([*kept, *rest]), held_out


def check_mixed(frames: Frames, episodes: np.ndarray, stage: Stage, length: int, devices: int) -> None:
    """Refuse a stage in whose batches no labelled window of so many frames stands beside video, if there is video."""
    known = frames.labelled[episodes]
    if known.all():
        return
    longest = frames.lengths[episodes[known]].max(initial=0)
    if length > longest:
        raise ValueError(
            f"no window of {length} frames fits into an episode with labels, of {longest} at most; give a shorter "
            "horizon, or a larger share of labels."
        )
    if stage.batch // devices < 2:
        raise ValueError(f"a batch of {stage.batch} holds no labelled window beside one of video; give a larger batch.")


def mixed(data: Any, frames: Frames, unlabelled: float) -> Dataset:
    """Mix video into the batches of a stage, if there is video among its windows."""
    known = frames.labelled[frames.episode[data.firsts]]
    return data if known.all() else Mixed(data, known, unlabelled)


class Mixed(Dataset):
    """Batches of labelled windows, followed by windows of video; each index names one of either.

    Args:
        data: windows.
        known: which of them are labelled. Bool, shape (windows,).
        share: of a batch that is video, rounded to whole windows, at least one.
    """

    def __init__(self, data: Any, known: np.ndarray, share: float) -> None:
        self.data, self.share = data, share
        self.known, self.video = np.flatnonzero(known), np.flatnonzero(~known)

    def __len__(self) -> int:
        return len(self.known) * len(self.video)

    def __getitems__(self, indices: list[int]) -> Mapping[str, Any]:
        """Fetch a batch, with `known`, which of its windows are labelled. Bool, shape (B,)."""
        pair, count = np.asarray(indices), len(indices)
        first = count - min(max(round(self.share * count), 1), count - 1)
        labelled, video = self.known[pair % len(self.known)][:first], self.video[pair // len(self.known)][first:]
        batch = self.data.__getitems__(np.concatenate([labelled, video]).tolist())
        return {**batch, "known": torch.arange(count) < first}
