"""Keep what `run.sh` found for every share of labels, with video and without: a small JSON, a table and a figure.

python benchmarks/labels/tables.py [runs/labels]
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
COMMAND = "benchmarks/labels/run.sh; python benchmarks/labels/tables.py"
ARMS = ("with", "without")
"""Folders of the trainings with video and without."""
ASKED = (("with", "0.05"), ("without", "0.2"))
"""What is compared: few labels with video, and four times as many without."""
OUTCOMES = ("safe_success", "success", "violation")


def played(folder: Path) -> dict[tuple[str, str], dict[str, np.ndarray]]:
    """(arm, share of labels) -> outcome -> what happened, 0 or 1. Shape (seeds, scenes)."""
    found: dict[tuple[str, str], dict[str, np.ndarray]] = {}
    scenes = set()
    for arm in ARMS:
        for share in sorted((folder / arm).glob("*"), key=lambda path: float(path.name)):
            runs = [
                [json.loads(line) for line in (run / "episodes.jsonl").read_text().splitlines()]
                for run in sorted(share.glob("*/run"))
                if (run / "summary.json").exists()
            ]
            for lines in runs:
                lines.sort(key=lambda line: line["scene"])
                scenes.add(tuple(line["seed"] for line in lines))
            if runs:
                happened = [[{**e, "safe_success": e["success"] and not e["violation"]} for e in r] for r in runs]
                found[arm, share.name] = {o: np.array([[e[o] for e in r] for r in happened], float) for o in OUTCOMES}
    if not found:
        sys.exit(f"{folder} holds no finished run; run benchmarks/labels/run.sh first.")
    if len(scenes) > 1:
        sys.exit(f"the runs in {folder} were not played in the same scenes; delete those of another COUNT.")
    return found


def both_ways(happened: np.ndarray, resamples: int = 2000) -> dict[str, Any]:
    """Mean of (seeds, scenes), and its 95 % interval from drawing seeds and scenes anew, both at once (Owen, 2007)."""
    rng, (seeds, scenes) = np.random.default_rng(0), happened.shape
    means = [
        happened[rng.integers(seeds, size=seeds)][:, rng.integers(scenes, size=scenes)].mean() for _ in range(resamples)
    ]
    low, high = np.percentile(means, (2.5, 97.5))
    return {"mean": float(happened.mean()), "low": float(low), "high": float(high), "seeds": seeds, "scenes": scenes}


def curve(found: dict[tuple[str, str], dict[str, np.ndarray]]) -> dict[str, dict[str, Any]]:
    """Arm -> share of labels -> outcome -> its mean and interval."""
    told: dict[str, dict[str, Any]] = {arm: {} for arm in ARMS}
    for (arm, share), outcomes in found.items():
        told[arm][share] = {name: both_ways(values) for name, values in outcomes.items()}
        told[arm][share]["of_each_seed"] = outcomes["safe_success"].mean(1).tolist()
    return told


def asked(found: dict[tuple[str, str], dict[str, np.ndarray]]) -> dict[str, Any] | None:
    """Safe success with video at 5 % minus that without at 20 %; seeds are paired with seeds, scenes with scenes."""
    one, other = (found.get(which, {}).get("safe_success") for which in ASKED)
    if one is None or other is None:
        return None
    seeds = min(len(one), len(other))
    return both_ways(one[:seeds] - other[:seeds])


def said(value: dict[str, Any]) -> str:
    """Percent and interval."""
    return f"{100 * value['mean']:.0f} % [{100 * value['low']:.0f}, {100 * value['high']:.0f}]"


def table(told: dict[str, dict[str, Any]], difference: dict[str, Any] | None) -> list[str]:
    """One Markdown row per share of labels, and the row that was asked for."""
    lines = ["| labels | with video: safe success | violation | without: safe success | violation | seeds, scenes |"]
    lines += ["|---|---|---|---|---|---|"]
    for share in sorted({*told["with"], *told["without"]}, key=float):
        cells, sizes = [], {}
        for each in (told[arm].get(share) for arm in ARMS):
            cells += [said(each["safe_success"]), said(each["violation"])] if each else ["–", "–"]
            sizes = each["safe_success"] if each else sizes
        lines.append(f"| {100 * float(share):g} % | {' | '.join(cells)} | {sizes['seeds']}, {sizes['scenes']} |")
    if difference:
        row = "{mean:+.0f} points [{low:+.0f}, {high:+.0f}]".format(
            **{key: 100 * difference[key] for key in ("mean", "low", "high")}
        )
        lines += ["", f"With video at 5 % against without at 20 %: {row} of safe success."]
    return lines


def figure(told: dict[str, dict[str, Any]], path: Path) -> None:
    """Draw both curves over the share of labels, on a logarithmic scale."""
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(6, 4), layout="constrained")
    axes = drawn.subplots()
    for arm, shares in told.items():
        x, safe = [100 * float(share) for share in shares], [each["safe_success"] for each in shares.values()]
        mean, low, high = (np.array([100 * each[key] for each in safe]) for key in ("mean", "low", "high"))
        axes.errorbar(x, mean, (mean - low, high - mean), marker="o", capsize=3, label=f"{arm} video")
    axes.set(xscale="log", xlabel="labelled episodes, %", ylabel="safe success, %", ylim=(0, 100))
    axes.legend()
    drawn.savefig(path)


def main() -> None:
    """Read the run folders, write labels.json, labels.md and labels.svg, and print the table."""
    found = played(Path(sys.argv[1] if len(sys.argv) > 1 else "runs/labels"))
    told, difference = curve(found), asked(found)
    about = "Simulated. [95 %]: seeds and scenes drawn anew, both at once; with three seeds it is rough."
    text = "\n".join([f"Made by `{COMMAND}`. {about}", "", *table(told, difference)])
    kept = {"command": COMMAND, "curve": told, "with_5_minus_without_20": difference}
    (HERE / "labels.json").write_text(json.dumps(kept, indent=1) + "\n")
    (HERE / "labels.md").write_text(text + "\n")
    figure(told, HERE / "labels.svg")
    print(text)


if __name__ == "__main__":
    main()
