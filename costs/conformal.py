"""How far from a limit to stay, from how wrong imagination was before: split-conformal prediction."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np

from .expect import expect_number
from .margin import Steps

SHAPING = 0.25
"""Share of the chunks that say how errors grow; the others say how large they are."""
CAP = 4.0
"""The error of a later step counts at most so many times that of the first: what grows has an end."""


@dataclass(frozen=True)
class Calibration:
    """Signed errors (real minus imagined) of one limit on whole chunks, each the worst over its steps.

    Split-conformal prediction (Vovk et al., 2005; Lei et al., 2018): with n scores of exchangeable chunks, the
    ⌈(n + 1) c⌉-th smallest one is exceeded by the next chunk with a probability of at most 1 - c. A score is the worst
    error of a chunk in units of a spread that grows with the step, so that the statement is about whole chunks.
    """

    spread: tuple[float, ...]
    """How errors grow over the steps of a chunk, in the unit of the limit's cost. Length T."""
    scores: tuple[float, ...]
    """Of each chunk, the largest of error / spread. Length n, ascending."""
    threshold: bool = False
    """Whether the errors are values, of which a threshold is wanted, and not a margin, which is at least 0."""

    @classmethod
    def of(cls, errors: np.ndarray, growing: bool = True, threshold: bool = False) -> "Calibration":
        """Calibrate on the errors of n chunks, in the order in which they were drawn.

        Args:
            errors: real minus imagined; NaN where an episode ended before its chunk did. Shape (n, T).
            growing: whether columns are steps, of which later ones err no less, rather than different things.
            threshold: whether they are values themselves.
        """
        errors = np.asarray(errors, float)
        if errors.ndim != 2 or len(errors) < 8 or not np.isfinite(errors[:, 0]).all():
            raise ValueError(
                f"margins are calibrated on at least 8 chunks with an error at each step, got shape {errors.shape}."
            )
        some = max(round(SHAPING * len(errors)), 2)
        shape = np.nanquantile(np.abs(errors[:some]), 0.9, axis=0)  # NaN where no chunk went on for so long
        shape = np.nan_to_num(np.maximum(shape, 1e-6), nan=0.0)
        if growing:
            shape = np.maximum.accumulate(shape)
            shape = np.minimum(shape, CAP * shape[0])
        scores = np.nanmax(errors[some:] / shape, axis=1)
        return cls(tuple(shape.tolist()), tuple(np.sort(scores).tolist()), threshold)

    @property
    def most(self) -> float:
        """The highest confidence that so many calibrated chunks allow."""
        return len(self.scores) / (len(self.scores) + 1)

    def margin(self, confidence: float) -> Steps:
        """The margin of each step with which a limit that holds in imagination holds really, with this probability."""
        expect_number("confidence", confidence)
        if not 0.0 < confidence < 1.0:
            raise ValueError(f"'confidence' is a probability between 0 and 1, such as 0.95, got {confidence!r}.")
        count = len(self.scores)
        rank = ceil((count + 1) * confidence)
        if rank > count:
            raise ValueError(
                f"'confidence' is {confidence:g}, but {count} calibrated chunks allow at most "
                f"{self.most:.3f}; calibrate on more scenes."
            )
        worst = self.scores[rank - 1]
        worst = worst if self.threshold else max(worst, 0.0)  # too dark an imagination is no reason to be bolder
        return Steps(tuple(worst * each for each in self.spread))

    def covers(self, errors: Sequence[float], confidence: float) -> bool:
        """Whether the margins would have been enough for a chunk with these errors, length at most T."""
        margin = self.margin(confidence).values
        return all(not error > margin[t] for t, error in enumerate(errors))
