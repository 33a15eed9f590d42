"""Scenes that an objective would like, whatever leads to them: where a task says to go."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..costs.acceleration import Acceleration
from ..costs.jerk import Jerk
from ..costs.objective import Objective
from ..costs.path_length import PathLength
from ..costs.speed import Speed
from ..worldmodel.objects.goal import MOVED, Goal, posture
from ..worldmodel.objects.model import Objects
from ..worldmodel.objects.state import HAND, HIGH, LOW, POSITION, TARGET, UP, WANTED, WIDTH, State
from .anchors import anchored, imagined, spread

ROUNDS = ((0.03, 0.02), (0.01, 0.007))
"""Spread of the objects, and of the hand about them, in each further round, metres."""
KEPT = 16
"""Scenes that each further round begins with."""
MOTION = (Speed, Acceleration, Jerk, PathLength)
"""Costs of how something moves."""
FLYING, RESTING = 0.1, (0.02, 0.08)
"""An object higher than this hangs in the air; where its middle may be when it stands, as no scene says. Metres."""

LAZY = 0.5
"""How much worse a scene may be, as a share of what is usual, for each metre that it spares an object."""


class Drawn(NamedTuple):
    """Scenes that might be wanted: one object is elsewhere, and the hand is somewhere. N of each of B scenes."""

    robot: Tensor
    """Shape (B, N, 14)."""
    slots: Tensor
    """Shape (B, N, S, 6 + F)."""
    mover: Tensor
    """Slot of the object. Shape (B, N)."""

    def pick(self, index: Tensor) -> "Drawn":
        """Pick scenes by number. Shape (B, n) -> n of each."""
        return Drawn(*(each[torch.arange(len(index))[:, None], index] for each in self))


class Wanted:
    """Draws scenes with the objects elsewhere, reads them as the world model reads any scene, and keeps those that an
    objective likes best; nothing is imagined, so it is not known whether any action leads there.

    The same changes are tried at every plan, so that what is wanted does not waver.

    Args:
        model: reads scenes.
        objective: judges them, as chunks of one step without any action, but not how fast anything gets there.
        count: scenes drawn in each round.
        best: scenes kept.
    """

    def __init__(self, model: Objects, objective: Objective, count: int = 192, best: int = 8):
        resting = at_rest(objective)
        if resting is None:
            raise ValueError("what is wanted is only how things move, and no scene; an actor has nothing to go for.")
        self.model, self.objective, self.count, self.best = model, resting, count, best
        self.needs = imagined(objective.needs, model.quantities)

    def __call__(self, state: State, anchors: Mapping[str, Tensor] | None = None) -> tuple[Goal, Tensor]:
        """Find the scenes.

        Args:
            state: what `encode` returned for B scenes.
            anchors: what the objective reads of other moments, see `anchors.anchored`; it begins now if absent.

        Returns:
            What is wanted of each of B scenes, the best one first, as a goal with leading dimensions (B, best): of the
            objects, only the one that is to move; and its slot, shape (B, best).
        """
        anchors = anchored(self.model, state, self.objective.needs) if anchors is None else anchors
        drawn = self._draw(state)
        order = self._order(state, drawn, anchors)
        for number, (far, near) in enumerate(ROUNDS):
            drawn = self._about(drawn.pick(order[:, :KEPT]), number, far, near)
            order = self._order(state, drawn, anchors)
        return self._goal(state, drawn.pick(order[:, : self.best]))

    def _order(self, state: State, drawn: Drawn, anchors: Mapping[str, Tensor]) -> Tensor:
        """Numbers of the scenes, the best first. Shape (B, N)."""
        b, n = drawn.mover.shape
        scene = self._read(state, drawn, self.needs)
        scene = {name: values[None, :, :, None] for name, values in scene.items()}  # (P, B, N, T, ...)
        scene |= spread(anchors, (1, b, n, 1))
        still = drawn.robot.new_zeros(b, n, 1, self.model.action_dim)
        rank = self.objective(scene, still).ranking()
        best, usual = rank.amin(1, keepdim=True), rank.median(1, keepdim=True).values
        gone = self._of(drawn.slots, drawn.mover)[..., POSITION] - self._of(state.slots, drawn.mover)[..., POSITION]
        worse = (rank - best) / (usual - best).clamp_min(1e-9)
        return (worse + LAZY * gone.norm(dim=-1)).argsort(dim=1, stable=True)

    def _read(self, state: State, drawn: Drawn, names: tuple[str, ...]) -> dict[str, Tensor]:
        b, n = drawn.mover.shape
        who = state.who[:, None].expand(b, n, -1).flatten(0, 1)
        read = self.model.read(State(drawn.robot.flatten(0, 1), drawn.slots.flatten(0, 1), who), names)
        return {name: values.float().unflatten(0, (b, n)) for name, values in read.items()}

    def _draw(self, state: State) -> Drawn:
        """Draw what becomes of one object, and where the hand is then."""
        even = points(self.count, 8, 3).to(state.robot).expand(len(state.robot), -1, -1, -1)  # (B, N, 8, 3)
        normal = normals(even)
        there = (state.who >= 0).sum(1).clamp_min(1)[:, None]  # (B, 1)
        mover, other = ((even[:, :, 0, i] * there).long().minimum(there - 1) for i in (0, 1))
        here, beside = (self._of(state.slots, each)[..., POSITION] for each in (mover, other))
        low, high = here.new_tensor(LOW), here.new_tensor(HIGH)
        angle, far = 2 * torch.pi * even[:, :, 1, 0], 0.2 * even[:, :, 1, 1] * (even[:, :, 1, 2] > 0.4)
        ring = torch.stack([far * angle.cos(), far * angle.sin(), 0 * far], -1)
        flat, stood = even[:, :, 2, 0] < 0.5, RESTING[0] + (RESTING[1] - RESTING[0]) * even[:, :, 2, 2]
        rest = torch.where(here[..., 2] > FLYING, stood, here[..., 2])
        height = torch.where(flat, rest, beside[..., 2] + 0.15 * even[:, :, 2, 1])
        lifted = here + self._up(0.25 * even[:, :, 2, 1])
        related = torch.cat([(beside + ring)[..., :2], height[..., None]], -1)
        anywhere = torch.cat([(low + (high - low) * even[:, :, 6])[..., :2], rest[..., None]], -1)
        kind = even[:, :, 0, 2, None]
        place = torch.where(kind < 0.3, lifted, torch.where(kind < 0.65, related, anywhere))
        place = torch.where(kind < 0.8, place + 0.01 * normal[:, :, 4], here)
        at = even[:, :, 5, 0, None]
        above = place + self._up(torch.where(at[..., 0] < 0.6, 0.06, 0.2) * even[:, :, 5, 1])
        now = state.robot[:, None, HAND].expand_as(above)
        hand = torch.where(at < 0.8, above, now) + 0.005 * normal[:, :, 3]
        upright = even[:, :, 7, 0, None] < 0.7
        return self._placed(state, mover, place, hand, 0.08 * even[:, :, 5, 2], upright)

    def _placed(
        self, state: State, mover: Tensor, place: Tensor, hand: Tensor, width: Tensor, upright: Tensor
    ) -> Drawn:
        """Put one object, and the hand, into copies of the scenes."""
        n = mover.shape[1]
        slots = state.slots[:, None].repeat(1, n, 1, 1)
        robot = state.robot[:, None].repeat(1, n, 1)
        index = mover[..., None, None].expand(-1, -1, 1, 6)
        up = slots.gather(2, index)[:, :, 0, UP]
        up = torch.where(upright, up.new_tensor((0.0, 0.0, 1.0)), up)
        place = torch.cat([place[..., :2], place[..., 2:].clamp_min(0.01)], -1)  # nothing is below the table
        slots[..., :6] = slots[..., :6].scatter(2, index, torch.cat([place, up], -1)[:, :, None].to(slots))
        hand = hand.clamp(hand.new_tensor(LOW), hand.new_tensor(HIGH))
        robot[..., HAND], robot[..., TARGET] = hand, hand
        robot[..., WIDTH], robot[..., WANTED] = width[..., None], (width[..., None] - 0.02).clamp_min(0.0)
        return Drawn(robot, slots, mover)

    def _about(self, few: Drawn, number: int, far: float, near: float) -> Drawn:
        """Draw scenes about these, and keep them."""
        kept = few.mover.shape[1]
        which = torch.arange(self.count, device=few.mover.device)[None].expand(len(few.mover), -1) % kept
        moved = normals(points(self.count, 3, 3, number + 1)).to(few.robot).expand(len(few.mover), -1, -1, -1).clone()
        moved[:, :kept] = 0.0
        more = few.pick(which)
        robot, slots = more.robot.clone(), more.slots.clone()
        step = far * moved[:, :, 0]
        index = more.mover[..., None, None].expand(-1, -1, 1, 3)
        slots[..., POSITION] = slots[..., POSITION].scatter_add(2, index, step[:, :, None].to(slots))
        slots[..., 2] = slots[..., 2].clamp_min(0.01)
        hand = robot[..., HAND] + step + near * moved[:, :, 1]
        robot[..., HAND] = robot[..., TARGET] = hand.clamp(hand.new_tensor(LOW), hand.new_tensor(HIGH))
        robot[..., WIDTH] = (robot[..., WIDTH] + 0.5 * near * moved[:, :, 2, :1]).clamp(0.0, 0.08)
        robot[..., WANTED] = (robot[..., WIDTH] - 0.02).clamp_min(0.0)
        return Drawn(robot, slots, more.mover)

    def _goal(self, state: State, best: Drawn) -> tuple[Goal, Tensor]:
        place = torch.full_like(best.slots[..., :6], torch.nan)
        wanted = self._of(best.slots, best.mover)[..., :6]
        gone = (wanted[..., POSITION] - self._of(state.slots, best.mover)[..., POSITION]).norm(dim=-1) > MOVED
        said = torch.where(gone[..., None], wanted, torch.nan)
        index = best.mover[..., None, None].expand(-1, -1, 1, 6)
        place = place.scatter(2, index, said[:, :, None])
        held = place.new_full(place.shape[:-1], torch.nan)  # how it got there is not read off a scene
        steps = best.robot.new_full(best.mover.shape, torch.nan)
        robot = posture(best.robot)
        robot[..., 3:5] = torch.nan  # nor is the heading, which nobody drew
        return Goal(robot, place, held, steps), best.mover

    @staticmethod
    def _of(slots: Tensor, which: Tensor) -> Tensor:
        """Pick a slot of each scene. Shapes (B, S, D) or (B, N, S, D), and (B, N) -> (B, N, D)."""
        slots = slots[:, None].expand(-1, which.shape[1], -1, -1) if slots.ndim == 3 else slots
        return slots.gather(2, which[..., None, None].expand(-1, -1, 1, slots.shape[-1]))[:, :, 0]

    @staticmethod
    def _up(far: Tensor) -> Tensor:
        return torch.stack([0 * far, 0 * far, far], -1)


def at_rest(objective: Objective) -> Objective | None:
    """The same without the terms that judge how something moves: a wanted scene does not say how one gets there.

    None where nothing is left.
    """

    def kept(terms: Mapping[str, Any]) -> dict[str, Any]:
        return {name: term for name, term in terms.items() if not isinstance(term.cost, MOTION)}

    terms = kept(objective.minimize), kept(objective.subject_to)
    return replace(objective, minimize=terms[0], subject_to=terms[1]) if any(terms) else None


@lru_cache(maxsize=16)
def points(count: int, rows: int, size: int, number: int = 0) -> Tensor:
    """Points that fill a unit cube more evenly than chance does (Sobol, 1967; scrambled: Owen, 1998).

    Shape (1, count, rows, size), in (0, 1); another `number` is another such sequence.
    """
    drawn = torch.quasirandom.SobolEngine(rows * size, scramble=True, seed=number).draw(count)
    mixed = torch.randperm(count, generator=torch.Generator().manual_seed(number))  # every n-th point is no even part
    return drawn[mixed].clamp(1e-6, 1.0 - 1e-6).unflatten(1, (rows, size))[None]


def normals(even: Tensor) -> Tensor:
    """Standard-normal numbers of uniform ones."""
    return 2**0.5 * torch.erfinv(2.0 * even - 1.0)
