"""What planning comes to."""

from typing import NamedTuple

from torch import Tensor

from .belief import Belief
from .tried import Trace


class Plan(NamedTuple):
    """The best chunk that was evaluated, and what was imagined to follow. Row b belongs to scene b."""

    chunk: Tensor
    """Actions within the bounds. Shape (B, T, A)."""
    cost: Tensor
    """Cost of this very chunk. Shape (B,)."""
    violation: Tensor
    """Scaled violation of the limits, 0 when feasible. Shape (B,)."""
    costs: dict[str, Tensor]
    """Cost by clause. Shape (B,) each."""
    excesses: dict[str, Tensor]
    """Signed excess by limit, safe when <= 0. Shape (B,) each."""
    binding: dict[str, Tensor]
    """By limit, the step, from 0, at which its worst future comes nearest to it or farthest beyond. Shape (B,) each."""
    feasible: Tensor
    """Whether every limit holds. Shape (B,), bool."""
    status: tuple[str, ...]
    """"feasible", "infeasible" or "not finite" (no candidate had a finite future). Length B."""
    source: tuple[str, ...]
    """Who offered the chunk: "search", "mean", or the class of a proposal or of the polish. Length B."""
    belief: Belief
    """What the search believes now; shift it to start the next plan from it."""
    trace: Trace
    """Progress over the rounds."""
    rollouts: int
    """Chunks imagined for each scene; a gradient counts as three."""
    milliseconds: float
    """Wall-clock time of planning."""
