"""Keep what `run.sh` found for every share of labels, with video and without: a small JSON, a table and a figure.

What labels.json holds of other seeds or shares, played in the same scenes, stays.

python benchmarks/labels/tables.py [runs/labels]
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
ARMS = ("with", "without")
"""Folders of the trainings with video and without."""
ASKED = (("with", "0.05"), ("without", "0.2"))
"""What is compared: few labels with video, and four times as many without."""
OUTCOMES = ("safe_success", "success", "violation")
VARIED = ("seed", "labels", "unlabelled")
"""Choices that differ from training to training."""


def played(folder: Path, kept: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What became of every scene, in finished runs and in those kept from others, made with the same recordings.

    Returns:
        "scenes" and "data" as a run tells them, "training", the choices of all trainings, and "runs": "arm/share/seed"
        of a training -> its commit, and outcome -> a digit for each scene.
    """
    told: dict[str, Any] = {"scenes": None, "data": None, "training": None, "runs": {}, **(kept or {})}
    for path in sorted(folder.glob("*/*/*/run/summary.json")):
        run, summary = path.parent, json.loads(path.read_text())
        choices = json.loads((run.parent / "choices.json").read_text())
        training = {key: value for key, value in choices.items() if key not in VARIED}
        lines = sorted(map(json.loads, (run / "episodes.jsonl").read_text().splitlines()), key=lambda e: e["scene"])
        for key, mine in (("scenes", summary["scenes"]), ("data", summary["data"]), ("training", training)):
            told[key] = told[key] or mine
            if told[key] != mine:
                sys.exit(f"{run} is of other {key} than the rest; delete it, or {HERE / 'labels.json'} to begin anew.")
        digits = {name: "".join(str(int(line[name])) for line in lines) for name in ("success", "violation")}
        told["runs"]["/".join(run.parts[-4:-1])] = {"commit": summary["commit"], **digits}
    if not told["runs"]:
        sys.exit(f"{folder} holds no finished run; run benchmarks/labels/run.sh first.")
    return told


def command(told: Mapping[str, Any]) -> str:
    """What made all of it."""
    parts = [name.split("/") for name in told["runs"]]
    seeds, shares = sorted({seed for *_, seed in parts}, key=int), sorted({share for _, share, _ in parts}, key=float)
    given = f'SEEDS="{" ".join(seeds)}" COUNT={told["scenes"]["count"]}'
    return f"{given} benchmarks/labels/run.sh {' '.join(shares)}; python benchmarks/labels/tables.py"


def happened(told: Mapping[str, Any]) -> dict[tuple[str, str], dict[str, np.ndarray]]:
    """(arm, share of labels) -> outcome -> what happened, 0 or 1. Shape (seeds, scenes)."""
    rows: dict[tuple[str, str], dict[str, list]] = {}
    for name, run in sorted(told["runs"].items()):
        arm, share, _ = name.split("/")
        success, violation = (np.array(list(map(int, run[key])), float) for key in ("success", "violation"))
        of = rows.setdefault((arm, share), {name: [] for name in OUTCOMES})
        for name, value in zip(OUTCOMES, (success * (1 - violation), success, violation), strict=True):
            of[name].append(value)
    return {key: {name: np.stack(values) for name, values in of.items()} for key, of in rows.items()}


def both_ways(values: np.ndarray, resamples: int = 2000) -> dict[str, Any]:
    """Mean of (seeds, scenes), and its 95 % interval from drawing seeds and scenes anew, both at once (Owen, 2007)."""
    rng, (seeds, scenes) = np.random.default_rng(0), values.shape
    means = [
        values[rng.integers(seeds, size=seeds)][:, rng.integers(scenes, size=scenes)].mean() for _ in range(resamples)
    ]
    low, high = np.percentile(means, (2.5, 97.5))
    return {"mean": float(values.mean()), "low": float(low), "high": float(high), "seeds": seeds, "scenes": scenes}


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
    drawn.savefig(path, metadata={"Date": None})


def main() -> None:
    """Read the run folders, write labels.json, labels.md and labels.svg, and print the table."""
    path = HERE / "labels.json"
    kept = json.loads(path.read_text())["played"] if path.exists() else None
    told = played(Path(sys.argv[1] if len(sys.argv) > 1 else "runs/labels"), kept)
    found = happened(told)
    curves, difference = curve(found), asked(found)
    about = "Simulated. [95 %]: seeds and scenes drawn anew, both at once; with few seeds it is rough."
    text = "\n".join([f"Made by `{command(told)}`. {about}", "", *table(curves, difference)])
    result = {"command": command(told), "curve": curves, "with_5_minus_without_20": difference}
    path.write_text(json.dumps(result, indent=1)[:-2] + f',\n "played": {json.dumps(told)}\n}}\n')
    (HERE / "labels.md").write_text(text + "\n")
    figure(curves, HERE / "labels.svg")
    print(text)


if __name__ == "__main__":
    main()
