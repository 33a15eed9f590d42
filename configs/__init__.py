"""Configs: YAML holds choices, `load` reads them, `build` makes the object a node describes."""

from .build import allow_plugin, build, build_whole
from .error import ConfigError, did_you_mean
from .load import TERM_KEYS, changed, load, resolved_yaml

__all__ = [
    "TERM_KEYS",
    "ConfigError",
    "allow_plugin",
    "build",
    "build_whole",
    "changed",
    "did_you_mean",
    "load",
    "resolved_yaml",
]
