"""The command line: a request, one sentence when it cannot be granted, and a status that says whose fault it was."""

import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from .terminal import print_methods, print_table, progress

# Nothing heavy is imported here: `foresee --help` and a typing mistake are answered at once.

WRONG = (ValueError, LookupError, FileNotFoundError, FileExistsError)
"""What every deliberate refusal is a subclass of: the request was wrong, the message says what would be right."""

app = typer.Typer(
    help="Plan robot actions by imagining their consequences.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

benches = typer.Typer(help="Measure parts of an experiment.", no_args_is_help=True)
app.add_typer(benches, name="bench")

Config = Annotated[str, typer.Argument(help="A YAML file, or the name of a shipped config such as red_cup.")]
Overrides = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[SENTENCE] [KEY=VALUE]...",
        help="An instruction in quotes, such as 'pick up the red cup', and overrides, such as planner.horizon=8.",
    ),
]
Out = Annotated[Path | None, typer.Option(help="Folder to write to; runs/NAME if absent.")]
Plugin = Annotated[list[str] | None, typer.Option(help="A module whose classes the config may name.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]


@app.command()
def run(
    config: Config, overrides: Overrides = None, out: Out = None, plugin: Plugin = None, debug: Debug = False
) -> None:
    """Plan and execute an experiment; report what was imagined and what happened."""
    folder = _folder(out, config, overrides)
    with _sentences(debug, f"what was finished is in {folder}; the same command goes on from there"):
        _allow(plugin)
        from . import build, experiment, report

        loaded = build.load(config, overrides or [])
        _explain(build.explained(loaded))
        with progress() as told:
            summary = experiment.run(loaded, folder, told, _note)
        page = report.report(folder)
        print_methods(summary["methods"])
        typer.echo(f"{page}")


@app.command()
def collect(
    config: Config, overrides: Overrides = None, out: Out = None, plugin: Plugin = None, debug: Debug = False
) -> None:
    """Record episodes as a dataset."""
    folder = _folder(out, config)
    with _sentences(debug, f"what was finished is in {folder}; the same command goes on from there"):
        _allow(plugin)
        from .. import configs
        from . import build
        from .collect import KEYS
        from .collect import collect as record

        loaded = configs.load(config, overrides or [], known=(*build.KEYS, *KEYS))
        found = record(loaded, folder, workers=loaded.get("workers"))
        speed = "nothing was missing" if found.steps_per_second is None else f"{found.steps_per_second:.0f} steps/s"
        typer.echo(
            f"{found.root}: {found.episodes} episodes, {found.frames} frames ({speed}, renderer {found.renderer})"
        )


@app.command()
def train(
    config: Config, overrides: Overrides = None, out: Out = None, plugin: Plugin = None, debug: Debug = False
) -> None:
    """Train a world model on recorded episodes."""
    folder = _folder(out, config)
    with _sentences(debug, f"what was finished is in {folder}; the same command goes on from there"):
        _allow(plugin)
        from .training import train as learn

        typer.echo(f"checkpoint: {learn(config, overrides or [], folder)}")


@app.command()
def check(config: Config, overrides: Overrides = None, plugin: Plugin = None, debug: Debug = False) -> None:
    """Build everything, say what each clause asks for and how well the world model knows it; move nothing."""
    with _sentences(debug, "nothing was moved"):
        _allow(plugin)
        from . import begin, build, clauses, experiment

        loaded = build.load(config, overrides or [])
        with experiment.Stage(loaded, Path()) as stage:
            print_table(clauses.HEAD, clauses.rows(stage.aim, stage.imagines))
            if said := clauses.unknowable(stage.imagines):
                typer.echo(said)
            stage.check()
            stage.aim.check_known(stage.imagines.quantities)
            for sentence in begin.notes(stage.aim, stage.env, stage.first):
                _note(f"In the first scene, {sentence}")
        typer.echo("Everything is there.")


@app.command()
def calibrate(
    config: Config,
    overrides: Overrides = None,
    scenes: Annotated[int, typer.Option(help="Validation scenes, one executed chunk each.")] = 100,
    plugin: Plugin = None,
    debug: Debug = False,
) -> None:
    """Measure how wrong imagination is about each limit, and keep the margins that 'confidence' asks for."""
    with _sentences(debug, "nothing was written"):
        _allow(plugin)
        from . import build
        from .calibrate import calibrate as measure

        with progress() as told:
            found = measure(build.load(config, overrides or []), scenes, told)
        head = ("limit", f"margin at the first step, confidence {found['confidence']:.2g}", "at the last")
        print_table(head, [(n, f"{v['margin'][0]:.3g}", f"{v['margin'][-1]:.3g}") for n, v in found["limits"].items()])
        typer.echo(found["path"])


@benches.command("planner")
def bench_planner(
    config: Config,
    overrides: Overrides = None,
    scenes: Annotated[int, typer.Option(help="Validation scenes to plan in.")] = 24,
    out: Out = None,
    plugin: Plugin = None,
    debug: Debug = False,
) -> None:
    """Say what planning costs and what more of it is worth: imagined, and executed for real."""
    folder = out or Path("runs/bench") / Path(config).with_suffix("").name
    with _sentences(debug, "nothing was written"):
        _allow(plugin)
        import json

        from . import build, experiment
        from .bench import bench, rows
        from .folder import machine, write

        loaded = build.load(config, overrides or [])
        with experiment.Stage(loaded, Path()) as stage, progress() as told:
            found = bench(stage, scenes, told)
        folder.mkdir(parents=True, exist_ok=True)
        command = " ".join(["foresee bench planner", config, *(overrides or []), f"--scenes {scenes}"])
        write(folder / "planner.json", json.dumps({"command": command, "machine": machine(), **found}, indent=1))
        time = found["time"]
        typer.echo(
            f"{time['plan_ms']:.1f} ms a plan, {time['model_ms']:.1f} ms of bare rollouts: {time['ratio']:.2f} times."
        )
        print_table(*rows(found))
        typer.echo(f"{folder / 'planner.json'}")


@benches.command("model")
def bench_model(
    config: Config,
    overrides: Overrides = None,
    scenes: Annotated[int, typer.Option(help="Validation scenes, one executed chunk each.")] = 100,
    out: Out = None,
    plugin: Plugin = None,
    debug: Debug = False,
) -> None:
    """Say how true imagination is, on chunks that the planner itself chose."""
    folder = out or Path("runs/bench") / Path(config).with_suffix("").name
    with _sentences(debug, "nothing was written"):
        _allow(plugin)
        import json

        from . import build, fidelity
        from .bench_model import bench_model as measure
        from .folder import machine, write

        with progress() as told:
            found = measure(build.load(config, overrides or []), scenes, told)
        folder.mkdir(parents=True, exist_ok=True)
        command = " ".join(["foresee bench model", config, *(overrides or []), f"--scenes {scenes}"])
        write(folder / "model.json", json.dumps({"command": command, "machine": machine(), **found}, indent=1))
        print_table(*fidelity.rows(found))
        print_table(*fidelity.event_rows(found))
        typer.echo(f"{folder / 'model.json'}")


@app.command()
def report(folder: Annotated[Path, typer.Argument(help="A run folder.")], debug: Debug = False) -> None:
    """Write the report of a run folder anew."""
    with _sentences(debug, "the report was not written"):
        from .report import report as remake

        typer.echo(f"{remake(folder)}")


@app.command()
def doctor() -> None:
    """Say what is installed, and whether it is what foresee needs."""
    from .doctor import findings

    rows = findings()
    print_table(("what", "found", ""), [(what, found, "ok" if good else "NOT GOOD") for what, found, good in rows])
    if not all(good for *_, good in rows):
        raise typer.Exit(1)


def main() -> None:
    """Run the command line."""
    app()


@contextmanager
def _sentences(debug: bool, interrupted: str) -> Iterator[None]:
    """Turn what goes wrong into one sentence and a status: 2 the request is wrong or was withdrawn, 1 it broke."""
    try:
        yield
    except (typer.Exit, SystemExit):
        raise
    except KeyboardInterrupt as stop:
        _say(f"Interrupted: {str(stop) or interrupted}.", debug)
        raise typer.Exit(2) from None
    except WRONG as error:
        message = error.args[0] if error.args else type(error).__name__
        if isinstance(error, OSError) and error.filename is not None:  # raised by the system, not by us
            message = f"{error.filename}: {error.strerror}"
        _say(str(message), debug)
        raise typer.Exit(2) from None
    except Exception as error:
        _say(f"foresee broke: {type(error).__name__}: {' '.join(str(error).split())} (--debug shows where).", debug)
        raise typer.Exit(1) from None


def _say(sentence: str, debug: bool) -> None:
    if debug:
        traceback.print_exc()
    typer.echo(sentence if sentence.endswith((".", "?", "!")) else f"{sentence}.", err=True)


def _note(sentence: str) -> None:
    typer.echo(f"Note: {sentence[:1].lower()}{sentence[1:]}", err=True)


def _explain(yaml: str) -> None:
    """Show what an instruction has become, before anything moves."""
    if yaml:
        typer.echo(yaml)


def _folder(out: Path | None, config: str, overrides: list[str] | None = None) -> Path:
    """The folder to write to: runs/NAME, and within it one for each instruction."""
    said = next((each for each in overrides or () if "=" not in each and " " in each.strip()), "")
    words = "-".join(re.findall(r"[a-z0-9]+", said.lower()))[:80]
    return out or Path("runs") / Path(config).with_suffix("") / words


def _allow(plugins: list[str] | None) -> None:
    if not plugins:
        return
    from .. import configs

    sys.path.insert(0, "")  # a module of one's own lies where one works
    for module in plugins:
        configs.allow_plugin(module)
