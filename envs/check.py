"""Whether an environment keeps its promises: gymnasium's, and ours about scenes, seeds and executed actions."""

import warnings
from typing import Any

import gymnasium
import numpy as np
from gymnasium.utils.env_checker import check_env as check_gymnasium

SEED = 7


def check_env(env: gymnasium.Env, steps: int = 5) -> None:
    """Raise ValueError, with a sentence that says what would be right, unless `env` is a sound `SceneEnv`.

    Args:
        env: best made by `gymnasium.make(id).unwrapped`, so that its specification is known. It is reset, not closed.
        steps: random actions that are tried.
    """
    _check_gymnasium(env)
    for name in ("cameras", "fps", "quantities"):
        _expect(hasattr(env, name), f"the environment has no {name!r}; see foresee.envs.interface.SceneEnv.")
    first, second = _episode(env, steps), _episode(env, steps)
    for step, (one, other) in enumerate(zip(first, second, strict=True)):
        _expect(
            _equal(one, other),
            f"two episodes with seed {SEED} differ at step {step}; reset(seed=...) must rebuild everything that moves.",
        )
    for obs, info in first:
        _check_observation(env, obs)
        _check_scene(env, info)
    _expect("layout" in first[0][1].get("factors", {}), "info of reset must have factors with a 'layout'.")


def _check_gymnasium(env: gymnasium.Env) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            check_gymnasium(env)
        except (AssertionError, Warning) as problem:
            raise ValueError(f"gymnasium's own check fails: {problem}") from problem


def _episode(env: gymnasium.Env, steps: int) -> list[tuple[Any, dict]]:
    """Observations and infos of one seeded episode with seeded random actions, one of them beyond the bounds."""
    env.action_space.seed(SEED)
    history: list[tuple[Any, dict]] = [env.reset(seed=SEED)]
    for step in range(steps):
        action = env.action_space.sample()
        obs, _, terminated, truncated, info = env.step(2 * np.sign(action) if step == 0 else action)
        executed = np.asarray(info.get("executed", np.nan))
        _expect(
            executed.shape == action.shape and bool((np.abs(executed) <= 1).all()),
            f"info['executed'] must be the executed action, shape {action.shape}, in [-1, 1]; it is {executed}.",
        )
        _expect(
            len({"success", "is_success"} & set(info)) != 1,
            "info of step must have both of 'success' and 'is_success', or none of them where there is no task.",
        )
        history.append((obs, info))
        if terminated or truncated:
            break
    return history


def _check_observation(env: Any, obs: Any) -> None:
    pictures = {"image" if i == 0 else f"image.{camera}" for i, camera in enumerate(env.cameras)}
    more = {"objects"} & set(env.observation_space.spaces)
    wanted = sorted({*pictures, *more, "proprio"})
    _expect(sorted(obs) == wanted, f"the observation must hold {wanted}; it holds {sorted(obs)}.")


def _check_scene(env: Any, info: dict) -> None:
    scene = info.get("scene", {})
    wrong = sorted(set(scene) ^ set(env.quantities))
    _expect(not wrong, f"info['scene'] and env.quantities must name the same quantities; only one has {wrong}.")
    for name, quantity in env.quantities.items():
        value = scene[name]
        _expect(
            isinstance(value, np.ndarray) and value.dtype == np.float32 and value.shape == tuple(quantity.shape),
            f"scene quantity {name!r} must be a float32 array of shape {tuple(quantity.shape)}; it is {value!r}.",
        )
        empty = getattr(env, "slots", False) and bool(np.isnan(value).all())  # nothing is known of an empty slot
        _expect(empty or bool(np.isfinite(value).all()), f"scene quantity {name!r} must be finite; it is {value}.")


def _equal(one: Any, other: Any) -> bool:
    """Bit-equality of nested dicts, sequences and arrays."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_equal(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(_equal, one, other))
    return np.array_equal(one, other, equal_nan=np.asarray(one).dtype.kind == "f")


def _expect(holds: bool, sentence: str) -> None:
    if not holds:
        raise ValueError(sentence)
