"""Read the whole numbers of a config."""

from collections.abc import Mapping
from typing import Any

from ..worldmodel.stage import check_whole

NUMBERS = {"seed": (0, 0), "films": (0, 2), "workers": (1, 1)}
"""Key of an experiment -> the least it may be, and what it is if absent."""


def number_of(config: Mapping[str, Any], key: str) -> int:
    """What an experiment says of a key of `NUMBERS`. Raises ValueError if that is no whole number, or too small."""
    least, absent = NUMBERS[key]
    return whole_number(key, config.get(key), least, absent)


def whole_number(name: str, value: Any, least: int, absent: int | None = None) -> int:
    """The value; `absent` where it is None. Raises ValueError if it is no whole number, at least `least`."""
    value = absent if value is None else value
    check_whole(name, value, least)
    return value
