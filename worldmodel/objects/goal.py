"""What is wanted of a scene some steps from now, as much of it as anybody has said."""

from typing import NamedTuple

import torch
from torch import Tensor

from .state import HAND, POSITION, SIDE, UP, WIDTH, State, turned
from .truth import Truth

BODY, OBJECT = 18, 16
"""Numbers that say what is wanted of the robot, and of one object."""
AHEAD = 30
"""Steps until what is wanted, at most."""
LONG = 10.0
"""Steps that count as one."""
MOVED = 0.01
"""How far an object goes that a hindsight is about, metres."""


class Goal(NamedTuple):
    """A wanted scene of M scenes with S slots; not-a-number where anything will do."""

    robot: Tensor
    """Place of the hand (m), its closing axis (x, y) and its opening (m). Shape (M, 6)."""
    place: Tensor
    """Position (m) and up axis of each object. Shape (M, S, 6)."""
    held: Tensor
    """Whether the fingers hold it, 0 or 1. Shape (M, S)."""
    steps: Tensor
    """Actions until then. Shape (M,)."""

    @classmethod
    def of(cls, robot: Tensor, place: Tensor, held: Tensor, steps: Tensor) -> "Goal":
        """Want all of a scene: robot (M, 14), place (M, S, 6), held (M, S), steps (M,)."""
        return cls(posture(robot), place, held, steps)

    def told(self, now: State) -> tuple[Tensor, Tensor]:
        """Say what is wanted as the hand sees it: of the robot (M, BODY), of each object (M, S, OBJECT)."""
        side, hand = now.robot[..., SIDE], now.robot[..., HAND]
        here = posture(now.robot)
        known = self.robot.isfinite().float()
        change = torch.where(known > 0, self.robot - here, 0.0)
        way = turned(change[:, None, :3], side)[:, 0]
        heading = torch.where(known > 0, self.robot, 0.0)[:, 3:5]
        heading = turned(torch.cat([heading, 0 * heading[:, :1]], -1)[:, None], side)[:, 0, :2]
        steps = self.steps.isfinite().float().unsqueeze(-1)
        left = self.steps.nan_to_num(0.0).unsqueeze(-1) / LONG
        soon = steps / (1.0 + LONG * left)
        pace = way / 0.04 * steps / (LONG * left).clamp_min(1.0)
        body = [*near(way), pace, heading, change[:, 5:] / 0.02, known[:, [0, 3, 5]], left, soon, steps]
        place, up = self.place[..., POSITION], self.place[..., UP]
        known_place, known_up = (x.isfinite().all(-1, keepdim=True).float() for x in (place, up))
        go = torch.where(known_place > 0, place - now.slots[..., POSITION], 0.0)
        end = torch.where(known_place > 0, place - hand[:, None], 0.0)
        lean = torch.where(known_up > 0, up, 0.0)
        held = self.held.unsqueeze(-1)
        flags = [known_place, known_up, held.nan_to_num(0.0), held.isfinite().float()]
        each = [*near(turned(go, side)), turned(end, side) / 0.1, turned(lean, side), *flags]
        return torch.cat(body, -1), torch.cat(each, -1)


def near(way: Tensor) -> tuple[Tensor, Tensor]:
    """A way in metres as a network sees it best: per 10 cm, and its direction, finely where it is short."""
    return way / 0.1, way / (0.02 + way.norm(dim=-1, keepdim=True))


def posture(robot: Tensor) -> Tensor:
    """Place of the hand, closing axis and opening. Shape (..., 14) -> (..., 6)."""
    return torch.cat([robot[..., HAND], robot[..., SIDE][..., :2], robot[..., WIDTH]], -1)


def hindsight(now: Truth, then: Truth, robot: Tensor, steps: Tensor, whole: Tensor, noise: torch.Generator) -> Goal:
    """Call what came about wanted (hindsight relabelling: Andrychowicz et al., 2017), and say a part of it.

    Args:
        now: truth of M moments.
        then: truth `steps` actions later.
        robot: proprioception then. Shape (M, 14).
        steps: shape (M,).
        whole: where everything is said, as of an observed change, or at some moments all of the objects' places and
            nothing else. Bool, shape (M,).
        noise: decides what is said elsewhere: mostly, where the object is that went farthest.
    """
    goal = Goal.of(robot, then.place, then.own[..., 0], steps)
    m, s = goal.held.shape

    def often(chance: float, *shape: int) -> Tensor:
        return (torch.rand(shape, generator=noise) < chance).to(robot.device)

    way = (then.place[..., POSITION] - now.place[..., POSITION]).norm(dim=-1).nan_to_num(0.0)  # (M, S)
    far, which = way.max(-1)
    gone = torch.nn.functional.one_hot(which, s).bool() & (far > MOVED)[:, None]
    silent = (often(0.05, m) | whole)[:, None]
    said = ((gone & often(0.9, m, 1)) | often(0.15, m, s)) & ~silent  # (M, S)
    hand = (often(0.25, m, 1) | ((far <= MOVED)[:, None] & often(0.8, m, 1))) & ~silent
    places = whole[:, None]
    all_of_it = places & often(0.7, m, 1)
    parts = (hand, hand & often(0.5, m, 1), hand & often(0.5, m, 1))
    robot_said = torch.cat([parts[0].expand(m, 3), parts[1].expand(m, 2), parts[2]], -1) | all_of_it
    place_said, up_said = said | places, (said & often(0.5, m, s)) | places
    held_said = (said & often(0.7, m, s)) | all_of_it
    both = torch.cat([place_said.unsqueeze(-1).expand(m, s, 3), up_said.unsqueeze(-1).expand(m, s, 3)], -1)
    return Goal(
        goal.robot.where(robot_said, torch.nan),
        goal.place.where(both, torch.nan),
        goal.held.where(held_said, torch.nan),
        steps.float().where(often(0.5, m) | whole, torch.nan),
    )
