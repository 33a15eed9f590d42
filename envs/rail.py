"""The smallest world: a gripper in a plane, a cup to lift and a bowl to leave alone, in NumPy only."""

from collections.abc import Sequence
from typing import Any, ClassVar

import gymnasium
import numpy as np
from gymnasium import spaces

from .factors import LAYOUTS, check_factors, check_layout
from .interface import Quantity

FPS = 5.0
STEP = 0.04
"""Step of the gripper, and of its opening, at action 1, metres."""
LOW, HIGH = np.array([0.20, 0.02], np.float32), np.array([0.80, 0.30], np.float32)
"""Corners of the workspace (x, z), metres."""
OPEN = 0.08
CUP_RADIUS, CUP_REST = 0.03, 0.04
"""The cup's half width, and its centre's height when it stands, metres."""
REACH = np.array([0.02, 0.03], np.float32)
"""How far from the cup's centre (x, z) the gripper can grasp it, metres."""
BOWL_RADIUS, FINGER = 0.05, 0.01
"""Round outlines of the bowl, whose centre is one radius above the table, and of the gripper, metres."""
YIELD = 10.0
"""How far the bowl tips in a step for each metre of overlap with the gripper, radians per metre."""
LIFTED, STEADY = 0.10, 5
"""Success: the cup is held this far above its rest (metres), for so many steps."""
GAPS = {"roomy": (0.04, 0.10), "tight": (0.015, 0.04), "between": (0.02, 0.06)}
"""Distance between cup and bowl by layout, metres."""
COLOURS = np.array([[0.80, 0.15, 0.15], [0.15, 0.25, 0.80], [0.30, 0.30, 0.32]])
"""Cup, bowl and gripper, shares of full brightness."""
FELT = {"all": 8, "gripper": 3}
"""How many numbers of the state, the first ones, are felt."""

QUANTITIES = {
    "gripper.position": Quantity((3,), "m", "point between the fingers, world frame"),
    "gripper.width": Quantity((), "m", "opening between the fingers"),
    "cup.position": Quantity((3,), "m", "cup centre, world frame"),
    "cup.up": Quantity((3,), "unit", "the cup's up axis, world frame"),
    "cup.held": Quantity((), "probability", "whether the gripper holds the cup"),
    "bowl.position": Quantity((3,), "m", "bowl centre, world frame"),
    "bowl.up": Quantity((3,), "unit", "the bowl's up axis, world frame"),
    "contact.gripper.bowl": Quantity((), "probability", "whether gripper and bowl touch"),
    "clearance.gripper.bowl": Quantity((), "m", "signed distance between gripper and bowl"),
}


class Rail(gymnasium.Env):
    """Lift the red cup; the blue bowl beside it should stay upright.

    ## Description
    A point-like gripper moves in the plane of x and z. It grasps the cup by closing on it, and tips the bowl by
    touching it. A carried cup falls upright when it is let go. Layouts are those of the red cup: the bowl stands
    behind the cup (`roomy`, `tight`) or between the gripper's start and the cup (`between`).

    ## Action
    | Number | Meaning                            | Range   | Physical                          |
    |--------|------------------------------------|---------|-----------------------------------|
    | 0–1    | step of the gripper along x, z     | [-1, 1] | ±0.04 m, inside the workspace     |
    | 2      | step of the opening between fingers | [-1, 1] | ±0.04 m, between 0 and 0.08 m     |

    ## Observation
    `image` (size, size, 3) uint8, and `proprio` (8,) float32, which is the whole state: gripper x and z, opening, cup x
    and z, held (0 or 1), bowl x, and the bowl's tilt in radians. With `feels="gripper"` it is the first three, and the
    rest is for eyes to see.

    ## Scene quantities
    `env.quantities` names every one with shape, unit and meaning; y is 0 everywhere.

    ## Start
    `options`: `layout` (one of the three) and `variation` (factors to sample; this world has `pose`, `layout` and
    `colour`, and ignores the red cup's others).

    ## End
    Success, that is the cup held at least 10 cm above its rest for 5 steps, terminates; `steps` actions truncate.
    The reward is 1 on success and 0 otherwise.

    ## Arguments
    size: pixels of a side.
    layouts: layouts drawn from, with equal chances.
    steps: actions until truncation.
    variation: factors that `reset` samples.
    feels: what proprioception holds, `all` of the state or the `gripper` alone.
    gripper: the gripper's red, green and blue, 0..1; None is the usual grey. What happens is the same.

    ## Version history
    v0: first.
    """

    metadata: ClassVar = {"render_modes": ["rgb_array"], "render_fps": FPS}
    fps = FPS
    renderer = "numpy"
    cameras = ("front",)
    quantities = QUANTITIES

    def __init__(
        self,
        size: int = 32,
        layouts: Sequence[str] = LAYOUTS,
        steps: int = 50,
        variation: Sequence[str] = ("all",),
        feels: str = "all",
        gripper: Sequence[float] | None = None,
        render_mode: str | None = None,
    ):
        if size < 8:
            raise ValueError(f"a picture of {size} pixels shows nothing; size must be at least 8.")
        if steps < 1:
            raise ValueError(f"an episode of {steps} steps is none; steps must be at least 1.")
        if not layouts:
            raise ValueError(f"the rail needs at least one layout of {list(LAYOUTS)}.")
        if feels not in FELT:
            raise ValueError(f"the rail cannot feel {feels!r}; choose one of {list(FELT)}.")
        if gripper is not None and (len(gripper) != 3 or not all(0.0 <= share <= 1.0 for share in gripper)):
            raise ValueError(f"gripper is {list(gripper)}; it is red, green and blue, three numbers from 0 to 1.")
        self.size, self.steps, self.render_mode, self.felt = size, steps, render_mode, FELT[feels]
        self.looks = COLOURS if gripper is None else np.array([*COLOURS[:2], gripper])
        self.layouts = tuple(check_layout(name) for name in layouts)
        self.variation = check_factors(variation)
        self.action_space = spaces.Box(-1.0, 1.0, (3,), np.float32)
        picture, state = spaces.Box(0, 255, (size, size, 3), np.uint8), spaces.Box(0.0, 2.0, (self.felt,), np.float32)
        self.observation_space = spaces.Dict({"image": picture, "proprio": state})

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None):
        """Draw a scene. Every number is drawn each time, so that fixing one factor leaves the others alone."""
        super().reset(seed=seed)
        options = options or {}
        wrong = sorted(set(options) - {"layout", "variation"})
        if wrong:
            raise ValueError(f"reset has no option {wrong[0]!r}; it takes ['layout', 'variation'].")
        vary = check_factors(options["variation"]) if "variation" in options else self.variation
        drawn, u = self.layouts[self.np_random.integers(len(self.layouts))], self.np_random.random(7)
        layout = check_layout(options.get("layout", drawn if "layout" in vary else self.layouts[0]))
        u[:4] = u[:4] if "pose" in vary else 0.5
        u[4:] = u[4:] if "colour" in vary else 0.5
        cup, (near, far) = 0.52 + 0.08 * u[0], GAPS[layout]
        beside = CUP_RADIUS + BOWL_RADIUS + near + (far - near) * u[1]
        bowl = cup - beside if layout == "between" else cup + beside
        self._state = np.array([0.22 + 0.08 * u[2], 0.16 + 0.10 * u[3], OPEN, cup, CUP_REST, 0, bowl, 0], np.float32)
        self._colours = self.looks + 0.2 * (u[4:, None] - 0.5)
        self._steps = self._steady = 0
        factors = {"layout": layout, "state": self._state.tolist(), "colours": self._colours.tolist()}
        return self._observe(), self._info() | {"factors": factors}

    def step(self, action):
        """Move, then open or close."""
        executed = np.clip(np.asarray(action, np.float32), -1.0, 1.0)
        self._state = advance(self._state, executed)
        self._steps += 1
        held, height = self._state[5], self._state[4] - CUP_REST
        self._steady = self._steady + 1 if held and height >= LIFTED else 0
        success = self._steady >= STEADY
        return (
            self._observe(),
            float(success),
            success,
            self._steps >= self.steps,
            self._info() | {"executed": executed},
        )

    def behaviour(self, name: str, rng: np.random.Generator) -> Any:
        """Make a behaviour for recording: see `rail_expert.behaviour`."""
        from .rail_expert import behaviour

        return behaviour(name, rng)

    def render(self):
        """The front camera's picture."""
        return self._picture()

    def _observe(self) -> dict[str, np.ndarray]:
        return {"image": self._picture(), "proprio": self._state[: self.felt].copy()}

    def _info(self) -> dict[str, Any]:
        success = self._steady >= STEADY
        return {"scene": scene(self._state), "success": success, "is_success": success}

    def _picture(self) -> np.ndarray:
        """Paint the plane, 0.2 to 0.9 m along x and from -0.1 m up. Shape (size, size, 3), uint8."""
        px, pz, width, cx, cz, _, bx, tilt = self._state.astype(np.float64)
        grid = (np.arange(self.size) + 0.5) / self.size * 0.7
        x, z = np.meshgrid(0.2 + grid, 0.6 - grid)
        image = np.where((z < 0)[..., None], (0.55, 0.45, 0.35), (0.9, 0.9, 0.9))
        red, blue, grey = self._colours
        dx, dz = x - bx, z - BOWL_RADIUS
        inside = dz * np.cos(tilt) + dx * np.sin(tilt) > 0  # beyond the rim, which tilts with the bowl
        image[(dx**2 + dz**2 < BOWL_RADIUS**2) & ~inside] = blue
        image[(abs(x - cx) < CUP_RADIUS) & (abs(z - cz) < CUP_REST)] = red
        image[(abs(abs(x - px) - width / 2) < FINGER) & (abs(z - pz) < 0.03)] = grey
        image[(abs(x - px) < width / 2 + FINGER) & (abs(z - pz - 0.04) < FINGER)] = grey
        return np.round(255 * np.clip(image, 0, 1)).astype(np.uint8)


def advance(state: np.ndarray, action: np.ndarray) -> np.ndarray:
    """The state one step later. Shapes (8,) and (3,) -> (8,), float32."""
    place, width, cup, held, bowl, tilt = state[:2], state[2], state[3:5], state[5] > 0, state[6], state[7]
    moved = np.clip(place + np.float32(STEP) * action[:2], LOW, HIGH)
    wide = np.clip(width + np.float32(STEP) * action[2], 0, OPEN)
    cup = cup + (moved - place) if held else cup
    near = bool((np.abs(moved - cup) <= REACH).all()) and width > 2 * CUP_RADIUS
    holds = (held or near) and wide <= 2 * CUP_RADIUS
    if held and not holds:
        cup = np.array([cup[0], CUP_REST], np.float32)
    if holds:
        wide = 2 * CUP_RADIUS
    overlap = max(-clearance(moved, bowl), 0)
    tilt = min(tilt + np.float32(YIELD) * overlap, np.pi / 2)
    return np.array([*moved, wide, *cup, holds, bowl, tilt], np.float32)


def clearance(place: np.ndarray, bowl: np.float32) -> np.float32:
    """Signed distance between gripper and bowl, metres."""
    dx, dz = place[0] - bowl, place[1] - np.float32(BOWL_RADIUS)
    return np.sqrt(dx * dx + dz * dz) - np.float32(BOWL_RADIUS + FINGER)


def scene(state: np.ndarray) -> dict[str, np.ndarray]:
    """The quantities of a state; all float32."""
    px, pz, width, cx, cz, held, bx, tilt = state
    gap = clearance(state[:2], bx)
    values = {
        "gripper.position": (px, 0, pz),
        "gripper.width": width,
        "cup.position": (cx, 0, cz),
        "cup.up": (0, 0, 1),
        "cup.held": held,
        "bowl.position": (bx, 0, BOWL_RADIUS),
        "bowl.up": (np.sin(tilt), 0, np.cos(tilt)),
        "contact.gripper.bowl": gap <= 0,
        "clearance.gripper.bowl": gap,
    }
    return {name: np.array(value, np.float32) for name, value in values.items()}
