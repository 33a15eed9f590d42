"""What ends a stage of a training between two steps, and keeps what a rerun continues from."""

import signal
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytorch_lightning as pl

from .stage import Stage


class Keeper(pl.Callback):
    """Saves what a rerun continues from, and ends a stage between two steps when it is time or somebody asked for it.

    Ctrl-C and SIGTERM ask, in any of the processes that train together, and all of them end after the same step.
    """

    def __init__(self, path: Path, stage: Stage) -> None:
        self.path, self.stage, self.asked, self.since = path, stage, False, 0.0
        self.before = dict[int, Any]()  # what answered the signals that are listened to

    def on_train_start(self, *_: Any) -> None:
        self.since = time.monotonic()
        self._answer()

    def on_validation_start(self, *_: Any) -> None:
        self._answer()

    def on_train_batch_end(self, trainer: pl.Trainer, module: Any, outputs: Any, batch: Any, index: int) -> None:
        if (index + 1) % self.stage.accumulate:
            return
        minutes = (time.monotonic() - self.since) / 60
        late = self.stage.minutes is not None and anywhere(trainer, minutes > self.stage.minutes)
        interrupted = anywhere(trainer, self.asked)
        if interrupted or trainer.global_step % self.stage.every == 0:
            trainer.save_checkpoint(self.path)
        if interrupted or late:
            trainer.should_stop = True

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Turn the first signal into a request; the second one means it."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        self.before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
        before = self.before
        self._answer()
        try:
            yield
        finally:
            _restore(before)

    def _answer(self) -> None:
        # Lightning puts an answer of its own before ours, which leaves processes waiting for one another.
        _restore(dict.fromkeys(self.before, self._ask))

    def _ask(self, *_: Any) -> None:
        self.asked = True
        before, self.before = self.before, {}
        _restore(before)


def _restore(answers: Mapping[Any, Any]) -> None:
    for number, answer in answers.items():
        signal.signal(number, answer)


def anywhere(trainer: pl.Trainer, so: bool) -> bool:
    """Whether it is so in any of the processes that train together; they all have to ask."""
    return trainer.strategy.reduce_boolean_decision(so, all=False)
