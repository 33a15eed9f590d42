"""The learned world model: latent video dynamics that imagine named quantities."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from . import checkpoint as files
from .decoder import Decoder
from .dynamics import Dynamics
from .encoder import Encoder, Pointed, Tokens
from .ensemble import disagreement
from .fit_for import check_action_dim, check_context, fill
from .frozen import again
from .interface import Context, Quantity
from .inverse import Inverse
from .known import UNSEEN, measured_error
from .precision import fast_bfloat16
from .readout import Grid, Readout, kind
from .spread import bare, spreads, with_spreads


@dataclass(frozen=True)
class Sizes:
    """What fixes the shapes of a network."""

    cameras: tuple[str, ...]
    """Names, in the order in which their pictures are stacked."""
    size: int
    """Height and width of a picture in pixels, a multiple of 16."""
    proprio: int
    """J."""
    action: int
    """A."""
    frames: int = 2
    """K: frames that make one latent."""
    latent: int = 256
    """D."""
    channels: int = 64
    """Width of the first convolution; the later ones are twice as wide."""
    hidden: int = 512
    """Width of the dynamics."""
    members: int = 4
    """P."""
    dropout: float = 0.0
    """Share of hidden units of the dynamics dropped in training."""
    encoder: Mapping[str, Any] | None = None
    """The frozen network that pictures are seen through, as `Frozen.told`; convolutions are learned without one."""
    points: int = 0
    """Points that are seen in each camera's picture beside what convolutions see; 0 is without."""
    apart: bool = False
    """Whether pictures are seen and actions inferred without proprioception, which video does not have."""


class Network(nn.Module):
    """The trainable parts, made for the quantities of some data."""

    def __init__(self, sizes: Sizes, quantities: Mapping[str, Quantity]) -> None:
        super().__init__()
        self.sizes, self.quantities = sizes, dict(quantities)
        views = len(sizes.cameras)
        look = Tokens(views, sizes.encoder, sizes.channels) if sizes.encoder else None
        look = Pointed(views, sizes.size, sizes.points, sizes.channels) if sizes.points else look
        shape = (views, sizes.size, sizes.proprio, sizes.frames, sizes.latent, sizes.channels)
        self.encoder = Encoder(*shape, look, sizes.apart)
        self.dynamics = Dynamics(sizes.latent, sizes.action, sizes.hidden, sizes.members, sizes.dropout, sizes.proprio)
        self.readout = Readout(quantities, sizes.latent)
        self.grid_names = sorted(name for name, quantity in quantities.items() if kind(quantity) == "grid")
        self.grids = nn.ModuleList(Grid(quantities[name], sizes.latent) for name in self.grid_names)
        self.decoder = Decoder(views, sizes.size, sizes.latent, sizes.channels // 2)
        self.inverse = Inverse(sizes.latent - sizes.proprio * sizes.apart, sizes.action)

    def read(self, latent: Tensor, names: Iterable[str]) -> dict[str, Tensor]:
        """Read quantities of the data off latents: (..., D) -> name -> (..., *shape)."""
        names = tuple(names)
        found = self.readout.read(latent, [name for name in names if name in self.readout.columns])
        grids = zip(self.grid_names, self.grids, strict=True)
        return found | {name: grid(latent) for name, grid in grids if name in names}

    def describe(self) -> dict[str, Any]:
        """Say in JSON's types what `from_description` needs."""
        return {"network": asdict(self.sizes), "quantities": {n: q._asdict() for n, q in self.quantities.items()}}


def from_description(told: Mapping[str, Any]) -> Network:
    """Make an untrained network of the described shapes."""
    try:
        sizes = Sizes(**{**told["network"], "cameras": tuple(told["network"]["cameras"])})
        of = {n: Quantity(tuple(q["shape"]), q["unit"], q["meaning"]) for n, q in told["quantities"].items()}
    except (AttributeError, KeyError, TypeError) as error:
        raise files.CheckpointError(f"this checkpoint was described for another version: {error}.") from error
    return Network(sizes, of)


class Latent:
    """A trained model, ready to plan with; a `WorldModel`.

    Beyond the quantities of its data it imagines `latent`, `image`, `disagreement`, and `<quantity>.disagreement`.
    """

    unknowable = UNSEEN

    def __init__(
        self,
        checkpoint: str | Path,
        precision: str = "auto",
        members: int | None = None,
        encoder: str | Path | nn.Module | None = None,
    ) -> None:
        """Load a checkpoint.

        Args:
            checkpoint: name of a shipped one, or path of a folder.
            precision: of the dynamics and of the trunk of the readouts: "float32", "bfloat16" (faster
                where the processor multiplies it, a little coarser), or "auto" (bfloat16 there).
            members: imagine so many possible futures, P, with the first members of the ensemble; all, if absent. Fewer
                are faster, and see less of what is uncertain.
            encoder: the frozen network that the checkpoint looks through: its folder, if it is not where it was in
                training, or the module.
        """
        told, weights = files.load(checkpoint)
        network = from_description(told)
        fill(network, weights, str(checkpoint))
        if network.sizes.encoder or encoder is not None:
            network.encoder.frozen = again(network.sizes.encoder, encoder, str(checkpoint))
        if members is not None:
            network.dynamics.keep(members)
        self._adopt(network, told, precision, str(checkpoint))

    @classmethod
    def of(cls, network: Network, precision: str = "float32") -> "Latent":
        """Use a network that is in memory; it is taken over: frozen, and cast to the precision."""
        model = cls.__new__(cls)
        model._adopt(network, network.describe(), precision, "in memory")
        return model

    def _adopt(self, network: Network, told: dict[str, Any], precision: str, name: str) -> None:
        if precision not in ("auto", "float32", "bfloat16"):
            raise ValueError(f"precision '{precision}' is not known; choose auto, float32 or bfloat16.")
        fast = precision == "bfloat16" or (precision == "auto" and fast_bfloat16())
        self.name, self.description, self.sizes = name, told, network.sizes
        self.dtype = torch.bfloat16 if fast else torch.float32
        self.network = network.eval().requires_grad_(False)
        for part in (network.dynamics, network.readout.trunk):
            part.to(self.dtype)
        self.action_dim, self.context_frames = network.sizes.action, network.sizes.frames
        positions = [n for n in network.quantities if n.endswith(".position")]
        self._objects = [n for n in positions if n != "gripper.position"] or positions
        known = network.quantities | self._own()
        self.quantities: dict[str, Quantity] = known | spreads(known)

    def _own(self) -> dict[str, Quantity]:
        s = self.sizes
        views = f"pictures of {', '.join(s.cameras)}, stacked, 0..1"
        own = {
            "latent": Quantity((s.latent,), "1", "the model's state: what is seen, layer-normed, and what is felt"),
            "image": Quantity((3 * len(s.cameras), s.size, s.size), "1", views),
        }
        spread = "spread of the members' object positions, mean over objects, the same for every member"
        return own | ({"disagreement": Quantity((), "m", spread)} if self._objects else {})

    def check_action_dim(self, size: int) -> None:
        """Refuse an environment whose actions are of another size."""
        check_action_dim(self.name, self.action_dim, size)

    @torch.no_grad()
    def encode(self, context: Context) -> Tensor:
        """Encode the last K frames; the state is the latent. Shape (B, D)."""
        check_context(self.name, self.sizes, context)
        return self.network.encoder(context.images, context.proprio)

    def imagine(self, state: Tensor, chunks: Tensor, names: Iterable[str]) -> dict[str, Tensor]:
        """Imagine the named quantities; see `WorldModel`. Differentiable in the chunks where they ask for it."""
        names = self._checked(names)
        if chunks.shape[-1] != self.action_dim:
            self.check_action_dim(chunks.shape[-1])
        b, n = chunks.shape[:2]
        with torch.set_grad_enabled(chunks.requires_grad and torch.is_grad_enabled()):
            actions = chunks.flatten(0, 1).to(state)  # (B N, T, A)
            # Read step by step: while a step's latents are in the cache, reading them is faster.
            path = [self._scene(step, names) for step in self.network.dynamics.path(state, actions)]
            return {name: torch.stack([s[name] for s in path], dim=2).unflatten(1, (b, n)) for name in names}

    @torch.no_grad()
    def read(self, state: Tensor, names: Iterable[str]) -> dict[str, Tensor]:
        """Read the named quantities of the present: name -> (B, *shape). Members have not yet parted: they disagree
        by 0."""
        return {name: values[0] for name, values in self._scene(state[None], self._checked(names)).items()}

    def error_of(self, name: str) -> str | None:
        """Say how wrong validation found a quantity; see `Judged`."""
        whose = name.partition("@")[0]
        if whose.endswith("disagreement") or (whose in self._own() and whose != "image"):
            return "the model's own"
        return measured_error(self.description.get("metrics", {}), name, self.quantities[whose].unit)

    def _checked(self, names: Iterable[str]) -> tuple[str, ...]:
        names = tuple(dict.fromkeys(names))
        if unknown := [name for name in names if name not in self.quantities]:
            raise LookupError(f"the world model cannot imagine {unknown}; it knows {sorted(self.quantities)}.")
        return names

    def _scene(self, z: Tensor, names: tuple[str, ...]) -> dict[str, Tensor]:
        """Read the named quantities off one step's latents: (P, M, D) -> name -> (P, M, *shape)."""
        wanted = set(bare(names)) | (set(self._objects) if "disagreement" in names else set())
        scene = self.network.read(z, [n for n in self.network.quantities if n in wanted])
        if "latent" in names:
            scene["latent"] = z
        if "image" in names:
            scene["image"] = self.network.decoder(z).clamp(0.0, 1.0)
        if "disagreement" in names:
            scene["disagreement"] = disagreement([scene[n] for n in self._objects])
        return with_spreads(scene, names, self.quantities)
