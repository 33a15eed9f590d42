"""docs/costs.md says what is so: its tutorial runs as written, its table is that of the sources.

`python tests/docs/test_costs.py` writes the table anew.
"""

import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from foresee import costs
from foresee.planner import build

DOC = Path(__file__).resolve().parents[2] / "docs" / "costs.md"
TEXT = DOC.read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
BEGIN, END = "<!-- costs -->\n", "<!-- costs end -->"
COMBINED = {
    "AllOf": ("that of its costs, if alike", "what its costs read"),
    "AnyOf": ("that of its costs, if alike", "what its costs read"),
    "Stages": ("stages", "what its costs read"),
    "Tolerance": ("that of its cost", "what its cost reads"),
}
"""Cost made of costs -> its unit and what it reads."""
OTHERS = {
    "Expression": {"expression": "cup.position.z", "unit": "m"},
    "Region": {"of": "<of>", "low": (0.0, 0.0, 0.0)},
}
"""Cost -> options with which it can be built, where those that it needs are not enough."""


def files():
    """Name -> text of every block before which the name of its file stands."""
    return dict(re.findall(r"`(\w+\.\w+)`:\n\n```\w+\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE))


def kinds():
    found = {name: getattr(costs, name) for name in costs.__all__}
    return {k: v for k, v in found.items() if inspect.isclass(v) and hasattr(v, "needs") and hasattr(v, "unit")}


def row(name, kind):
    options = inspect.signature(kind).parameters.values()
    needed = {o.name: f"<{o.name}>" if o.annotation is not float else 0.1 for o in options if o.default is o.empty}
    made = None if name in COMBINED else kind(**OTHERS.get(name, needed))
    unit, reads = COMBINED.get(name, (made and made.unit, made and ", ".join(f"`{each}`" for each in made.needs)))
    if name == "Expression":
        unit, reads = "what `unit` says", "what the formula names"
    said = " ".join(inspect.getdoc(kind).split("\n\n")[0].split()).replace("|", "\\|")
    target = f"{kind.__module__.removeprefix('foresee.')}.{name}"
    return f"| `{target}` | {said} | {unit} | {reads or 'the actions only'} | {', '.join(o.name for o in options)} |"


def table():
    head = "| cost | what it measures | unit | reads | options |\n|---|---|---|---|---|\n"
    return head + "".join(f"{row(name, kind)}\n" for name, kind in sorted(kinds().items()))


def test_the_table_is_that_of_the_sources():
    assert TEXT.split(BEGIN)[1].split(END)[0] == table(), f"write it anew: python {Path(__file__).name}"


def test_every_cost_is_in_the_table():
    assert len(kinds()) > 30 and {"Tilt", "Stages", "Expression", "AnyOf"} <= set(kinds())


def test_the_tutorial_has_15_lines_and_runs_as_written(tmp_path):
    for name, text in files().items():
        (tmp_path / name).write_text(text)
    assert set(files()) == {"spill.py", "full.yaml"}
    commands = [text for language, text in BLOCKS if language == "bash"]
    lines = [line for text in (*files().values(), commands[0]) for line in text.splitlines() if line.strip()]
    assert len(lines) <= 15
    here = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    said = [
        subprocess.run(["bash", "-ec", text], cwd=tmp_path, env=here, capture_output=True, text=True)
        for text in commands
    ]
    assert [done.returncode for done in said] == [0] * len(commands), "".join(done.stderr for done in said)
    assert "at most 0 degrees" in said[0].stdout and "Everything is there." in said[0].stdout
    assert (tmp_path / "runs/full/report.html").is_file()


@pytest.mark.parametrize("text", [t for lang, t in BLOCKS if lang == "yaml" and t.startswith(("minimize", "subject"))])
def test_every_other_example_can_be_built(text, tmp_path):
    (tmp_path / "example.yaml").write_text(f"base: rail\n{text}")
    assert build.objective(build.load(str(tmp_path / "example.yaml"))).terms


if __name__ == "__main__":
    before, after = TEXT.split(BEGIN)[0], TEXT.split(END)[1]
    DOC.write_text(f"{before}{BEGIN}{table()}{END}{after}")
