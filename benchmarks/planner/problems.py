"""Small control problems with exact models, on which planners are compared.

Each is a world model (`encode`, `imagine`) whose quantities are its own cost and, where there are obstacles, the
distance to them; so the library's planner, bare rollouts and other libraries' planners work on the same arithmetic.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from foresee.costs.objective import Limit, Objective, Weighted
from foresee.worldmodel.interface import Quantity


class Problem:
    """Steps (M, X) states under (M, A) actions in [-1, 1]; subclasses say how, and what it costs."""

    name: str
    horizon: int
    action_dim: int
    steps = 0
    """Length of a closed-loop episode."""
    quantities: ClassVar[Mapping[str, Quantity]] = {"cost": Quantity((), "1", "cost of the step")}

    def advance(self, x: Tensor, u: Tensor) -> Tensor: ...

    def cost(self, x: Tensor, u: Tensor) -> Tensor: ...

    def start(self, seed: int) -> Tensor: ...

    def encode(self, context: Any) -> Tensor:
        return context

    def read(self, x: Tensor, u: Tensor, name: str) -> Tensor:
        return self.cost(x, u)

    def imagine(self, state: Tensor, chunks: Tensor, names: Iterable[str]) -> dict[str, Tensor]:
        """Shapes (B, X) and (B, N, T, A) -> name: (1, B, N, T)."""
        b, n = chunks.shape[:2]
        x = state[:, None].expand(b, n, -1).flatten(0, 1)
        names, path = tuple(names), []
        for u in chunks.flatten(0, 1).unbind(1):
            x = self.advance(x, u)
            path.append([self.read(x, u, name) for name in names])
        columns = zip(names, zip(*path, strict=True), strict=True)
        return {name: torch.stack(values, dim=1).view(1, b, n, -1) for name, values in columns}

    @torch.no_grad()
    def total(self, x: Tensor, chunk: Tensor) -> float:
        """What one chunk, clamped, really costs from one state. Shapes (X,) and (T, A)."""
        return self.imagine(x[None], chunk.clamp(-1, 1)[None, None], ["cost"])["cost"].sum().item()


class RandomLatent(Problem):
    """A random residual network, 256 numbers wide, that is to reach a latent which some smooth chunk reaches."""

    name, horizon, action_dim = "latent", 12, 4

    def __init__(self, seed: int, size: int = 256, hidden: int = 512, gain: float = 10.0, rate: float = 0.5):
        self.rate = rate
        draw = torch.Generator().manual_seed(seed)
        shapes = [(hidden, size + self.action_dim), (hidden, hidden), (size, hidden)]
        self.weights = [torch.randn(shape, generator=draw) * (2.0 / shape[1]) ** 0.5 for shape in shapes]
        self.weights[2] *= 0.25
        self.weights[0][:, size:] *= gain
        self.origin = torch.randn(size, generator=draw)
        time = torch.linspace(0, 1, self.horizon)[:, None]
        phase = torch.rand(1, self.action_dim, generator=draw) * 6.28
        frequency = 0.5 + 1.5 * torch.rand(1, self.action_dim, generator=draw)
        x = self.origin[None]
        for u in 0.8 * torch.sin(2 * math.pi * frequency * time + phase):
            x = self.advance(x, u[None])
        self.goal = x[0]

    def start(self, seed: int = 0) -> Tensor:
        return self.origin

    def advance(self, x: Tensor, u: Tensor) -> Tensor:
        h = torch.cat([x, u], dim=-1)
        for weight in self.weights[:2]:
            h = torch.relu(h @ weight.T)
        return 0.8 * x + self.rate * (h @ self.weights[2].T)

    def cost(self, x: Tensor, u: Tensor) -> Tensor:
        return (x - self.goal).square().mean(-1)


class CartPole(Problem):
    """Swing a pole up by pushing its cart; state (x, cos, sin, speed, turning speed)."""

    name, horizon, action_dim, steps = "cart-pole", 40, 1, 80

    def start(self, seed: int) -> Tensor:
        draw = torch.Generator().manual_seed(3000 + seed)
        angle = math.pi + 0.3 * (torch.rand(1, generator=draw) - 0.5)
        return torch.cat([torch.zeros(1), angle.cos(), angle.sin(), torch.zeros(2)])

    def advance(self, x: Tensor, u: Tensor) -> Tensor:
        force = 10.0 * u[..., 0].clamp(-1, 1)
        place, cos, sin, speed, turn = x.unbind(-1)
        cart, pole, half, gravity, dt = 1.0, 0.1, 0.5, 9.81, 0.04
        push = (force + pole * half * turn**2 * sin) / (cart + pole)
        spin = (gravity * sin - cos * push) / (half * (4 / 3 - pole * cos**2 / (cart + pole)))
        speed = speed + (push - pole * half * spin * cos / (cart + pole)) * dt
        turn = (turn + spin * dt).clamp(-12, 12)
        angle = torch.atan2(sin, cos) + turn * dt
        return torch.stack([place + speed * dt, angle.cos(), angle.sin(), speed, turn], dim=-1)

    def cost(self, x: Tensor, u: Tensor) -> Tensor:
        place, cos, _, speed, turn = x.unbind(-1)
        off = 10.0 * (place.abs() > 2.4).float()
        return 2 * (1 - cos) + 0.2 * place**2 + 0.01 * speed**2 + 0.01 * turn**2 + 0.001 * u[..., 0] ** 2 + off


class PointMass(Problem):
    """A point with inertia on its way through seven round obstacles; state (x, y, speeds)."""

    name, horizon, action_dim, steps = "point mass", 24, 2, 60
    quantities: ClassVar[Mapping[str, Quantity]] = {
        **Problem.quantities,
        "clearance": Quantity((), "m", "distance to the nearest obstacle"),
    }
    margin = 0.05

    def __init__(self, penalty: float = 100.0):
        self.penalty = penalty
        self.obstacles = torch.tensor(
            [[0.0, 0.0, 0.45], [-0.1, 1.0, 0.4], [0.2, -1.0, 0.4], [1.0, 0.45, 0.3], [1.0, -0.5, 0.3], [-1.0, 0.5, 0.3],
             [-1.05, -0.45, 0.3]]
        )  # fmt: skip
        self.goal = torch.tensor([2.0, 0.0])

    def start(self, seed: int) -> Tensor:
        draw = torch.Generator().manual_seed(2000 + seed)
        return torch.cat([torch.tensor([-2.0]), 1.6 * (torch.rand(1, generator=draw) - 0.5), torch.zeros(2)])

    def advance(self, x: Tensor, u: Tensor) -> Tensor:
        place, speed = x.split(2, dim=-1)
        speed = (speed + 0.3 * u.clamp(-1, 1)) * 0.97
        return torch.cat([place + 0.1 * speed, speed], dim=-1)

    def clearance(self, x: Tensor) -> Tensor:
        """Distance to the nearest obstacle, metres; negative inside. Shape (..., 4) -> (...)."""
        return ((x[..., None, :2] - self.obstacles[:, :2]).norm(dim=-1) - self.obstacles[:, 2]).amin(-1)

    def distance(self, x: Tensor) -> Tensor:
        """To the goal, metres. Shape (..., 4) -> (...)."""
        return (x[..., :2] - self.goal).norm(dim=-1)

    def cost(self, x: Tensor, u: Tensor) -> Tensor:
        far = self.distance(x)
        cost = far + 0.05 * x[..., 2:].square().sum(-1) * (far < 0.3) + 0.01 * u.square().sum(-1)
        return cost + self.penalty * (self.clearance(x) < self.margin) if self.penalty else cost

    def read(self, x: Tensor, u: Tensor, name: str) -> Tensor:
        return self.clearance(x) if name == "clearance" else self.cost(x, u)


@dataclass(frozen=True)
class Read:
    """A quantity as it is, or turned round."""

    name: str
    sign: float = 1.0

    @property
    def needs(self) -> tuple[str, ...]:
        return (self.name,)

    def __call__(self, scene: Any, actions: Tensor) -> Tensor:
        return scene[self.name] if self.sign == 1.0 else self.sign * scene[self.name]


@dataclass(frozen=True)
class Penalised:
    """The cost of a point mass, and a penalty wherever it comes nearer to an obstacle than it should."""

    penalty: float
    needs: tuple[str, ...] = ("cost", "clearance")

    def __call__(self, scene: Any, actions: Tensor) -> Tensor:
        return scene["cost"] + self.penalty * (scene["clearance"] < PointMass.margin)


def objective(weight: float = 1.0) -> Objective:
    """The problem's own cost."""
    return Objective({"cost": Weighted(Read("cost"), weight)})


def penalised(penalty: float) -> Objective:
    """A penalty in place of a limit, for a model whose own cost has none."""
    return Objective({"cost": Weighted(Penalised(penalty), 1.0)})


def limited(margin: Any = None, keep: float = PointMass.margin) -> Objective:
    """The cost, with some metres to keep from every obstacle, and more by a margin, in metres or per step."""
    return Objective(
        {"cost": Weighted(Read("cost"), 1.0)},
        {"apart": Limit(Read("clearance", -1.0), at_most=-keep, margin=margin)},
    )
