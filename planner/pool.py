"""Worker processes that record episodes, each with an environment of its own."""

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from omegaconf import OmegaConf
from tqdm import tqdm

from .. import configs
from ..configs.build import plugins
from ..envs.lerobot import Schema, write_shard
from ..envs.record import ANYWHERE, make_anywhere, record

PLANNER, CURIOUS = "planner", "curious"
"""Behaviours that plan: towards what the config wants, and towards goals of their own."""
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Workers compute in one thread each: two busy pools slow one another up to ten times."""


@dataclass(frozen=True)
class Makers:
    """What a worker builds things with: functions found by their dotted names, so that they travel to it."""

    env: Callable[[Any], Any]
    """Config node `env` -> environment."""
    policy: Callable[[Any, Any], Any] | None = None
    """(config, environment) -> what plans, with `reset(obs, info, env)` and `act(obs, info)`; None: `build.policy`, or
    `curious.Curious` for the behaviour of that name."""


class Pool:
    """Worker processes, each with one environment, that record shards until they are told to stop."""

    def __init__(self, config: Mapping[str, Any], makers: Makers, workers: int):
        context = get_context("spawn")  # nothing of the parent leaks into an episode
        self._stop, self._steps = context.Event(), context.Value("q", 0)
        initial = (tuple(plugins), config, makers, self._stop, self._steps)
        self._executor = ProcessPoolExecutor(workers, mp_context=context, initializer=_start, initargs=initial)

    def schema(self) -> Schema:
        """Ask a worker what the environment offers, and whether it knows the behaviours."""
        with _shielded():
            future = self._executor.submit(_schema)
        return _result(future)

    def run(self, tasks: list[tuple], bar: tqdm) -> float | None:
        """Record shards; return steps a second, or None if there was nothing to do."""
        began = perf_counter()
        with _shielded():  # submitting starts processes
            pending = {self._executor.submit(_shard, *task) for task in tasks}
        try:
            while pending:
                done, pending = wait(pending, timeout=0.2, return_when=FIRST_COMPLETED)
                bar.update(self._steps.value - bar.n)
                for future in done:
                    _result(future)
        except BaseException:
            self.close()
            raise
        return self._steps.value / (perf_counter() - began) if tasks else None

    def close(self) -> None:
        """Stop at the next step of each worker and wait for it; unfinished shards are dropped."""
        self._stop.set()
        self._executor.shutdown(wait=True, cancel_futures=True)


def _result(future: Future) -> Any:
    try:
        return future.result()
    except BrokenProcessPool as error:
        raise RuntimeError(
            "a recording process died; most likely it was killed for memory: run the same command with fewer workers."
        ) from error


@contextmanager
def _shielded() -> Iterator[None]:
    """Start processes that never see Ctrl-C: it is the parent that answers it. One thread each."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


class _Dropped(Exception):  # noqa: N818
    """The parent asked a worker to drop its shard."""


class _Worker:
    """What one process holds: its environment, made once, and how to make policies for it."""

    def __init__(self, config: Mapping[str, Any], makers: Makers, stop: Any, steps: Any):
        self.config, self.makers, self.stop, self.steps = OmegaConf.create(dict(config)), makers, stop, steps
        self.plans: dict[str, Any] = {}

    @cached_property
    def env(self) -> Any:
        """Made by the first task, whose future carries the error if it cannot be made."""
        return self.makers.env(self.config.env)

    def make(self, name: str, rng: Any, env: Any) -> Callable[[Any, dict], Any]:
        """Make the policy of one episode: one that plans, one that every environment has, or one of its own."""
        if name in (PLANNER, CURIOUS):
            return self._planned(name, env)
        if name in ANYWHERE:
            return make_anywhere(name, rng, env)
        if not hasattr(env.unwrapped, "behaviour"):
            raise ValueError(
                f"there is no behaviour {name!r}: the environment {type(env.unwrapped).__name__} has none of its own, "
                f"and every environment has {', '.join([*ANYWHERE, PLANNER])}."
            )
        return env.unwrapped.behaviour(name, rng)

    def _planned(self, name: str, env: Any) -> Callable[[Any, dict], Any]:
        """What plans, its memory of the last episode wiped by `reset` before its first action."""
        if name not in self.plans:  # the checkpoint is read once in a process
            if self.makers.policy is not None:
                policy = self.makers.policy
            elif name == PLANNER:
                from .build import policy  # torch is paid for by those who plan
            else:
                from .curious import policy
            self.plans[name] = policy(self.config, env)
        plan = self.plans[name]
        fresh = True

        def act(obs: Any, info: dict) -> Any:
            nonlocal fresh
            if fresh:
                plan.reset(obs, info, env)
                fresh = False
            return plan.act(obs, info)

        return act

    def tick(self) -> None:
        """Count a step, and end here if the parent said so."""
        with self.steps.get_lock():
            self.steps.value += 1
        if self.stop.is_set():
            raise _Dropped


_worker: _Worker | None = None


def _start(modules: tuple[str, ...], *given: Any) -> None:
    global _worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for module in modules:  # what the command line allowed here is allowed there
        configs.allow_plugin(module)
    _worker = _Worker(*given)


def _schema() -> Schema:
    """What the environment offers, once every behaviour was tried: an unknown one is refused early."""
    assert _worker
    env = _worker.env
    env.reset(seed=0)
    for name in {*_worker.config.behaviours} - {PLANNER, CURIOUS}:
        _worker.make(name, np.random.default_rng(0), env)
    return Schema.of(env)


def _shard(root: Path, schema: Schema, shard: int, first: int, part: list[tuple[int, str, str | None]]) -> None:
    """Record one shard; it is whole on disk when this returns."""
    assert _worker
    stream = int(_worker.config.get("seed", 0))
    try:
        episodes = [
            record(_worker.env, schema, seed, behaviour, _worker.make, layout, stream, _worker.tick)
            for seed, behaviour, layout in part
        ]
    except _Dropped:
        return
    write_shard(root, schema, shard, first, episodes)
