"""What training a model of objects makes small: places, axes, touches and gaps, seen and imagined."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional as F

from .attempts import acted, followed
from .batches import BLUR
from .mirror import mirrored
from .physics import look
from .state import HAND, POSITION, SIDE, TARGET, UP, WANTED, WIDTH, State
from .truth import Truth

if TYPE_CHECKING:
    from .network import Network

Terms = dict[str, Tensor]
"""Name of a term -> its value; "total" is their weighted sum."""


@dataclass(frozen=True)
class ObjectLoss:
    """Weighted sum of what follows, in units in which 1 is a bad error."""

    position: float = 4.0
    """Per 5 cm, linear beyond 2 mm."""
    up: float = 1.0
    """Squared chord per 0.3."""
    touch: float = 0.5
    """Held and contacts: nats."""
    gap: float = 0.5
    """Clearances, per 5 cm."""
    point: float = 0.1
    """Where the gripper touches, per 5 cm."""
    robot: float = 2.0
    """Proprioception: per 2 cm, half a radian, and 1 cm of opening."""
    feature: float = 0.05
    """Imagined features against those encoded later, which are held fixed."""
    picture: float = 4.0
    """Decoded pictures; they never reach the slots."""
    depth: float = 0.2
    """Depth that is seen: nats; it never reaches the slots either."""
    pictures: int = 8
    """How many frames of a batch are painted; depth is painted in four times as many."""
    forget: float = 0.3
    """Share of windows that start without a history, as an episode does."""
    light: float = 0.08
    """Spread of the gain and of the brightness (a share of the full one) of each colour of a picture."""

    def read(self, network: "Network", state: State, truth: Truth) -> Terms:
        """Score what is read off robots (..., M, 14) and slots (..., M, S, 6 + F)."""
        kind, there = network.known(state.who)
        seen = look(state.robot, state.slots, kind)
        own = network.reading.own(state.robot, state.slots, seen)
        pairs = network.reading.pairs(state.slots, seen)
        grip = network.reading.grip(seen, there)
        place = truth.place
        known = place[..., UP].isfinite()
        lean = torch.where(known, state.slots[..., UP] - place[..., UP].nan_to_num(0.0), 0.0).square().sum(-1) / 0.09
        touches = [
            chance(own["held"], truth.own[..., 0]),
            chance(own["contact.gripper"], truth.own[..., 1]),
            chance(pairs["contact"], truth.pairs[..., 0]),
            chance(grip["contact.gripper.table"], truth.grip[..., 0]),
        ]
        gaps = [
            far(own["clearance.gripper"], truth.own[..., 2], 0.05),
            far(pairs["clearance"], truth.pairs[..., 1], 0.05),
            far(grip["force"], truth.grip[..., 1], 20.0),
        ]
        return {
            "position": far(state.slots[..., POSITION], place[..., POSITION], 0.05),
            "up": lean.sum() / known[..., 0].expand(lean.shape).sum().clamp_min(1),
            "touch": torch.stack(touches).sum(),
            "gap": torch.stack(gaps).sum(),
            "point": far(own["point"], truth.own[..., 3:], 0.05),
        }

    def look(self, network: "Network", batch: Mapping, noise: torch.Generator) -> Terms:
        """Score what is seen in windows: images (B, L, 3 V, H, W), proprio (B, L, J), scene of (B, L, ...)."""
        first = network.eye.frames - 1
        truth = Truth.of({n: v[:, first:] for n, v in batch["scene"].items()}, network.sizes.slots)
        forget = torch.rand(len(batch["images"]), generator=noise) < self.forget
        images = relit(batch["images"], self.light, noise)
        slots = network.eye.window(images, batch["proprio"], truth.who[:, 0], forget)
        state = State(batch["proprio"][:, first:].flatten(0, 1), slots.flatten(0, 1), truth.who.flatten(0, 1))
        terms = self.read(network, state, truth.flat())
        some = torch.randperm(len(state.robot), generator=noise)[: 4 * self.pictures]
        images, depth = (x[:, first:].flatten(0, 1)[some] for x in (batch["images"], batch["scene"]["depth"]))
        seen = State(state.robot[some], state.slots[some].detach(), state.who[some])
        deep = network.depth.error(network.depth.layers(seen.robot, seen.slots, *network.known(seen.who)), depth)
        few = State(*(x[: self.pictures] for x in seen))
        painted = F.mse_loss(network.decoder(network.sum_up(few)), images[: self.pictures] / 255.0)
        return self._sum(terms | {"picture": painted, "depth": deep})

    def settle(self, network: "Network", batch: Mapping, noise: torch.Generator) -> Terms:
        """Score imagination from slots encoded beforehand.

        Args:
            network: the model in training.
            batch: slots (B, T + 1, S, 6 + F), robot (B, T + 1, 14), actions (B, T, A), truth of (B, T + 1, ...).
            noise: moves the objects about at the start, and says which half of the scenes is seen in a mirror.
        """
        half = (torch.rand(len(batch["slots"]), generator=noise) < 0.5).to(batch["slots"].device)
        robot, slots, actions, truth = mirrored(batch["robot"], batch["slots"], batch["actions"], batch["truth"], half)
        who = truth.who[:, 0]
        kind, there = network.known(who)
        moved = BLUR * torch.randn(slots[:, 0, :, POSITION].shape, generator=noise).to(slots)
        begin = torch.cat([slots[:, 0, :, POSITION] + moved, slots[:, 0, :, 3:]], -1)
        path = list(network.physics.path(robot[:, 0], begin, kind, there, actions))
        imagined = State(
            torch.stack([r for r, *_ in path], 2), torch.stack([s for _, s, _ in path], 2), who
        )  # (P,B,T,..)
        flat = State(imagined.robot.flatten(1, 2), imagined.slots.flatten(1, 2), truth.who[:, 1:].flatten(0, 1))
        later = truth.at((slice(None), slice(1, None)))
        terms = self.read(network, flat, later.flat())
        gap = (imagined.slots[..., 6:] - slots[:, 1:, :, 6:]).square()
        terms["feature"] = (gap * there[:, None]).mean()
        terms["robot"] = robot_gap(imagined.robot, robot[:, 1:])
        seen = State(robot.flatten(0, 1), slots.flatten(0, 1), truth.who.flatten(0, 1))
        still = self.read(network, seen, truth.flat())  # readings of what was seen must stay right
        terms |= {f"seen.{n}": still[n] for n in ("touch", "gap", "point")}
        return self._sum(terms)

    def act(self, network: "Network", batch: Mapping, noise: torch.Generator) -> Terms:
        """Score the actor; see `acted`, and `followed` for one that is told words."""
        if not network.sizes.words:
            return acted(network, batch, noise)
        return followed(network, {**batch, "images": relit(batch["images"], self.light, noise)}, noise)

    def _sum(self, terms: Terms) -> Terms:
        total = sum(getattr(self, n.removeprefix("seen.")) * v for n, v in terms.items())
        return {"total": total, **terms}  # type: ignore[dict-item]


def relit(images: Tensor, spread: float, noise: torch.Generator) -> Tensor:
    """Change gain and brightness of each colour, alike in all pictures of a window. Shape (B, L, 3 V, H, W), uint8."""
    if not spread:
        return images
    shape = (images.shape[0], 1, images.shape[2], 1, 1)
    gain, more = (spread * torch.randn(shape, generator=noise).to(images.device) for _ in range(2))
    return ((1.0 + gain) * images + 128.0 * more).clamp(0, 255).round().to(torch.uint8)


def far(read: Tensor, true: Tensor, unit: float) -> Tensor:
    """Absolute error in units, squared below a twenty-fifth of one; what is not known does not count."""
    known = true.isfinite()
    true = torch.where(known, true, 0.0).expand_as(read)
    known = known.expand_as(read)
    gap = F.smooth_l1_loss(read / unit, true / unit, beta=0.04, reduction="none")
    return (gap * known).sum() / known.sum().clamp_min(1)


def chance(logit: Tensor, true: Tensor) -> Tensor:
    """Cross entropy of a chance; what is not known does not count."""
    known = true.isfinite().expand_as(logit)
    happened = true.nan_to_num(0.0).expand_as(logit)
    loss = F.binary_cross_entropy_with_logits(logit, happened, reduction="none")
    return (loss * known).sum() / known.sum().clamp_min(1)


def robot_gap(read: Tensor, true: Tensor) -> Tensor:
    """Error of proprioception: places per 2 cm, heading per half a radian, openings per centimetre."""
    parts = ((HAND, 0.02), (TARGET, 0.02), (SIDE, 0.5), (WIDTH, 0.01), (WANTED, 0.01))
    gaps = [
        F.smooth_l1_loss(read[..., c] / unit, (true[..., c] / unit).expand_as(read[..., c]), beta=0.1)
        for c, unit in parts
    ]
    return torch.stack(gaps).mean()
