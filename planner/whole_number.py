"""Read the whole numbers of a config."""

from collections.abc import Mapping
from typing import Any

from ..configs.error import ConfigError

NUMBERS = {"seed": (0, 0), "films": (0, 2), "workers": (1, 1)}
"""Key of an experiment -> the least it may be, and what it is if absent."""


def number_of(config: Mapping[str, Any], key: str) -> int:
    """What an experiment says of a key of `NUMBERS`. Raises ConfigError if that is no whole number, or too small."""
    least, absent = NUMBERS[key]
    return whole_number(key, config.get(key), least, absent)


def whole_number(name: str, value: Any, least: int, absent: int | None = None) -> int:
    """The value; `absent` where it is None. Raises ConfigError if it is no whole number, at least `least`."""
    value = absent if value is None else value
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ConfigError(f"{name} is {value!r}; it is a whole number, at least {least}.")
    return value
