from concurrent.futures import ThreadPoolExecutor
from itertools import count, islice
from threading import Event
from time import perf_counter, sleep

import pytest
import torch

from foresee.worldmodel.feed import Feed


class Numbers:
    """Says when it was asked for a batch."""

    def __init__(self) -> None:
        self.fetched = [Event() for _ in range(8)]

    def __getitems__(self, indices: list[int]) -> dict[str, torch.Tensor]:
        if indices[0] < len(self.fetched):
            self.fetched[indices[0]].set()
        return {"images": torch.full((2, 3), indices[0])}


def numbers() -> Feed:
    return Feed(Numbers(), ([i] for i in count()))


def test_batches_come_in_the_order_in_which_they_were_drawn():
    assert [int(batch["images"][0, 0]) for batch in islice(numbers(), 6)] == list(range(6))


def test_the_next_batch_is_fetched_while_the_last_one_is_in_use():
    feed = numbers()
    batches = iter(feed)
    next(batches)
    assert feed.data.fetched[1].wait(60.0)


def test_a_batch_that_cannot_be_fetched_says_why():
    with pytest.raises(AttributeError, match="__getitems__"):
        next(iter(Feed(object(), iter([[0], [1]]))))


def test_frames_are_counted_against_the_time_spent_on_them():
    feed = numbers()
    batches = iter(feed)
    feed.learned(next(batches))
    sleep(0.05)
    feed.learned(next(batches))
    told, seconds = feed.told(), feed.seconds
    assert seconds >= 0.05 and feed.frames == 2 * (2 * 3)
    assert told["frames_per_second"] == pytest.approx(12 / seconds) and 0.0 <= told["data_share"] < 1.0


def test_what_comes_between_two_batches_can_be_left_out_of_the_time():
    feed = numbers()
    batches = iter(feed)
    feed.learned(next(batches))
    before = feed.seconds
    sleep(0.05)
    began = perf_counter()
    feed.go_on()
    feed.learned(next(batches))
    assert feed.seconds - before <= perf_counter() - began


def test_only_the_thread_that_fetches_does_without_threads_of_its_own():
    class Counting(Numbers):
        def __getitems__(self, indices: list[int]) -> dict[str, torch.Tensor]:
            return {"images": torch.full((2, 3), torch.get_num_threads())}

    def later() -> int:
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(torch.get_num_threads).result()

    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        batches = iter(Feed(Counting(), ([i] for i in count())))
        assert next(batches)["images"].unique().tolist() == [1] and torch.get_num_threads() == 2
        batches.close()
        assert later() == 2
    finally:
        torch.set_num_threads(before)
