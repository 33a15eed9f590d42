"""Keep what `run.sh` found about every head: a small JSON, and a table in Markdown.

python benchmarks/heads/tables.py [runs/heads]
"""

import json
import sys
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parent.parent))

from results import rate

HERE = Path(__file__).parent
RUNS = {"alone": "policy", "best": "planner"}
"""How a head is played -> the method whose results count."""
SOURCES = ("scenes", "commit", "versions", "machine")
ABOUT = """
Same eye, same physics, same batches and steps. Way: how far the middle guess of the actions between two frames, one or
ten steps apart, is from those that were carried out, summed; in held-out episodes, median (and 90 %). Spread tells:
rank correlation of the spread of 16 samples with that error. Alone: the middle chunk is carried out; best of 16: the
planner takes the best of 16 sampled chunks. Safe success in the red cup's validation scenes, [95 %]: Wilson."""
HEADS = ("head", "parameters", "minutes", "way, 1 step, mm", "way, 10 steps, mm", "spread tells, 1, 10", "n")


def kept(folder: Path) -> dict[str, dict[str, Any]]:
    """What is known of every head that was taught."""
    found = {}
    for path in sorted(folder.glob("*.json")):
        played = {run: folder / path.stem / run / "summary.json" for run in RUNS}
        if missing := [run for run, file in played.items() if not file.exists()]:
            sys.exit(f"{folder / path.stem} holds no finished run '{missing[0]}'; run benchmarks/heads/run.sh first.")
        summaries = {run: json.loads(file.read_text()) for run, file in played.items()}
        told = {run: each["methods"][RUNS[run]] for run, each in summaries.items()}
        rates = {
            run: {key: each[key] for key in ("success", "violation", "safe_success")} for run, each in told.items()
        }
        times = {run: each["plan_ms"]["p50"] for run, each in told.items()}
        sources = {key: summaries["alone"].get(key) for key in SOURCES}
        found[path.stem] = {**json.loads(path.read_text()), **rates, "plan_ms": times, **sources}
    if not found:
        sys.exit(f"{folder} holds no head; run benchmarks/heads/run.sh first.")
    return found


def table(found: dict[str, dict[str, Any]]) -> list[str]:
    """A Markdown row for each head."""
    rows = [f"| {' | '.join((*HEADS, 'alone', 'best of 16', 'plan p50, alone'))} |", "|" + "---|" * (len(HEADS) + 3)]
    for name, told in found.items():
        ways = [f"{told[k]['median_mm']:.1f} ({told[k]['p90_mm']:.1f})" for k in ("step", "chunk")]
        tells = ", ".join(f"{told[k]['spread_tells']:.2f}" for k in ("step", "chunk"))
        cells = [name, f"{told['parameters']:,}", f"{told['minutes']:.0f}", *ways, tells]
        cells += [str(told["alone"]["success"]["n"]), *(rate(told[run]["safe_success"]) for run in RUNS)]
        rows.append(f"| {' | '.join(cells)} | {told['plan_ms']['alone']:.0f} ms |")
    return rows


def main() -> None:
    """Read the folder, write heads.json and heads.md, and print the table."""
    found = kept(Path(sys.argv[1] if len(sys.argv) > 1 else "runs/heads"))
    command = "benchmarks/heads/run.sh DATASET...; python benchmarks/heads/tables.py"
    (HERE / "heads.json").write_text(json.dumps({"command": command, "heads": found}, indent=1) + "\n")
    text = "\n".join([f"Made by `{command}`.{ABOUT}", "", *table(found)])
    (HERE / "heads.md").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
