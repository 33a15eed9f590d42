"""What every command shares: its options, one sentence when a request cannot be granted, and a status."""

import os
import re
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

WRONG = (ValueError, LookupError, FileNotFoundError, FileExistsError, IsADirectoryError, NotADirectoryError)
WRONG += (PermissionError,)
"""What every deliberate refusal is a subclass of: the request was wrong, the message says what would be right."""

Config = Annotated[str, typer.Argument(help="A YAML file, or the name of a shipped config such as red_cup.")]
Overrides = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[SENTENCE] [KEY=VALUE]...",
        help="An instruction in quotes, such as 'pick up the red cup', and overrides, such as planner.horizon=8.",
    ),
]
Out = Annotated[
    Path | None, typer.Option(help="Folder to write to; if absent, runs/NAME, runs/study/NAME or runs/bench/NAME.")
]
Plugin = Annotated[list[str] | None, typer.Option(help="A module whose classes the config may name.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]


@contextmanager
def sentences(debug: bool, interrupted: str) -> Iterator[None]:
    """Turn what goes wrong into one sentence and a status: 2 the request is wrong or was withdrawn, 1 it broke."""
    try:
        with terminable():
            yield
    except (typer.Exit, SystemExit):
        raise
    except KeyboardInterrupt as stop:
        if speaks():
            _say(f"Interrupted: {str(stop) or interrupted}", debug)
        raise typer.Exit(2 if speaks() else 0) from None  # another status makes Lightning kill the one that speaks
    except WRONG as error:
        message = error.args[0] if error.args else type(error).__name__
        if isinstance(error, OSError) and error.filename is not None:  # raised by the system, not by us
            message = f"{error.filename}: {error.strerror}"
        _say(str(message), debug)
        raise typer.Exit(2) from None
    except Exception as error:
        _say(f"foresee broke: {type(error).__name__}: {' '.join(str(error).split())} (--debug shows where).", debug)
        raise typer.Exit(1) from None


@contextmanager
def terminable() -> Iterator[None]:
    """Answer SIGTERM, which batch systems and `kill` send, as Ctrl-C: nothing is lost, and no worker stays behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def speaks() -> bool:
    """Whether this process was started by the user, and not as another one of the same training."""
    return os.environ.get("LOCAL_RANK", "0") == "0"


def _say(sentence: str, debug: bool) -> None:
    if debug:
        traceback.print_exc()
    typer.echo(sentence if sentence.endswith((".", "?", "!")) else f"{sentence}.", err=True)


def note(sentence: str) -> None:
    """Say something that is worth knowing, and no error."""
    typer.echo(f"Note: {sentence[:1].lower()}{sentence[1:]}", err=True)


def folder_of(out: Path | None, config: str, overrides: list[str] | None = None) -> Path:
    """The folder to write to: runs/NAME, and within it one for each instruction."""
    said = next((each for each in overrides or () if "=" not in each and " " in each.strip()), "")
    words = "-".join(re.findall(r"[a-z0-9]+", said.lower()))[:80]
    return out or Path("runs") / Path(config).with_suffix("") / words


def free(folder: Path) -> None:
    """Raise if a folder to write to can be none, since it, or one above it, is a file."""
    if file := next((each for each in (folder, *folder.parents) if each.is_file()), None):
        raise NotADirectoryError(f"{file} is a file; --out is a folder to write to.")


def allow(plugins: list[str] | None) -> None:
    """Let configs name the classes of modules of the user's own."""
    if not plugins:
        return
    from .. import configs

    sys.path.insert(0, "")  # a module of one's own lies where one works
    for module in plugins:
        configs.allow_plugin(module)
