"""Record one episode: roll a behaviour out and keep what was seen, done, true, and what followed."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .lerobot import Episode, Schema

Policy = Callable[[Any, dict], Any]
"""(obs, info) -> action."""
MakePolicy = Callable[[str, np.random.Generator, Any], Policy]
"""(name of the behaviour, its private random stream, the environment just reset) -> policy."""

GOLDEN = 0.6180339887498949

ANYWHERE = ("random", "idle")
"""Behaviours that every environment has."""


def make_anywhere(name: str, rng: np.random.Generator, env: Any) -> Policy:
    """Make one of `ANYWHERE`: uniform actions, or none at all."""
    shape = env.action_space.shape
    if name == "random":
        return lambda obs, info: rng.uniform(-1.0, 1.0, shape).astype(np.float32)
    return lambda obs, info: np.zeros(shape, np.float32)


def choose(behaviours: Mapping[str, float], seed: int) -> str:
    """The behaviour of a seed: any run of seeds gets shares close to the ones asked for (a golden-ratio sequence).

    Args:
        behaviours: name -> share; shares need not add up to 1.
        seed: the episode's seed.
    """
    shares = [*behaviours.values()] if isinstance(behaviours, Mapping) else []
    if not all(isinstance(share, int | float) and share >= 0 for share in shares) or not any(shares):
        raise ValueError(f"behaviours is {behaviours!r}; it needs names with shares of 0 or more, not all 0.")
    place = (seed * GOLDEN) % 1.0 * sum(behaviours.values())
    for name, share in behaviours.items():
        place -= share
        if place < 0:
            return name
    return max(behaviours, key=lambda name: behaviours[name])  # a rounding error past the last share


def record(
    env: Any,
    schema: Schema,
    seed: int,
    behaviour: str,
    make: MakePolicy,
    layout: str | None = None,
    stream: int = 0,
    tick: Callable[[], None] = lambda: None,
) -> Episode:
    """Play and record one episode; it is a function of the environment, the behaviour, the seed and the stream.

    Args:
        env: a `SceneEnv`.
        schema: `Schema.of(env)`, or `Schema.of(env).video()` for pictures alone.
        seed: seed of the reset and, with `stream`, of the behaviour.
        behaviour: name of the behaviour.
        make: makes the policy, after the reset.
        layout: layout to reset to; None leaves it to the environment.
        stream: the same scenes can be recorded anew with other random behaviour.
        tick: called after every step; what it raises ends the episode unrecorded.
    """
    obs, info = env.reset(seed=seed, options=None if layout is None else {"layout": layout})
    layout = layout or str(info.get("factors", {}).get("layout", ""))
    policy = make(behaviour, np.random.default_rng([stream, seed]), env)
    rows: list[dict[str, Any]] = []
    images: dict[str, list[np.ndarray]] = {camera: [] for camera in schema.cameras}
    done = False
    while not done:
        row = {"observation.state": np.array(obs["proprio"]), **_scene(schema, info)}
        for i, camera in enumerate(images):
            images[camera].append(np.array(obs["image" if i == 0 else f"image.{camera}"], dtype=np.uint8))
        action = np.clip(np.asarray(policy(obs, info), dtype=np.float32), -1.0, 1.0)
        obs, reward, terminated, truncated, info = env.step(action)
        done = bool(terminated or truncated)
        # What was commanded, not what the limits left of it: a planner, too, asks an open gripper to open.
        row |= {"action": action, "next.reward": reward}
        rows.append(row | {"next.done": done, "next.success": bool(info.get("success", False))})
        tick()
    pictures = {camera: np.stack(frames) for camera, frames in images.items()}
    columns = {name: _column(rows, name) for name in rows[0] if name in schema.columns()}
    return Episode(seed, behaviour, layout, pictures, columns)


def _scene(schema: Schema, info: Mapping[str, Any]) -> dict[str, np.ndarray]:
    missing = sorted(set(schema.quantities) - set(info["scene"]))
    if missing:
        raise LookupError(f"the environment promises the quantities {missing}, but info['scene'] has no such entry.")
    true = {k: np.array(info["scene"][k], dtype=np.float32) for k in schema.quantities}
    for name, quantity in schema.quantities.items():
        if true[name].shape != tuple(quantity.shape):
            raise ValueError(f"the environment promises {name} of shape {quantity.shape}, but gave {true[name].shape}.")
    return {f"scene.{name}": value for name, value in true.items()}


def _column(rows: list[dict[str, Any]], name: str) -> np.ndarray:
    values = np.stack([np.asarray(row[name]).reshape(-1) for row in rows])  # (T, numbers)
    return values if values.dtype == bool else values.astype(np.float32)
