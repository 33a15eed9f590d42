"""How many processes share the work."""

from typing import Any


def workers_of(workers: Any, usual: int = 1) -> int:
    """Read the `workers` of a config; `usual`, if absent. Raises ValueError if they are no whole number above 0."""
    if workers is None:
        return usual
    if not isinstance(workers, int) or isinstance(workers, bool) or workers < 1:
        raise ValueError(f"workers is {workers!r}; it is a whole number of processes, at least 1.")
    return workers
