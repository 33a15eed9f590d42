"""The one error of a wrong config, and the nearest right name."""

from collections.abc import Iterable
from difflib import get_close_matches


class ConfigError(ValueError):
    """What was asked for is not possible; the message says what would be."""


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """Return "; did you mean 'x'?" for the closest name, or "" where none is close."""
    near = get_close_matches(name, list(names), n=1)
    return f"; did you mean '{near[0]}'?" if near else ""
