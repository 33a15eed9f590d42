"""Keep what `run.sh` found about every task and variant: a small JSON, and tables in Markdown.

python benchmarks/actor/tables.py [runs/actor] [NAME]     NAME of both files, `actor` if absent
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from foresee.planner.decompose import closed
from foresee.planner.stats import percentiles, proportion
from foresee.planner.summary import EVENTS, compare, safe

sys.path.append(str(Path(__file__).parent.parent))

from compare import place
from results import rate

HERE = Path(__file__).parent
USUAL, FLOOR, BEST = "full", "policy", "simulator"
"""What the others are compared with, and the ends of the gap that is closed."""
FEATURES = "features"
"""The run of another actor, whose checkpoint is its own."""
VARIANTS = (USUAL, "quarter", "quarter_acting", "quick_acting", "full_acting", "verified")
VARIANTS += (FLOOR, "inverse", FEATURES, "direct", BEST)
"""Every variant, in the order of the tables."""
ABOUT = """
Every variant plays the scenes of `full`, the planner without the actor. `quarter` has a quarter of its candidates,
`…_acting` the actor's proposals among them, `quick` a quarter, too, in three iterations in place of five, that begin
closer to the last plan; `verified` has a limit on what no action explains; `policy` is the actor alone,
`inverse` the same told all of a wanted scene, `features` one that predicts actions alone, `direct` one that imagines
nothing; `simulator` is the planner with a perfect model, and plans at every third step only.
[95 %]: Wilson. Better, worse: scenes in which the variant alone, or `full` alone, was safe and successful; p: McNemar.
Only imagined: of the episodes in which success may be imagined, those in which it was, and did not come about;
in how many scenes with the variant alone, and with `full` alone (p).
Of the gap: from `policy` to `simulator`; at least (≥) so much, as if it never failed, where that was not played."""
ENDS, GAP = ("better, worse (p)", "only imagined", "plan p50"), "of the gap"
Line = dict[str, Any]


def kept(folder: Path) -> tuple[dict[str, list[Line]], dict[str, Any]]:
    """Every finished episode by task, called by its variant, and what the runs were made with."""
    paths = [path.parent for path in sorted(folder.glob("*/*/summary.json"))]
    tasks = {path.parent.name: path.parent for path in paths}
    for path in tasks.values() or [folder]:
        if path / USUAL not in paths:
            sys.exit(f"{path} holds no finished run '{USUAL}' to compare with; run benchmarks/actor/run.sh first.")
    runs = {path: json.loads((path / "summary.json").read_text()) for path in paths}
    usual = [run for path, run in runs.items() if path.name != FEATURES]
    sources = {
        **{key: _one(folder, key, [run.get(key) for run in usual]) for key in ("checkpoint", "data", "direct")},
        FEATURES: _one(folder, FEATURES, [run["checkpoint"] for path, run in runs.items() if path.name == FEATURES]),
        "commit": sorted({run["commit"] or "" for run in runs.values()}),
        "scenes": {
            task: _one(folder, f"scenes of {task}", [run["scenes"] for path, run in runs.items() if path.parent == own])
            for task, own in tasks.items()
        },
    }
    found: dict[str, list[Line]] = {task: [] for task in tasks}
    for path in paths:
        for line in map(json.loads, (path / "episodes.jsonl").read_text().splitlines()):
            name = path.name if line["method"] == "planner" or path.name == FEATURES else line["method"]
            where = f"{path.parent.name} {place(line)}"
            found[path.parent.name].append({**line, "method": name, "scene": where, "safe_success": safe(line)})
    return found, sources


def _one(folder: Path, what: str, values: list[Any]) -> Any:
    """What all runs that have it share, or None."""
    different = {json.dumps(value, sort_keys=True): value for value in values if value is not None}
    if len(different) > 1:
        sys.exit(f"the runs in {folder} differ in '{what}' ({', '.join(different)}); delete those that are of another.")
    return _somewhere(next(iter(different.values()), None))


def _somewhere(told: Any) -> Any:
    """The same, where checkpoints have the names of their folders, wherever these are."""
    if not isinstance(told, dict):
        return told
    names = {"name": "/".join(Path(told["name"]).parts[-4:])} if isinstance(told.get("name"), str) else {}
    return {key: _somewhere(value) for key, value in told.items()} | names


def command(sources: dict[str, Any], found: dict[str, Any], name: str = "actor") -> str:
    """What was run, in as many scenes of each task, and what made the files of that name of it."""
    splits = sorted({scenes["name"]["split"] for scenes in sources["scenes"].values()})
    counts = sorted({scenes["count"] for scenes in sources["scenes"].values()})
    flags = {"DIRECT=PATH": "direct", "FEATURES=PATH": FEATURES, "VERIFIED=1": "verified", "SIMULATOR=1": BEST}
    given = [f"COUNT={'|'.join(map(str, counts))}", *(flag for flag, variant in flags.items() if variant in found)]
    more = [] if splits == ["validation"] else [f"scenes.split={'|'.join(splits)}"]
    if FLOOR not in found:
        given, more = [*given, f'VARIANTS="{" ".join(found)}"'], ["methods=[planner]", *more]
    tasks = [task if task == "red_cup" else f"tasks/{task}" for task in sources["scenes"]]
    made = "" if name == "actor" else f" runs/actor {name}"
    return f"{' '.join([*given, 'benchmarks/actor/run.sh', *tasks, *more])}; python benchmarks/actor/tables.py{made}"


def measured(lines: list[Line]) -> dict[str, dict[str, Any]]:
    """What became of each variant, and of it and `full` scene by scene."""
    against = compare(lines, USUAL)
    known = [line | {"success": _dreamt(line)} for line in lines if line["imagined_success"] is not None]
    for name, dreams in compare(known, USUAL).items():
        against[name]["only_imagined"] = dreams["success"]
    by_name = {name: [line for line in lines if line["method"] == name] for name in VARIANTS}
    return {name: {**_told(own), "paired": against.get(name)} for name, own in by_name.items() if own}


def _dreamt(line: Line) -> bool:
    return line["imagined_success"] and not line["success"]


def _told(lines: list[Line]) -> dict[str, Any]:
    known = [line for line in lines if line["imagined_success"] is not None]
    return {
        **{event: proportion(sum(line[event] for line in lines), len(lines)) for event in EVENTS},
        "only_imagined": proportion(sum(map(_dreamt, known)), len(known)),
        "plan_ms": percentiles([ms for line in lines for ms in line["time"]["plan_ms"]])["p50"],
    }


def over_all(tasks: dict[str, list[Line]]) -> dict[str, dict[str, Any]]:
    """The same over all tasks that each variant played, with means over these, and the share of the gap it closes."""
    lines = [line for own in tasks.values() for line in own]
    found, each = measured(lines), {task: measured(own) for task, own in tasks.items()}
    played = {name: {line["scene"]: line["safe_success"] for line in lines if line["method"] == name} for name in found}
    for name, told in found.items():
        own = [told_of[name] for told_of in each.values() if name in told_of]
        told |= {"tasks": len(own), "mean": {e: float(np.mean([one[e]["rate"] for one in own])) for e in EVENTS}}
        perfect = played.get(BEST) or dict.fromkeys(played[name], True)
        scenes = sorted({*played[name]} & {*played.get(FLOOR, ())} & {*perfect})
        if scenes and name not in (FLOOR, BEST):
            mine, best, floor = (
                np.array([of[s] for s in scenes], float) for of in (played[name], perfect, played[FLOOR])
            )
            told["closed" if BEST in played else "closed_at_least"] = closed(mine, best, floor[None])
    return found


def table(task: str, found: dict[str, dict[str, Any]]) -> list[str]:
    """A Markdown row for each variant of a task."""
    rows = []
    for name, told in found.items():
        cells = [task, name, str(told["success"]["n"]), *(rate(told[event]) for event in EVENTS), *_ends(told)]
        rows.append(f"| {' | '.join(cells)} |")
    return rows


def summary(found: dict[str, dict[str, Any]]) -> list[str]:
    """A Markdown row for each variant, over all tasks."""
    rows = []
    for name, told in found.items():
        pair, gap = (told["paired"] or {}).get("safe_success"), told.get("closed") or told.get("closed_at_least")
        least = "≥ " if "closed_at_least" in told else ""
        points = f"{100 * (pair['only_other'] - pair['only_first']) / pair['n']:+.1f}" if pair and pair["n"] else "–"
        means = [f"{100 * told['mean'][event]:.1f} %" for event in EVENTS]
        ends = [_percent(gap[key]) for key in ("share", "low", "high")] if gap else []
        cells = [name, str(told["tasks"]), str(told["success"]["n"]), *means, points, *_ends(told)]
        rows.append(f"| {' | '.join([*cells, least + '{} % [{}, {}]'.format(*ends) if ends else '–'])} |")
    return rows


def _ends(told: dict[str, Any]) -> list[str]:
    pair, dreams = ((told["paired"] or {}).get(event) for event in ("safe_success", "only_imagined"))
    dreamt, ms = rate(told["only_imagined"]) if told["only_imagined"]["n"] else "–", told["plan_ms"]
    return [
        _against(pair) if pair and pair["n"] else "–",
        f"{dreamt}; {_against(dreams)}" if dreams and dreams["n"] else dreamt,
        "–" if ms is None else f"{ms:.0f} ms",
    ]


def _against(pair: dict[str, Any]) -> str:
    return f"{pair['only_other']}, {pair['only_first']} ({pair['p']:.3f})"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f}"


def _head(*columns: str) -> list[str]:
    return [f"| {' | '.join(columns)} |", "|" + "---|" * len(columns)]


def main() -> None:
    """Read the run folders, write the JSON and the Markdown, and print the tables."""
    folder = sys.argv[1] if len(sys.argv) > 1 else "runs/actor"
    name = sys.argv[2] if len(sys.argv) > 2 else "actor"
    lines, sources = kept(Path(folder))
    tasks, whole = {task: measured(own) for task, own in lines.items()}, over_all(lines)
    told = ",\n".join(f"  {json.dumps(name)}: {json.dumps(each)}" for name, each in {"all": whole, **tasks}.items())
    done = command(sources, whole, name)
    top = json.dumps({"command": done, **sources})[:-1]
    (HERE / f"{name}.json").write_text(f'{top}, "tasks": {{\n{told}\n}}}}\n')
    words = [event.replace("_", " ") for event in EVENTS]
    text = "\n".join(
        [
            f"Made by `{done}`.{ABOUT}",
            "",
            *_head("variant", "tasks", "n", *(f"mean {word}" for word in words), "points above `full`", *ENDS, GAP),
            *summary(whole),
            "",
            *_head("task", "variant", "n", *words, *ENDS),
            *(row for task, found in tasks.items() for row in table(task, found)),
        ]
    )
    (HERE / f"{name}.md").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
