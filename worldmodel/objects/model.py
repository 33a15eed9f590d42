"""The learned world model of objects: any scene made of objects it knows, planned with by their names."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from .. import checkpoint as files
from ..ensemble import disagreement
from ..interface import Context, Quantity
from ..known import UNSEEN, measured_error
from ..precision import fast_bfloat16
from .names import known_of, measured_as
from .network import Network, from_description
from .reading import FAR
from .state import HAND, POSITION, SIDE, UP, WIDTH, State

GRIPPER = {"position": HAND, "down": slice(3, 6), "side": SIDE, "width": WIDTH}


class Objects:
    """A trained model of objects, ready to plan with; a `WorldModel`.

    Its scenes are lists of objects, which the observation names (`obs["objects"]`); one checkpoint imagines any scene
    whose objects it has met, in whatever company.
    """

    unknowable = UNSEEN

    def __init__(
        self, checkpoint: str | Path, precision: str = "auto", members: int | None = None, env: Any = None
    ) -> None:
        """Load a checkpoint.

        Args:
            checkpoint: name of a shipped one, or path of a folder.
            precision: of dynamics and readings: "float32", "bfloat16", or "auto" (bfloat16 where it is quick).
            members: imagine so many possible futures, P, with the first members of the ensemble; all, if absent.
            env: whose `objects` have names in the quantities; every object of the catalogue has one if absent.
        """
        told, weights = files.load(checkpoint)
        network = from_description(told)
        try:
            network.load_state_dict(weights)
        except RuntimeError as error:
            raise files.CheckpointError(
                f"the weights of checkpoint '{checkpoint}' do not fit its description: it was probably made by "
                "another version of foresee; use the commit that its description.json names, or train it again."
            ) from error
        if members is not None:
            network.physics.keep(members)
        objects = getattr(getattr(env, "unwrapped", env), "objects", ()) or network.sizes.catalogue
        self._adopt(network, told, precision, str(checkpoint), objects)

    @classmethod
    def of(cls, network: Network, precision: str = "float32", objects: Sequence[str] = ()) -> "Objects":
        """Use a network that is in memory; it is taken over: frozen, and cast to the precision."""
        model = cls.__new__(cls)
        model._adopt(network, network.describe(), precision, "in memory", objects or network.sizes.catalogue)
        return model

    def _adopt(self, network: Network, told: dict, precision: str, name: str, objects: Sequence[str]) -> None:
        if precision not in ("auto", "float32", "bfloat16"):
            raise ValueError(f"precision '{precision}' is not known; choose auto, float32 or bfloat16.")
        fast = precision == "bfloat16" or (precision == "auto" and fast_bfloat16())
        self.name, self.description, self.sizes = name, told, network.sizes
        self.catalogue = network.sizes.catalogue
        if strange := [each for each in objects if each not in self.catalogue]:
            raise ValueError(
                f"checkpoint '{name}' has never seen a {strange[0]}; it knows {', '.join(self.catalogue)}."
            )
        self.objects = tuple(sorted(objects, key=self.catalogue.index))
        self.dtype = torch.bfloat16 if fast else torch.float32
        self.network = network.eval().requires_grad_(False)
        for part in (network.physics, network.reading):
            part.to(self.dtype)
        self.action_dim, self.context_frames = network.sizes.action, network.sizes.frames
        self.quantities: dict[str, Quantity] = known_of(self.objects, network.sizes)

    def check_action_dim(self, size: int) -> None:
        """Refuse an environment whose actions are of another size."""
        if size != self.action_dim:
            raise ValueError(
                f"checkpoint '{self.name}' imagines actions of size {self.action_dim}, but the environment takes "
                f"actions of size {size}; use the environment it was trained in, or train a model for this one."
            )

    @torch.no_grad()
    def encode(self, context: Context) -> State:
        """Encode the last K frames."""
        s, (frames, proprio) = self.sizes, (context.images.shape, context.proprio.shape)
        wanted = (s.frames, 3 * len(s.cameras), s.size, s.size)
        if tuple(frames[1:]) != wanted or tuple(proprio[1:]) != (s.frames, s.proprio):
            raise ValueError(
                f"checkpoint '{self.name}' sees {s.frames} frames of {s.size} px from {', '.join(s.cameras)} "
                f"{wanted} and {s.proprio} numbers of proprioception; "
                f"the context has {tuple(frames[1:])} and {proprio[-1]}."
            )
        if context.objects is None:
            raise ValueError(
                f"checkpoint '{self.name}' needs to be told which objects there are: the environment names them in "
                "obs['objects']."
            )
        who = context.objects.long()[:, : s.slots]
        most = max(int((who >= 0).sum(1).max()), 1)
        who = who[:, :most]  # empty slots come last, and nobody has to imagine them
        slots = self.network.eye.window(context.images, context.proprio, who)[:, -1]
        return State(context.proprio[:, -1].float(), slots, who)

    def imagine(self, state: State, chunks: Tensor, names: Iterable[str]) -> dict[str, Tensor]:
        """Imagine the named quantities; see `WorldModel`. Differentiable in the chunks where they ask for it."""
        names = self._checked(names)
        if chunks.shape[-1] != self.action_dim:
            self.check_action_dim(chunks.shape[-1])
        b, n = chunks.shape[:2]
        with torch.set_grad_enabled(chunks.requires_grad and torch.is_grad_enabled()):
            robot, slots, who = (x.repeat_interleave(n, 0) for x in state)
            kind, there = self.network.known(who)
            actions = chunks.flatten(0, 1).to(robot)  # (B N, T, A)
            path = self.network.physics.path(robot, slots, kind, there, actions)
            scenes = [self._scene(State(*now, who), names) for now in path]
            return {name: torch.stack([s[name] for s in scenes], dim=2).unflatten(1, (b, n)) for name in names}

    def read(self, state: State, names: Iterable[str]) -> dict[str, Tensor]:
        """Read the named quantities of the present: name -> (B, *shape)."""
        names = self._checked(names)
        now = State(state.robot[None], state.slots[None], state.who)
        return {name: values[0] for name, values in self._scene(now, names).items()}

    def error_of(self, name: str) -> str | None:
        """Say how wrong validation found a quantity, of the object's kind or of all objects; see `Judged`."""
        whose, at, anchor = name.partition("@")
        if whose in ("latent", "disagreement") or whose.endswith(".latent"):
            return "the model's own"
        metrics, unit = self.description.get("metrics", {}), self.quantities[whose].unit
        candidates = measured_as(whose, self.catalogue)
        found = (measured_error(metrics, f"{each}{at}{anchor}", unit) for each in candidates)
        said = next((each for each in found if each), None)
        if said or whose.removeprefix("gripper.") not in GRIPPER:
            return said
        return "felt" if anchor else "felt, not measured ahead"

    def _checked(self, names: Iterable[str]) -> tuple[str, ...]:
        names = tuple(dict.fromkeys(names))
        if unknown := [name for name in names if name not in self.quantities]:
            raise LookupError(f"the world model cannot imagine {unknown}; it knows {sorted(self.quantities)}.")
        return names

    def _scene(self, state: State, names: tuple[str, ...]) -> dict[str, Tensor]:
        """Read the named quantities off one step: robot (P, M, 14) and slots (P, M, S, 6 + F)."""
        reader = Reader(self.network, state, self.catalogue, self.objects)
        return {name: reader(name) for name in names}


class Reader:
    """Reads names off one step's scenes; whatever several names need is computed once."""

    def __init__(self, network: Network, state: State, catalogue: Sequence[str], objects: Sequence[str]) -> None:
        self.network, self.state, self.catalogue, self.objects = network, state, catalogue, objects
        self.kind, self.there = network.known(state.who)
        self._found: dict[str, Any] = {}

    def __call__(self, name: str) -> Tensor:
        """Read one quantity. Shape (P, M, *shape)."""
        head, *rest = name.split(".")
        state = self.state
        if name == "disagreement":
            return self._disagreement()
        if name in ("latent", "image", "depth"):
            return self._whole(name)
        if head == "gripper":
            if rest[0] == "force":
                return self._grip()["force"]
            values = state.robot[..., GRIPPER[rest[0]]]
            return values[..., 0] if rest[0] == "width" else values
        if head in ("contact", "clearance"):
            return self._between(name, head, rest)
        if head == "others":
            return self._most_tilted()
        if rest[0] == "held":
            return torch.sigmoid(self._of(head, self._own()["held"]))
        columns = {"position": POSITION, "up": UP}.get(rest[0])
        if columns is not None:
            return self._of(head, state.slots)[..., columns]
        slot = self._of(head, state.slots)
        return torch.cat([slot[..., POSITION] / 0.1, slot[..., 3:]], -1)

    def _own(self) -> dict[str, Tensor]:
        return self._once("own", lambda: self.network.reading.own(self.state.robot, self.state.slots, self.kind))

    def _pairs(self) -> dict[str, Tensor]:
        return self._once("pairs", lambda: self.network.reading.pairs(self.state.robot, self.state.slots, self.kind))

    def _grip(self) -> dict[str, Tensor]:
        s = self.state
        return self._once("grip", lambda: self.network.reading.grip(s.robot, s.slots, self.kind, self.there))

    def _latent(self) -> Tensor:
        return self._once("latent", lambda: self.network.sum_up(self.state))

    def _once(self, key: str, make: Any) -> Any:
        if key not in self._found:
            self._found[key] = make()
        return self._found[key]

    def _where(self, name: str) -> Tensor:
        """Slot of an object in each scene. Shape (M,)."""
        is_it = self.state.who == self.catalogue.index(name)  # (M, S)
        if not bool(is_it.any(1).all()):
            there = [str(self.catalogue[i]) for i in self.state.who[~is_it.any(1)][0].tolist() if i >= 0]
            raise LookupError(f"there is no {name} in this scene, which has {', '.join(there)}.")
        return is_it.int().argmax(1)

    def _of(self, name: str, values: Tensor) -> Tensor:
        """Pick an object's part. Shape (P, M, S, ...) -> (P, M, ...)."""
        where = self._once(f"where {name}", lambda: self._where(name))
        if len(set(where[:: max(len(where) // 64, 1)].tolist())) == 1 and bool((where == where[0]).all()):
            return values[:, :, int(where[0])]
        return values[:, torch.arange(len(where)), where]

    def _between(self, name: str, head: str, rest: list[str]) -> Tensor:
        a, b = rest[:2]
        if b == "table":
            return torch.sigmoid(self._grip()["contact.gripper.table"])
        if a == "gripper":
            key = "point" if rest[-1] == "point" else f"{head}.gripper"
            values = self._own()[key]
            if b == "others":
                other = self._others()
                if head == "contact":
                    return torch.sigmoid(values.masked_fill(~other, -30.0).amax(-1))
                return values.masked_fill(~other, FAR).amin(-1)
            read = self._of(b, values)
            return torch.sigmoid(read) if key == "contact.gripper" else read
        s = self.state.who.shape[1]
        i, j = (self._once(f"where {each}", lambda each=each: self._where(each)) for each in (a, b))
        first, second = torch.minimum(i, j), torch.maximum(i, j)
        pair = first * (2 * s - first - 1) // 2 + second - first - 1  # place in 01, 02, ..., 12, ...
        read = self._pairs()[head][:, torch.arange(len(pair)), pair]
        return torch.sigmoid(read) if head == "contact" else read

    def _others(self) -> Tensor:
        """Which slots hold objects without a name of their own. Bool, shape (M, S)."""
        named = torch.tensor([self.catalogue.index(name) for name in self.objects])
        return (self.state.who >= 0) & ~torch.isin(self.state.who, named)

    def _most_tilted(self) -> Tensor:
        up = self.state.slots[..., UP]
        height = up[..., 2].masked_fill(~self._others(), 2.0)
        least, which = height.min(-1)
        found = up.gather(-2, which[..., None, None].expand(*which.shape, 1, 3)).squeeze(-2)
        return torch.where((least > 1.5).unsqueeze(-1), up.new_tensor((0.0, 0.0, 1.0)), found)

    def _disagreement(self) -> Tensor:
        known = [self.state.slots[:, :, i, POSITION] for i in range(self.state.who.shape[1])]
        weight = self.there[..., 0].T  # (S, M)
        each = [disagreement([p]) * w for p, w in zip(known, weight, strict=True)]
        return torch.stack(each).sum(0) / weight.sum(0).clamp_min(1)

    def _whole(self, name: str) -> Tensor:
        if name == "latent":
            return self._latent()
        if name == "depth":
            return self.network.depth(self._latent())
        return self.network.decoder(self._latent()).clamp(0.0, 1.0)
