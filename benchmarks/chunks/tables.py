"""Keep what the study of chunks found about every variant: a small JSON, and a table in Markdown.

python benchmarks/chunks/tables.py [runs/study/chunks]
"""

import json
import sys
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from foresee.planner.summary import compare

sys.path.append(str(Path(__file__).parent.parent))

from compare import lines, place
from results import rate

HERE = Path(__file__).parent
USUAL = "execute_1"
"""What most are compared with: no delay, and a new plan at every step."""
AGAINST = {"delay_2": "execute_2", "async_2": "execute_2", "adaptive": "execute_1_sure"}
"""What others are compared with, where it has been run: what differs from them in one respect, at equal compute."""
KEPT = ("success", "violation", "safe_success", "plan_ms", "plans", "infeasible_plans", "late_plans")
SOURCES = ("scenes", "checkpoint", "data", "commit", "versions", "machine")


def kept(folder: Path) -> dict[str, dict[str, Any]]:
    """What is worth keeping of the runs, the usual one first."""
    paths = {path.parent.name: path.parent for path in sorted(folder.glob("*/summary.json"))}
    if USUAL not in paths:
        sys.exit(f"{folder} holds no finished run '{USUAL}' to compare with; run foresee study study/chunks first.")
    episodes = {name: lines(path) for name, path in paths.items()}
    named = [{**line, "method": name, "scene": f"{place(line)}"} for name, found in episodes.items() for line in found]
    of = {name: AGAINST[name] if AGAINST.get(name) in paths else USUAL for name in paths}
    against = {first: compare(named, first) for first in {*of.values()}}
    return {
        name: run(paths[name], episodes[name]) | {"against": of[name], "paired": against[of[name]].get(name)}
        for name in sorted(paths, key=lambda name: (name != USUAL, name))
    }


def run(path: Path, episodes: list[dict[str, Any]]) -> dict[str, Any]:
    """The part of a run's summary that is worth keeping, and what its steps cost."""
    summary = json.loads((path / "summary.json").read_text())
    planner = OmegaConf.load(path / "config.yaml").planner
    steps, plans = (sum(line[key] for line in episodes) for key in ("steps", "plans"))
    return {
        **{key: summary["methods"]["planner"].get(key) for key in KEPT},
        "steps_a_plan": steps / plans,
        "imagined_a_step": planner["candidates"] * planner["iterations"] * planner["horizon"] * plans / steps,
        **{key: summary.get(key) for key in SOURCES},
    }


def table(runs: dict[str, dict[str, Any]]) -> list[str]:
    """One Markdown row per variant."""
    heads = [
        "variant",
        "n",
        "safe success",
        "better, worse (p)",
        "violation",
        "compared with",
        "steps a plan",
        "imagined steps a step",
        "infeasible, late plans",
        "plan p50",
    ]
    rows = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    for name, found in runs.items():
        pair = (found["paired"] or {}).get("safe_success")
        told = f"{pair['only_other']}, {pair['only_first']} ({pair['p']:.2f})" if pair and pair["n"] else "–"
        shares = [f"{100 * (found[kind] or 0) / found['plans']:.0f} %" for kind in ("infeasible_plans", "late_plans")]
        spent = [f"{found['steps_a_plan']:.1f}", f"{found['imagined_a_step']:.0f}", ", ".join(shares)]
        spent += [f"{found['plan_ms']['p50']:.0f} ms"]
        safe, other = found["safe_success"], found["against"] if pair else "–"
        cells = [name, str(safe["n"]), rate(safe), told, rate(found["violation"]), other, *spent]
        rows.append(f"| {' | '.join(cells)} |")
    return rows


def main() -> None:
    """Read the run folders, write chunks.json and chunks.md, and print the table."""
    runs = kept(Path(sys.argv[1] if len(sys.argv) > 1 else "runs/study/chunks"))
    command = "foresee study study/chunks; python benchmarks/chunks/tables.py"
    (HERE / "chunks.json").write_text(json.dumps({"command": command, "variants": runs}, indent=1) + "\n")
    about = (
        "[95 %]: Wilson. Better, worse: scenes in which the variant alone, or what it is compared with alone, was safe "
        "and successful, and McNemar's p. Imagined steps a step: for each action that was carried out. `async_2` acts "
        "10 times a second, and stands still where a plan is late; `_sure` and `adaptive` keep calibrated margins."
    )
    text = "\n".join([f"Made by `{command}`. {about}", "", *table(runs)])
    (HERE / "chunks.md").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
