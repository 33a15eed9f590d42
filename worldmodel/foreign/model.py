"""Other people's world models: one that follows stable-worldmodel's protocol, ready to plan with.

The protocol (stable-worldmodel, `protocols.Dynamics`), with H frames of context and N candidates: `encode(info)` puts
`emb` (B, H, ...) beside `pixels` (B, H, 3, h, w); `rollout(info, actions)`, of `pixels` (B, N, H, 3, h, w) and actions
(B, N, T, block * A), puts `predicted_emb` (B, N, H + T, ...) there, which begins with the context. A model with
`extra_encoders` glues several sources together, its actions among them, and names each one: `pixels_emb`,
`predicted_pixels_emb`, `proprio_emb`, ... The H - 1 past blocks of actions are `info["action_history"]`; up to release
0.1.1 they come before the future ones.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from ..fit_for import check_action_dim
from ..interface import Context, Quantity
from .intake import IMAGENET, Intake
from .load import loaded
from .probe import Probe


class Seen(NamedTuple):
    """What such a model knows of B scenes."""

    inputs: dict[str, Tensor]
    """What its `rollout` gets. Shape (B, H, ...) each."""
    past: Tensor
    """Actions between the frames, as it takes them. Shape (B, H - 1, block * A)."""
    latents: dict[str, Tensor]
    """Quantity -> what it sees now. Shape (B, D) each."""


class Foreign:
    """A model of stable-worldmodel's protocol; a `WorldModel` with one possible future (P = 1).

    It imagines `latent`, its predicted embedding as one vector, which a cost can compare with `latent@goal`. A model of
    several sources has `pixels.latent` and, say, `proprio.latent` too; its `latent` is these, without its actions.
    Probes read more. Where a step of the model takes several actions, the steps in between show what was before.
    """

    cameras = ("first",)
    unknowable = ()

    def __init__(
        self,
        model: nn.Module | str | Path,
        size: int,
        action_mean: Sequence[float],
        action_std: Sequence[float],
        action_block: int = 1,
        frames: int = 1,
        action_low: float | Sequence[float] = -1.0,
        action_high: float | Sequence[float] = 1.0,
        proprio_mean: Sequence[float] | None = None,
        proprio_std: Sequence[float] | None = None,
        pixel_mean: Sequence[float] = IMAGENET[0],
        pixel_std: Sequence[float] = IMAGENET[1],
        resize: bool = False,
        probes: Mapping[str, Any] | None = None,
        device: str = "cpu",
    ) -> None:
        """Take a model over; it is frozen, and tried once on black pictures.

        Args:
            model: the model; or the path or name of a checkpoint, which stable-worldmodel's own loader reads.
            size: height and width in pixels of the pictures that it was trained on.
            action_mean: mean of an action in its training data; zeros if these were not normalised. Length A.
            action_std: standard deviation of an action there; ones if these were not normalised. Length A.
            action_block: actions that one step of the model takes, its frame-skip.
            frames: pictures that it looks back on, H, a block of actions apart.
            action_low: what -1 stands for in the unit of its training data, one number or one per action.
            action_high: what 1 stands for.
            proprio_mean: mean of the proprioception in its training data, if it feels any. Length J.
            proprio_std: standard deviation of it. Length J.
            pixel_mean: mean of each colour, in 0..1.
            pixel_std: standard deviation of each colour.
            resize: whether pictures of another size are made to fit; else they are refused.
            probes: quantity -> what reads it off `latent`; see `Probe`.
            device: where it computes.
        """
        self.intake = Intake(
            size, action_block, action_mean, action_std, action_low, action_high,
            proprio_mean, proprio_std, pixel_mean, pixel_std, resize,
        )  # fmt: skip
        if frames < 1:
            raise ValueError(f"frames is {frames}; it must be at least 1.")
        self.device, self.frames, self.action_block = torch.device(device), frames, action_block
        self.action_dim, self.context_frames = self.intake.action_dim, (frames - 1) * action_block + 1
        self._take_over(model)
        self._past_apart, self._calls = True, count()
        sizes = {name: latent.shape[-1] for name, latent in self._tried().latents.items()}
        sizes.setdefault("latent", sum(sizes.values()))
        self.quantities = {name: Quantity((d,), "1", f"what {self.name} predicts") for name, d in sizes.items()}
        self.probes = {name: Probe(name, given) for name, given in (probes or {}).items()}
        for name, probe in self.probes.items():
            if name in sizes:
                raise ValueError(f"'{name}' is what the model itself imagines; give its probe another name.")
            probe.check(sizes["latent"], self.device)
            self.quantities[name] = probe.quantity

    def _take_over(self, model: nn.Module | str | Path) -> None:
        """Load the model, if it is not there yet, and see what it looks at."""
        module: Any = model if isinstance(model, nn.Module) else loaded(str(model))
        self.name = type(module).__name__ if isinstance(model, nn.Module) else str(model)
        if missing := [verb for verb in ("encode", "rollout") if not callable(getattr(module, verb, None))]:
            raise ValueError(f"{self.name} has no '{missing[0]}'; a model of stable-worldmodel's protocol has one.")
        self.module = module.to(self.device).eval().requires_grad_(False)
        sources = getattr(module, "extra_encoders", None) or {}
        felt = [key for key in sources if key != "action"]
        if len(felt) > 1 or (felt and not self.intake.proprio_dim):
            raise ValueError(
                f"{self.name} feels {felt}, and an observation has only 'proprio' besides pictures; give proprio_mean "
                "and proprio_std for a model that feels one such thing."
            )
        self._glues = bool(sources)
        self._felt = felt if sources else ["proprio"][: self.intake.proprio_dim]
        self._sources = {f"{key}.latent": f"{key}_emb" for key in ("pixels", *felt)} if sources else {"latent": "emb"}

    def check_action_dim(self, size: int) -> None:
        """Refuse an environment whose actions are of another size."""
        check_action_dim(self.name, self.action_dim, size)

    @torch.no_grad()
    def encode(self, context: Context) -> Seen:
        """Look through the first camera at every frame that is whole blocks of actions from the last."""
        images, proprio, actions = (x.to(self.device) for x in (context.images, context.proprio, context.actions))
        if images.shape[1] != self.context_frames:
            raise ValueError(
                f"{self.name} looks back on {self.context_frames} pictures, since frames={self.frames} and "
                f"action_block={self.action_block}; the context has {images.shape[1]}."
            )
        inputs = {"pixels": self.intake.pictures(images[:, :: self.action_block])}
        inputs |= {key: self.intake.proprio(proprio[:, :: self.action_block]) for key in self._felt}
        if self._glues:
            told = self.module.encode(dict(inputs), emb_keys=self._felt)  # a state, without what is done there
        else:
            told = self.module.encode(dict(inputs))
            inputs["emb"] = told["emb"]  # so that `rollout` need not look again
        latents = {name: told[key][:, -1].flatten(1).float() for name, key in self._sources.items()}
        return Seen(inputs, self.intake.blocks(actions), latents)

    def imagine(self, state: Seen, chunks: Tensor, names: Iterable[str]) -> dict[str, Tensor]:
        """Imagine the named quantities; see `WorldModel`. Differentiable in the chunks where they ask for it."""
        names = self._checked(names)
        if chunks.shape[-1] != self.action_dim:
            self.check_action_dim(chunks.shape[-1])
        (b, n, t), block = chunks.shape[:3], self.action_block
        steps = t // block
        with torch.set_grad_enabled(chunks.requires_grad and torch.is_grad_enabled()):
            path = {name: now[:, None, None].expand(b, n, 1, -1) for name, now in state.latents.items()}
            if steps:
                told = self._rollout(state, self.intake.blocks(chunks[:, :, : steps * block]))
                for name, key in self._sources.items():
                    future = told[f"predicted_{key}"][:, :, -steps:].flatten(3).float()  # (B, N, steps, D)
                    path[name] = future if block == 1 else torch.cat([path[name], future], 2)
            scene = self._scene(path, names)  # (B, N, steps, ...), for blocks with the present before them
            if block > 1:
                over = torch.arange(1, t + 1, device=chunks.device) // block  # blocks that are over after each action
                scene = {name: values[:, :, over] for name, values in scene.items()}
            return {name: values[None] for name, values in scene.items()}

    @torch.no_grad()
    def read(self, state: Seen, names: Iterable[str]) -> dict[str, Tensor]:
        """Read the named quantities of the present: name -> (B, *shape)."""
        return self._scene(state.latents, self._checked(names))

    def error_of(self, name: str) -> str | None:
        """Say how wrong a quantity is; see `Judged`. Nobody here measured the probes."""
        return None if name.partition("@")[0] in self.probes else "the model's own"

    def _checked(self, names: Iterable[str]) -> tuple[str, ...]:
        names = tuple(dict.fromkeys(names))
        if unknown := [name for name in names if name not in self.quantities]:
            raise LookupError(f"the world model cannot imagine {unknown}; it knows {sorted(self.quantities)}.")
        return names

    def _scene(self, latents: Mapping[str, Tensor], names: tuple[str, ...]) -> dict[str, Tensor]:
        """Read quantities off latents: (..., D) each -> name -> (..., *shape)."""
        scene = dict(latents)
        if self._glues and any(name not in latents for name in names):
            scene["latent"] = torch.cat(list(latents.values()), -1)
        return {name: self.probes[name](scene["latent"]) if name in self.probes else scene[name] for name in names}

    def _rollout(self, seen: Seen, future: Tensor) -> Mapping[str, Tensor]:
        """Let the model imagine blocks of shape (B, N, T, block * A)."""
        b, n = future.shape[:2]
        info = {key: _to_all(value, n) for key, value in seen.inputs.items()}
        if self.frames > 1 and self._past_apart:
            info["action_history"] = _to_all(seen.past, n)
        elif self.frames > 1:
            future = torch.cat([_to_all(seen.past, n), future], 2)
        if self._glues:  # PreJEPA keeps what it saw, for as many candidates, under these numbers: never the same twice
            info["id"] = torch.full((b, n), next(self._calls), device=self.device)
            info["step_idx"] = torch.zeros_like(info["id"])
        return self.module.rollout(info, future)

    def _tried(self) -> Seen:
        """Imagine from black pictures: find out where past actions belong, and refuse what does not work."""
        k, size, lengths = self.context_frames, self.intake.size, set()
        black = Context(
            torch.zeros(1, k, 3, size, size, dtype=torch.uint8),
            torch.zeros(1, k, self.intake.proprio_dim),
            torch.zeros(1, k - 1, self.action_dim),
        )
        future = torch.zeros(1, 1, self.frames * self.action_block, self.action_dim, device=self.device)
        for apart in (True, False) if self.frames > 1 else (True,):
            self._past_apart = apart
            try:
                seen = self.encode(black)
                told = self._rollout(seen, self.intake.blocks(future))
                lengths = {told[f"predicted_{key}"].shape[2] for key in self._sources.values()}
            except Exception as error:  # whatever other people's code raises
                raise ValueError(
                    f"{self.name} does not imagine from {self.frames} frames of {size} px and actions of size "
                    f"{self.action_block} x {self.action_dim} ({type(error).__name__}: {error}); check size, frames, "
                    "action_block and the lengths of the means, and that its encode and rollout fill in 'emb' and "
                    "'predicted_emb'."
                ) from error
            if lengths == {2 * self.frames}:
                return seen
        raise ValueError(
            f"{self.name} makes {sorted(lengths)} steps of 'predicted_emb' of frames={self.frames} and as many "
            f"actions; stable-worldmodel's protocol has {2 * self.frames}, the frames first."
        )


def _to_all(values: Tensor, n: int) -> Tensor:
    """Show the same to every candidate, without a copy: (B, ...) -> (B, N, ...)."""
    return values[:, None].expand(len(values), n, *values.shape[1:])
