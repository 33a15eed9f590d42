"""A trained model on disk: `weights.safetensors` and `description.json`, nothing that could run.

Matrices are stored in float16 (half the size, rounded to 0.05 %), everything else as it is. Loading reads tensors and
JSON; no name found in a checkpoint is ever imported or called.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as tensors_from
from safetensors.torch import save as bytes_of
from torch import Tensor

SHIPPED = Path(__file__).parent / "checkpoints"
FORMAT = 1
KEYS = ("format", "network", "quantities", "weights_sha256")


class CheckpointMissingError(FileNotFoundError):
    """No checkpoint has this name, and none lies at this path."""


class CheckpointError(ValueError):
    """What lies there is no checkpoint of this program, or a damaged one."""


def shipped() -> list[str]:
    """Names of the checkpoints that come with the package."""
    return sorted(p.parent.name for p in SHIPPED.glob("*/description.json"))


def locate(name: str | Path) -> Path:
    """Find the folder of a shipped checkpoint by name, or of any by path."""
    for folder in (SHIPPED / name, Path(name)):
        if (folder / "description.json").is_file():
            return folder
    known = ", ".join(shipped()) or "none yet"
    raise CheckpointMissingError(
        f"there is no checkpoint '{name}': give the name of a shipped one ({known}) "
        "or the path of a folder that holds description.json and weights.safetensors."
    )


def save(folder: str | Path, weights: Mapping[str, Tensor], description: Mapping[str, Any]) -> Path:
    """Write a checkpoint, whole or not at all; an older one in the same place is replaced.

    Args:
        folder: where; its parent exists.
        weights: a state dict.
        description: at least `network` and `quantities`, in JSON's types.
    """
    folder = Path(folder)
    small = {k: v.detach().half() if v.ndim > 1 else v.detach() for k, v in weights.items()}
    data = bytes_of({k: v.cpu().contiguous() for k, v in small.items()})
    told = {"format": FORMAT, **description, "weights_sha256": hashlib.sha256(data).hexdigest()}
    partial = folder.with_name(f"{folder.name}.{os.getpid()}.partial")
    partial.mkdir(parents=True)
    (partial / "weights.safetensors").write_bytes(data)
    (partial / "description.json").write_text(json.dumps(told, indent=1, sort_keys=True) + "\n")
    return _put(partial, folder)


def copy(source: Path, folder: Path) -> Path:
    """Copy a checkpoint, whole or not at all; an older one in the same place is replaced."""
    partial = folder.with_name(f"{folder.name}.{os.getpid()}.partial")
    shutil.copytree(source, partial)
    return _put(partial, folder)


def _put(partial: Path, folder: Path) -> Path:
    if folder.exists():
        shutil.rmtree(folder)
    return partial.rename(folder)


def load(name: str | Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Read a checkpoint: its description and its weights, all as float32."""
    folder = locate(name)
    try:
        told = json.loads((folder / "description.json").read_text())
        missing = [key for key in KEYS if key not in told]
    except (UnicodeDecodeError, json.JSONDecodeError, TypeError) as error:
        raise CheckpointError(f"{folder / 'description.json'} is not JSON: {error}.") from error
    if missing or told["format"] != FORMAT:
        raise CheckpointError(
            f"{folder / 'description.json'} does not describe a checkpoint of format {FORMAT}"
            + (f": {', '.join(missing)} missing." if missing else f" but of format {told['format']}.")
        )
    path = folder / "weights.safetensors"
    data = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(data).hexdigest() != told["weights_sha256"]:
        raise CheckpointError(f"{path} is not the file that description.json was written for; copy the folder again.")
    try:
        weights = tensors_from(data)
    except SafetensorError as error:
        raise CheckpointError(f"{path} cannot be read as safetensors: {error}.") from error
    return told, {k: v.to(torch.float32) for k, v in weights.items()}
