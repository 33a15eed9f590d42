"""Write the tables of docs/planning.md from the results beside this file: `python benchmarks/planner/tables.py`."""

import json
import re
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PAGE = HERE.parent.parent / "docs" / "planning.md"
MARK = "<!-- tables -->"


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows])


def pivot(rows: list[dict[str, Any]], down: str, across: str, cell: Any) -> tuple[list[str], list[list[str]]]:
    """One line per value of `down`, one column per value of `across`; a dash where nothing was measured."""
    columns = list(dict.fromkeys(row[across] for row in rows))
    names = list(dict.fromkeys(row[down] for row in rows))
    found = {(row[down], row[across]): cell(row) for row in rows}
    return [str(column) for column in columns], [[n, *(found.get((n, c), "–") for c in columns)] for n in names]


def regret(result: dict[str, Any]) -> str:
    """Mean regret on the fresh problems, by budget."""

    def cell(row: dict[str, Any]) -> str:
        fresh = row["fresh"]
        return f"{fresh['mean']:.2f} [{fresh['low']:.2f}, {fresh['high']:.2f}]"

    head, rows = pivot(result["rows"], "planner", "budget", cell)
    return (
        "**Regret** on 10 random latent problems (seeds 0 to 9), per cent of the zero plan's, by rollouts; a gradient "
        f"counts as three. Mean and 95 % bootstrap interval.\n\n{table(['planner', *head], rows)}"
    )


def loop(result: dict[str, Any]) -> str:
    """Closed-loop cost on the fresh starts, by problem and budget."""

    def cell(row: dict[str, Any]) -> str:
        groups = [row[group] for group in ("0 to 4", "10 to 19") if group in row]
        return " / ".join(f"{group['mean']:.1f} ± {group['se']:.1f}" for group in groups)

    rows = [{**row, "at": f"{row['problem']}, {row['rollouts']}"} for row in result["rows"]]
    head, lines = pivot(rows, "planner", "at", cell)
    return (
        "**Closed loop**, replanned at every step: cost of an episode, by problem and rollouts a step; mean ± standard "
        f"error over the starts 0 to 4, and after the slash 10 to 19.\n\n{table(['planner', *head], lines)}"
    )


def limits(result: dict[str, Any]) -> str:
    """What a limit kept."""

    def rate(value: dict[str, Any]) -> str:
        return f"{100 * value['rate']:.1f} % [{100 * value['low']:.1f}, {100 * value['high']:.1f}]"

    rows = [
        [name, str(row["episodes"]), *(rate(row[key]) for key in ("collided", "nearer than 5 cm", "reached")),
         f"{row['plans that break the limit']} of {row['plans']}"]
        for name, row in result["rows"].items()
    ]  # fmt: skip
    head = ["case", "episodes", "collided", "nearer than 5 cm", "reached", "plans that break the limit"]
    return f"**Limits**, on the way through obstacles (Wilson, 95 %).\n\n{table(head, rows)}"


def overhead(result: dict[str, Any]) -> str:
    """Time over bare rollouts."""
    head, rows = pivot(result["rows"], "planner", "case", lambda row: f"{row['ratio']:.2f} ({row['ms']:.1f} ms)")
    machine = result["machine"]
    return (
        "**Time of a plan over that of as many bare rollouts**, medians of alternating runs on "
        f"{machine['cores']} cores ({machine['processor']}).\n\n{table(['planner', *head], rows)}"
    )


def memory(result: dict[str, Any]) -> str:
    """Growth over many plans."""
    rows = [
        [name, str(row["plans"]), f"{row['before_mib']:.0f} MiB", f"{row['growth_mib']:+.1f} MiB"]
        for name, row in result["rows"].items()
    ]
    return f"**Memory** with trainable weights.\n\n{table(['planner', 'plans', 'before', 'growth'], rows)}"


def main() -> None:
    parts = [part(json.loads((HERE / f"{part.__name__}.json").read_text())) for part in PARTS]
    text = "\n\n".join([MARK, *parts, MARK])
    PAGE.write_text(re.sub(f"{MARK}.*{MARK}", lambda _: text, PAGE.read_text(), flags=re.S))
    print(text)


PARTS = (regret, loop, limits, overhead, memory)

if __name__ == "__main__":
    main()
