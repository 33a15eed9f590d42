"""From a config to a trained checkpoint: the keys of a training are the options of `worldmodel.train.fit`."""

import inspect
from dataclasses import fields
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from .. import configs
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

SECTIONS = {"model": (Sizes, ObjectSizes), "loss": (Loss, ObjectLoss)}
SECTIONS |= {name: (Stage,) for name in rounds.STAGES}
"""Keys that hold several options, and whose options they are; the data decide which of two."""

KEYS = (
    "data",
    "video",
    "cache",
    *(k for k in inspect.signature(fit).parameters if k not in ("frames", "out", "progress", *SECTIONS)),
    *dict.fromkeys(f"{s}.{field.name}" for s, kinds in SECTIONS.items() for kind in kinds for field in fields(kind)),
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
    data = config.pop("data", None)
    folders = [data] if isinstance(data, str) else data
    if not folders or not isinstance(folders, list) or not all(isinstance(each, str) for each in folders):
        raise configs.ConfigError("a training needs data: a list of folders that foresee collect wrote.")
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
    cache, again, videos = config.pop("cache", None), config.pop("rounds", None), config.pop("video", None)
    if again is not None:
        if strange := ["video"] * bool(videos) + [key for key in ("labels", "unlabelled") if key in config]:
            raise configs.ConfigError(
                f"rounds learn from recordings with actions alone; leave out {strange[0]}, or rounds."
            )
        return rounds.learn(again, folders, out, config, cache, progress)
    return fit(Frames.open(folders, cache, videos or ()), out, progress=progress, **config)
