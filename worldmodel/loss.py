"""What training makes small: imagined latents and scenes, step by step, against what was seen next."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional as F

from .data import seen
from .encoder import Pointed
from .readout import Readout
from .sigreg import sigreg

if TYPE_CHECKING:
    from .latent import Network

Terms = dict[str, Tensor]
"""Name of a term -> its value; "total" is their weighted sum."""

WEIGHTS = {
    "*.position": 20.0, "clearance.*": 6.0, "*.held": 3.0, "*.up": 6.0, "contact.*.point": 0.5, "*.force": 0.25,
}  # fmt: skip


@dataclass(frozen=True)
class Loss:
    """Weighted sum of the terms below; every readout term is in units of the data's own spread."""

    latent: float = 1.0
    """Imagined latents against the latents encoded later, which are held fixed."""
    seen: float = 1.0
    """Readouts of encoded latents."""
    imagined: float = 1.0
    """Readouts of imagined latents."""
    picture: float = 10.0
    """Decoded pictures, whose errors are small numbers (0..1, squared); only those of video may reach the encoder."""
    points: float = 100.0
    """Pictures painted from the points that were seen, where the eye sees points (`model.points`); as small."""
    grid: float = 0.3
    """Quantities that are images themselves, such as depth."""
    inverse: float = 0.1
    """The action between two latents."""
    felt: float = 0.4
    """Proprioception guessed from what was seen, which stands in where nobody knows it, as in a video."""
    latent_actions: bool = False
    """Whether the actions inferred from video learn from what they make the dynamics imagine, too, and not from labels
    alone; where these are few, they may then stray from real ones."""
    sigreg: float = 0.0
    """How far latents are from standard normal numbers, see `sigreg.sigreg`."""
    through: bool = False
    """Whether the errors of all pictures reach the encoder: reconstruction through the latent."""
    painted: bool = True
    """Whether errors of pictures of video reach the encoder: where few truths are known, they say what to see."""
    pictures: int = 8
    """How many latents of a batch are decoded."""
    forget: float = 0.1
    """Share of windows that start without a history, as an episode does."""
    knee: float = 0.03
    """Error of a number, in standard deviations, from which on the loss grows linearly; a smaller one is stricter."""
    weights: Mapping[str, float] = field(default_factory=lambda: dict(WEIGHTS))
    """Weight by quantity, as patterns such as "*.position"; the last that fits counts, and 1 where none does."""

    def columns(self, readout: Readout) -> Tensor:
        """Weight of each column of a readout; those of a quantity sum to its weight, all to 1. Shape (Q,)."""
        of = {n: [w for pattern, w in self.weights.items() if fnmatch(n, pattern)] for n in readout.columns}
        rows = [(of[n] or [1.0])[-1] / len(c) for n, c in readout.columns.items() for _ in c]
        return torch.tensor(rows, device=readout.mean.device) / sum(rows)

    def readings(self, readout: Readout, latent: Tensor, targets: Tensor) -> Tensor:
        """Score readouts; what is not finite in the targets does not count.

        Args:
            readout: the head.
            latent: shape (..., D).
            targets: from `Readout.targets`. Shape (..., Q).
        """
        raw, weights = readout(latent), self.columns(readout)
        targets = targets.expand(raw.shape)
        known = targets.isfinite()
        true = torch.where(known, targets, 0.0)
        number, chance, direction = (readout.span(k) for k in ("number", "chance", "direction"))
        unit = (true[..., number] - readout.mean[number]) / readout.scale[number]
        parts = [F.smooth_l1_loss(raw[..., number], unit, beta=self.knee, reduction="none")]
        positive = torch.exp(-readout.mean[chance])  # see Readout: the weight of rare positives
        happened = true[..., chance].clamp(0.0, 1.0)
        bce = F.binary_cross_entropy_with_logits(raw[..., chance], happened, pos_weight=positive, reduction="none")
        parts += [bce]
        # Squared, because its minimum is the mean: an object that tips one time in three leans in imagination.
        gap = readout.directions(raw).flatten(-2) - true[..., direction]
        parts += [0.5 * (gap / readout.scale[direction]).square()]
        return (torch.cat(parts, -1) * known * weights).sum(-1).mean()

    def imagination(
        self, network: "Network", latents: Tensor, actions: Tensor, targets: Tensor, known: Tensor | None = None
    ) -> Terms:
        """Roll every member from the first latent and compare with what was encoded later.

        Where actions are not known, inferred ones drive the dynamics; see `latent_actions`.

        Args:
            network: the model in training.
            latents: encoded latents. Shape (B, T + 1, D).
            actions: those between them. Shape (B, T, A).
            targets: true quantities at each latent. Shape (B, T + 1, Q).
            known: which windows are labelled; None is all. Bool, shape (B,).
        """
        if known is not None:  # what is guessed of a video shall not decide what is seen
            latents = torch.where(known[:, None, None], latents, latents.detach())
        inferred, goal, told = network.inverse(latents[:, :-1], latents[:, 1:]), latents[:, 1:].detach(), _told(known)
        if known is not None:
            guess = inferred.clamp(-1.0, 1.0).detach()
            if self.latent_actions:
                guess = guess + inferred - inferred.detach()  # what is too large learns all the same
            actions = torch.where(known[:, None, None], actions, guess)
        rolled = network.dynamics.roll(latents[:, 0], actions)  # (P, B, T, D)
        goal = goal.expand_as(rolled)
        return {
            "latent": F.mse_loss(rolled, goal),
            "imagined": self.readings(network.readout, rolled[:, told], targets[told, 1:]),
            "seen": self.readings(network.readout, latents[told], targets[told]),
            "inverse": F.mse_loss(inferred[told], actions[told]),
        }

    def look(self, network: "Network", batch: Mapping, noise: torch.Generator) -> Terms:
        """Score what is seen, and nothing that is imagined: see `joint` for the arguments.

        Imagination can follow later, on resting latents: see `settle`.
        """
        z, _, images, scene = self._encoded(network, batch, noise)
        known = batch.get("known")
        told = _told(known)
        seen = self.readings(network.readout, z[told], network.readout.targets(scene)[told])
        return self._sum({"seen": seen, **self._shaped(network, z, images, scene, noise, known)})

    def joint(self, network: "Network", batch: Mapping, noise: torch.Generator) -> Terms:
        """Score a batch of windows with every part of the model.

        Args:
            network: the model in training.
            batch: images (B, L, 3 * V, H, W) uint8, proprio (B, L, J), actions (B, L, A), scene of (B, L, ...), and,
                if some of it is video, known (B,): see `imagination`.
            noise: decides which pictures are decoded and which windows start without a history.
        """
        z, actions, images, scene = self._encoded(network, batch, noise)
        known = batch.get("known")
        terms = self.imagination(network, z, actions, network.readout.targets(scene), known)
        return self._sum(terms | self._shaped(network, z, images, scene, noise, known))

    def settle(self, network: "Network", batch: Mapping, noise: torch.Generator) -> Terms:
        """Score a batch of latents encoded beforehand: latents, actions, targets and known as in `imagination`."""
        told = (batch["latents"], batch["actions"], batch["targets"], batch.get("known"))
        return self._sum(self.imagination(network, *told))

    def _encoded(self, network: "Network", batch: Mapping, noise: torch.Generator) -> tuple:
        """Latents (B, T + 1, D), the actions between them (B, T, A), pictures and scene of the same steps."""
        first = network.encoder.frames - 1  # the frame of the first latent
        images, scene = batch["images"][:, first:], {n: v[:, first:] for n, v in batch["scene"].items()}
        forget = torch.rand(len(images), generator=noise) < self.forget
        z = network.encoder.window(seen(batch), batch["proprio"], forget.to(images.device))
        return z, batch["actions"][:, first:-1], images, scene

    def _shaped(
        self,
        network: "Network",
        z: Tensor,
        images: Tensor,
        scene: Mapping,
        noise: torch.Generator,
        known: Tensor | None,
    ) -> Terms:
        """Pictures and grids of some of the latents, and how all are spread."""
        some = torch.randperm(z.shape[0] * z.shape[1], generator=noise)[: self.pictures].to(z.device)
        picked = z.flatten(0, 1)[some]
        shown = picked if self.through else picked.detach()
        if known is not None and self.painted:
            shown = torch.where(known[some // z.shape[1], None], shown, picked)
        terms = {"picture": F.mse_loss(network.decoder(shown), images.flatten(0, 1)[some] / 255.0)}
        if isinstance(eye := network.encoder.eye, Pointed):
            shown = images.flatten(0, 1)[some]
            terms["points"] = F.mse_loss(eye.points.paint(eye.points(shown)), shown / 255.0)
        if network.grids:
            terms["grid"] = self._grids(network, picked, {n: scene[n].flatten(0, 1)[some] for n in network.grid_names})
        if network.encoder.feel is not None:
            seen, felt = z[_told(known)].split((z.shape[-1] - network.encoder.felt, network.encoder.felt), -1)
            terms["felt"] = F.smooth_l1_loss(network.encoder.guess(seen), felt, beta=self.knee)
        return terms | ({"sigreg": sigreg(z.flatten(0, 1), noise)} if self.sigreg else {})

    def _grids(self, network: "Network", latent: Tensor, true: Mapping[str, Tensor]) -> Tensor:
        total = latent.new_zeros(())
        for grid, name in zip(network.grids, network.grid_names, strict=True):
            gap = (grid(latent) - true[name]) / grid.scale  # type: ignore[operator]
            gap = torch.where(true[name].isfinite(), gap, 0.0)
            total = total + F.smooth_l1_loss(gap, torch.zeros_like(gap), beta=self.knee)
        return total

    def _sum(self, terms: Terms) -> Terms:
        return {"total": sum(getattr(self, n) * v for n, v in terms.items()), **terms}  # type: ignore[dict-item]


def _told(known: Tensor | None) -> Tensor | slice:
    """Index of the windows whose actions and truths are known; all of them, if nobody says otherwise."""
    return slice(None) if known is None else known
