"""What every environment of `foresee` offers beyond `gymnasium.Env`, and where registered ids come from."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol, runtime_checkable


class Quantity(NamedTuple):
    """What one true scene quantity is; the same fields as a world model's, so that they can be compared."""

    shape: tuple[int, ...]
    """Shape at one step; () is a number."""
    unit: str
    """SI unit, "unit" for a unit vector, or "probability"."""
    meaning: str
    """One phrase that includes the frame, such as "cup centre, world frame"."""


@runtime_checkable
class SceneEnv(Protocol):
    """A gymnasium environment with named cameras and true scene quantities.

    Observation: `{"image": (H, W, 3) uint8, "proprio": (J,) float32}`; further cameras add `"image.<camera>"`, and an
    environment whose objects differ from scene to scene adds their catalogue ids, `"objects"`.
    `info` of `reset` and `step`:
        scene: `{name: float32 array}`, the true quantities; never shown to a planner that claims to see pixels.
        executed: the action really executed, in [-1, 1] (after `step`).
        success, is_success: whether the task is accomplished, a statement about objects; absent without a task.
        factors: JSON-able description of the sampled scene (layout, poses, sizes, masses, ...); after `reset` only.
    `reset(seed=s)` is the only way to seed; two resets with one seed are bit-equal.
    """

    cameras: tuple[str, ...]
    """Names of the cameras; the first is `obs["image"]`."""
    fps: float
    """Actions a second."""
    quantities: Mapping[str, Quantity]
    """Every quantity of `info["scene"]`, by name."""

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict]: ...
    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict]: ...
    def close(self) -> None: ...
