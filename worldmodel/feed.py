"""Batches that are fetched while the ones before are learned from, and how quickly that goes."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import Any

import torch


class Feed:
    """The batches that are drawn, in order, each fetched by a thread before it is asked for.

    Args:
        data: its `__getitems__` gathers a ready batch, a mapping whose first entry has the shape (B, L, ...).
        draws: numbers of the windows of each batch, without end.
    """

    def __init__(self, data: Any, draws: Iterable[list[int]]) -> None:
        self.data, self.draws = data, draws
        self.frames, self.seconds, self.waited = 0, 0.0, 0.0
        self._since, self._waited = 0.0, 0.0  # since the last batch that was learned from

    def __iter__(self) -> Iterator[Mapping]:
        self.go_on()
        drawn, threads = iter(self.draws), torch.get_num_threads()
        try:  # a second team of threads would keep the first one, which learns, from waiting actively
            with ThreadPoolExecutor(1, initializer=torch.set_num_threads, initargs=(1,)) as thread:
                coming = thread.submit(self.data.__getitems__, next(drawn))
                for indices in drawn:
                    asked = perf_counter()
                    batch = coming.result()
                    self._waited += perf_counter() - asked
                    coming = thread.submit(self.data.__getitems__, indices)
                    yield batch
        finally:
            torch.set_num_threads(threads)  # or threads that begin later would have one, too

    def learned(self, batch: Mapping) -> None:
        """Count a batch that was learned from, and the time since the one before."""
        b, length = next(iter(batch.values())).shape[:2]
        self.frames += b * length
        self.seconds += perf_counter() - self._since
        self.waited += self._waited
        self.go_on()

    def go_on(self) -> None:
        """Leave out of the time what happened since the last batch."""
        self._since, self._waited = perf_counter(), 0.0

    def told(self) -> dict[str, float]:
        """Frames that were learned from per second, and the share of the time for which a batch was waited for."""
        seconds = self.seconds or 1.0
        return {"frames_per_second": self.frames / seconds, "data_share": self.waited / seconds}
