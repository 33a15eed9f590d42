"""Planners of other libraries on these problems, each with at most candidates x iterations rollouts a plan.

Not all of them keep to bounds; so chunks are clamped before a problem sees them, and when they are returned.
`peers.txt` says how to install the libraries, and whichever are there can be used.
"""

import importlib.util
import io
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from functools import partial
from importlib import import_module
from types import ModuleType, SimpleNamespace
from typing import Any, Protocol

import numpy as np
import torch
from problems import Problem
from torch import Tensor

PROBLEMS = ("latent", "cart-pole", "point mass")
SETTINGS: dict[str, tuple[tuple, ...]] = {
    "stable-worldmodel CEM": (("var_scale",), (0.5,), (0.5,), (0.8,)),
    "stable-worldmodel iCEM": (
        ("var_scale", "noise_beta", "return_mean"), (0.6, 0.25, False), (0.8, 2.0, True), (0.6, 1.0, True)
    ),
    "stable-worldmodel MPPI": (("var_scale", "temperature"), (0.5, 0.03), (0.5, 1.0), (0.8, 0.3)),
    "stable-worldmodel gradient": (("var_scale", "lr", "share"), (0.5, 0.1, 24), (0.5, 0.05, 12), (1.0, 0.02, 6)),
    "pytorch-mppi MPPI": (("sigma", "lambda_"), (0.5, 0.003), (0.5, 0.05), (0.5, 0.05)),
    "pytorch-mppi KMPPI": (("sigma", "lambda_", "kernel"), (0.8, 0.01, 1.0), (0.8, 0.05, 1.0), (0.8, 0.05, 1.0)),
    "mbrl CEM": (("clipped_normal",), (True,), (False,), (True,)),
    "mbrl iCEM": (("colored_noise_exponent",), (0.5,), (2.0,), (2.0,)),
    "mbrl MPPI": (("gamma", "beta"), (100.0, 1.0), (1.0, 0.7), (1.0, 0.8)),
    "torchrl CEM": (("scale",), (0.8,), (0.8,), (0.5,)),
    "torchrl MPPI": (("scale", "temperature"), (0.8, 30.0), (0.8, 0.05), (0.8, 1.0)),
    "cma CMA-ES": (("sigma", "split"), (0.3, 5), (0.5, 2), (0.5, 2)),
}  # fmt: skip
"""Peer -> names of its options, and their values for each of the problems.

Chosen on the random latents 100 to 105, at 272 to 2500 rollouts, and on the starts 100 to 103, at 192 rollouts a step.
"""


class Peer(Protocol):
    """A planner of another library that plans for one state at a time."""

    def reset(self, seed: int) -> None:
        """Forget everything and seed the generators, the global ones too."""
        ...

    def plan(self, x: Tensor) -> Tensor:
        """The first plan after a reset is cold, a later one starts as the library does one step on.

        Shapes (X,) -> (T, A), in [-1, 1].
        """
        ...


class Search:
    """What the peers share: problem, budget, settings."""

    def __init__(self, name: str, problem: Problem, candidates: int, iterations: int):
        self.problem, self.candidates, self.iterations = problem, candidates, iterations
        self.elites = max(2, candidates // 8)
        self.shape = (problem.horizon, problem.action_dim)
        names, *values = SETTINGS[name]
        self.kind, self.settings = name.split()[-1], dict(zip(names, values[PROBLEMS.index(problem.name)], strict=True))
        self.reset(0)

    def reset(self, seed: int) -> None:
        torch.manual_seed(seed)
        np.random.seed(seed)
        self.last: Tensor | None = None
        self.build(seed)

    def build(self, seed: int) -> None: ...

    def search(self, x: Tensor) -> Tensor: ...

    @torch.no_grad()
    def plan(self, x: Tensor) -> Tensor:
        self.last = self.search(x).reshape(self.shape)
        return self.last.clamp(-1, 1)

    def totals(self, x: Tensor, chunks: Tensor) -> Tensor:
        """What chunks cost. Shapes (X,) and (N, T, A) -> (N,)."""
        return self.problem.imagine(x[None], chunks.clamp(-1, 1)[None], ["cost"])["cost"][0, 0].sum(-1)


def solvers() -> ModuleType:
    """The solvers of stable-worldmodel without the rest of it, which wants torchvision and a database."""
    spec = importlib.util.find_spec("stable_worldmodel")
    if spec is None:
        raise ModuleNotFoundError("No module named 'stable_worldmodel'")
    sys.modules.setdefault("stable_worldmodel", importlib.util.module_from_spec(spec))
    return import_module("stable_worldmodel.solver")


class StableWorldModel(Search):
    """Solvers that get the rest of the last plan as their first mean; what they call variance is a deviation."""

    def build(self, seed: int) -> None:
        from gymnasium.spaces import Box

        options = dict(self.settings)
        if self.kind == "gradient":  # which counts as three rollouts
            samples = max(1, self.candidates // options.pop("share"))
            options |= {"num_samples": samples, "n_steps": self.candidates * self.iterations // (3 * samples)}
            options |= {"optimizer_cls": torch.optim.Adam, "optimizer_kwargs": {"lr": options.pop("lr")}}
        else:
            options |= {"num_samples": self.candidates, "n_steps": self.iterations, "topk": self.elites}
        names = {"CEM": "CEMSolver", "MPPI": "MPPISolver", "iCEM": "ICEMSolver", "gradient": "GradientSolver"}
        self.solver = getattr(solvers(), names[self.kind])(self, seed=seed, **options)
        space = Box(-1.0, 1.0, (1, self.shape[1]))
        config = SimpleNamespace(horizon=self.shape[0], action_block=1)
        self.solver.configure(action_space=space, n_envs=1, config=config)

    def get_cost(self, info: dict, chunks: Tensor) -> Tensor:
        return self.totals(info["x"][0, 0], chunks[0])[None]

    def search(self, x: Tensor) -> Tensor:
        rest = None if self.last is None else self.last[None, 1:]
        with redirect_stdout(io.StringIO()), torch.enable_grad():
            return self.solver.solve({"x": x[None]}, init_action=rest)["actions"][0].clone()


class PytorchMPPI(Search):
    """One refinement a call; the plan is shifted at the first call of a step."""

    def build(self, seed: int) -> None:
        import pytorch_mppi

        options = dict(self.settings)
        sigma = torch.eye(self.shape[1]) * options.pop("sigma") ** 2
        if "kernel" in options:
            options["kernel"] = pytorch_mppi.mppi.RBFKernel(options["kernel"])
        bound = torch.ones(self.shape[1])
        self.mppi = getattr(pytorch_mppi, self.kind)(
            self.problem.advance,
            self.problem.cost,
            len(self.problem.start(0)),
            sigma,
            num_samples=self.candidates,
            horizon=self.shape[0],
            u_min=-bound,
            u_max=bound,
            U_init=torch.zeros(self.shape),
            **options,
        )

    def search(self, x: Tensor) -> Tensor:
        for i in range(self.iterations):
            self.mppi.command(x, shift_nominal_trajectory=i == 0 and self.last is not None)
        return self.mppi.get_action_sequence()


class Mbrl(Search):
    """Optimizers inside the library's `TrajectoryOptimizer`, which shifts; rebuilt, as elites outlive its reset."""

    def build(self, seed: int) -> None:
        from mbrl.planning import TrajectoryOptimizer
        from omegaconf import OmegaConf

        population = self.candidates
        if self.kind == "MPPI":
            options = {"sigma": 0.5}  # without effect in 0.2.0: the deviation is `beta`, of noise cut at two
        else:
            options = {"alpha": 0.1, "return_mean_elites": False}
        if self.kind == "iCEM":  # kept elites come on top of the population
            options |= {"keep_elite_frac": 0.3, "population_decay_factor": 1.0}
            population -= int(np.ceil(0.3 * self.elites))
        if self.kind != "MPPI":
            options["elite_ratio"] = self.elites / population - 1e-6  # it rounds up
        options |= {"num_iterations": self.iterations, "population_size": population, "device": "cpu"}
        target = f"mbrl.planning.{self.kind.replace('iCEM', 'ICEM')}Optimizer"
        config = OmegaConf.create({"_target_": target, **options, **self.settings})
        bound = np.ones(self.shape[1])
        self.optimizer = TrajectoryOptimizer(config, -bound, bound, self.shape[0])

    def search(self, x: Tensor) -> Tensor:
        return torch.as_tensor(self.optimizer.optimize(lambda chunks: -self.totals(x, chunks)))


class TorchRL(Search):
    """Planners that return one action only and start every plan anew; so a whole chunk is one action of one step.

    They sample with a deviation of one: `scale` is what one means.
    """

    def build(self, seed: int) -> None:
        from tensordict.nn import TensorDictModule
        from torchrl.data import Bounded, Composite, Unbounded
        from torchrl.envs import ModelBasedEnvBase
        from torchrl.modules.planners import CEMPlanner, MPPIPlanner

        class Env(ModelBasedEnvBase):
            def _reset(self, tensordict: Any, **_: Any) -> Any:
                raise NotImplementedError

        options = dict(self.settings)
        self.scale = options.pop("scale")
        env = Env(TensorDictModule(self.step, ["x", "action"], ["x", "reward"]))
        env.observation_spec = Composite(x=Unbounded((len(self.problem.start(0)),)))
        env.action_spec = Bounded(-1 / self.scale, 1 / self.scale, (self.shape[0] * self.shape[1],))
        env.reward_spec = Unbounded((1,))
        sizes = {"planning_horizon": 1, "optim_steps": self.iterations, "num_candidates": self.candidates}
        if self.kind == "CEM":
            self.planner = CEMPlanner(env, **sizes, top_k=self.elites, **options)
        else:  # it takes exponentials of advantages as they are: the best one is zero
            advantage = TensorDictModule(lambda reward: reward - reward.max(), [("next", "reward")], ["advantage"])
            self.planner = MPPIPlanner(env, advantage, **sizes, top_k=self.elites, **options)

    def step(self, x: Tensor, action: Tensor) -> tuple[Tensor, Tensor]:
        chunks = self.scale * action.view(-1, *self.shape)
        return x, -self.totals(x[0], chunks)[:, None]

    def search(self, x: Tensor) -> Tensor:
        from tensordict import TensorDict

        return self.scale * self.planner(TensorDict({"x": x}, []))["action"]


class Cma(Search):
    """Plain CMA-ES over the flattened chunk, started anew from the last plan, shifted, and then zero.

    `split` divides the candidates, so that there are as many times more iterations.
    """

    def search(self, x: Tensor) -> Tensor:
        import cma

        split, start = self.settings["split"], torch.zeros(self.shape)
        if self.last is not None:
            start[:-1] = self.last[1:]
        options = {"popsize": self.candidates // split, "seed": np.nan, "verbose": -9}  # with nan it seeds nothing
        search = cma.CMAEvolutionStrategy(start.flatten().tolist(), self.settings["sigma"], options)
        for _ in range(split * self.iterations):
            flat = search.ask()
            chunks = torch.as_tensor(np.array(flat), dtype=torch.float32).view(-1, *self.shape)
            search.tell(flat, self.totals(x, chunks).tolist())
        return torch.as_tensor(search.result.xbest, dtype=torch.float32)


KINDS: dict[str, tuple[Callable[..., Peer], str]] = {
    "stable-worldmodel": (StableWorldModel, "stable_worldmodel.solver"),
    "pytorch-mppi": (PytorchMPPI, "pytorch_mppi"),
    "mbrl": (Mbrl, "mbrl.planning"),
    "torchrl": (TorchRL, "torchrl.modules.planners"),
    "cma": (Cma, "cma"),
}
"""Library -> its peer, and what to import of it."""
PEERS: dict[str, Callable[[Problem, int, int], Peer]] = {
    name: partial(KINDS[name.split()[0]][0], name) for name in SETTINGS
}
"""Name -> what makes the peer for a problem, candidates and iterations."""


def available() -> dict[str, Callable[[Problem, int, int], Peer]]:
    """The peers whose library can be imported."""
    found = set()
    for library, (_, module) in KINDS.items():
        try:
            solvers() if library == "stable-worldmodel" else import_module(module)
        except ImportError:
            continue
        found.add(library)
    return {name: make for name, make in PEERS.items() if name.split()[0] in found}
