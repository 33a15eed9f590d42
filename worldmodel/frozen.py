"""An image network that was trained elsewhere and no longer learns: pictures become a few tokens each."""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class FrozenError(ValueError):
    """A frozen network that is missing, is another one than was trained with, or cannot look at pictures."""


class Frozen:
    """Looks at each picture by itself, such as a ViT (Dosovitskiy et al., 2021) or DINOv2 (Oquab et al., 2023).

    Its patches are averaged to a small grid; the class token, where there is one, stands before them, and other tokens
    before the patches (registers) are left out. Pictures are resized whole: what is at their edge is not cropped.

    Not a module: copies of what holds it share it, and no checkpoint has its weights.

    Args:
        network: a folder in the format of `transformers` (config.json, *.safetensors), read without a network; or a
            module from pictures (M, 3, size, size) to tokens (M, L, C) whose last ones are n x n patches, to a map
            (M, C, n, n), or to a vector (M, C).
        grid: the patches are averaged to grid x grid.
        size: height and width to which pictures are resized, pixels.
        mean: of each colour, 0..1, which is subtracted.
        std: of each colour, by which is divided. If these three are absent, preprocessor_config.json says them.

    Raises:
        FrozenError: it is not there, or cannot be used in this way.
    """

    def __init__(
        self,
        network: str | Path | nn.Module,
        grid: int = 4,
        size: int | None = None,
        mean: Sequence[float] | None = None,
        std: Sequence[float] | None = None,
    ) -> None:
        if isinstance(network, nn.Module):
            name = f"{type(network).__module__}.{type(network).__qualname__}"
            module, weights, usual = network, _digest(network), {}
        elif isinstance(network, str | Path):
            name, folder = str(network), Path(network)
            module, weights, usual = _read(folder), _digest_of_files(folder), _preprocessing(folder)
        else:
            raise FrozenError(f"a frozen network is a folder or a torch.nn.Module, got {network!r}.")
        given = {"size": size, "mean": mean, "std": std}
        chosen = {**usual, **{key: value for key, value in given.items() if value is not None}}
        if missing := [key for key in given if key not in chosen]:
            raise FrozenError(
                f"nothing says how {name} wants its pictures; give {', '.join(missing)}, "
                "such as size: 224, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]."
            )
        self.module = module.eval().requires_grad_(False)
        self.grid, self.size = grid, int(chosen["size"])
        colours = {key: [float(value) for value in chosen[key]] for key in ("mean", "std")}
        self._mean, self._std = (torch.tensor(colours[key]).view(-1, 1, 1) for key in ("mean", "std"))
        try:
            tokens, width = self(torch.zeros(1, 3, self.size, self.size, dtype=torch.uint8)).shape[1:]
        except (AttributeError, RuntimeError, TypeError, ValueError) as error:
            why = " ".join(str(error).split())
            raise FrozenError(f"{name} cannot look at pictures of {self.size} px, grid {grid}: {why}") from error
        self.told: dict[str, Any] = {"network": name, "weights": weights, "grid": grid, "size": self.size, **colours}
        """What it is, in JSON's types, but for its weights: of these, a SHA-256."""
        self.told |= {"tokens": tokens, "width": width}

    @property
    def key(self) -> str:
        """SHA-256 of what decides its features: weights, pooling and preprocessing, wherever the weights lie."""
        said = {name: value for name, value in self.told.items() if name != "network"}
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()

    def __deepcopy__(self, memo: Any) -> "Frozen":
        return self

    @torch.no_grad()
    def __call__(self, images: Tensor) -> Tensor:
        """Look: uint8 (M, 3 * V, H, W) -> float16 (M, V * tokens, C), rounded as it is cached."""
        device = images.device
        self.module.to(device)
        x = images.flatten(0, 1).unflatten(0, (-1, 3)).float() / 255  # (M V, 3, H, W)
        if x.shape[-2:] != (self.size, self.size):
            x = F.interpolate(x, (self.size, self.size), mode="bicubic", antialias=True).clamp(0.0, 1.0)
        with torch.autocast(device.type, enabled=False):  # the same features in training and in planning
            seen = self.module((x - self._mean.to(device)) / self._std.to(device))
        tokens = pooled(getattr(seen, "last_hidden_state", seen), self.grid)
        return tokens.unflatten(0, (len(images), -1)).flatten(1, 2).half()


def pooled(seen: Tensor, grid: int) -> Tensor:
    """Average patches to a grid, behind the class token: (M, L, C), (M, C, h, w) or (M, C) -> (M, tokens, C)."""
    if seen.ndim == 2:
        return seen[:, None]
    first = seen.new_zeros(len(seen), 0, seen.shape[1])
    if seen.ndim == 3:
        side = math.isqrt(seen.shape[1])
        first, patches = seen.split([seen.shape[1] - side**2, side**2], 1)
        seen = patches.transpose(1, 2).unflatten(2, (side, side))
    if not 1 <= grid <= (most := min(seen.shape[2:])):
        raise ValueError(f"grid is at least 1 and at most {most}, for as many patches are in a row.")
    patches = F.adaptive_avg_pool2d(seen, grid).flatten(2).transpose(1, 2)
    return torch.cat([first[:, :1], patches], 1)


def again(told: Mapping[str, Any] | None, network: str | Path | nn.Module | None, name: str) -> Frozen:
    """Find the frozen network that a checkpoint was trained with.

    Args:
        told: `Frozen.told` of then; None if it was trained without one.
        network: where it is now, or the module itself; where it was, if absent.
        name: of the checkpoint.

    Raises:
        FrozenError: it is missing, or its weights are others.
    """
    if told is None:
        raise FrozenError(f"checkpoint '{name}' looks through no frozen network; take world_model.encoder out.")
    said = f"checkpoint '{name}' looks through the frozen network {told['network']}"
    if network is None:
        network = str(told["network"])
        if not Path(network).is_dir():
            raise FrozenError(
                f"{said}, which is not here; give world_model.encoder, its folder or {{_target_: CLASS}}."
            )
    found = Frozen(network, **{key: told[key] for key in ("grid", "size", "mean", "std")})
    if found.told["weights"] != told["weights"]:
        raise FrozenError(
            f"{said}, but the weights of {found.told['network']} are not those that it was trained with; "
            "give world_model.encoder, the folder that holds them."
        )
    return found


def _read(folder: Path) -> nn.Module:
    """Load a folder in the format of `transformers`, running nothing that it brings."""
    if not (folder / "config.json").is_file():
        raise FrozenError(f"{folder} holds no network: config.json is missing; download its files into this folder.")
    try:
        from transformers import AutoModel
        from transformers.utils import logging
    except ImportError as error:
        raise FrozenError(f"{folder} is read by transformers; pip install 'foresee[pretrained]'.") from error
    verbosity, bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        module, report = AutoModel.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False, use_safetensors=True, output_loading_info=True
        )
    except (OSError, ValueError, RuntimeError) as error:
        why = " ".join(str(error).split())
        raise FrozenError(f"transformers cannot read {folder}: {why}") from error
    finally:
        logging.set_verbosity(verbosity)
        if bar:
            logging.enable_progress_bar()
    if missing := sorted(key for key in report["missing_keys"] if "pooler" not in key):  # a pooler is not used
        raise FrozenError(f"the weights in {folder} lack {', '.join(missing[:3])}, which its config.json asks for.")
    return module.float()


def _preprocessing(folder: Path) -> dict[str, Any]:
    """Read size, mean and std as far as the folder says them."""
    path = folder / "preprocessor_config.json"
    told = json.loads(path.read_text()) if path.is_file() else {}
    size = told.get("crop_size" if told.get("do_center_crop") else "size")
    if isinstance(size, Mapping):
        size = size.get("height", size.get("shortest_edge"))
    still = {"image_mean": [0.0] * 3, "image_std": [1.0] * 3} if told.get("do_normalize") is False else {}
    found = {"size": size, "mean": {**told, **still}.get("image_mean"), "std": {**told, **still}.get("image_std")}
    return {key: value for key, value in found.items() if value is not None}


def _digest_of_files(folder: Path) -> str:
    """SHA-256 over what makes the network of a folder."""
    total = hashlib.sha256()
    for path in [folder / "config.json", *sorted(folder.glob("*.safetensors"))]:
        with path.open("rb") as file:
            total.update(hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()


def _digest(module: nn.Module) -> str:
    """SHA-256 over the weights and buffers of a module, by name."""
    total = hashlib.sha256()
    for name, value in sorted(module.state_dict().items()):
        total.update(f"{name} {value.dtype} {tuple(value.shape)} ".encode())
        total.update(value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
    return total.hexdigest()
