"""How many sentences of the held-out corpus are understood: right, wrong, refused wrongly, and nonsense refused.

    python benchmarks/instructions/evaluate.py

Reads `corpus.jsonl` beside it, one sentence a line, and writes `instructions.json`. A sentence is right if its JSON is
that of the corpus, whatever the order of restraints and of keys. Intervals are Wilson's, 95 %.
"""

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from foresee.costs.instruction import RefusalError, parse
from foresee.planner.stats import proportion

HERE = Path(__file__).resolve().parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, default=HERE / "corpus.jsonl")
    parser.add_argument("--out", type=Path, default=HERE / "instructions.json")
    options = parser.parse_args()
    found = evaluate(options.corpus.read_text().splitlines())
    options.out.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    for failure in found["failures"]:
        print(f"{failure['what']}: {failure['said']}\n    {failure['got']}\n    {failure['meant'] or 'to be refused'}")
    for name in ("right", "wrong", "refused_wrongly", "nonsense_refused"):
        share = found[name]
        rate = "-" if share["rate"] is None else f"{100 * share['rate']:.1f} %"
        print(f"{name.replace('_', ' '):<18} {share['k']:>4} of {share['n']:>4}  {rate:>8}", end="")
        print(f"  ({100 * share['low']:.1f}-{100 * share['high']:.1f})")


def evaluate(lines: list[str]) -> dict[str, Any]:
    """Parse every sentence; count, and list what failed."""
    counts = {"right": 0, "wrong": 0, "refused_wrongly": 0, "nonsense_refused": 0, "nonsense_accepted": 0}
    failures = []
    for said, scene, meant in cases(lines):
        try:
            got = parse(said, scene).json()
        except RefusalError as refusal:
            what, told = ("refused_wrongly" if meant else "nonsense_refused"), str(refusal)
        else:
            told = json.dumps(got)
            what = "nonsense_accepted" if not meant else "right" if ordered(got) == ordered(meant) else "wrong"
        counts[what] += 1
        if what not in ("right", "nonsense_refused"):
            failures.append({"what": what, "said": said, "scene": list(scene), "got": told, "meant": meant})
    valid = counts["right"] + counts["wrong"] + counts["refused_wrongly"]
    nonsense = counts["nonsense_refused"] + counts["nonsense_accepted"]
    shares = {name: proportion(counts[name], valid) for name in ("right", "wrong", "refused_wrongly")}
    return {**shares, "nonsense_refused": proportion(counts["nonsense_refused"], nonsense), "failures": failures}


def cases(lines: list[str]) -> Iterator[tuple[str, tuple[str, ...], dict[str, Any] | None]]:
    """Yield sentence, scene, and what is meant; None where it has to be refused."""
    for line in lines:
        entry = json.loads(line)
        yield entry["text"], tuple(entry["scene"]), None if "refuse" in entry else entry["expect"]


def ordered(instruction: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Goals in their order, restraints sorted; numbers to a millionth."""
    told = [[canonical(part) for part in instruction.get(key) or []] for key in ("goals", "restraints")]
    return told[0], sorted(told[1])


def canonical(part: Mapping[str, Any]) -> str:
    """One text for one meaning."""
    plain = {
        key: sorted(value) if isinstance(value, list) else round(float(value), 6) if is_number(value) else value
        for key, value in part.items()
        if value is not None
    }
    return json.dumps(plain, sort_keys=True)


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


if __name__ == "__main__":
    main()
