"""Keep what `run.sh` found about world models: a small JSON, and tables in Markdown.

python benchmarks/model/tables.py [runs/model]
"""

import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
KINDS = ("chosen", "blind", "random", "scripted", "extreme")
COMMAND = "benchmarks/model/run.sh; python benchmarks/model/tables.py"


def kept(folder: Path) -> dict[str, dict[str, Any]]:
    """Experiment -> what each bench of its model found, all of the same weights."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.glob("*/*.json")):
        found.setdefault(path.parent.name, {})[path.stem] = json.loads(path.read_text())
    for path in folder.glob("*/long/model.json"):
        found.setdefault(path.parts[-3], {})["model_long"] = json.loads(path.read_text())
    hashes = {(bench.get("checkpoint") or {}).get("hash") for benches in found.values() for bench in benches.values()}
    if len(hashes - {None}) > 1:
        sys.exit(f"{folder} holds results of several checkpoints; delete those of other ones.")
    return found


def errors(model: dict[str, Any]) -> list[str]:
    """Median errors of chosen chunks, step by step, and of two guesses: nothing moves, or all goes on as before."""
    steps = list(model["steps"])
    heads = ["read" if step == "0" else f"step {step}" for step in steps]
    lines = [f"| median error | {' | '.join(heads)} | nothing moves, last | goes on, last | n, last |"]
    lines += ["|" + "---|" * (len(steps) + 4)]
    for what in model["steps"][steps[-1]]:
        cells = [said(model["steps"][s].get(what, {}).get("model")) for s in steps]
        last = model["steps"][steps[-1]][what]
        cells += [said(last.get("still")), said(last.get("steady")), str(last["model"]["n"])]
        lines.append(f"| {what} | {' | '.join(cells)} |")
    return lines


def said(value: dict[str, float] | None) -> str:
    """A median and its interval."""
    return f"{value['median']:.3g} [{value['low']:.2g}, {value['high']:.2g}]" if value else "–"


def share(value: dict[str, Any] | None) -> str:
    """A rate in percent and its interval."""
    if not value or value["rate"] is None:
        return "–"
    return f"{100 * value['rate']:.1f} % [{100 * value['low']:.0f}, {100 * value['high']:.0f}] of {value['n']}"


def events(benches: dict[str, Any]) -> list[str]:
    """Events on chunks of every kind."""
    lines = ["| event, on chunks | base rate | recall | precision | accuracy | F1 |", "|---|---|---|---|---|---|"]
    for kind in KINDS:
        for name, value in benches.get(name_of(kind), {}).get("events", {}).items():
            cells = [share(value[key]) for key in ("base", "recall", "precision", "accuracy")]
            f1 = "–" if value["f1"] is None else f"{value['f1']:.2f}"
            lines.append(f"| {name}, {kind} | {' | '.join(cells)} | {f1} |")
    return lines


def coverage(benches: dict[str, Any]) -> list[str]:
    """How often the calibrated margins were enough, on chunks of every kind."""
    found = {kind: benches.get(name_of(kind), {}).get("coverage", {}) for kind in KINDS}
    lines = [f"| margin of | {' | '.join(KINDS)} |", "|---|" + "---|" * len(KINDS)]
    for limit in found["chosen"]:
        lines.append(f"| {limit} | {' | '.join(share(found[kind].get(limit)) for kind in KINDS)} |")
    return lines if len(lines) > 2 else []


def choices(found: dict[str, Any]) -> list[str]:
    """How well chunks from one state are ranked."""
    lines = ["| of chunks from one state | model | shuffled |", "|---|---|---|"]
    for what in ("rank", "regret"):
        cells = [f"{v['mean']:.3f} [{v['low']:.3f}, {v['high']:.3f}]" for v in found[what].values()]
        lines.append(f"| {what} | {' | '.join(cells)} |")
    lines += [f"| {name}: judged rightly | {share(limit['right'])} | – |" for name, limit in found["limits"].items()]
    return lines


def name_of(kind: str) -> str:
    """The bench of chunks of a kind."""
    return "model" if kind == "chosen" else f"model_{kind}"


def main() -> None:
    """Read what was found, write model.json and model.md, and print the tables."""
    found = kept(Path(sys.argv[1] if len(sys.argv) > 1 else "runs/model"))
    if not found:
        sys.exit("there is nothing yet; run benchmarks/model/run.sh first.")
    lines = [f"Made by `{COMMAND}`. Medians with bootstrap, rates with Wilson intervals, 95 %; validation scenes."]
    for name, benches in found.items():
        lines += ["", f"## {name}", "", *errors(benches["model"]), ""]
        if "model_long" in benches:
            lines += ["Chunks of twice the length, chosen by a planner that looks so far:", ""]
            lines += [*errors(benches["model_long"]), ""]
        lines += [*events(benches), "", *coverage(benches)]
        lines += ["", *choices(benches["choices"])] if "choices" in benches else []
    (HERE / "model.json").write_text(json.dumps({"command": COMMAND, "experiments": found}, indent=1) + "\n")
    (HERE / "model.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
