"""How a model of objects is trained: the same stages as any other, with its own network, loss and batches."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from .. import checkpoint as files
from ..data import Frames
from ..metrics import Tally
from .attempts import attempts
from .batches import Slots
from .infer import infer
from .loss import ObjectLoss as ObjectLoss
from .network import Network, Sizes, catalogue_of, from_description, slots_of
from .physics import look
from .reading import FAR
from .resize import resized
from .state import POSITION, UP, State
from .truth import Truth

STEP, TURN = 0.04, math.degrees(0.4)
"""Metres and degrees that an action of 1 moves and turns the hand."""
RESTED = {"settle": Slots, "act": attempts}
"""What is learned from beside windows of pictures."""


def sizes_for(frames: Frames, options: Mapping[str, Any]) -> Sizes:
    """Choose the sizes of a network for some data, or say which choice is impossible."""
    from ..begin import choose

    shape = {"cameras": tuple(frames.cameras), "size": frames.images.shape[-1]}
    shape |= {"proprio": frames.proprio.shape[1], "action": frames.actions.shape[1]}
    shape |= {"catalogue": catalogue_of(frames.quantities), "slots": slots_of(frames.quantities)}
    return choose(Sizes, shape | dict(options))


def begin(frames: Frames, episodes: np.ndarray, options: Mapping[str, Any], init_from: str | None) -> Network:
    """Make the network for some data: new and normalised to it, or with the weights of a checkpoint."""
    sizes = sizes_for(frames, options)
    if init_from:
        told, weights = files.load(init_from)
        known = from_description(told).sizes
        if replace(known, size=sizes.size, **sizes.acting) != sizes:
            raise ValueError(
                f"checkpoint '{init_from}' does not fit these data and choices: it is {known}; asked for is {sizes}."
            )
        network, same = Network(sizes), known.acting == sizes.acting
        if known.size != sizes.size:
            weights = resized(weights, known.size, sizes.size)
        own = {name: each for name, each in weights.items() if same or not name.startswith("actor.")}
        network.load_state_dict(own, strict=same)  # another actor than it has begins anew
        return network
    network = Network(sizes)
    rows = np.flatnonzero(np.isin(frames.episode, episodes))
    network.eye.measure(torch.from_numpy(frames.proprio[rows]))
    network.depth.measure(torch.from_numpy(frames.scene["depth"][rows]))
    return network


def resting(network: Network, stage: str) -> list[nn.Module]:
    """Parts that do not learn in a stage."""
    if stage == "act" and (actor := network.actor) is not None:
        words = network.sizes.words
        learns = (actor, network.eye) if words else (actor,)
        idle = [actor.back, actor.become] if words or not actor.joint else []  # what nobody asks, and no loss reaches
        return [*(part for part in network.children() if part not in learns), *idle]
    parts = [network.eye, network.summary, network.depth, network.decoder] if stage == "settle" else []
    return parts if network.actor is None else [*parts, network.actor]


@torch.no_grad()
def examine(network: Network, batch: Mapping, tally: Tally, steps: tuple[int, ...] = (1, 4, 8)) -> Tensor:
    """Tally what is read off encoded slots and off imagined ones, each member for itself.

    Returns:
        Summaries of the imagined scenes. Shape (P, B, T, latent).
    """
    if network.sizes.words:
        tally = Tally(network.quantities)  # a policy that imagines nothing has nothing to be compared with
    first, horizon = network.sizes.frames - 1, batch["images"].shape[1] - network.sizes.frames
    truth = Truth.of({n: v[:, first:] for n, v in batch["scene"].items()}, network.sizes.slots)
    who, proprio = truth.who[:, 0], batch["proprio"][:, first:]
    slots = network.eye.window(batch["images"], batch["proprio"], who)  # (B, T + 1, S, ...)
    kind, there = network.known(who)
    seen = State(proprio.flatten(0, 1), slots.flatten(0, 1), truth.who.flatten(0, 1))
    depth = batch["scene"]["depth"][:, first:]
    _tally(network, tally, "encoded", seen, truth.flat(), depth.flatten(0, 1))
    actions = batch["actions"][:, first:-1]
    path = list(network.physics.path(proprio[:, 0], slots[:, 0], kind, there, actions))
    for t in (s for s in steps if s <= horizon):
        later = State(path[t - 1][0], path[t - 1][1], who)
        _tally(network, tally, f"step {t}", later, truth.at((slice(None), t)), depth[:, t])
    if network.actor is not None and not network.sizes.words:
        _tally_actor(network, tally, who, slots, proprio, actions)
    return torch.stack([network.sum_up(State(robot, slots, who)) for robot, slots, _ in path], 2)


def _tally(network: Network, tally: Tally, where: str, state: State, truth: Truth, depth: Tensor) -> None:
    """Tally the readings of robots (..., M, 14) and slots (..., M, S, 6 + F); places and axes also by kind."""
    kind, _ = network.known(state.who)
    seen = look(state.robot, state.slots, kind)
    own, pairs = network.reading.own(state.robot, state.slots, seen), network.reading.pairs(state.slots, seen)
    read = {
        "object.position": (state.slots[..., POSITION], truth.place[..., POSITION]),
        "object.up": (state.slots[..., UP], truth.place[..., UP]),
        "object.held": (torch.sigmoid(own["held"]), truth.own[..., 0]),
        "contact.gripper.object": (torch.sigmoid(own["contact.gripper"]), truth.own[..., 1]),
        "clearance.gripper.object": (own["clearance.gripper"].clamp(max=FAR), truth.own[..., 2]),
        "contact.object.object": (torch.sigmoid(pairs["contact"]), truth.pairs[..., 0]),
        "clearance.object.object": (pairs["clearance"].clamp(max=FAR), truth.pairs[..., 1]),
        "depth": (network.depths(state), depth),
    }
    known = network.eye.names.index[state.who.clamp_min(0)][..., 1]  # type: ignore[index]
    for i, name in enumerate(network.eye.names.kinds):
        mine = ((known == i) & (state.who >= 0)).unsqueeze(-1)
        place = torch.where(mine, truth.place, torch.nan)
        read[f"{name}.position"] = (state.slots[..., POSITION], place[..., POSITION])
        read[f"{name}.up"] = (state.slots[..., UP], place[..., UP])
    for name, (value, true) in read.items():
        tally.put(name, where, value, true.expand(value.shape))


def _tally_actor(network: Network, tally: Tally, who: Tensor, slots: Tensor, robot: Tensor, actions: Tensor) -> None:
    """Tally how well the actor infers what was commanded, from what came of it: one action, and a chunk."""
    assert network.actor is not None
    for steps in {1, min(network.actor.steps, actions.shape[1])}:
        now, later = (State(robot[:, t], slots[:, t], who) for t in (0, steps))
        found = infer(network, now, later, steps, passes=0).sum(1)
        true = actions[:, :steps].sum(1)
        where = "step 1" if steps == 1 else "chunk"
        tally.put("inferred.way", where, STEP * found[:, :3], STEP * true[:, :3])
        tally.put("inferred.turn", where, TURN * found[:, 3], TURN * true[:, 3])
