"""Compare the planner of two run folders on the scenes both have played, and keep the result in benchmarks/planner/.

python benchmarks/compare.py runs/red_cup_full runs/red_cup_quick --name quick
"""

import argparse
import json
from pathlib import Path
from statistics import median
from typing import Any

from foresee.planner.stats import proportion
from foresee.planner.summary import EVENTS, compare

HERE = Path(__file__).parent


def lines(folder: Path, scenes: set[tuple[int, str]] | None = None) -> list[dict[str, Any]]:
    """The planner's episodes, of the given scenes only."""
    found = [json.loads(line) for line in (folder / "episodes.jsonl").read_text().splitlines()]
    found = [line for line in found if line["method"] == "planner"]
    return [line for line in found if scenes is None or place(line) in scenes]


def place(line: dict[str, Any]) -> tuple[int, str]:
    """What names a scene in any run."""
    return line["seed"], line["layout"]


def pair(told: dict[str, Any] | None) -> str:
    """In how many scenes the other alone succeeds safely, and the first alone; McNemar's exact test."""
    told = (told or {}).get("safe_success")
    return f"{told['only_other']}, {told['only_first']} ({told['p']:.2g})" if told else "–"


def main() -> None:
    """Print and write the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    parser.add_argument("--name", required=True, help="of the file in benchmarks/planner/")
    options = parser.parse_args()
    both = {place(line) for line in lines(options.first)} & {place(line) for line in lines(options.second)}
    record: dict[str, Any] = {
        "command": f"python benchmarks/compare.py {options.first} {options.second} --name {options.name}"
    }
    played = []
    for folder in (options.first, options.second):
        own = lines(folder, both)
        run = json.loads((folder / "run.json").read_text())
        times = [ms for line in own for ms in line["time"]["plan_ms"]]
        played += [{**line, "method": folder.name, "scene": f"{place(line)}"} for line in own]
        counts = {"success": [line["success"] for line in own], "violation": [line["violation"] for line in own]}
        counts["safe_success"] = [line["success"] and not line["violation"] for line in own]
        record[folder.name] = {
            **{event: proportion(sum(counts[event]), len(own)) for event in EVENTS},
            "plan_ms": median(times),
            "scenes": len(own),
            **{key: run[key] for key in ("commit", "machine")},
        }
    record["paired"] = compare(played, options.first.name)[options.second.name]
    record["time_ratio"] = record[options.second.name]["plan_ms"] / record[options.first.name]["plan_ms"]
    text = json.dumps(record, indent=1)
    (HERE / "planner" / f"{options.name}.json").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
