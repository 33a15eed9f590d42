"""Keep what `run.sh` found about learning in rounds: a small JSON, and two tables in Markdown.

python benchmarks/rounds/tables.py [runs/rounds]
"""

import json
import sys
from pathlib import Path
from typing import Any

from foresee.planner.rounds import HEAD
from foresee.planner.rounds import rows as errors
from foresee.planner.stats import interval
from foresee.planner.summary import compare, safe

sys.path.append(str(Path(__file__).parent.parent))

from compare import lines, pair
from results import rate

HERE = Path(__file__).parent
COMMAND = "benchmarks/rounds/run.sh; python benchmarks/rounds/tables.py"
MODELS = {
    "round0": "before any round",
    "round1": "after one round",
    "again1": "as many steps, no new episodes",
    "round2": "after two rounds",
    "again2": "as many steps, no new episodes",
}
"""Run folder -> which model plays there."""
KEPT = ("success", "violation", "safe_success", "imagined_success")
SOURCES = ("scenes", "checkpoint", "data", "commit", "versions")


def kept(folder: Path) -> dict[str, dict[str, Any]]:
    """What each model reaches, and how it compares, scene by scene, with the first one and with its like."""
    missing = [name for name in MODELS if not (folder / name / "summary.json").exists()]
    if missing:
        sys.exit(f"{folder} holds no finished run of {', '.join(missing)}; run benchmarks/rounds/run.sh first.")
    episodes = [{**line, "method": name} for name in MODELS for line in lines(folder / name)]
    against = {first: compare(episodes, first) for first in MODELS}
    good = {name: {line["scene"]: safe(line) for line in episodes if line["method"] == name} for name in MODELS}
    found = {}
    for name in MODELS:
        summary = json.loads((folder / name / "summary.json").read_text())
        own, like = summary["methods"]["planner"], name.replace("round", "again")
        found[name] = {
            **{key: own[key] for key in KEPT},
            "points": interval([100 * (good[name][scene] - first) for scene, first in good["round0"].items()]),
            "first": against["round0"].get(name),
            "like": against[like][name] if like in MODELS and like != name else None,
            **{key: summary.get(key) for key in SOURCES},
        }
    return found


def table(found: dict[str, dict[str, Any]]) -> list[str]:
    """One Markdown row per model."""
    heads = ["model", "", "n", "safe success", "success", "violation", "points above the first"]
    heads += ["better, worse than the first (p)", "than without new episodes (p)"]
    rows = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    for name, each in found.items():
        cells = [name, MODELS[name], str(each["safe_success"]["n"])]
        cells += [rate(each[key]) for key in ("safe_success", "success", "violation")]
        cells += ["{:.1f} [{:.1f}, {:.1f}]".format(*each["points"]) if each["first"] else "–"]
        rows.append(f"| {' | '.join([*cells, pair(each['first']), pair(each['like'])])} |")
    return rows


def main() -> None:
    """Read what was found, write rounds.json and rounds.md, and print the tables."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "runs/rounds")
    found = kept(folder / "red_cup")
    gains = json.loads((folder / "play" / "rounds.json").read_text())
    said = [f"Made by `{COMMAND}`. Safe success in the red cup's validation scenes, Wilson 95 %.", "", *table(found)]
    held = ", ".join(f"{len(gain['held_out'])} of round {gain['round']}" for gain in gains)
    said += ["", f"Errors in episodes held out ({held}), of the model that played them and of the next one:", ""]
    said += [f"| {' | '.join(HEAD)} |", "|" + "---|" * len(HEAD)]
    said += [f"| {' | '.join(row)} |" for row in errors(folder / "play")]
    kept_now = {"command": COMMAND, "models": found, "errors": gains}
    (HERE / "rounds.json").write_text(json.dumps(kept_now, indent=1) + "\n")
    (HERE / "rounds.md").write_text("\n".join(said) + "\n")
    print("\n".join(said))


if __name__ == "__main__":
    main()
