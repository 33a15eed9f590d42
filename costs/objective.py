"""What is wanted and what is not allowed: weighted costs, limits, and the risk taken over possible futures."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cached_property
from math import isfinite
from typing import Literal, get_args

import torch
from torch import Tensor

from .cost import Cost, Scene
from .expect import expect_number, expect_one_of
from .margin import Margin, margin_of
from .names import ANCHORS, known_as, seen, split
from .risk import Mean, Risk
from .score import Score

Over = Literal["mean", "end", "max", "min"]


class UnknownQuantityError(LookupError):
    """A cost reads a scene quantity that nobody offers."""


@dataclass(frozen=True)
class Weighted:
    """A cost to make small: weight times the cost, summed up over the steps."""

    cost: Cost
    weight: float
    """Per unit of the cost."""
    over: Over = "mean"
    """The average step, the last, the largest, or the least one: "min" asks that it is small at some step."""

    def __post_init__(self):
        expect_number("weight", self.weight)
        expect_one_of("over", self.over, get_args(Over))

    def total(self, values: Tensor) -> Tensor:
        """Weigh measured values of shape (..., T). Shape (...)."""
        return self.weight * _reduced(values, self.over)


@dataclass(frozen=True)
class Limit:
    """A cost that may not exceed `at_most`, at any step unless `over` says otherwise."""

    cost: Cost
    at_most: float
    """In the unit of the cost."""
    scale: float = 1.0
    """An excess that counts as one violation, in the unit of the cost; it compares limits with one another."""
    margin: float | Sequence[float] | Mapping[str, float] | Margin | None = None
    """Safety margin in the unit of the cost: one for all steps, one per step (those of a longer horizon will do), or
    one that grows, with the fields of `Margin`."""
    over: Over = "max"
    """What has to hold: every step ("max"), the last ("end"), some step ("min"), or the average ("mean")."""

    def __post_init__(self):
        expect_number("at_most", self.at_most)
        expect_number("scale", self.scale)
        expect_one_of("over", self.over, get_args(Over))
        if self.scale <= 0:
            raise ValueError(f"'scale' is larger than 0, in the unit of the cost, got {self.scale!r}.")
        margin_of(self.margin)

    def beyond(self, values: Tensor) -> Tensor:
        """Signed excess of each step of measured values, values + margin - at_most. Shape (..., T) -> (..., T)."""
        margin = margin_of(self.margin).steps(values.shape[-1])
        return values - (self.at_most if margin is None else self.at_most - values.new_tensor(margin))

    def excess(self, values: Tensor) -> tuple[Tensor, Tensor]:
        """Compare measured values of shape (..., T) with the limit: max over t of `beyond`.

        Returns:
            Signed excess, safe when <= 0, and the step, from 0, at which it is reached; where an average counts, the
            largest step. Shape (...) each.
        """
        beyond = self.beyond(values)
        excess, step = beyond.min(dim=-1) if self.over == "min" else beyond.max(dim=-1)
        if self.over == "end":
            return beyond[..., -1], torch.full_like(step, values.shape[-1] - 1)
        return (beyond.mean(dim=-1) if self.over == "mean" else excess), step

    def broken_by(self, values: Tensor) -> Tensor:
        """Signed excess of measured values of shape (..., T) over the limit itself, without its margin. Shape (...)."""
        return _reduced(values - self.at_most, self.over)


@dataclass(frozen=True)
class Objective:
    """Minimise Σ weight · cost subject to cost <= at_most, over P possible futures.

    Risk is taken over the futures of the *total* cost and, limit by limit, of the *signed* worst-over-time excess:
    were excesses cut off at 0, "at most 0 on average" would silently mean "in the worst case".
    """

    minimize: Mapping[str, Weighted]
    """Name -> weighted cost. A name is the label in reports, errors and overrides."""
    subject_to: Mapping[str, Limit] = field(default_factory=dict)
    """Name -> limit; no name is used twice."""
    cost_risk: Risk = field(default_factory=Mean)
    limit_risk: Risk = field(default_factory=Mean)

    def __post_init__(self):
        if not self.minimize and not self.subject_to:
            raise ValueError("An objective needs at least one term under minimize or subject_to, or a sentence.")
        if twice := sorted(set(self.minimize) & set(self.subject_to)):
            raise ValueError(f"'{twice[0]}' names a term under minimize and one under subject_to; rename one of them.")

    @property
    def terms(self) -> dict[str, Weighted | Limit]:
        """Every clause by name, costs first."""
        return {**self.minimize, **self.subject_to}

    @cached_property
    def needs(self) -> tuple[str, ...]:
        """Names of the scene quantities that the terms read."""
        return tuple(sorted({name for term in self.terms.values() for name in term.cost.needs}))

    def check_known(self, known: Iterable[str], source: str = "the world model") -> None:
        """Raise `UnknownQuantityError` unless `source` knows every quantity that is read.

        A pair is known in either order; that a quantity is read at the start, or now, makes no difference.
        """
        known = {split(name)[0] for name in known}
        for label, term in self.terms.items():
            for name in term.cost.needs:
                if known_as(name, known) is None:
                    check_anchor(label, name)
                    near = get_close_matches(name, sorted(known), n=1)
                    hint = f"did you mean '{near[0]}'? It" if near else "it"
                    raise UnknownQuantityError(
                        f"'{label}' needs '{name}', which {source} does not know; {hint} only knows {sorted(known)}."
                    )

    def without_limits(self) -> "Objective":
        """Return the same wishes, blind to every limit."""
        return replace(self, subject_to={})

    def measure(self, scene: Scene, actions: Tensor) -> dict[str, Tensor]:
        """Measure every clause at every step, in the unit of its cost; imagined or recorded alike.

        Args:
            scene: the quantities of `needs`, shape (..., T, *shape of the quantity).
            actions: with the same leading dimensions. Shape (..., T, A).

        Returns:
            Name of the clause -> values, without weight or limit. Shape (..., T).
        """
        read = self._read(scene)
        return {name: term.cost(read, actions) for name, term in self.terms.items()}

    def __call__(self, scene: Scene, actions: Tensor) -> Score:
        """Score candidates.

        Args:
            scene: imagined quantities, shape (P, B, N, T, *shape of the quantity).
            actions: the chunks that were imagined, in [-1, 1]. Shape (B, N, T, A).
        """
        read = self._read(scene)
        futures = next((len(values) for values in read.values()), 1)
        shape = (futures, *actions.shape[:-1])  # (P, B, N, T)
        for name, values in read.items():
            if values.shape[:4] != shape:
                raise ValueError(f"'{name}' starts with (P, B, N, T) = {shape}, got shape {tuple(values.shape)}.")
        alike = actions.expand(futures, *actions.shape)
        measured = {name: term.cost(read, alike) for name, term in self.terms.items()}
        for name, values in measured.items():
            if values.shape != shape:
                raise ValueError(f"'{name}' gives one number per step {shape}, got shape {tuple(values.shape)}.")

        totals = {name: term.total(measured[name]) for name, term in self.minimize.items()}  # (P, B, N) each
        worst = {name: term.excess(measured[name]) for name, term in self.subject_to.items()}
        excesses = {name: self.limit_risk(excess) for name, (excess, _) in worst.items()}
        binding = {name: _of_worst_future(*found) for name, found in worst.items()}
        cost = self.cost_risk(_sum(totals.values(), shape[:3], actions))
        violations = [excesses[name].clamp(min=0.0) / limit.scale for name, limit in self.subject_to.items()]
        violation = _sum(violations, shape[1:3], actions)
        new = [each for each in measured.values() if not any(each is known for known in read.values())]
        values = [*read.values(), *new]
        if (broken := _broken(shape, values, actions, cost, violation)) is not None:
            cost, violation = cost.masked_fill(broken, torch.inf), violation.masked_fill(broken, torch.inf)
        averages = {name: each[0] if futures == 1 else each.mean(dim=0) for name, each in totals.items()}
        return Score(cost, violation, averages, excesses, binding)

    def _read(self, scene: Scene) -> dict[str, Tensor]:
        """What the terms read, under the names that they use."""
        read = seen(scene, self.needs)
        if missing := [name for name in self.needs if name not in read]:
            self.check_known(scene, "the scene")
            raise UnknownQuantityError(
                f"the scene holds no '{missing[0]}'; supply it, the same at every step, beside the imagined quantities."
            )
        return read


def check_anchor(label: str, name: str) -> None:
    """Raise `UnknownQuantityError` if a name has an anchor that is none."""
    quantity, anchor = split(name)
    if "@" in name and anchor not in ANCHORS:
        choices = " or ".join(f"{quantity}@{each}" for each in ANCHORS)
        raise UnknownQuantityError(f"'{label}' needs '{name}', but there is no moment '{anchor}'; write {choices}.")


def _reduced(values: Tensor, over: Over) -> Tensor:
    """One number out of T steps. Shape (..., T) -> (...)."""
    if over == "end":
        return values[..., -1]
    if over == "mean":
        return values.mean(dim=-1)
    return values.amax(dim=-1) if over == "max" else values.amin(dim=-1)


def _sum(parts: Iterable[Tensor], shape: Sequence[int], like: Tensor) -> Tensor:
    """Add up; nothing adds up to zeros of the given shape."""
    parts = list(parts)
    return sum(parts[1:], parts[0]) if parts else like.new_zeros(shape)


def _of_worst_future(excess: Tensor, step: Tensor) -> Tensor:
    """Pick each candidate's step in its worst future. Shapes (P, B, N) -> (B, N)."""
    return step[0] if len(step) == 1 else step.gather(0, excess.argmax(dim=0, keepdim=True))[0]


def _broken(shape: Sequence[int], values: Sequence[Tensor], *results: Tensor) -> Tensor | None:
    """Whether anything about a candidate is not finite. Shape (B, N); None where everything is finite.

    A sum is finite only if every part is, and 0 times a sum is 0 unless it is not finite.

    Args:
        shape: (P, B, N, T).
        values: imagined or measured, shape (P, B, N, T, *shape of the quantity).
        results: actions that were scored, and what was made of them, which may have overflowed. Shape (B, N, ...).
    """
    if not torch.compiler.is_compiling():  # a number that decides something would break a compiled graph in two
        total = sum(each.detach().sum() for each in (*values, *results))
        if isfinite(total.item()):  # type: ignore[union-attr]
            return None
    futures = [0.0 * value.reshape(*shape[:3], -1).sum(dim=-1).sum(dim=0) for value in values]  # (B, N) each
    whole = [0.0 * (each.flatten(2).sum(dim=-1) if each.dim() > 2 else each) for each in results]
    return torch.stack([*futures, *whole]).sum(dim=0) != 0
