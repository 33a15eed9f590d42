"""The command line: a request, one sentence when it cannot be granted, and a status that says whose fault it was."""

from pathlib import Path
from typing import Annotated

import typer

from .cli_bench import benches
from .command import Config, Debug, Out, Overrides, Plugin, allow, folder_of, free, note, sentences, speaks
from .terminal import print_methods, print_table, progress

# Nothing heavy is imported here: `foresee --help` and a typing mistake are answered at once.

app = typer.Typer(
    help="Plan robot actions by imagining their consequences.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(benches, name="bench")


@app.command()
def run(
    config: Config, overrides: Overrides = None, out: Out = None, plugin: Plugin = None, debug: Debug = False
) -> None:
    """Plan and execute an experiment; report what was imagined and what happened."""
    folder = folder_of(out, config, overrides)
    with sentences(debug, f"what was finished is in {folder}; the same command goes on from there"):
        allow(plugin)
        free(folder)
        from . import build, experiment, hopeless, report

        loaded = build.load(config, overrides or [])
        if said := build.explained(loaded):
            typer.echo(said)  # before anything moves
        with progress() as told:
            summary = experiment.run(loaded, folder, told, note)
        page = report.report(folder)
        print_methods(summary["methods"])
        for sentence in hopeless.notes(summary["methods"], build.objective(loaded)):
            note(sentence)
        typer.echo(f"{page}")


@app.command()
def study(
    config: Config,
    overrides: Overrides = None,
    vary: Annotated[list[str] | None, typer.Option(help="KEY=[VALUE, ...]; again for another key.")] = None,
    out: Out = None,
    plugin: Plugin = None,
    debug: Debug = False,
) -> None:
    """Run an experiment in variants, on the same scenes, and compare each with the first."""
    folder = folder_of(out, f"study/{Path(config).stem}", overrides)
    with sentences(debug, f"what was finished is in {folder}; the same command goes on from there"):
        allow(plugin)
        free(folder)
        from . import study

        told = study.run(config, overrides or [], vary or [], folder, progress, note)
        print_table(study.HEAD, study.rows(told))
        typer.echo(f"{folder / 'study.md'}")


@app.command()
def collect(
    config: Config, overrides: Overrides = None, out: Out = None, plugin: Plugin = None, debug: Debug = False
) -> None:
    """Record episodes as a dataset."""
    folder = folder_of(out, config)
    with sentences(debug, f"what was finished is in {folder}; the same command goes on from there"):
        allow(plugin)
        free(folder)
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
    """Train a world model on recorded episodes, and on its planner's own if the config asks for rounds."""
    folder = folder_of(out, config)
    with sentences(debug, f"what was finished is in {folder}; the same command goes on from there"):
        allow(plugin)
        free(folder)
        from . import rounds
        from .training import train as learn

        checkpoint = learn(config, overrides or [], folder)
        if not speaks():
            return
        if gains := rounds.rows(folder):
            print_table(rounds.HEAD, gains)
        typer.echo(f"checkpoint: {checkpoint}")


@app.command()
def check(config: Config, overrides: Overrides = None, plugin: Plugin = None, debug: Debug = False) -> None:
    """Build everything, say what each clause asks for and how well the world model knows it; move nothing."""
    with sentences(debug, "nothing was moved"):
        allow(plugin)
        from . import begin, build, clauses, experiment

        loaded = build.load(config, overrides or [])
        with experiment.Stage(loaded, Path()) as stage:
            print_table(clauses.HEAD, clauses.rows(stage.aim, stage.imagines))
            if said := clauses.unknowable(stage.imagines):
                typer.echo(said)
            stage.check()
            stage.aim.check_known(stage.imagines.quantities)
            for sentence in begin.notes(stage.aim, stage.env, stage.first):
                note(f"In the first scene, {sentence}")
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
    with sentences(debug, "nothing was written"):
        allow(plugin)
        from . import build
        from .calibrate import calibrate as measure

        with progress() as told:
            found = measure(build.load(config, overrides or []), scenes, told)
        head = ("limit", f"margin at the first step, confidence {found['confidence']:.2g}", "at the last")
        print_table(head, [(n, f"{v['margin'][0]:.3g}", f"{v['margin'][-1]:.3g}") for n, v in found["limits"].items()])
        if found["monitor"]:
            usual = ", ".join(f"{kind} {value:.3g}" for kind, value in found["monitor"].items())
            typer.echo(f"No surprise in so many of the episodes that succeed: {usual} (m, degrees, m).")
        typer.echo(found["path"])


@app.command()
def report(folder: Annotated[Path, typer.Argument(help="A run folder.")], debug: Debug = False) -> None:
    """Write the report of a run folder anew."""
    with sentences(debug, "the report was not written"):
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
