"""Let an action take as long as on a robot."""

from time import perf_counter, sleep
from typing import Any

import gymnasium


class Paced(gymnasium.Wrapper):
    """An environment whose steps take `1 / fps` of wall time, so that a planner has no more time than beside a robot.

    While a controller makes no action the robot waits: the world stands still, and the clock goes on.

    Args:
        env: what acts; it stays as quick as it is where it is slower than that.
        pace: 2 is twice as fast as the robot.
    """

    def __init__(self, env: Any, pace: float = 1.0):
        super().__init__(env)
        self.period = 1.0 / (env.fps * pace)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.env, name)

    def step(self, action: Any) -> Any:
        """Act, and wait until the action has taken its time."""
        over = perf_counter() + self.period
        found = self.env.step(action)
        sleep(max(over - perf_counter(), 0.0))
        return found


def paced(env: Any, pace: float | None) -> Any:
    """The environment at a pace as configs write it; the environment as it is, if absent."""
    if pace is None:
        return env
    if isinstance(pace, bool) or not isinstance(pace, int | float) or not 0 < pace < float("inf"):
        raise ValueError(f"pace is {pace!r}; it must be a number above 0: 1 is as fast as the robot, 2 twice as fast.")
    return Paced(env, pace)
