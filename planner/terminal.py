"""What a person sees on a terminal: bars and tables."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

WIDE = 200
"""Columns of a table that is not shown on a terminal."""


@contextmanager
def progress(name: str = "") -> Iterator[Any]:
    """Show a bar for the scenes screened, and one for the episodes played, with a name before them."""
    from tqdm import tqdm

    bars: dict[str, Any] = {}

    def progressed(what: str, done: int, total: int) -> None:
        if what not in bars:
            unit = "episode" if what == "played" else "scene"
            bars[what] = tqdm(total=total, desc=f"{name} {what}".strip(), unit=unit, initial=done - 1)
        bars[what].update(done - bars[what].n)

    try:
        yield progressed
    finally:
        for bar in bars.values():
            bar.close()


def print_methods(methods: dict[str, Any]) -> None:
    from .report import interval, number, percent

    rows = [
        (
            name,
            f"{percent(m['success'])} ({interval(m['success'])})",
            f"{percent(m['violation'])} ({interval(m['violation'])})",
            percent(m["imagined_success"]),
            number(m["plan_ms"]["p50"]),
        )
        for name, m in methods.items()
    ]
    print_table(("method", "success", "violation", "imagined success", "plan p50, ms"), rows)


def print_table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(*head)
    for row in rows:
        table.add_row(*row)
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDE)  # nothing is cut off in a file
    console.print(table)
