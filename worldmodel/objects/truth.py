"""What is true of the slots of recorded frames."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor

from .reading import FAR


class Truth(NamedTuple):
    """What is true of the slots of recorded frames; NaN where nobody knows. L is any leading shape."""

    who: Tensor
    """Shape (L, S), whole numbers."""
    place: Tensor
    """Position and up axis. Shape (L, S, 6)."""
    own: Tensor
    """Held, touched by the gripper, its clearance, where it is touched (3). Shape (L, S, 6)."""
    pairs: Tensor
    """Contact and clearance of each pair of slots. Shape (L, pairs, 2)."""
    grip: Tensor
    """Contact of gripper and table, force. Shape (L, 2)."""

    @classmethod
    def of(cls, scene: Mapping[str, Tensor], slots: int) -> "Truth":
        """Collect the quantities of a recording of slots; each of shape (L, *shape)."""
        each = [f"object{i}" for i in range(slots)]

        def pile(names: list[str]) -> Tensor:
            return torch.stack([scene[n].float() for n in names], -1)

        place = torch.stack([torch.cat([scene[f"{o}.position"], scene[f"{o}.up"]], -1) for o in each], -2)
        touch = pile([f"contact.gripper.{o}" for o in each])
        point = torch.stack([scene[f"contact.gripper.{o}.point"].float() for o in each], -2)
        point = torch.where(touch.unsqueeze(-1) > 0.5, point, torch.nan)
        near = pile([f"clearance.gripper.{o}" for o in each]).clamp(max=FAR)
        own = torch.cat([torch.stack([pile([f"{o}.held" for o in each]), touch, near], -1), point], -1)
        of = [f"object{i}.object{j}" for i in range(slots) for j in range(i + 1, slots)]
        gaps = pile([f"clearance.{o}" for o in of]).clamp(max=FAR)
        pairs = torch.stack([pile([f"contact.{o}" for o in of]), gaps], -1)
        grip = pile(["contact.gripper.table", "gripper.force"])
        who = pile([f"{o}.who" for o in each]).nan_to_num(-1.0).round().long()
        return cls(who, place.float(), own, pairs, grip)

    def at(self, index: Any) -> "Truth":
        """Pick frames."""
        return Truth(*(each[index] for each in self))

    def flat(self) -> "Truth":
        """Join the first two of the leading dimensions."""
        return Truth(*(each.flatten(0, 1) for each in self))
