"""The trainable parts of a model of objects, made for some catalogue."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from torch import Tensor, nn

from .. import checkpoint as files
from ..decoder import Decoder
from ..interface import Quantity
from ..stage import check_whole
from .actor import Actor
from .depths import Depths
from .eye import Eye
from .goal import AHEAD
from .paint import Summary
from .physics import ABOUT, Physics
from .reading import Reading
from .state import ACTION, PROPRIO, State

WHO = "object0.who"
"""The quantity that a recording of slots has."""
LEAST = {"actor": 0, "channels": 2}
LEAST |= dict.fromkeys(("slots", "frames", "features", "hidden", "members", "latent", "chunk"), 1)
"""The least that each of these sizes can be."""


@dataclass(frozen=True)
class Sizes:
    """What fixes the shapes of a network."""

    cameras: tuple[str, ...]
    """Names, in the order in which their pictures are stacked."""
    size: int
    """Height and width of a picture in pixels, a multiple of 16."""
    catalogue: tuple[str, ...]
    """Every object there may be, `<colour>_<kind>`, in the order of their numbers."""
    slots: int
    """S: most objects of a scene."""
    proprio: int = PROPRIO
    action: int = ACTION
    frames: int = 1
    """K: frames that are seen at once."""
    features: int = 24
    """F: numbers learned about each object."""
    channels: int = 64
    hidden: int = 256
    """Width of the dynamics."""
    members: int = 4
    """P."""
    latent: int = 256
    """Numbers that sum up a whole scene."""
    actor: int = 0
    """Width of the actor; 0 is none."""
    chunk: int = 10
    """T: actions of a chunk that the actor samples."""
    joint: bool = True
    """Whether the actor predicts what becomes of the objects too."""
    words: bool = False
    """Whether the actor is told words, not a wanted scene, and sees for itself: a policy that imagines nothing."""

    @property
    def acting(self) -> dict[str, Any]:
        """Sizes that are the actor's, which a checkpoint may yet lack."""
        return {"actor": self.actor, "chunk": self.chunk, "joint": self.joint, "words": self.words}

    def __post_init__(self) -> None:
        check_sizes(vars(self))
        if self.size < 16 or self.size % 16:
            raise ValueError(f"pictures of {self.size} px cannot be encoded; choose a multiple of 16, such as 64.")
        if (self.proprio, self.action) != (PROPRIO, ACTION):
            raise ValueError(
                f"a model of objects knows {PROPRIO} numbers of proprioception and actions of {ACTION}, not "
                f"{self.proprio} and {self.action}: record with tilt=false."
            )


def check_sizes(told: Mapping[str, Any]) -> None:
    """Refuse impossible sizes among those that are told: data that are not read yet tell none."""
    for name, value in told.items():
        if name in LEAST:
            check_whole(f"model.{name}", value, LEAST[name])
        if name in ("joint", "words") and not isinstance(value, bool):
            raise ValueError(f"model.{name} is {value!r}; it is true or false.")
    if told.get("chunk", 1) > AHEAD:
        raise ValueError(f"model.chunk is {told['chunk']}; an actor learns chunks of 1..{AHEAD} actions.")
    if told.get("words") and not told.get("actor"):
        raise ValueError("model.words are told to an actor, and there is none; give model.actor a width, such as 256.")


class Network(nn.Module):
    """Eye, physics, readings; and a summary that is painted."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.sizes = sizes
        s = sizes
        self.eye = Eye(s.catalogue, len(s.cameras), s.size, s.frames, s.features, s.channels)
        kinds = len(self.eye.names.kinds)
        self.physics = Physics(s.features, kinds, s.hidden, s.members)
        self.reading = Reading(s.features, kinds)
        self.summary = Summary(6 + s.features, 64, ABOUT, s.latent)
        self.decoder = Decoder(len(s.cameras), s.size, s.latent, s.channels // 2)
        self.depth = Depths(s.features, kinds, ABOUT)
        self.actor = Actor(s.features, kinds, s.actor, s.chunk, s.joint) if s.actor else None

    @property
    def quantities(self) -> dict[str, Quantity]:
        """What is examined: over all objects, over those of a kind, and over all pairs."""
        chance = Quantity((), "probability", "of any object")
        either = {"object.held": chance, "contact.gripper.object": chance, "contact.object.object": chance}
        either |= {f"clearance.{a}.object": Quantity((), "m", "signed distance") for a in ("gripper", "object")}
        either["depth"] = Quantity((16, 16), "m", "distance along the optical axis of the first camera")
        for name in ("object", *self.eye.names.kinds):
            either[f"{name}.position"] = Quantity((3,), "m", "centre, world frame")
            either[f"{name}.up"] = Quantity((3,), "unit", "up axis, world frame")
        if self.actor is not None:
            either["inferred.way"] = Quantity((3,), "m", "way that the hand was told to go")
            either["inferred.turn"] = Quantity((), "degrees", "turn that the hand was told to make")
        return either

    def known(self, who: Tensor) -> tuple[Tensor, Tensor]:
        """Kinds (M, S, kinds) of slots, and 1 where they are not empty (M, S, 1)."""
        return self.eye.names.kind(who), (who >= 0).unsqueeze(-1).float()

    def sum_up(self, state: State) -> Tensor:
        """One vector for the scene. Shape (..., M, latent)."""
        _, there = self.known(state.who)
        return self.summary(state.robot, state.slots, self.eye.names(state.who).detach(), there)

    def depths(self, state: State) -> Tensor:
        """Depth of the first camera, metres. Shape (..., M, 16, 16)."""
        return self.depth(state.robot, state.slots, *self.known(state.who))

    def describe(self) -> dict[str, Any]:
        """Say in JSON's types what `from_description` needs."""
        return {"network": asdict(self.sizes), "quantities": {}, "state": "objects"}


def from_description(told: Mapping[str, Any]) -> Network:
    """Make an untrained network of the described shapes."""
    if told.get("state") != "objects":
        raise files.CheckpointError(
            "this checkpoint does not keep its scenes as objects; use worldmodel.latent.Latent for it."
        )
    try:
        tuples: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in told["network"].items()}
        return Network(Sizes(**tuples))
    except (AttributeError, KeyError, TypeError) as error:
        raise files.CheckpointError(f"this checkpoint was described for another version: {error}.") from error


def catalogue_of(quantities: Mapping[str, Quantity]) -> tuple[str, ...]:
    """Read the names of a catalogue off a recording of slots, whose `object0.who` lists them in its meaning."""
    return tuple(name.strip() for name in quantities[WHO].meaning.split(":")[1].split(";")[0].split(","))


def slots_of(quantities: Mapping[str, Quantity]) -> int:
    """Count the slots of a recording."""
    return sum(name.endswith(".who") for name in quantities)
