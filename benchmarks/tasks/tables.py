"""Keep what `run.sh` found about every task: a small JSON, and tables in Markdown.

python benchmarks/tasks/tables.py [runs/tasks]
"""

import json
import re
import sys
from pathlib import Path

import yaml

HERE = Path(__file__).parent
METHODS = ("planner", "blind", "scripted", "random", "idle")
FLOORS = ("blind", "random", "idle")
KEPT = ("success", "violation", "safe_success", "limits", "imagined_success", "plan_ms")


def rate(value: dict | None) -> str:
    """Percent with Wilson's 95 % interval."""
    return f"{100 * value['rate']:.0f} [{100 * value['low']:.0f}, {100 * value['high']:.0f}]" if value else "–"


def kept(path: Path) -> dict:
    """The part of a run's summary that is worth keeping."""
    summary = json.loads(path.read_text())
    methods = {
        name: {key: method.get(key) for key in KEPT}
        | {"layouts": {layout: part["safe_success"] for layout, part in method["layouts"].items()}}
        for name, method in summary["methods"].items()
    }
    instruction = yaml.safe_load((path.parent / "config.yaml").read_text()).get("instruction")
    sources = {key: summary.get(key) for key in ("scenes", "checkpoint", "data", "commit", "versions")}
    return {"instruction": instruction, "methods": methods, "planner_against": summary["planner_against"], **sources}


def tables(tasks: dict[str, dict]) -> list[str]:
    """Safe success of every method and task, and what the restraint costs and saves."""
    lines = ["Safe success, % [95 %]:", "", f"| task | n | {' | '.join(METHODS)} | above every floor | plan p50, ms |"]
    lines += ["|" + "---|" * (len(METHODS) + 4)]
    for name, task in tasks.items():
        found = {m: task["methods"].get(m, {}).get("safe_success") for m in METHODS}
        planner = task["methods"]["planner"]
        above = all(found[m] is None or found["planner"]["low"] > found[m]["high"] for m in FLOORS)
        cells = [rate(found[m]) for m in METHODS]
        ms = planner["plan_ms"]["p50"]
        lines.append(
            f"| {name} | {found['planner']['n']} | {' | '.join(cells)} | {'yes' if above else 'no'} | {ms:.0f} |"
        )
    rates = [task["methods"]["planner"]["safe_success"]["rate"] for task in tasks.values()]
    lines += [
        "",
        f"Mean of the planner over {len(rates)} tasks: {100 * sum(rates) / len(rates):.0f} %; "
        f"least {100 * min(rates):.0f} %.",
    ]
    lines += ["", "The same scenes planned with the restraint and without it (`blind`), % [95 %]:", ""]
    lines += ["| task | violated with | violated without | success with | success without |", "|---|---|---|---|---|"]
    for name, task in tasks.items():
        if "blind" in task["methods"]:
            pair = [task["methods"][m][what] for what in ("violation", "success") for m in ("planner", "blind")]
            lines.append(f"| {name} | {' | '.join(rate(each) for each in pair)} |")
    return lines


def short(tasks: dict[str, dict]) -> list[str]:
    """The table of the README."""
    lines = ["| task | what is said | safe success | blind to the restraint | restraint violated | blind |"]
    lines += ["|" + "---|" * 6]
    for name, task in tasks.items():
        cells = [rate(task["methods"][m][what]) for what in ("safe_success", "violation") for m in ("planner", "blind")]
        lines.append(f"| {name} | {task['instruction'] or 'a goal picture'} | {' | '.join(cells)} |")
    return lines


def main() -> None:
    """Read the run folders, write tasks.json, tasks.md and the table of the README, and print the tables."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "runs/tasks")
    found = {p.parent.name: kept(p) for p in sorted(folder.glob("*/summary.json"))}
    command = "benchmarks/tasks/run.sh; python benchmarks/tasks/tables.py"
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(task)}" for name, task in found.items())  # a line each
    (HERE / "tasks.json").write_text(f'{{"command": {json.dumps(command)}, "tasks": {{\n{lines}\n}}}}\n')
    text = "\n".join([f"Made by `{command}`.", "", *tables(found)])
    (HERE / "tasks.md").write_text(text + "\n")
    readme = HERE.parent.parent / "README.md"
    before, _, after = re.split(r"(?<=<!-- tasks -->\n)(.*)(?=<!-- tasks end -->)", readme.read_text(), flags=re.DOTALL)
    readme.write_text(before + "\n".join([*short(found), after]))
    print(text)


if __name__ == "__main__":
    main()
