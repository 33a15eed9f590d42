"""Who does the work of an experiment: this process, or several with a stage each."""

import multiprocessing
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from omegaconf import DictConfig, OmegaConf

from ..configs.build import allow_plugin, plugins
from .whole_number import number_of

if TYPE_CHECKING:
    from .experiment import Stage

Work = Callable[[str, list[tuple]], Iterator[Any]]
"""Calls the named method of a stage with each tuple of arguments and yields the answers as they come."""


@contextmanager
def crew(stage: "Stage") -> Iterator[Work]:
    """This process alone, or as many as `workers` says with a stage and one thread each."""
    workers = number_of(stage.config, "workers")
    if workers == 1:
        yield lambda name, jobs: (getattr(stage, name)(*job) for job in jobs)
        return
    yaml, context = OmegaConf.to_yaml(stage.config, resolve=True), multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, _begin, (yaml, stage.out, sorted(plugins))) as pool:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # Ctrl-C is answered here, never in a worker
        pool.submit(_ready)  # starts every process
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        try:
            yield lambda name, jobs: _as_completed(pool, workers, name, iter(jobs))
        except BaseException:
            for process in multiprocessing.active_children():
                process.terminate()  # half an episode is worth nothing, and nobody wants to wait for it
            raise


def _as_completed(pool: ProcessPoolExecutor, workers: int, name: str, jobs: Iterator[tuple]) -> Iterator[Any]:
    running = {pool.submit(_do, name, *job) for job in islice(jobs, 2 * workers)}
    while running:
        finished, running = wait(running, return_when=FIRST_COMPLETED)
        running |= {pool.submit(_do, name, *job) for job in islice(jobs, len(finished))}
        for future in finished:
            yield future.result()


_stage: "Stage"


def _begin(yaml: str, out: Path, allowed: list[str]) -> None:
    global _stage
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to stop
    torch.set_num_threads(1)
    for module in allowed:
        allow_plugin(module)
    from .experiment import Stage  # whose work it is

    config = OmegaConf.create(yaml)
    assert isinstance(config, DictConfig)
    _stage = Stage(config, out)


def _ready() -> None: ...


def _do(name: str, *job: Any) -> Any:
    return getattr(_stage, name)(*job)
