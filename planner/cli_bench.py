"""`foresee bench`: measure parts of an experiment, and keep what was found as JSON."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from .command import Config, Debug, Out, Overrides, Plugin, allow, folder_of, free, note, sentences
from .terminal import print_table, progress

benches = typer.Typer(help="Measure parts of an experiment.", no_args_is_help=True)


@benches.command()
def planner(
    config: Config,
    overrides: Overrides = None,
    scenes: Annotated[int, typer.Option(help="Validation scenes to plan in.")] = 24,
    out: Out = None,
    plugin: Plugin = None,
    debug: Debug = False,
) -> None:
    """Say what planning costs and what more of it is worth: imagined, and executed for real."""
    with sentences(debug, "nothing was written"):
        allow(plugin)
        free(_folder([config, *(overrides or [])], out))
        from . import build, experiment
        from .bench import bench, rows

        with experiment.Stage(build.load(config, overrides or []), Path()) as stage, progress() as told:
            found = bench(stage, scenes, told)
        time = found["time"]
        typer.echo(
            f"{time['plan_ms']:.1f} ms a plan, {time['model_ms']:.1f} ms of bare rollouts: {time['ratio']:.2f} times."
        )
        print_table(*rows(found))
        _keep(found, "planner", [config, *(overrides or []), f"--scenes {scenes}"], out)


@benches.command()
def model(
    config: Config,
    overrides: Overrides = None,
    scenes: Annotated[int, typer.Option(help="Validation scenes, one executed chunk each.")] = 100,
    chunks: Annotated[
        str, typer.Option(help="Their kind: chosen, blind, random, scripted or extreme; all begin at the same moments.")
    ] = "chosen",
    out: Out = None,
    plugin: Plugin = None,
    debug: Debug = False,
) -> None:
    """Say how true imagination is, on chunks that the planner itself chose, or on others."""
    with sentences(debug, "nothing was written"):
        allow(plugin)
        free(_folder([config, *(overrides or [])], out))
        from . import build, coverage, events, fidelity
        from .bench_model import bench_model

        with progress() as told:
            found = bench_model(build.load(config, overrides or []), scenes, chunks, told)
        print_table(*fidelity.rows(found))
        print_table(*events.rows(found["events"]))
        if "coverage" in found:
            print_table(*coverage.rows(found["coverage"]))
        said = [config, *(overrides or []), f"--scenes {scenes}", f"--chunks {chunks}"]
        _keep(found, "model", said, out, "model" if chunks == "chosen" else f"model_{chunks}")


@benches.command()
def choices(
    config: Config,
    overrides: Overrides = None,
    scenes: Annotated[int, typer.Option(help="Validation scenes, one state each.")] = 40,
    chunks: Annotated[int, typer.Option(help="Chunks from each state, in the model and in the simulator.")] = 64,
    out: Out = None,
    plugin: Plugin = None,
    debug: Debug = False,
) -> None:
    """Say whether the model ranks chunks as the simulator does, and what choosing by it costs."""
    with sentences(debug, "nothing was written"):
        allow(plugin)
        free(_folder([config, *(overrides or [])], out))
        from . import build
        from .choices import choices as weigh
        from .choices import rows

        with progress() as told:
            found = weigh(build.load(config, overrides or []), scenes, chunks, told)
        print_table(*rows(found))
        _keep(found, "choices", [config, *(overrides or []), f"--scenes {scenes}", f"--chunks {chunks}"], out)


@benches.command()
def decompose(
    config: Config,
    overrides: Overrides = None,
    scenes: Annotated[int, typer.Option(help="Validation scenes, each played by every method.")] = 40,
    out: Out = None,
    plugin: Plugin = None,
    debug: Debug = False,
) -> None:
    """Say where the loss is between a perfect model and the full system; slow, and goes on where it stopped."""
    place = _folder([config, *(overrides or [])], out)
    with sentences(debug, f"what was finished is in {place}; the same command goes on from there"):
        allow(plugin)
        free(place)
        from . import build
        from . import decompose as parts
        from .folder import write

        loaded = build.load(config, overrides or [])
        with progress() as told:
            found = parts.decompose(loaded, scenes, place / "decompose", told, note)
        print_table(*parts.rows(found))
        print_table(*parts.loss_rows(found))
        typer.echo(parts.sentence(found))
        _keep(found, "decompose", [config, *(overrides or []), f"--scenes {scenes}"], out)
        write(place / "decompose.svg", parts.figure(found, str(loaded.get("instruction") or config)))
        typer.echo(f"{place / 'decompose.svg'}")


def _folder(told: list[str], out: Path | None) -> Path:
    """Where a bench of a config, with its sentence and overrides, is kept."""
    name, said = Path(told[0]).with_suffix("").name, [each for each in told[1:] if not each.startswith("--")]
    return out or Path("runs/bench") / folder_of(None, name, said).relative_to("runs")


def _keep(found: Mapping[str, Any], name: str, told: list[str], out: Path | None, file: str | None = None) -> None:
    """Write what was found, and the command that found it, and say where; the file has the bench's name if absent."""
    from .folder import visit, write

    path = _folder(told, out) / f"{file or name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    command = " ".join(["foresee bench", name, *told])
    write(path, json.dumps({"command": command, **visit(), **found}, indent=1))
    typer.echo(f"{path}")
