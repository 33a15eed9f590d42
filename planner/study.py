"""A study: one experiment in many variants, on the same scenes, each in a run folder of its own."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from itertools import product
from pathlib import Path
from typing import Any

import yaml
from omegaconf import OmegaConf

from .. import configs
from ..configs.load import find, read
from . import build, experiment, folder, report
from .summary import EVENTS, compare

KEYS = ("experiment", "overrides", "variants", "grid")
"""Keys of a study."""
HEAD = ("variant", "method", "n", *(each.replace("_", " ") for each in EVENTS), "better, worse of (p)", "plan p50, ms")


def variants(study: str, overrides: Sequence[str] = (), vary: Sequence[str] = ()) -> tuple[str, dict[str, list[str]]]:
    """Read what a study varies.

    Args:
        study: a YAML file, or the name of a shipped one, with `experiment`, `overrides` of all of its runs, `variants`
            (name -> {key: value}) and `grid` (key -> list of values), each of whose combinations every variant has; or
            an experiment.
        overrides: of all runs, above those of the study and below what varies.
        vary: `KEY=[VALUE, ...]` each, as in `grid`.

    Returns:
        The experiment, and the overrides of each variant by its name.
    """
    file = find(study)
    told: Any = read(file)
    name, common, named, grid = study, [], {"": {}}, {}
    if "experiment" in told:
        told = OmegaConf.to_container(configs.load(study, known=KEYS))
        name = str(find(str(told["experiment"]), file.parent))
        common, named, grid = (
            told.get(key) or usual for key, usual in zip(KEYS[1:], (common, named, grid), strict=True)
        )
    common = _list("overrides", common) if common else []
    named, grid = _mapping("variants", named), _mapping("grid", grid)
    for key, values in map(_varied, vary):
        if key in grid:
            raise configs.ConfigError(f"{key} is varied twice; give all of its values in one list.")
        grid[key] = values
    grid = {key: _list(key, values) for key, values in grid.items()}
    if len(named) == 1 and not grid:
        raise configs.ConfigError("a study varies something: give it variants or a grid, or --vary 'KEY=[VALUE, ...]'.")
    found = {}
    for first, changes in named.items():
        for values in product(*grid.values()):
            chosen = dict(zip(grid, values, strict=True))
            parts = [first, *(f"{key.rpartition('.')[2]}={_text(value)}" for key, value in chosen.items())]
            whole = {**_mapping(f"variants.{first}", changes or {}), **chosen}
            label = re.sub(r"[^\w.=+-]+", "-", "_".join(part for part in parts if part)).strip("-")
            if label in found:
                raise configs.ConfigError(f"two variants would be called '{label}'; name them under variants.")
            found[label] = [*map(str, common), *overrides, *(f"{key}={_text(value)}" for key, value in whole.items())]
    return name, found


def run(
    study: str,
    overrides: Sequence[str],
    vary: Sequence[str],
    out: Path,
    progress: Callable[[str], AbstractContextManager[Any]],
    note: Callable[[str], None] = lambda sentence: None,
) -> dict[str, Any]:
    """Run every variant; all of them are built once before the first one moves, and what is finished is kept.

    Args:
        study, overrides, vary: see `variants`.
        out: one run folder for each variant is written there, and `study.json` and `study.md`.
        progress: given a variant's name, shows how far it is.
        note: see `experiment.run`.

    Returns:
        The content of `study.json`: the first variant, and of each its overrides, its summary's rates and times, and
        every method of it against the same of the first one in the scenes that both played.
    """
    name, found = variants(study, overrides, vary)
    loaded = {}
    for each, own in found.items():
        with _named(each):
            loaded[each] = build.load(name, own)
            with experiment.Stage(loaded[each], out / each) as stage:
                stage.check()
    summaries = {}
    for each, config in loaded.items():
        with _named(each), progress(each) as bars:
            summaries[each] = experiment.run(config, out / each, bars, note)
        report.report(out / each)
    told = _told(out, found, summaries)
    folder.write(out / "study.json", json.dumps(told, indent=1) + "\n")
    folder.write(out / "study.md", markdown(told))
    return told


def rows(told: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Rows below `HEAD`: every variant and method.

    Better, worse: scenes in which it alone, or the first alone, was safe and successful, of those both played; and
    McNemar's p, which is of this comparison alone.
    """
    found = []
    for name, variant in told["variants"].items():
        for method, own in variant["methods"].items():
            pair = (own["paired"] or {}).get("safe_success")
            against = "{only_other}, {only_first} of {n} ({p:.3f})".format(**pair) if pair and pair["n"] else "–"
            rates = [f"{report.percent(own[e])} ({report.interval(own[e]).partition(',')[0]})" for e in EVENTS]
            ends = against, report.number(own["plan_ms"]["p50"])
            found.append((name, method, str(own["success"]["n"]), *rates, *ends))
    return found


def markdown(told: Mapping[str, Any]) -> str:
    """The table of a study, and what it compares."""
    lines = [HEAD, ("---",) * len(HEAD), *rows(told)]
    text = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    better = f"Better, worse: scenes in which a variant alone, or `{told['first']}` alone, was safe and successful"
    return f"{better} (McNemar's p, uncorrected for many comparisons). After a rate: Wilson's 95 %.\n\n{text}\n"


def _told(out: Path, found: Mapping[str, list[str]], summaries: Mapping[str, Any]) -> dict[str, Any]:
    first = next(iter(found))
    lines: list[dict[str, Any]] = []
    for name in found:
        listed = folder.read(out / name / "manifest.json")["scenes"]
        scenes = {each["index"]: (each["hash"], each["seed"]) for each in listed}
        kept = folder.Lines(out / name / "episodes.jsonl").lines
        lines += [{**line, "scene": scenes[line["scene"]], "variant": name} for line in kept]
    told = {}
    for name, summary in summaries.items():
        own = {}
        for method, each in summary["methods"].items():
            alike = [{**line, "method": line["variant"]} for line in lines if line["method"] == method]
            paired = compare(alike, first).get(name)
            own[method] = {key: each[key] for key in (*EVENTS, "imagined_success", "plan_ms")} | {"paired": paired}
        about = {key: summary[key] for key in ("scenes", "checkpoint", "data", "commit", "machine")}
        told[name] = {"overrides": found[name], **about, "methods": own}
    return {"first": first, "variants": told}


@contextmanager
def _named(variant: str) -> Iterator[None]:
    """Say in which variant a request was wrong."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"variant '{variant}': {error}") from error


def _varied(text: str) -> tuple[str, Any]:
    key, equals, values = text.partition("=")
    try:
        return key, yaml.safe_load(values) if equals else None
    except yaml.YAMLError as error:
        raise configs.ConfigError(f"--vary is KEY=[VALUE, ...], got '{text}'.") from error


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _list(name: str, value: Any) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise configs.ConfigError(f"{name} is {value!r}; it lists values, such as [1, 2].")
    return value


def _mapping(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise configs.ConfigError(f"{name} is {value!r}; it is a mapping, such as {{planner.candidates: 32}}.")
    return {str(key): each for key, each in value.items()}
