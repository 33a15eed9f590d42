"""Inverse dynamics: actions between two scenes, guessed by the actor and corrected by the physics."""

import torch
from torch import Tensor
from torch.nn import functional as F

from .goal import Goal, posture
from .network import Network
from .physics import look
from .state import ACTION, POSITION, State

PARTS = (slice(0, 3), slice(3, 5), slice(5, 6))
"""Of a posture: place of the hand, heading, opening."""
UNITS = (0.01, 0.05, 0.01, 0.02)
"""What counts as one: metres of the hand, of its heading (a share of a turn), of its opening, and of an object."""
CLOSE = 0.02
"""How much a whole stroke away from the guess counts, so that what the later scene does not say stays as guessed."""


def infer(network: Network, now: State, later: State, steps: int, passes: int = 30, rate: float = 0.1) -> Tensor:
    """Infer chunks: the actor's middle one, then descent through the physics to the later scene.

    Args:
        network: with an actor; its physics in float32.
        now: M scenes.
        later: the same scenes `steps` actions later, as they are seen.
        steps: at most the actor's T.
        passes: steps of Adam; 0 leaves the actor's guess.
        rate: of Adam, in strokes.

    Returns:
        Shape (M, steps, A), in [-1, 1].

    Raises:
        ValueError: more steps than a chunk has, or none.
    """
    count, slots = now.slots.shape[:2]
    outcome = torch.randn(slots, 6, generator=torch.Generator().manual_seed(0)).to(now.slots).expand(count, -1, -1)
    # Zeros in place of the noisy outcome would say that none is told.
    guess = _sampled(network, now, later, steps, now.slots.new_zeros(count, network.sizes.chunk * ACTION), outcome)
    with torch.inference_mode(False), torch.enable_grad():
        now, later, guess = State(*(x.clone() for x in now)), State(*(x.clone() for x in later)), guess.clone()
        kind, there = network.known(now.who)
        wanted, place = posture(later.robot), later.slots[..., POSITION]
        held = network.reading.own(later.robot, later.slots, look(later.robot, later.slots, kind))["held"].sigmoid()
        chunk = guess.clone().requires_grad_()
        adam = torch.optim.Adam([chunk], lr=rate)
        for _ in range(passes):
            path = network.physics.path(now.robot, now.slots, kind, there, chunk.clamp(-1.0, 1.0))
            robot, objects, seen = list(path)[-1]  # (P, M, ...)
            gap = posture(robot) - wanted
            off = (objects[..., POSITION] - place) / UNITS[3]
            grip = network.reading.own(robot, objects, seen)["held"]
            grip = F.binary_cross_entropy_with_logits(grip, held.expand_as(grip), reduction="none")
            parts = [
                *((gap[..., part] / unit).square().sum() for part, unit in zip(PARTS, UNITS, strict=False)),
                (F.huber_loss(off, torch.zeros_like(off), reduction="none") * there).sum(),
                (grip * there[..., 0]).sum(),
                CLOSE * len(robot) * (chunk - guess).square().sum(),
            ]
            loss = torch.stack(parts).sum() / len(robot)
            (chunk.grad,) = torch.autograd.grad(loss, chunk)  # and nothing else's: the network may be in training
            adam.step()
    return chunk.detach().clamp(-1.0, 1.0)


@torch.no_grad()
def spread(network: Network, now: State, later: State, steps: int, samples: int = 16) -> Tensor:
    """Say how unsure the actor is of the actions between two scenes: the standard deviation of what it samples.

    Args:
        network: with an actor.
        now: M scenes.
        later: the same scenes `steps` actions later, as they are seen.
        steps: at most the actor's T.
        samples: so many chunks, at least two.

    Returns:
        In strokes. Shape (M, steps, A).

    Raises:
        ValueError: more steps than a chunk has, or none; a single sample.
    """
    if samples < 2:
        raise ValueError(f"samples is {samples}; a spread takes at least 2.")
    count, slots = now.slots.shape[:2]
    rng = torch.Generator().manual_seed(0)
    drawn = (torch.randn(samples, n, generator=rng) for n in (network.sizes.chunk * ACTION, slots * 6))
    noise, outcome = (each.to(now.slots).repeat_interleave(count, 0) for each in drawn)
    now, later = (State(*(x.repeat(samples, *[1] * (x.ndim - 1)) for x in state)) for state in (now, later))
    chunks = _sampled(network, now, later, steps, noise, outcome.unflatten(1, (slots, 6)))
    return chunks.unflatten(0, (samples, count)).std(0)


def _sampled(network: Network, now: State, later: State, steps: int, noise: Tensor, outcome: Tensor) -> Tensor:
    """Let the actor make chunks of noise, told all of the later scene: (M, T * A), (M, S, 6) -> (M, steps, A)."""
    actor, (count, slots) = network.actor, now.slots.shape[:2]
    assert actor is not None
    if not 1 <= steps <= actor.steps:
        raise ValueError(f"steps is {steps}; the actor infers 1..{actor.steps} actions at once.")
    nobody = now.slots.new_full((count, slots), torch.nan)
    goal = Goal.of(later.robot, later.slots[..., :6], nobody, now.robot.new_full((count,), float(steps)))
    chunks = actor.sample(now, network.known(now.who), goal, (noise, outcome))[0]
    return chunks[:, :steps].clamp(-1.0, 1.0)
