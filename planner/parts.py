"""What an experiment is made of, and cannot do without."""

from collections.abc import Iterable, Mapping
from typing import Any

from ..configs.error import ConfigError

PARTS = {
    "scenes": "{split: test, count: 10}",
    "env": "{_target_: envs.rail.Rail}",
    "world_model": "{_target_: worldmodel.analytic.RailModel}",
    "search": "{_target_: planner.cem.CEM}",
}
"""Key of a config -> an example of what it holds."""


def check_parts(config: Mapping[str, Any], parts: Iterable[str]) -> None:
    """Raise unless a config says of each of these parts what it is."""
    for part in parts:
        if not isinstance(config.get(part), Mapping):
            raise ConfigError(f"'{part}' is missing; add it, such as {part}: {PARTS[part]}.")
