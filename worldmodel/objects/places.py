"""Which slot holds which name, and what is read there."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ..ensemble import disagreement
from .physics import Seen
from .reading import FAR
from .state import HAND, POSITION, SIDE, UP, WIDTH, State

if TYPE_CHECKING:
    from .model import Objects

GRIPPER = {"position": HAND, "down": slice(3, 6), "side": SIDE, "width": WIDTH}
NEVER = -30.0
"""Logit of what cannot be."""


class Places:
    """Finds the slots of names in M scenes.

    Args:
        model: knows the catalogue, and which of its objects have names.
        who: which object is in a slot. Shape (M, S).
        there: 1 where a slot is not empty. Shape (M, S, 1).
        names: quantities that will be read; their objects are found at once, so that reading branches on no tensor.

    Raises:
        LookupError: an object is not in every scene.
    """

    def __init__(self, model: "Objects", who: Tensor, there: Tensor, names: Iterable[str]) -> None:
        self.network, self.catalogue, self.who, self.there = model.network, model.catalogue, who, there
        named = torch.tensor([self.catalogue.index(name) for name in model.objects], device=who.device)
        self.others = (who >= 0) & ~torch.isin(who, named)
        """Slots of objects without a name of their own. Bool, shape (M, S)."""
        self.alike = bool((who == who[:1]).all())
        self._rows = torch.arange(len(who), device=who.device)
        objects = {part for name in names for part in name.split(".") if part in self.catalogue}
        self._slots = {name: self._find(name) for name in objects}

    def read(self, robot: Tensor, slots: Tensor, seen: Seen, names: Iterable[str]) -> dict[str, Tensor]:
        """Read names off one moment: robot (P, M, 14) and slots (P, M, S, 6 + F). Shape (P, M, *shape) each."""
        moment = Moment(self, State(robot, slots, self.who), seen)
        return {name: moment(name) for name in names}

    def _find(self, name: str) -> Any:
        """Slot of an object in each scene: shape (M,), or one number where all scenes are alike."""
        is_it = self.who == self.catalogue.index(name)  # (M, S)
        absent = ~is_it.any(1)
        if bool(absent.any()):
            there = [str(self.catalogue[i]) for i in self.who[absent][0].tolist() if i >= 0]
            raise LookupError(f"there is no {name} in this scene, which has {', '.join(there)}.")
        slot = is_it.int().argmax(1)
        return int(slot[0]) if self.alike else slot

    def of(self, name: str, values: Tensor) -> Tensor:
        """Pick an object's part. Shape (P, M, S, ...) -> (P, M, ...)."""
        return self._pick(values, self._slots[name])

    def pair(self, a: str, b: str, values: Tensor) -> Tensor:
        """Pick the part of two objects. Shape (P, M, pairs) -> (P, M)."""
        i, j, s = self._slots[a], self._slots[b], self.who.shape[1]
        first, second = (min(i, j), max(i, j)) if self.alike else (torch.minimum(i, j), torch.maximum(i, j))
        return self._pick(values, first * (2 * s - first - 1) // 2 + second - first - 1)  # in 01, 02, ..., 12, ...

    def _pick(self, values: Tensor, place: Any) -> Tensor:
        return values[:, :, place] if self.alike else values[:, self._rows, place]


class Moment:
    """Reads names off one moment; whatever several of them need is computed once."""

    def __init__(self, places: Places, state: State, seen: Seen) -> None:
        self.places, self.state, self.seen, self.network = places, state, seen, places.network
        self._known: dict[str, Any] = {}

    def __call__(self, name: str) -> Tensor:
        """Read one quantity. Shape (P, M, *shape)."""
        head, *rest = name.split(".")
        if not rest:
            return self._whole(name)
        if head in ("contact", "clearance"):
            return self._between(head, rest)
        if head == "others":
            return self._most_tilted()
        if head == "gripper":
            if rest[0] == "force":
                return self._grip()["force"]
            values = self.state.robot[..., GRIPPER[rest[0]]]
            return values[..., 0] if rest[0] == "width" else values
        if rest[0] == "held":
            return torch.sigmoid(self.places.of(head, self._own()["held"]))
        slot = self.places.of(head, self.state.slots)
        if rest[0] == "latent":
            return torch.cat([slot[..., POSITION] / 0.03, slot[..., UP], 0.3 * slot[..., 6:]], -1)  # the place most
        return slot[..., {"position": POSITION, "up": UP}[rest[0]]]

    def _between(self, head: str, rest: list[str]) -> Tensor:
        a, b = rest[:2]
        if b == "table":
            return torch.sigmoid(self._grip()["contact.gripper.table"])
        if a != "gripper":
            read = self.places.pair(a, b, self._pairs()[head])
            return torch.sigmoid(read) if head == "contact" else read
        if rest[-1] == "point":
            return self.places.of(b, self._own()["point"])
        values = self._own()[f"{head}.gripper"]
        if b != "others":
            read = self.places.of(b, values)
        elif head == "contact":
            read = values.masked_fill(~self.places.others, NEVER).amax(-1)
        else:
            read = values.masked_fill(~self.places.others, FAR).amin(-1)
        return torch.sigmoid(read) if head == "contact" else read

    def _most_tilted(self) -> Tensor:
        up = self.state.slots[..., UP]
        least, which = up[..., 2].masked_fill(~self.places.others, 2.0).min(-1)  # 2: nobody
        found = up.gather(-2, which[..., None, None].expand(*which.shape, 1, 3)).squeeze(-2)
        return torch.where((least > 1.5).unsqueeze(-1), up.new_tensor((0.0, 0.0, 1.0)), found)

    def _whole(self, name: str) -> Tensor:
        if name == "disagreement":
            weight = self.places.there[..., 0].T  # (S, M)
            each = [disagreement([p]) for p in self.state.slots[..., POSITION].unbind(2)]  # (P, M) each
            return (torch.stack(each, 1) * weight).sum(1) / weight.sum(0).clamp_min(1)
        if name == "depth":
            return self.network.depths(self.state)
        latent = self._once("latent", lambda: self.network.sum_up(self.state))
        return latent if name == "latent" else self.network.decoder(latent).clamp(0.0, 1.0)

    def _own(self) -> dict[str, Tensor]:
        return self._once("own", lambda: self.network.reading.own(self.state.robot, self.state.slots, self.seen))

    def _pairs(self) -> dict[str, Tensor]:
        return self._once("pairs", lambda: self.network.reading.pairs(self.state.slots, self.seen))

    def _grip(self) -> dict[str, Tensor]:
        return self._once("grip", lambda: self.network.reading.grip(self.seen, self.places.there))

    def _once(self, key: str, make: Callable[[], Any]) -> Any:
        if key not in self._known:
            self._known[key] = make()
        return self._known[key]
