"""A Panda at a table with a red cup and a blue bowl, in PyBullet."""

from collections.abc import Sequence
from typing import Any, ClassVar

import gymnasium
import numpy as np
from gymnasium import spaces

from . import truth
from .action import ActionMap
from .bullet import FPS, RENDERER, World
from .camera import EYES
from .distractor import distract
from .factors import LAYOUTS, check_factors, check_layout, check_shift, draw

LIFTED, STEADY = 0.10, 5
"""Success: the cup is held with its base this high above the table (metres), for so many steps."""
KINDS = ("cup", "bowl")


class RedCup(gymnasium.Env):
    """Pick up the red cup; the blue bowl beside it should stay upright.

    ## Description
    A Franka Panda whose hand points down, a straight cup that just fits between its fingers, and a bowl with a small
    foot that tips when its rim is pushed. Three layouts: `roomy` (gap of 4 cm and more), `tight` (1.5 to 4 cm, where
    only a turned hand fits) and `between` (the hand starts low behind the bowl, which stands between it and the cup).

    ## Action
    | Number | Meaning                                | Range   | Physical                                  |
    |--------|----------------------------------------|---------|-------------------------------------------|
    | 0–2    | step of the grasp target along x, y, z | [-1, 1] | ±0.04 m, world frame, inside the workspace |
    | 3      | turn of the hand about the vertical    | [-1, 1] | ±0.4 rad                                  |
    | last   | step of the opening between fingers    | [-1, 1] | ±0.04 m, between 0 and 0.08 m             |

    With `tilt=True`, roll and pitch of the hand (±0.4 rad a step, ±0.6 rad in all) stand between yaw and gripper.
    Five actions a second. Joint position, speed and torque limits are Franka's.

    ## Observation
    `image` (size, size, 3) uint8 from the first camera, `image.<camera>` from the others, and `proprio` (14,) float32:
    grasp target (3, m), pointing axis (3), closing axis (3), opening (m); the commanded target (3, m) and opening (m).

    ## Scene quantities
    `env.quantities` names every one with shape, unit and meaning; `info["scene"]` holds the values. `info["worst"]`
    holds the most tilted up axis of each object within the last action, between the steps that the scene shows.

    ## Start
    `reset(seed=...)` rebuilds the world, so that equal seeds give bit-equal futures.
    `options`: `layout` (one of the three) and `variation` (factors to sample; the others take their defaults).

    ## End
    Success, that is the cup held at least 10 cm above the table for 5 steps, terminates. `steps` actions, or
    an object that has left the table, truncate.
    The reward is 1 on success and 0 otherwise.

    ## Arguments
    objects: which of cup and bowl stand on the table.
    cameras: which of front and side take pictures; none makes a world without pictures.
    size: pixels of a side.
    layouts: layouts drawn from, with equal chances.
    tilt: whether the hand can roll and pitch.
    steps: actions until truncation.
    variation: factors that `reset` samples; `("all",)` is every one of pose, layout, size, mass, friction, colour,
        light, camera.
    endless: whether an episode goes on after success, as recordings do.
    shift: what lies beyond the ranges that recordings are drawn from, some of colour, friction, camera, size and
        distractor, a third object on the table; no quantity tells of it. The rest of a scene is as without a
        shift, but for places where other sizes do not fit.

    ## Version history
    v0: first.
    """

    metadata: ClassVar = {"render_modes": ["rgb_array"], "render_fps": FPS}
    fps = FPS
    renderer = RENDERER

    def __init__(
        self,
        objects: Sequence[str] = KINDS,
        cameras: Sequence[str] = ("front", "side"),
        size: int = 64,
        layouts: Sequence[str] = LAYOUTS,
        tilt: bool = False,
        steps: int = 50,
        variation: Sequence[str] = ("all",),
        endless: bool = False,
        shift: Sequence[str] = (),
        render_mode: str | None = None,
    ):
        for kind, wrong in (("object", {*objects} - {*KINDS}), ("camera", {*cameras} - {*EYES})):
            if wrong:
                known = list(KINDS if kind == "object" else EYES)
                raise ValueError(f"the red cup has no {kind} {sorted(wrong)[0]!r}; it has {known}")
        if "cup" not in objects:
            raise ValueError("the red cup needs the object 'cup', which is to be picked up")
        if not layouts:
            raise ValueError(f"the red cup needs at least one layout of {list(LAYOUTS)}")
        if size < truth.DEPTH or size % truth.DEPTH:
            raise ValueError(f"the size of a picture must be a multiple of {truth.DEPTH}, not {size}")
        self.objects, self.cameras, self.size, self.steps = tuple(objects), tuple(cameras), size, steps
        self.layouts = tuple(check_layout(name) for name in layouts)
        self.variation, self.endless, self.shift = check_factors(variation), endless, check_shift(shift)
        self.render_mode = render_mode
        self.actions = ActionMap(tilt=tilt)
        self.quantities = truth.quantities(tuple(name for name in KINDS if name in self.objects))
        if not cameras:
            del self.quantities["depth"]
        pictures = {"image" if i == 0 else f"image.{name}" for i, name in enumerate(self.cameras)}
        self.action_space = spaces.Box(-1.0, 1.0, (self.actions.size,), np.float32)
        seen: dict[str, spaces.Space] = {n: spaces.Box(0, 255, (size, size, 3), np.uint8) for n in sorted(pictures)}
        self.observation_space = spaces.Dict(seen | {"proprio": spaces.Box(-2.0, 2.0, (14,), np.float32)})
        cached = "size" not in self.shift  # as v0 was recorded and measured; unseen sizes are to be seen
        self.world = World(self.actions, cached=cached)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None):
        """Draw and build a scene."""
        super().reset(seed=seed)
        options = options or {}
        wrong = set(options) - {"layout", "variation"}
        if wrong:
            raise ValueError(f"reset has no option {sorted(wrong)[0]!r}; it takes ['layout', 'variation']")
        layouts = (check_layout(options["layout"]),) if "layout" in options else self.layouts
        vary = check_factors(options["variation"]) if "variation" in options else self.variation
        self.factors = draw(self.np_random, self.objects, layouts, vary, self.shift)
        if "distractor" in self.shift:
            self.factors = distract(self.np_random, self.factors)
        self.world.build(self.factors)
        self.done: list[np.ndarray] = []
        self._steady = 0
        observation, scene = self._look()
        return observation, self._info(scene) | {"factors": self.factors.json()}

    def step(self, action):
        """Carry out one action."""
        self.done.append(np.asarray(action, dtype=np.float64))
        executed = self.world.move(self.done[-1])
        observation, scene = self._look()
        base = scene["cup.position"][2] - self.factors.shape("cup").height / 2
        self._steady = self._steady + 1 if scene["cup.held"] and base >= LIFTED else 0
        success = self._steady >= STEADY
        info = self._info(scene) | {"executed": executed.astype(np.float32)}
        lost = bool(min(scene[f"{name}.position"][2] for name in self.objects) < 0)
        return observation, float(success), success and not self.endless, lost or len(self.done) >= self.steps, info

    def render(self):
        """The first camera's picture."""
        return self.world.photograph(self.cameras[0] if self.cameras else "front", self.size)[0]

    def objects_seen(self) -> np.ndarray:
        """Which cells of the depth picture show an object now. Bool, shape (16, 16)."""
        return truth.objects_seen(self.world, self.cameras[0], self.size)

    def close(self):
        """End the physics server."""
        self.world.close()

    def _look(self) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        scene = truth.read(self.world, (name for name in self.quantities if name != "depth"))
        observation = {"proprio": self.world.proprio()}
        for i, camera in enumerate(self.cameras):
            picture, depth = self.world.photograph(camera, self.size, depth=i == 0)
            observation["image" if i == 0 else f"image.{camera}"] = picture
            if depth is not None:
                scene["depth"] = truth.shrink(depth)
        return observation, scene

    def _info(self, scene: dict[str, np.ndarray]) -> dict[str, Any]:
        success = self._steady >= STEADY
        worst = {name: np.asarray(up, dtype=np.float32) for name, up in self.world.worst.items()}
        return {"scene": scene, "worst": worst, "success": success, "is_success": success}
