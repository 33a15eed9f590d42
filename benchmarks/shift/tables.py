"""Keep what `run.sh` found about every shift: a small JSON, and a table in Markdown.

python benchmarks/shift/tables.py [runs/shift]
"""

import json
import sys
from pathlib import Path
from typing import Any

from foresee.planner.stats import newcombe, proportion

sys.path.append(str(Path(__file__).parent.parent))

from results import rate

HERE = Path(__file__).parent
USUAL = "red_cup"
"""The run without a shift."""
FLOORS = ("scripted", "random", "idle")
KEPT = ("success", "violation", "safe_success", "limits", "imagined_success", "plan_ms", "doubts")
FLAGGED = {"failures": "failures flagged", "successes": "others flagged"}
SOURCES = ("scenes", "checkpoint", "data", "commit", "versions", "machine")


def kept(folder: Path) -> dict[str, dict[str, Any]]:
    """The part of the summaries that is worth keeping, the run without a shift first."""
    found = {path.parent.name: json.loads(path.read_text()) for path in sorted(folder.glob("*/summary.json"))}
    if USUAL not in found:
        sys.exit(f"{folder} holds no finished run '{USUAL}' to compare with; run benchmarks/shift/run.sh first.")
    return {
        name: {"methods": {m: {key: method.get(key) for key in KEPT} for m, method in summary["methods"].items()}}
        | {key: summary.get(key) for key in SOURCES}
        for name, summary in sorted(found.items(), key=lambda run: run[0] != USUAL)
    }


def loss(usual: dict[str, Any], shifted: dict[str, Any]) -> dict[str, float]:
    """Points of safe success that the planner loses, with Newcombe's 95 % interval."""
    counts = [run["methods"]["planner"]["safe_success"][key] for run in (usual, shifted) for key in ("k", "n")]
    return {key: 100 * value for key, value in zip(("points", "low", "high"), newcombe(*counts), strict=True)}


def table(runs: dict[str, dict[str, Any]]) -> list[str]:
    """One Markdown row per shift."""
    heads = [
        "shift",
        "n",
        "safe success",
        "loss, points",
        "violation",
        "failures flagged",
        "others flagged",
        "plan p50",
    ]
    lines = [f"| {' | '.join([*heads, *FLOORS])} |", "|" + "---|" * (len(heads) + len(FLOORS))]
    for name, run in runs.items():
        planner = run["methods"]["planner"]
        lost = "{points:.0f} [{low:.0f}, {high:.0f}]".format(**run["loss"]) if "loss" in run else "–"
        floors = [rate(run["methods"][m]["safe_success"]) if m in run["methods"] else "–" for m in FLOORS]
        safe, violated, ms = rate(planner["safe_success"]), rate(planner["violation"]), planner["plan_ms"]["p50"]
        flagged = (planner["doubts"] or {}).get("flagged") or {}
        doubted = [rate(flagged[who]) if who in flagged and flagged[who]["n"] else "–" for who in FLAGGED]
        cells = [str(planner["safe_success"]["n"]), safe, lost, violated, *doubted, f"{ms:.0f} ms", *floors]
        lines.append(f"| {'none' if name == USUAL else name} | {' | '.join(cells)} |")
    flagged = total(runs)
    return [*lines, "", f"Failures flagged under all shifts: {flagged['k']} of {flagged['n']}, {rate(flagged)}."]


def total(runs: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """How many failures under any shift were flagged."""
    found = [run["methods"]["planner"]["doubts"]["flagged"]["failures"] for name, run in runs.items() if name != USUAL]
    return proportion(sum(each["k"] for each in found), sum(each["n"] for each in found))


def main() -> None:
    """Read the run folders, write shift.json and shift.md, and print the table."""
    runs = kept(Path(sys.argv[1] if len(sys.argv) > 1 else "runs/shift"))
    runs |= {name: run | {"loss": loss(runs[USUAL], run)} for name, run in runs.items() if name != USUAL}
    command = "benchmarks/shift/run.sh; python benchmarks/shift/tables.py"
    (HERE / "shift.json").write_text(json.dumps({"command": command, "shifts": runs}, indent=1) + "\n")
    about = (
        "Planner, and safe success of the floors. [95 %]: Wilson; of a loss Newcombe, as if independent. Flagged: the "
        "monitor found more than its calibrated thresholds at some step."
    )
    text = "\n".join([f"Made by `{command}`. {about}", "", *table(runs)])
    (HERE / "shift.md").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
