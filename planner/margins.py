"""Calibrated margins on disk, beside the checkpoint of whose errors they speak."""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from .. import configs
from ..configs.load import LIMIT_KEYS
from ..costs.conformal import Calibration
from ..envs.catalogue import COLOURS, KINDS
from ..worldmodel import checkpoint
from . import folder, scenes
from .monitor import KINDS as WATCHED
from .parts import check_parts

FILE = "margins.json"
SECTIONS = ("minimize", "subject_to")
NAME = re.compile(rf"\b(?:{'|'.join(COLOURS)})_({'|'.join(KINDS)})\b")


def path_of(config: DictConfig) -> Path:
    """Where an experiment's margins are: the file that `margins` names, or else in the folder of its checkpoint."""
    if config.get("margins"):
        return Path(config.margins)
    check_parts(config, ("world_model",))
    name = _checkpoint(config)
    if not name:
        raise configs.ConfigError(
            f"{config.world_model._target_} has no checkpoint to keep margins beside; say margins=FILE.json."
        )
    return checkpoint.locate(name) / FILE


def key(node: Mapping[str, Any]) -> str:
    """What a limit measures, whatever is allowed: its cost, with kinds of objects in place of names."""
    choices: Any = OmegaConf.to_container(node, resolve=True) if OmegaConf.is_config(node) else node
    cost = {k: v for k, v in choices.items() if k not in LIMIT_KEYS}
    return NAME.sub(r"\1", json.dumps(cost, sort_keys=True))


def monitor_key(config: DictConfig) -> str:
    """What the monitor usually finds in an experiment: it depends on what is wanted, and on how long an episode is."""
    plain: Any = OmegaConf.to_container(config, resolve=True)
    terms = {part: sorted(key(node) for node in (plain.get(part) or {}).values() if node) for part in SECTIONS}
    control = plain.get("control") or {}
    about = {**terms, "steps": plain["env"].get("steps"), "execute": control.get("execute")}
    about |= {key: control[key] for key in ("delay", "latency") if control.get(key)}
    return f"monitor {hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:16]}"


def read(path: Path, weights: str | None = None) -> dict[str, Calibration]:
    """Read every calibration of a file, by `key`; none where there is no file.

    Args:
        path: of the file.
        weights: hash of the weights of whose errors they are to speak; what was made with others is left out.
    """
    if not path.exists():
        return {}
    told = folder.read(path)["limits"]
    made = {k: (v.get("checkpoint") or {}).get("hash") for k, v in told.items()}
    return {
        k: Calibration(tuple(v["spread"]), tuple(v["scores"]), v.get("threshold", False))
        for k, v in told.items()
        if None in (weights, made[k]) or made[k] == weights
    }


def _checkpoint(config: DictConfig) -> str | None:
    """Name of the checkpoint that imagines; None without a world model, or with one that has none."""
    return (config.get("world_model") or {}).get("checkpoint")


def _of(config: DictConfig) -> dict[str, Calibration]:
    """The calibrations that an experiment may use: those of its weights."""
    name = _checkpoint(config)
    return read(path_of(config), checkpoint.load(name)[0]["weights_sha256"] if name else None)


def known(config: DictConfig) -> dict[str, Calibration]:
    """The calibrations of an experiment's limits, by the name of the limit; those without one are left out."""
    if not config.get("margins") and not _checkpoint(config):
        return {}
    found = _of(config)
    keys = {name: key(node) for name, node in (config.get("subject_to") or {}).items() if node is not None}
    return {name: found[each] for name, each in keys.items() if each in found}


def add(path: Path, found: Mapping[str, Calibration], made: Mapping[str, Any]) -> None:
    """Put calibrations beside those that a file holds already; one of the same limit is replaced."""
    told = folder.read(path) if path.exists() else {"limits": {}}
    for name, each in found.items():
        told["limits"][name] = {
            **made,
            "spread": [float(f"{v:.5g}") for v in each.spread],
            "scores": [float(f"{v:.5g}") for v in each.scores],
            **({"threshold": True} if each.threshold else {}),
        }
    path.parent.mkdir(parents=True, exist_ok=True)
    folder.write(path, json.dumps(told, indent=1, sort_keys=True))


def margin(config: DictConfig, name: str, node: Mapping[str, Any]) -> list[float] | None:
    """The margin of each step that a limit's `confidence` asks for; None where it asks for none."""
    confidence = node.get("confidence")
    if confidence is None:
        return None
    if node.get("margin") is not None:
        raise configs.ConfigError(f"'{name}' has a margin and a confidence; give one of them.")
    return _values(config, name, key(node), confidence, "margin")


def usual(config: DictConfig, confidence: float = 0.95) -> dict[str, float]:
    """What of each of `monitor.KINDS` an episode does not exceed with this confidence, jointly."""
    return dict(
        zip(WATCHED, _values(config, "control.monitor", monitor_key(config), confidence, "at_most"), strict=True)
    )


def digest(config: DictConfig) -> str | None:
    """Hash of what the confidences of an experiment ask for; None where it has none. A new calibration changes it."""
    limits = {k: margin(config, k, v) for k, v in (config.get("subject_to") or {}).items() if v is not None}
    asked: dict[str, Any] = {name: values for name, values in limits.items() if values is not None}
    watched = (config.get("control") or {}).get("monitor") or {}
    if (confidence := watched.get("confidence")) is not None:
        asked["control.monitor"] = usual(config, confidence)
    return scenes.digest(asked) if asked else None


def usual_if_known(config: DictConfig) -> dict[str, float] | None:
    """The same, where somebody calibrated it."""
    try:
        return usual(config)
    except (configs.ConfigError, FileNotFoundError):
        return None


def _values(config: DictConfig, name: str, of: str, confidence: float, instead: str) -> list[float]:
    found = _of(config).get(of)
    if found is None:
        raise configs.ConfigError(
            f"'{name}' asks for a confidence of {confidence}, but {path_of(config)} holds no margins of it that were "
            f"made with these weights; make them with 'foresee calibrate', or give '{instead}' in their place."
        )
    try:
        return list(found.margin(confidence).values)
    except ValueError as error:
        raise configs.ConfigError(f"'{name}': {error}") from error
