"""Receding-horizon control of one episode: plan, execute a little, look again."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from time import perf_counter
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from ..worldmodel.interface import Context, Reads
from .anchors import remembered
from .asynchronous import Late, Made, Maker
from .belief import START_STD, Belief
from .budget import budget_of
from .commit import Adaptive, commitment
from .delay import beginning
from .ladder import LADDER, Infeasible, Rung, ladder_of, rung_of
from .look import Observation, cameras_of, goal_of, look
from .monitor import Monitor, Surprised
from .outcome import Plan
from .plan import Planner


class Controller:
    """Turns observations of one environment into actions.

    ```
    controller.reset(obs)
    action = controller.act(obs)
    while True:
        obs, _, done, late, info = env.step(action)
        action = controller.act(obs, info["executed"])
    ```

    Args:
        planner: plans for one scene.
        execute: how many actions of a plan are executed before the next plan; 1 replans at every step. "adaptive", or
            the options of `Adaptive`, lets every plan say how many.
        if_infeasible: what to do when no evaluated chunk satisfies the limits: one word, or a ladder of them of which
            the first possible one is taken. "last" executes the next action of the last plan that was feasible, while
            there is one; "hold" stands still, at most five times in a row if something follows; "backup" asks the
            backup policy, if there is one; "continue" executes the least violating chunk, if its future is finite;
            "stop" raises `Infeasible`. Where nothing is possible the robot holds. `plan.status` names what was done.
        cameras: which pictures the world model was made for, first camera first; the model's own `cameras`, or else
            those of the first observation, if absent.
        budget: what a plan may cost: milliseconds, or a mapping of the fields of `Budget`.
        std: standard deviation with which the rest of a plan is searched anew, in units of the action range.
        backup: a policy from the observation to an action in [-1, 1], for the rung of that name; in a config, a class
            whose objects are such policies.
        monitor: watches whether things go as they were imagined, where the model can read a scene; nobody, if absent.
        delay: how many actions pass between an observation and the first action of the plan that is made from it. They
            come from the plans before, and the new one begins with them (see `beginning`); before the first plan they
            stand still. With a delay above `execute` several plans are under way at a time.
        asynchronous: plans are made in a thread while these actions pass, and this is what the robot does where one is
            late, "wait" or "hold" (see `Maker`); a plan is made within `act`, if absent.
    """

    def __init__(
        self,
        planner: Planner,
        execute: int | Literal["adaptive"] | Mapping[str, Any] | Adaptive = 2,
        if_infeasible: Rung | Sequence[Rung] = LADDER,
        cameras: Sequence[str] | None = None,
        budget: float | Mapping[str, float] | None = None,
        std: float = START_STD,
        backup: Callable[[Observation], np.ndarray] | None = None,
        monitor: Monitor | None = None,
        delay: int = 0,
        asynchronous: Late | None = None,
    ):
        if not 0 <= delay < planner.horizon:
            raise ValueError(f"delay is {delay}; it must lie in 0..{planner.horizon - 1}, below the planner's horizon.")
        if std <= 0:
            raise ValueError(f"std is {std}; it must be above 0, or a plan could not be changed.")
        self.ladder = ladder_of(if_infeasible, backup is not None)
        if monitor and monitor.then == "backup" and backup is None:
            raise ValueError("the monitor's 'then' is 'backup'; that needs a backup policy.")
        self.planner, self.backup, self.std = planner, backup, std
        self.execute, self.delay = commitment(execute, planner.horizon - delay), delay
        self._certain = 1 if isinstance(self.execute, Adaptive) else self.execute
        self.maker = Maker(asynchronous, delay, self._certain)
        self.budget, self.monitor = budget_of(budget), monitor if isinstance(planner.model, Reads) else None
        self.cameras = cameras if cameras is not None else getattr(planner.model, "cameras", None)
        self.frames = int(getattr(planner.model, "context_frames", 1))
        self.plan: Plan | None = None
        """The last plan."""
        self.state: Any = None
        """The model's state that the last plan started from."""
        self.began, self.milliseconds = 0, 0.0
        """How many actions of the episode came before its look, and how long it took from there."""
        self.plans = 0
        """How many were begun in this episode."""
        self.committed = 0
        """Steps that the last one added to what will be executed."""
        self.surprise: dict[str, float] = {}
        """What the monitor found in the last observation; {} where there was nothing to compare it with."""
        self.alarms = 0
        """How often it was too much in this episode."""

    def reset(self, obs: Observation, seed: int = 0) -> None:
        """Begin an episode; `seed` names its noise beside the planner's seed."""
        self.close()
        self._cameras = tuple(self.cameras) if self.cameras is not None else cameras_of(obs)
        self._objects = np.array(obs["objects"], np.int64) if "objects" in obs else None
        self._looks = deque([look(obs, self._cameras)] * self.frames, maxlen=self.frames)
        still = np.zeros(self.planner.model.action_dim, np.float32)
        self._actions = deque([still] * (self.frames - 1), maxlen=self.frames - 1)
        self._queue = deque([still] * self.delay)  # what is committed
        self._tail: deque[np.ndarray] = deque()  # of the last feasible plan
        self._held = 0  # times in a row
        self._belief: Belief | None = None
        self._seed, self._step, self.plans, self.began, self.committed = seed, -1, 0, 0, 0
        self._moments, self._start = {"start": self.context}, dict[str, Tensor]()
        if "goal" in obs:
            self._moments["goal"] = self.context._replace(**goal_of(obs, self._cameras, self.frames))
        self.plan = self.state = self._encoded = None
        self._expected: deque[dict[str, Tensor]] = deque([{}] * self.delay)  # of the queue's steps, each (P, 3)
        self.surprise, self.alarms = {}, 0

    def close(self) -> None:
        """End an episode: the thread that plans ends, if there is one."""
        self.maker.close()

    def act(self, obs: Observation, executed: np.ndarray | None = None) -> np.ndarray:
        """Say what to do next, in [-1, 1]. Shape (A,).

        Args:
            obs: what is observed now.
            executed: the action really executed since the last observation; None at the first step, where `obs` is the
                one given to `reset`.
        """
        self.observe(obs, executed)
        self._step += 1
        if self.monitor and executed is not None:
            self._watch(self.monitor, obs)
        if self.maker.busy and not self._queue and (made := self.maker.take()):
            self._take(made)
        if self.due:
            self._replan(obs)
        if not self._queue:
            self._append([self._simple("hold", obs)])  # a plan is late
        return self._queue.popleft()

    @property
    def due(self) -> bool:
        """Whether the next `act` begins a plan."""
        return len(self._queue) <= self.delay and not self.maker.busy

    def observe(self, obs: Observation, executed: np.ndarray | None) -> None:
        """Look without acting; the arguments are those of `act`."""
        if executed is not None:
            self._looks.append(look(obs, self._cameras))
            self._actions.append(np.asarray(executed, np.float32))
            self._encoded = None

    @property
    def belief(self) -> Belief | None:
        """Where the next plan starts; None where it starts anew."""
        return self._belief

    @property
    def context(self) -> Context:
        """What was observed until now, for one scene; the first frame stands in for those before the start."""
        images, proprio = zip(*self._looks, strict=True)
        actions = np.array(self._actions, np.float32).reshape(self.frames - 1, self.planner.model.action_dim)
        return Context(
            torch.from_numpy(np.stack(images))[None],
            torch.from_numpy(np.stack(proprio))[None],
            torch.from_numpy(actions)[None],
            None if self._objects is None else torch.from_numpy(self._objects)[None],
        )

    @property
    def imagined(self) -> dict[str, Tensor]:
        """What the last plan was expected to cause. Shape (P, 1, 1, T, *shape) by name."""
        return self.imagine()

    def imagine(self, names: Sequence[str] | None = None) -> dict[str, Tensor]:
        """Imagine the last plan once more, with further quantities such as "image" or "cup.position@start"."""
        if self.plan is None:
            raise ValueError("nothing is imagined before the first plan; call act(obs) first.")
        names = self.planner.objective.needs if names is None else names
        return self.planner.imagine_plan(self.state, self.plan.chunk, names, self.start(names))

    def start(self, names: Iterable[str]) -> dict[str, Tensor]:
        """Read the quantities that the names anchor at the start off the episode's first state, and those of the goal.

        Returns:
            The model's name of the quantity, with "@goal" behind it for the goal -> value. Shape (1, *shape) each.
        """
        return remembered(self.planner.model, names, self._moments, self._start)

    def _encode(self) -> Any:
        """The model's state of what was observed, encoded once."""
        if self._encoded is None:
            with torch.no_grad():
                self._encoded = self.planner.model.encode(self.context)
        return self._encoded

    def _watch(self, monitor: Monitor, obs: Observation) -> None:
        """Compare what is seen with what was imagined; on an alarm drop the plan, and act as the monitor says."""
        self.surprise = {}
        if not (imagined := self._expected.popleft() if self._expected else {}):
            return
        model: Any = self.planner.model
        seen = {name: value[0].float().cpu() for name, value in model.read(self._encode(), list(imagined)).items()}
        self.surprise = monitor.measure(imagined, seen)
        if not monitor.alarmed(self.surprise):
            return
        self.alarms += 1
        self._drop(0 if monitor.then in ("hold", "backup") else self.delay)
        if monitor.then == "stop":
            what = ", ".join(f"{kind} {value:.3g}" for kind, value in self.surprise.items())
            raise Surprised(f"what is seen is not what was imagined ({what}); allow more, or choose then=replan.")
        if monitor.then in ("hold", "backup"):
            self._append([self._simple(monitor.then, obs), *[self._simple("hold", obs)] * self.delay])

    def _drop(self, left: int) -> None:
        """Forget the plan, but for the next actions that are left, and the one that is under way."""
        self.maker.drop()
        while len(self._queue) > left:
            self._queue.pop()
        self._expected = deque([{}] * len(self._queue))  # what is left was imagined before the surprise
        self._tail.clear()
        self._belief = None

    def _append(self, actions: Sequence[np.ndarray], expected: Sequence[dict[str, Tensor]] = ()) -> None:
        """Commit actions, and remember what they are imagined to cause."""
        self._queue.extend(actions)
        if self.monitor:
            self._expected.extend(expected or [{}] * len(actions))
        self.committed = len(actions)

    def _commit(self, plan: Plan) -> None:
        """Put the next actions of a plan behind those that are committed, and shift the belief by as many."""
        count, begun, expected = self.execute, self.delay, []
        if isinstance(count, Adaptive):
            start = self.start(self.planner.objective.needs)
            count = count.steps(self.planner, self.state, plan, start, begun)
        if self.monitor:
            names = self.monitor.names(self.planner.model.quantities)
            scene = self.planner.imagine_plan(self.state, plan.chunk[:, : begun + count], names)
            steps = {name: values[:, 0, 0].float().cpu() for name, values in scene.items()}  # (P, begun + count, 3)
            expected = [{n: v[:, t] for n, v in steps.items()} for t in range(begun, begun + count)]
        self._append(list(plan.chunk[0, begun : begun + count].float().cpu().numpy().copy()), expected)
        self._belief = plan.belief.shifted(count, self.std)

    def _replan(self, obs: Observation) -> None:
        """Plan from what is seen and what is committed; what is not yet, is standing still."""
        if len(self._queue) < self.delay:
            self._append([self._simple("hold", obs)] * (self.delay - len(self._queue)))
        committed = np.array(self._queue, np.float32).reshape(-1, self.planner.model.action_dim)
        planner, model = beginning(self.planner, torch.from_numpy(committed)), self.planner.model
        known, context, start = self._encoded, self.context, self.start(self.planner.objective.needs)
        belief, seeds, step, looked = self._belief, [(self._seed, self.plans)], self._step, perf_counter()

        def make() -> Made:
            with torch.no_grad():
                state = model.encode(context) if known is None else known
            plan = planner.plan(state, belief, self.budget, seeds, start)
            return Made(step, obs, state, plan, 1e3 * (perf_counter() - looked))

        self.plans += 1
        if made := self.maker.begin(make):
            self._take(made)

    def _take(self, made: Made) -> None:
        """Commit more, as a plan says or the ladder."""
        self.began, obs, self.state, self.plan, self.milliseconds = made
        if not self.plan.feasible[0]:
            self._fall_back(self.plan, obs)
            return
        self._commit(self.plan)
        rest = self.plan.chunk[0, self.delay + self.committed :]
        self._tail, self._held = deque(rest.float().cpu().numpy().copy()), 0

    def _fall_back(self, plan: Plan, obs: Observation) -> None:
        """Take the first rung of the ladder that is possible, until the next plan can be ready."""
        rung = rung_of(self.ladder, plan, bool(self._tail), self._held, self.backup is not None)
        self.plan = plan = plan._replace(status=(f"{plan.status[0]}: {rung}",))
        self._held = self._held + 1 if rung == "hold" else 0
        if rung == "stop":
            raise Infeasible(plan)
        if rung == "continue":
            self._commit(plan)
            return
        self._belief = None
        steps = max(min(self.delay, self._certain), 1)
        last = [self._tail.popleft() for _ in range(min(steps, len(self._tail)))] if rung == "last" else []
        actions = last or [self._simple(rung, obs)]
        self._append([*actions, *[self._simple("hold", obs)] * (steps - len(actions))])

    def _simple(self, rung: str, obs: Observation) -> np.ndarray:
        """What the backup policy does, or nothing. Shape (A,)."""
        if rung == "backup" and self.backup is not None:
            return np.clip(np.asarray(self.backup(obs), np.float32), -1.0, 1.0)
        return np.zeros(self.planner.model.action_dim, np.float32)
