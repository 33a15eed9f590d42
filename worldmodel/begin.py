"""What a training starts from: a folder that is its own, and a network that fits the data."""

import json
import platform
import subprocess
from collections.abc import Mapping
from dataclasses import fields
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch

from . import checkpoint as files
from .data import Frames
from .encoder import Pointed
from .frozen import Frozen
from .latent import Network, Sizes, from_description

T = TypeVar("T")
BEGUN = (
    "checkpoint",
    "events",
    "round0",
    *(f"{name}{end}" for name in ("look", "joint", "settle", "act") for end in ("", ".ckpt")),
)
"""What a training leaves in its folder once it has begun."""
GROUND = 2000
"""Pictures from which the ground of what moves is taken."""


class TrainingError(FileExistsError):
    """The folder holds a training with other choices."""


def choose(kind: type[T], options: Mapping[str, Any]) -> T:
    """Make a dataclass from options, or name those it does not have."""
    known = [f.name for f in fields(kind)]  # type: ignore[arg-type]
    if unknown := sorted(set(options) - set(known)):
        raise ValueError(f"{kind.__name__} has no option {', '.join(unknown)}; it takes {', '.join(known)}.")
    return kind(**options)


def claim(out: Path, choices: Mapping[str, Any]) -> None:
    """Write down what this folder trains, or refuse if it holds something else."""
    out.mkdir(parents=True, exist_ok=True)
    path, text = out / "choices.json", json.dumps(choices, indent=1, sort_keys=True)
    left = [name for name in (path.name, *BEGUN) if (out / name).exists()]
    other, mine = json.loads(path.read_text()) if path.exists() else {}, json.loads(text)
    if left and (not isinstance(other, dict) or {"data", "rounds"}.isdisjoint(other)):
        raise TrainingError(f"{out} holds '{left[0]}' that no training left there; choose another folder.")
    if other == mine:
        return
    if left[1:]:
        different = ", ".join(sorted(k for k in {*mine, *other} if other.get(k) != mine.get(k)))
        raise TrainingError(f"{out} holds a training with other choices ({different}); choose another folder.")
    (out / "begun_from.json").unlink(missing_ok=True)  # of one that was refused before it began
    path.write_text(text + "\n")


def note(path: Path, more: Mapping[str, Any]) -> None:
    """Add entries to a JSON file."""
    known = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(known | dict(more), indent=1) + "\n")


def plain(model: Mapping[str, Any] | None) -> tuple[dict[str, Any], Frozen | None]:
    """Part the options of a model into those that JSON can hold, and the frozen network it looks through, if any."""
    options = dict(model or {})
    frozen = options.get("encoder")
    if frozen is None:
        return options, None
    if not isinstance(frozen, Frozen):
        raise ValueError(f"model.encoder is a Frozen, such as Frozen('models/dinov2-small'), got {frozen!r}.")
    return options | {"encoder": frozen.told}, frozen


def sizes_for(frames: Frames, options: Mapping[str, Any]) -> Sizes:
    """Choose the sizes of a network for some data, or say which choice is impossible."""
    from .stage import check_whole  # which chooses with this module

    shape = {"cameras": tuple(frames.cameras), "size": frames.images.shape[-1]}
    shape |= {"proprio": frames.proprio.shape[1], "action": frames.actions.shape[1]}
    sizes = choose(Sizes, shape | dict(options))
    check_whole("model.points", sizes.points, 0)
    if sizes.points and sizes.encoder:
        raise ValueError("model.points and model.encoder are two eyes; give one of them.")
    return sizes


def begin(frames: Frames, episodes: np.ndarray, options: Mapping[str, Any], init_from: str | None) -> Network:
    """Make the network for some data: new and normalised to it, or with the weights of a checkpoint.

    Where some of the episodes are video, the network keeps what it sees apart from what it feels.
    """
    options, frozen = plain(options)
    known = frames.labelled[episodes]
    sizes = sizes_for(frames, {"apart": not known.all()} | options)
    if not (sizes.apart or known.all()):
        raise ValueError(
            "model.apart is false, but in some of the data, which are video, nothing is felt; leave it out."
        )
    if init_from:
        told, weights = files.load(init_from)
        network = from_description(told)
        if network.sizes != sizes or network.quantities != frames.quantities:
            raise ValueError(
                f"checkpoint '{init_from}' does not fit these data and choices: it is {network.sizes} with "
                f"{sorted(network.quantities)}; asked for is {sizes} with {sorted(frames.quantities)}."
            )
        network.load_state_dict(weights)
        network.encoder.frozen = frozen
        return network
    network = Network(sizes, frames.quantities)
    network.encoder.frozen = frozen
    rows = np.flatnonzero(np.isin(frames.episode, episodes[known]))
    scene = {n: torch.from_numpy(frames.scene[n][rows]) for n in frames.quantities}
    network.encoder.measure(torch.from_numpy(frames.proprio[rows]))
    network.readout.measure(network.readout.targets(scene))
    if isinstance(network.encoder.eye, Pointed):
        every = np.linspace(0, len(frames.images) - 1, min(GROUND, len(frames.images))).astype(int)
        network.encoder.eye.points.measure(torch.from_numpy(np.stack([frames.images[i] for i in every])))
    for name, grid in zip(network.grid_names, network.grids, strict=True):
        grid.measure(scene[name])  # type: ignore[operator]
    return network


def lineage(init_from: str | None, out: Path) -> dict[str, Any]:
    """Say what made the checkpoint that a training began with, and what that one began with; {} without one.

    It is noted in the folder of the training, which goes on with the same weights or not at all.
    """
    if not init_from:
        return {}
    told, path = files.load(init_from)[0], out / "begun_from.json"
    if not path.exists():
        keys = ("seed", "data_hash", "training", "versions", "weights_sha256", "begun_from")
        note(path, {key: told[key] for key in keys if key in told})
    begun = json.loads(path.read_text())
    if begun["weights_sha256"] != told["weights_sha256"]:
        raise TrainingError(
            f"{out} holds a training that began with other weights than '{init_from}' now has; choose another folder."
        )
    return {"begun_from": begun}


def versions() -> dict[str, str]:
    """Say what trains, and from which commit if it is a checkout."""
    mine = {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "pytorch_lightning": version("pytorch-lightning"),
    }
    try:
        where = ["git", "-C", str(Path(__file__).resolve().parent)]
        found = subprocess.run([*where, "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):  # no git, or no checkout
        return mine
    return mine | {"commit": found.stdout.strip()}
