"""The report of a run folder: one page that needs nothing else, and events for TensorBoard (written here only)."""

import base64
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from .folder import Lines, read, write

FILMS = 24
"""Films shown on the page; the others stay in videos/."""


def report(out: Path) -> Path:
    """Write `report.html` and the TensorBoard events of a finished run, anew.

    Args:
        out: a run folder with `summary.json`.

    Returns:
        The page.
    """
    summary = read(out / "summary.json")
    episodes = Lines(out / "episodes.jsonl").lines
    films = sorted((out / "videos").glob("*.gif"))
    page = (
        templates()
        .get_template("report.html")
        .render(
            title=out.resolve().name,
            summary=summary,
            methods={name: {"doubts": {}, "late_plans": 0, **method} for name, method in summary["methods"].items()},
            clauses=_clauses(summary["methods"]),
            films=[{"name": f.stem, "data": base64.b64encode(f.read_bytes()).decode()} for f in _chosen(films)],
            left_out=len(films) - len(_chosen(films)),
            episodes=episodes,
            config=(out / "config.yaml").read_text(),
        )
    )
    write(out / "report.html", page)
    _events(out / "events", summary["methods"], films)
    return out / "report.html"


def templates() -> Environment:
    """The pages of this folder, and how numbers are written in them."""
    folder = FileSystemLoader(Path(__file__).parent)
    templates = Environment(
        loader=folder, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    templates.filters |= {"percent": percent, "interval": interval, "number": number}
    return templates


def percent(rate: Mapping[str, Any] | None) -> str:
    """A rate as people say it: "75 %"."""
    return "–" if rate is None or rate["rate"] is None else f"{100 * rate['rate']:.0f} %"


def interval(rate: Mapping[str, Any] | None) -> str:
    """What a rate may be in truth, and what was counted: "66–82 %, 75 of 100"."""
    if rate is None or rate["rate"] is None:
        return ""
    return f"{100 * rate['low']:.0f}–{100 * rate['high']:.0f} %, {rate['k']} of {rate['n']}"


def number(value: float | None) -> str:
    """Three significant digits."""
    return "–" if value is None else f"{value:.3g}"


def _chosen(films: list[Path]) -> list[Path]:
    """Every method's films in turn, until the page has enough."""
    by_method: dict[str, list[Path]] = {}
    for film in films:
        by_method.setdefault(film.name.split("-")[0], []).append(film)
    turns = [(turn, method) for method, own in by_method.items() for turn in range(len(own))]
    shown = {by_method[method][turn] for turn, method in sorted(turns)[:FILMS]}
    return [film for film in films if film in shown]


def _clauses(methods: Mapping[str, Any]) -> list[str]:
    """Every clause of which somebody has a dream gap."""
    return list(dict.fromkeys(name for method in methods.values() for name in method["dream_gap"]))


def _events(folder: Path, methods: Mapping[str, Any], films: list[Path]) -> None:
    """Write the rates as scalars and the films as moving pictures; older events are replaced."""
    from tensorboard.compat.proto.summary_pb2 import Summary  # type: ignore[attr-defined]
    from torch.utils.tensorboard import SummaryWriter

    shutil.rmtree(folder, ignore_errors=True)
    with SummaryWriter(str(folder)) as writer:
        for method, summary in methods.items():
            for what in ("success", "violation", "safe_success", "imagined_success"):
                if summary[what] is not None:
                    writer.add_scalar(f"{what}/{method}", summary[what]["rate"], 0)
            for clause, gap in summary["dream_gap"].items():
                writer.add_scalar(f"dream_gap/{clause}/{method}", gap["mean"], 0)
        for film in films:  # add_video needs a package that is gone; a GIF as an image moves all the same
            image = Summary.Image(encoded_image_string=film.read_bytes())
            value = Summary.Value(tag=f"films/{film.stem}", image=image)
            writer._get_file_writer().add_summary(Summary(value=[value]), 0)
