"""What an action does to the robot and to every object: P relational networks, each rolled out on its own scenes."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..ensemble import Stacked
from .state import ACTION, HAND, HIGH, LOW, POSITION, SIDE, TARGET, TURNED, UP, WANTED, WIDTH, turned

MESSAGE = 64
"""Numbers that objects tell one another, and the robot."""
MANY = 32
"""Scenes from which on a compiled step is used: every number of scenes is compiled for itself, which takes seconds."""
ABOUT = 14
"""Numbers that say how the robot stands."""


def about(robot: Tensor) -> Tensor:
    """How the robot stands: (..., 14) -> command ahead of the hand, openings, place, heading; (..., ABOUT)."""
    hand, side = robot[..., HAND], F.normalize(robot[..., SIDE][..., :2], dim=-1)
    ahead = turned((robot[..., TARGET] - hand).unsqueeze(-2), robot[..., SIDE]).squeeze(-2)
    place = (robot[..., TARGET] - robot.new_tensor((0.5, 0.0, 0.1))) / robot.new_tensor((0.2, 0.3, 0.1))
    widths = robot[..., [9, 13]] / 0.04
    lead = (robot[..., WANTED] - robot[..., WIDTH]) / 0.02
    return torch.cat(
        [ahead / 0.04, widths, lead, place, side, side[..., :1] * side[..., 1:], hand[..., 2:] / 0.1, robot[..., 3:4]],
        -1,
    )


def nodes(robot: Tensor, slots: Tensor, kind: Tensor) -> Tensor:
    """Describe every object as the hand sees it: place, up axis, features, kind. Shape (..., M, S, 10 + F + kinds)."""
    hand, side, position = robot[..., None, HAND], robot[..., SIDE], slots[..., POSITION]
    vectors = turned(torch.cat([position - hand, slots[..., UP]], -2), side)
    place, up = vectors.chunk(2, -2)
    far = place.norm(dim=-1, keepdim=True)
    parts = [place / 0.1, place / (0.02 + far), position[..., 2:] / 0.1, up, slots[..., 6:]]
    return torch.cat([*parts, kind.expand(*slots.shape[:-1], -1)], -1)


class Seen(NamedTuple):
    """A moment as the hand sees it."""

    robot: Tensor
    """See `about`."""
    objects: Tensor
    """See `nodes`."""


def look(robot: Tensor, slots: Tensor, kind: Tensor) -> Seen:
    """Describe a moment once, for all who need it."""
    return Seen(about(robot), nodes(robot, slots, kind))


def joined(path: Iterable[tuple[Tensor, Tensor, Seen]]) -> tuple[Tensor, Tensor, Seen]:
    """Lay the T moments of a path, (P, M, ...) each, side by side: (P, M T, ...), the steps of a scene in a row."""
    robots, slots, seen = zip(*path, strict=True)
    rows = (robots, slots, *zip(*seen, strict=True))
    robot, slot, *looks = (torch.stack(each, 2).flatten(1, 2) for each in rows)
    return robot, slot, Seen(*looks)


class Physics(nn.Module):
    """Ensemble of action-conditioned dynamics, seen from the hand.

    Everything is described in the hand's frame, so that what was learned at one place of the table holds at every
    other, whichever way the hand is turned. Objects tell one another where they are (relation networks: Battaglia et
    al., 2016; Santoro et al., 2017); an object moves
    rigidly with the hand by a learned share, and by itself beyond that.
    """

    fast: Callable | None = None
    """`step`, compiled; used where there are many scenes."""

    def __init__(self, features: int, kinds: int, hidden: int = 256, members: int = 4) -> None:
        super().__init__()
        self.members, self.learned = members, features
        node, robot = 10 + features + kinds + ABOUT + ACTION, ABOUT + ACTION
        self.sender = Stacked(members, node, MESSAGE)
        self.receiver = Stacked(members, node, MESSAGE)
        self.grasp = Stacked(members, node, MESSAGE)
        self.body = Stacked(members, robot + MESSAGE, 128)
        self.arm = Stacked(members, 128, 9, gain=0.1)
        self.reflex = Stacked(members, robot, 9)
        self.look = Stacked(members, node + MESSAGE, hidden)
        self.think = Stacked(members, hidden, hidden)
        self.change = Stacked(members, hidden, 7 + features, gain=0.1)  # starts near "nothing changes"

    def keep(self, members: int) -> None:
        """Forget all members but the first so many, for good."""
        if not 1 <= members <= self.members:
            raise ValueError(f"members is {members}; it must lie in 1..{self.members}, the members that were trained.")
        for parameter in self.parameters():
            parameter.data = parameter.data[:members].clone()
        self.members = members

    def step(
        self, robot: Tensor, slots: Tensor, seen: Seen, kind: Tensor, there: Tensor, action: Tensor
    ) -> tuple[Tensor, Tensor, Seen]:
        """Carry out one action.

        Args:
            robot: shape (P, M, 14).
            slots: shape (P, M, S, 6 + F).
            seen: the same, as the hand sees it.
            kind: shape (M, S, kinds).
            there: 1 where a slot is not empty. Shape (M, S, 1).
            action: shape (M, A).

        Returns:
            Robot and slots after it, and how the hand sees them.
        """
        p, m, s = slots.shape[:3]
        side = robot[..., SIDE]
        pushed = action[:, None, :3].expand(p, m, 1, 3)
        told = torch.cat([seen.robot, turned(pushed, side).squeeze(-2), action[:, 3:].expand(p, m, -1)], -1)
        node = torch.cat([seen.objects, told[:, :, None].expand(-1, -1, s, -1)], -1)
        rows = node.flatten(1, 2)
        sent, got = (f(rows).view(p, m, s, MESSAGE) for f in (self.sender, self.receiver))
        pairs = F.relu(sent[:, :, None] + got[:, :, :, None])  # (P, M, S to, S from, 64)
        others = there[:, None] * (1.0 - torch.eye(s, device=there.device))[None, :, :, None]  # (M, S, S, 1)
        heard = (pairs * others.to(pairs.dtype)).sum(3)

        felt = (F.relu(self.grasp(rows)).view(p, m, s, MESSAGE) * there.to(sent.dtype)).sum(2)
        moved = self.arm(F.relu(self.body(torch.cat([told, felt.float()], -1)))) + self.reflex(told)
        after = self._moved(robot, side, moved.float())

        h = F.relu(self.think(F.relu(self.look(torch.cat([node, heard.float()], -1).flatten(1, 2)))))
        change = self.change(h).float().view(p, m, s, -1)
        slots = self._changed(robot, after, slots, change, side)
        return after, slots, look(after, slots, kind)

    def _moved(self, robot: Tensor, side: Tensor, change: Tensor) -> Tensor:
        """The robot after its own change: hand, heading, opening, and what is commanded."""
        steps = turned(0.04 * torch.stack([change[..., 0:3], change[..., 3:6]], -2), side, back=True)
        x, y = side[..., :1], side[..., 1:2]
        yaw = torch.atan2(x, -y)
        angle = (yaw + 0.4 * change[..., 6:7]).clamp(-TURNED, TURNED) - yaw
        cos, sin = angle.cos(), angle.sin()
        heading = torch.cat([cos * x - sin * y, sin * x + cos * y, side[..., 2:]], -1)
        widths = (robot[..., [9, 13]] + 0.04 * change[..., 7:9]).clamp(-0.002, 0.082)
        parts = [robot[..., HAND] + steps[..., 0, :], robot[..., 3:6], heading, widths[..., :1]]
        target = (robot[..., TARGET] + steps[..., 1, :]).clamp(robot.new_tensor(LOW), robot.new_tensor(HIGH))
        return torch.cat([*parts, target, widths[..., 1:]], -1)

    def _changed(self, robot: Tensor, after: Tensor, slots: Tensor, change: Tensor, side: Tensor) -> Tensor:
        """The objects after their change: rigidly with the hand by a share, and by themselves."""
        share = torch.sigmoid(change[..., 6:7])
        place = turned(slots[..., POSITION] - robot[..., None, HAND], side)
        carried = turned(place, after[..., SIDE], back=True) + after[..., None, HAND] - slots[..., POSITION]
        own = turned(torch.cat([0.03 * change[..., :3], 0.2 * change[..., 3:6]], -2), side, back=True)
        step, lean = own.chunk(2, -2)
        position = slots[..., POSITION] + share * carried + step
        up = F.normalize(slots[..., UP] + lean, dim=-1)
        return torch.cat([position, up, torch.tanh(slots[..., 6:] + 0.3 * change[..., 7:])], -1)

    def path(
        self, robot: Tensor, slots: Tensor, kind: Tensor, there: Tensor, actions: Tensor
    ) -> Iterator[tuple[Tensor, Tensor, "Seen"]]:
        """Imagine step by step, every member from its own previous scene.

        Args:
            robot: where all members start. Shape (M, 14).
            slots: alike. Shape (M, S, 6 + F).
            kind: shape (M, S, kinds).
            there: shape (M, S, 1).
            actions: in [-1, 1]. Shape (M, T, A).

        Yields:
            Robot (P, M, 14), slots (P, M, S, 6 + F), and how the hand sees them, after each action.
        """
        robot, slots = (x.float().expand(self.members, *x.shape) for x in (robot, slots))
        seen = look(robot, slots, kind)
        step = self.fast if self.fast and len(actions) >= MANY else self.step
        for action in actions.unbind(1):
            robot, slots, seen = step(robot, slots, seen, kind, there, action)
            yield robot, slots, seen
