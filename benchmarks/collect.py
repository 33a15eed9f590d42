"""Measure how many steps a second `foresee collect` records, and keep it in collect.json.

python benchmarks/collect.py
"""

import json
import tempfile
from pathlib import Path

from foresee import configs
from foresee.planner.collect import KEYS, collect
from foresee.planner.folder import visit

EPISODES = 100


def main() -> None:
    """Record the shipped recipe with one and with two cameras."""
    found = {}
    for cameras in ("[front]", "[front,side]"):
        with tempfile.TemporaryDirectory() as folder:
            options = [f"scenes.count={EPISODES}", "shard=25", f"env.cameras={cameras}"]
            summary = collect(configs.load("data/tabletop", options, known=KEYS), folder)
            found[cameras] = {"steps_per_second": round(summary.steps_per_second or 0.0, 1), "frames": summary.frames}
    told = {"command": "python benchmarks/collect.py", **visit(), "pixels": 64, "cameras": found}
    path = Path(__file__).parent / "collect.json"
    path.write_text(json.dumps(told, indent=1) + "\n")
    print(path.read_text())


if __name__ == "__main__":
    main()
