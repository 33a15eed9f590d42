"""The run folder: what is on disk is whole lines and whole files, and belongs to one experiment only."""

import json
import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from omegaconf import DictConfig, OmegaConf

from ..worldmodel.precision import fast_bfloat16
from .scenes import digest

FREE = ("films", "methods", "workers")
"""Keys that may change between two visits to a folder: they change no episode that is already there."""

PACKAGES = ("foresee", "gymnasium", "numpy", "pybullet", "torch")


class Lines:
    """A file of JSON lines that only grows; a line cut short by a crash is dropped when the file is opened."""

    def __init__(self, path: Path):
        self.path = path
        self.lines: list[dict[str, Any]] = []
        if path.exists():
            text = path.read_text()
            whole = text[: text.rfind("\n") + 1]
            self.lines = [json.loads(line) for line in whole.splitlines()]
            if whole != text:
                write(path, whole)

    def append(self, line: dict[str, Any]) -> None:
        """Add a line and hand it to the operating system at once."""
        with self.path.open("a") as file:
            file.write(json.dumps(line) + "\n")
        self.lines.append(line)

    def sort(self, *keys: str) -> None:
        """Put the finished file in an order that does not depend on who was faster."""
        self.lines.sort(key=lambda line: tuple(line[key] for key in keys))
        write(self.path, "".join(json.dumps(line) + "\n" for line in self.lines))


def claim(out: Path, config: DictConfig, sources: dict[str, Any]) -> None:
    """Make the folder this run's, or refuse if it is another's.

    Args:
        out: the folder.
        config: the experiment, resolved.
        sources: what else decides the outcome, such as the checkpoint's hash; methods of an earlier visit may have had
            others, which are kept.
    """
    mark: dict[str, Any] = {"config": identity(config), **sources}
    path = out / "run.json"
    if not path.exists() and out.is_dir() and any(out.iterdir()):
        raise FileExistsError(f"{out} holds something else than a run of foresee; choose another --out.")
    held = json.loads(path.read_text())["identity"] if path.exists() else {}
    other = sorted(key for key in {*held} & {*mark} if held[key] != mark[key])
    if other and _played(out):
        raise FileExistsError(
            f"{out} already holds another run (another {', '.join(other)}); choose another --out, or delete that "
            "folder."
        )
    if other:
        for stale in (path, *out.glob("manifest.json*")):  # nothing is lost
            stale.unlink()
    else:
        mark = {**held, **mark}
    out.mkdir(parents=True, exist_ok=True)
    known = {k: v for k, v in read(path).items() if k != "identity"} if path.exists() and _played(out) else visit()
    write(path, json.dumps({"identity": mark, **known}, indent=2))
    write(out / "config.yaml", OmegaConf.to_yaml(config, resolve=True))


def visit() -> dict[str, Any]:
    """What plays now: versions, commit and machine."""
    return {"versions": {p: version(p) for p in PACKAGES}, "commit": commit(), "machine": machine()}


def visited(out: Path) -> None:
    """Note who plays more of a run that others began: theirs is in `earlier`."""
    path, now = out / "run.json", visit()
    told = read(path)
    before = {key: told[key] for key in now}
    if before != now:
        earlier = [each for each in (*told.get("earlier", []), before) if each != now]
        write(path, json.dumps({**told, **now, "earlier": earlier}, indent=2))


def _played(out: Path) -> bool:
    lines = out / "episodes.jsonl"
    return lines.exists() and lines.stat().st_size > 0


def identity(config: DictConfig) -> str:
    """Hash of everything in a config that decides what happens in an episode."""
    content: Any = OmegaConf.to_container(config, resolve=True)
    return digest({key: value for key, value in content.items() if key not in FREE})


def commit() -> str | None:
    """The git commit of this source tree, `+` where it was changed since; None where it is not a checkout."""
    source = Path(__file__).resolve().parent.parent
    if not (source / ".git").exists():
        return None

    def git(*words: str) -> str:
        return subprocess.run(["git", "-C", source, *words], capture_output=True, text=True, check=True).stdout.strip()

    try:
        return git("rev-parse", "HEAD") + ("+" if git("status", "--porcelain", "-uno") else "")
    except (OSError, subprocess.CalledProcessError):
        return None


def machine() -> dict[str, Any]:
    """What decides how long a plan takes: the processor, its instructions, its cores, and fast bfloat16 or not."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "processor": names[0] if names else platform.machine(),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "cores": len(os.sched_getaffinity(0)),
        "bfloat16": fast_bfloat16(),
    }


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    unfinished = path.with_name(path.name + ".tmp")
    unfinished.write_text(text)
    os.replace(unfinished, path)


def read(path: Path) -> Any:
    """Read a JSON file of a run folder."""
    if not path.exists():
        raise FileNotFoundError(f"{path.parent} is not a finished run folder: it has no {path.name}.")
    try:
        return json.loads(path.read_text())
    except ValueError as error:
        raise ValueError(f"{path} is damaged: it is not JSON.") from error
