"""docs/instructions.md says what is so: its tables are what the grammar makes of its examples, its Python runs.

`python tests/docs/test_instructions.py` writes the tables anew.
"""

import json
import re
from pathlib import Path
from typing import get_args

import pytest

from foresee.costs.instruction import RefusalError, as_yaml, compile_, instruction, parse
from foresee.costs.instruction.words import vocabulary

DOC = Path(__file__).resolve().parents[2] / "docs" / "instructions.md"
TEXT = DOC.read_text()
SCENE = ("red_cup", "blue_cup", "blue_bowl", "green_plate")
GOALS = [
    "lift the red cup by 20 cm",
    "put the red cup in the bowl",
    "stack the red cup on the plate",
    "move the red cup 12 cm left of the bowl",
    "push the bowl 5 cm forward",
    "slide the bowl towards the plate",
    "push the bowl to the middle of the table",
    "move the red cup up by ten centimetres",
    "hold the red cup for 3 seconds",
    "tilt the red cup by 30 degrees",
    "clear the left side of the table",
    "move the hand above the bowl",
    "touch the bowl",
]
RESTRAINTS = [
    "without knocking over the blue bowl",
    "without touching or moving the plate",
    "don't disturb anything else",
    "without spilling it",
    "keeping it level within 10 degrees",
    "staying 4 cm away from the bowl and 2 cm from the plate",
    "slowly",
    "be careful",
    "slower than 10 cm per second",
    "within 12 seconds",
]
REFERENCES = [
    "pick up the bowl",
    "pick up the red one",
    "pick up the red cup and put it on the plate",
    "pick up both cups",
    "pick up the red cup without touching the other one",
    "pick up the red cup without touching the other cup or the bowl",
    "pick up the red cup without touching anything else",
]
REFUSED = [
    "juggle the red cup",
    "pick up the green cup",
    "pick up the cup",
    "push the bowl",
    "lift the red cup by 20",
    "lift the red cup by 5 inches",
    "lift the red cup by 900 metres",
    "pick up the red cup without touching it",
    "push the bowl left, keeping both of them upright",
    "don't touch the bowl",
]
FIRST = "pick up the red cup"


def meaning(said):
    told = parse(said, SCENE).json()
    return told["goals"], told["restraints"]


def plain(parts):
    return ", then ".join(f"`{json.dumps(part)[1:-1].replace(chr(34), '')}`" for part in parts)


def goals():
    return "| say | it means |\n|---|---|\n" + "".join(f"| {said} | {plain(meaning(said)[0])} |\n" for said in GOALS)


def restraints():
    rows = ((said, meaning(f"{FIRST}, {said}")[1]) for said in RESTRAINTS)
    return "| say | it means |\n|---|---|\n" + "".join(
        f"| {said} | {plain(each).replace(', then ', ' and ')} |\n" for said, each in rows
    )


def references():
    def objects(said):
        told_goals, told_restraints = meaning(said)
        named = [name for goal in told_goals for name in (goal["object"], goal.get("of")) if name]
        return ", ".join(dict.fromkeys([*named, *(name for each in told_restraints for name in each["objects"])]))

    rows = "".join(f"| {said} | {objects(said).replace('_', ' ')} |\n" for said in REFERENCES)
    return f"| say | it is about |\n|---|---|\n{rows}"


def numbers():
    told = vocabulary()
    rows = ""
    for kind, sensible in told["sensible"].items():
        units = [name for name, unit in told["units"].items() if unit["kind"] == kind]
        known = ", ".join(units) if units else "a length per time, as cm/s"
        rows += f"| {'speed' if kind == 'velocity' else kind} | {known} | {sensible['said']} |\n"
    return f"| number | units | at most |\n|---|---|---|\n{rows}"


def refused():
    rows = ""
    for said in REFUSED:
        with pytest.raises(RefusalError) as refusal:
            parse(said, SCENE)
        rows += f"| {said} | {refusal.value} |\n"
    return f"| said | answered |\n|---|---|\n{rows}"


def costs():
    said = f"{FIRST} without knocking over the bowl"
    whole = compile_(parse(said, SCENE), SCENE)
    shown = {"subject_to": whole["subject_to"], "judge": {"limits": whole["judge"]["limits"]}}
    text = "\n".join(re.sub(r" {2,}#", "  #", line) for line in as_yaml(shown, said).splitlines())
    return f"```yaml\n{text}\n```\n"


BLOCKS = {each.__name__: each for each in (goals, restraints, references, numbers, refused, costs)}


def split(name):
    return TEXT.split(f"<!-- {name} -->\n")[1].split(f"<!-- {name} end -->")[0]


@pytest.mark.parametrize("name", BLOCKS)
def test_what_is_written_is_what_the_grammar_says(name):
    assert split(name) == BLOCKS[name](), f"write it anew: python {Path(__file__).name}"


def test_every_verb_and_every_kind_of_restraint_is_there():
    assert {goal["verb"] for said in GOALS for goal in meaning(said)[0]} == set(get_args(instruction.Verb))
    found = {each["kind"] for said in RESTRAINTS for each in meaning(f"{FIRST}, {said}")[1]}
    assert found == set(get_args(instruction.Kind))


def test_the_translator_of_ones_own_has_10_lines_and_runs(capsys):
    [code] = re.findall(r"^```python\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
    assert len([line for line in code.splitlines() if line.strip()]) <= 10
    exec(compile(code, DOC.name, "exec"), {})  # the page's own example
    assert "lifted" in capsys.readouterr().out


def test_no_number_of_the_evaluation_is_typed_by_hand():
    assert "%" not in TEXT and "../benchmarks/instructions/README.md" in TEXT


if __name__ == "__main__":
    text = TEXT
    for name, block in BLOCKS.items():
        before, rest = text.split(f"<!-- {name} -->\n")
        text = f"{before}<!-- {name} -->\n{block()}<!-- {name} end -->{rest.split(f'<!-- {name} end -->')[1]}"
    DOC.write_text(text)
