"""Plan at once, or in a thread while the robot acts."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Literal, NamedTuple, get_args

from .look import Observation
from .outcome import Plan

Late = Literal["wait", "hold"]


class Made(NamedTuple):
    """A plan, and what it was made from."""

    step: int
    """Actions of the episode before the look that it began with."""
    obs: Observation
    """What was seen then."""
    state: Any
    """What the model made of it."""
    plan: Plan
    milliseconds: float
    """From the look to the plan."""


class Maker:
    """Makes one plan at a time: at once, or in one thread that lives from the first plan of an episode to its end.

    Who asks for a plan fixes all that it depends on, so that both make the same plan, bit by bit. What PyTorch keeps
    for each thread (gradients or none) is chosen where a plan is made. Nobody can stop a thread: a plan that is no
    longer wanted ends unheard, and the next one begins behind it. So does the plan that is under way when an episode
    ends: nothing of it was executed, so it is none of the episode's dreams and counts nowhere, as without a thread.

    Args:
        late: None makes plans at once. Otherwise there is a thread, and this is what happens where a plan is needed and
            is not ready: "wait" lets the robot wait, without a new command; "hold" has it stand still for a step, and
            looks for the plan again before the next one, as often as it takes. The plan is then carried out from where
            it was to begin, for the robot has not moved since.
        delay: how many actions there are between a look and the first action of the plan.
        certain: how many actions of every plan are executed at least.
    """

    def __init__(self, late: Late | None = None, delay: int = 1, certain: int = 1):
        if late and late not in get_args(Late):
            raise ValueError(
                f"asynchronous is {late!r}; it must be one of {list(get_args(Late))}, what the robot does where a plan "
                "is late."
            )
        if late and not 1 <= delay <= certain:
            raise ValueError(
                f"delay is {delay}; one thread keeps up if it lies in 1..{certain}, the actions of every plan that are "
                "executed (execute, or 1 where that is adaptive)."
            )
        self.policy = late
        self.late = 0
        """How many plans of this episode, or of the one that was closed, were not ready when they were needed."""
        self._pool: ThreadPoolExecutor | None = None
        self._plan: Future[Made] | None = None
        self._missed = False

    @property
    def busy(self) -> bool:
        """Whether a plan is under way, or was not taken yet."""
        return self._plan is not None

    @property
    def ready(self) -> bool:
        """Whether a plan can be taken without waiting for it."""
        return self._plan is not None and self._plan.done()

    def begin(self, make: Callable[[], Made]) -> Made | None:
        """Make a plan; None where it will be ready later."""
        if not self.policy:
            return make()
        if self._pool is None:
            self._pool, self.late = ThreadPoolExecutor(1, "foresee-plan"), 0
        self._plan, self._missed = self._pool.submit(make), False
        return None

    def take(self) -> Made | None:
        """The plan that was under way, or whatever went wrong in the thread; None where the robot holds meanwhile."""
        assert self._plan is not None
        if not self.ready:
            self.late += not self._missed
            self._missed = True
            if self.policy == "hold":
                return None
        plan, self._plan = self._plan, None
        return plan.result()

    def drop(self) -> None:
        """Forget the plan that is under way, if there is one."""
        if self._plan is not None:
            self._plan.cancel()
        self._plan = None

    def close(self) -> None:
        """Forget it, and end the thread; the next plan starts another."""
        self.drop()
        if self._pool is not None:
            self._pool.shutdown()
        self._pool = None
