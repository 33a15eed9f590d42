"""Keep the summary of a run folder in benchmarks/ and print it as a table.

python benchmarks/results.py runs/red_cup --command "foresee run red_cup"
"""

import argparse
import json
import re
from pathlib import Path

HERE = Path(__file__).parent
COLUMNS = {"success": "success", "violation": "violation", "safe_success": "safe success"}
MARK = "<!-- results -->"


def rate(value: dict) -> str:
    """Percent, Wilson's 95 % interval."""
    return f"{100 * value['rate']:.0f} % [{100 * value['low']:.0f}, {100 * value['high']:.0f}]"


def rows(summary: dict) -> list[str]:
    """One Markdown row per method and layout."""
    lines = [f"| method | layout | n | {' | '.join(COLUMNS.values())} | imagined success | plan p50, p95 |"]
    lines += ["|" + "---|" * (len(COLUMNS) + 5)]
    for name, method in summary["methods"].items():
        for layout, part in (("all", method), *method["layouts"].items()):
            imagined = rate(part["imagined_success"]) if part.get("imagined_success") else "–"
            ms = part.get("plan_ms") or {}
            time = f"{ms['p50']:.0f}, {ms['p95']:.0f} ms" if ms.get("p50") is not None and layout == "all" else ""
            cells = [rate(part[key]) for key in COLUMNS]
            lines.append(f"| {name} | {layout} | {part['success']['n']} | {' | '.join(cells)} | {imagined} | {time} |")
    return lines


def main() -> None:
    """Copy the summary and print the table; with --readme, put it into README.md between the marks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--command", required=True, help="what made the run folder")
    parser.add_argument("--readme", action="store_true")
    options = parser.parse_args()
    summary = json.loads((options.folder / "summary.json").read_text())
    name = options.folder.name
    (HERE / f"{name}.json").write_text(json.dumps({"command": options.command, **summary}, indent=1) + "\n")
    scenes = summary["scenes"]
    text = "\n".join(
        [f"`{options.command}`, {scenes['count']} scenes (hash `{scenes['hash'][:12]}`):", "", *rows(summary)]
    )
    print(text)
    if options.readme:
        readme = HERE.parent / "README.md"
        pattern = re.compile(f"{MARK}.*?{MARK}|{MARK}", re.S)
        readme.write_text(pattern.sub(lambda _: f"{MARK}\n{text}\n{MARK}", readme.read_text(), count=1))


if __name__ == "__main__":
    main()
