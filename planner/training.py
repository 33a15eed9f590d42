"""From a config to a trained checkpoint: the keys of a training are the options of `worldmodel.train.fit`."""

import inspect
from itertools import chain
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from .. import configs
from ..configs.build import check_option
from ..worldmodel.accelerator import check_accelerator
from ..worldmodel.data import Frames
from ..worldmodel.latent import Sizes
from ..worldmodel.loss import Loss
from ..worldmodel.objects.loss import ObjectLoss
from ..worldmodel.objects.network import Sizes as ObjectSizes
from ..worldmodel.objects.network import check_sizes
from ..worldmodel.stage import stages_of
from ..worldmodel.train import Stage, fit
from . import rounds
from .whole_number import whole_number

SECTIONS = {"model": (Sizes, ObjectSizes), "loss": (Loss, ObjectLoss)}
SECTIONS |= {name: (Stage,) for name in rounds.STAGES}
"""Keys that hold several options, and whose options they are; the data decide which of two."""
OPTIONS = {
    key: dict(chain(*(inspect.signature(kind).parameters.items() for kind in kinds))) for key, kinds in SECTIONS.items()
}
CHOICES = {**inspect.signature(fit).parameters, "cache": inspect.signature(Frames.open).parameters["cache"]}
"""What each option may be; `CHOICES` are those of no section."""

KEYS = (
    "data",
    "video",
    "cache",
    *(k for k in inspect.signature(fit).parameters if k not in ("frames", "out", "progress", *SECTIONS)),
    *(f"{section}.{option}" for section, options in OPTIONS.items() for option in options),
    *rounds.KEYS,
)
"""Keys of a training, as `configs.load` wants them."""


def train(name: str, overrides: list[str], out: Path, progress: bool = True) -> Path:
    """Train, in rounds if the config says so, or go on where an interrupted training stopped.

    Args:
        name: path of a config, or name of a shipped one.
        overrides: `key=value` each.
        out: folder of the training.
        progress: whether to show a bar.

    Returns:
        Folder of the checkpoint.
    """
    config: Any = OmegaConf.to_container(configs.load(name, overrides, known=KEYS), resolve=True)
    folders, videos = (_folders(config.pop(key, None)) for key in ("data", "video"))
    if not folders:
        raise configs.ConfigError("a training needs data: a list of folders that foresee collect wrote.")
    if videos is None:
        raise configs.ConfigError("video is a list of folders of recordings, whose pictures alone are read.")
    for key, value in config.items():
        for option, said in value.items() if key in SECTIONS and value else ():
            check_option(key, option, said, OPTIONS[key])
        if key in CHOICES:
            check_option("a training", key, value, CHOICES)
    whole_number("validation_windows", config.get("validation_windows"), 1, 1)
    check_sizes(config.get("model") or {})  # before anything is decoded
    stages_of({stage: config.get(stage) for stage in rounds.STAGES}, config.get("devices", 1))
    check_accelerator(config.get("accelerator", "cpu"))
    look = (config.get("model") or {}).get("encoder")
    if look is not None:
        if not isinstance(look, dict):
            raise configs.ConfigError(
                f"model.encoder is a mapping such as {{network: models/dinov2-small, grid: 4}}, got {look!r}."
            )
        config["model"]["encoder"] = configs.build_whole({**look, "_target_": "worldmodel.frozen.Frozen"})
    cache, again = config.pop("cache", None), config.pop("rounds", None)
    if again is not None:
        if strange := ["video"] * bool(videos) + [key for key in ("labels", "unlabelled") if key in config]:
            raise configs.ConfigError(
                f"rounds learn from recordings with actions alone; leave out {strange[0]}, or rounds."
            )
        return rounds.learn(again, folders, out, config, cache, progress)
    return fit(Frames.open(folders, cache, videos), out, progress=progress, **config)


def _folders(said: Any) -> list[str] | None:
    """Folders that a config names, one or several; None where it says something else."""
    folders = [said] if isinstance(said, str) else [] if said is None else said
    return folders if isinstance(folders, list) and all(isinstance(each, str) for each in folders) else None
