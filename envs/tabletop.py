"""A Panda at a table with up to four cups, bowls, blocks, bottles, plates and trays, in PyBullet."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import gymnasium
import numpy as np
from gymnasium import spaces

from . import truth
from .action import ActionMap
from .aim import check_goal, moved
from .arrange import arrange
from .arrangement import Area, check_wishes
from .bullet import FPS, RENDERER, World
from .camera import EYES
from .catalogue import CATALOGUE, MOST, identity
from .factors import LAYOUTS, check_factors, check_layout
from .guise import check_guise
from .play import Policy, make
from .shift import check_shift

FALLEN, GONE = -0.02, 0.6
"""An object has left the table when its centre is lower than this, or this far from the middle, metres."""


class Tabletop(gymnasium.Env):
    """A table with objects; nothing is asked for.

    ## Description
    A Franka Panda whose hand points down, and up to four objects of a catalogue of 24: red, blue, green and yellow
    cups, bowls, blocks, bottles, plates and trays, at most one of each. Cups, blocks and bottles fit between the
    fingers. Three layouts: `roomy` (gaps of 5 cm and more), `tight` (the first object has a neighbour at 1.5 to 4 cm)
    and `between` (the hand starts low behind an object that stands between it and the first one). The first object
    is the first of `objects`; where none is named, any. One object alone is roomy in every layout.

    ## Action
    | Number | Meaning                                | Range   | Physical                                  |
    |--------|----------------------------------------|---------|-------------------------------------------|
    | 0–2    | step of the grasp target along x, y, z | [-1, 1] | ±0.04 m, world frame, inside the workspace |
    | 3      | turn of the hand about the vertical    | [-1, 1] | ±0.4 rad                                  |
    | last   | step of the opening between fingers    | [-1, 1] | ±0.04 m, between 0 and 0.08 m             |

    With `tilt=True`, roll and pitch of the hand (±0.4 rad a step, ±0.6 rad in all) stand between yaw and gripper.
    Five actions a second. Joint position, speed and torque limits are Franka's.

    ## Observation
    `image` (size, size, 3) uint8 from the first camera, `image.<camera>` from the others; `proprio` (14,) float32:
    grasp target (3, m), pointing axis (3), closing axis (3), opening (m), the commanded target (3, m) and opening (m);
    and `objects` (4,) int64: the catalogue ids of the objects in the order of the catalogue, -1 for none.

    ## Scene quantities
    `env.quantities` names every one with shape, unit and meaning; `info["scene"]` holds the values. `others` stands
    for the objects that are present but not among `objects`. `info["worst"]` holds the most tilted up axis of each
    object within the last action, between the steps that the scene shows. `info["objects"]` names what is present.
    With `slots=True` the quantities are those of `object0` to `object3`, whoever they are (`object0.who`), and
    not-a-number where a slot is empty.

    ## Start
    `reset(seed=...)` rebuilds the world, so that equal seeds give bit-equal futures.
    `options`: `layout` (one of the three) and `variation` (factors to sample; the others take their defaults).

    ## End
    `steps` actions, or an object that has left the table, truncate. Nothing terminates and the reward is 0: what
    counts as success is an experiment's to say.

    ## Arguments
    objects: names of those that always stand there, up to four.
    distractors: so many further objects, drawn for every scene.
    cameras: which of front and side take pictures; none makes a world without pictures.
    size: pixels of a side.
    layouts: layouts drawn from, with equal chances.
    tilt: whether the hand can roll and pitch.
    steps: actions until truncation.
    variation: factors that `reset` samples; `("all",)` is every one of pose, layout, size, mass, friction, colour,
        light, camera.
    regions: object -> [x_low, y_low, x_high, y_high], where its centre starts, metres.
    begin: `{held: share}` of the scenes that start with an object in the hand; `stacked`, on another one; `askew`, in
        the hand off its axis and leaning; `around`, between the open fingers; `fallen`, objects falling or lying.
    drawn: [low, high], how many objects there are; what `objects` leaves open is drawn for every scene.
    goal: objects that stand somewhere else in a goal picture, which every observation then shows: `goal`,
        `goal.<camera>` and `goal.proprio`; `info["goal"]` of a reset holds what is true of it.
    slots: whether quantities are those of slots, the same for every scene, as recordings need it.
    shift: factors that lie beyond the ranges that scenes are drawn from, some of colour, friction, camera and size. The
        rest of a scene is as without a shift, but for places where other sizes do not fit.
    guise: how the robot looks: `{arm: [red, green, blue]}` paints it, `{proxy_hand: true}` shows but its hand and
        fingers. Pictures and depth differ, and nothing else.

    ## Version history
    v0: first.
    """

    metadata: ClassVar = {"render_modes": ["rgb_array"], "render_fps": FPS}
    fps = FPS
    renderer = RENDERER
    task = "whatever is said about the objects on the table"

    def __init__(
        self,
        objects: Sequence[str] = (),
        distractors: int = 0,
        cameras: Sequence[str] = ("front", "side"),
        size: int = 64,
        layouts: Sequence[str] = LAYOUTS,
        tilt: bool = False,
        steps: int = 50,
        variation: Sequence[str] = ("all",),
        regions: Mapping[str, Area] | None = None,
        begin: Mapping[str, float] | None = None,
        drawn: Sequence[int] | None = None,
        slots: bool = False,
        goal: Sequence[str] = (),
        shift: Sequence[str] = (),
        guise: Mapping[str, Any] | None = None,
        render_mode: str | None = None,
    ):
        if not objects and not distractors and drawn is None:
            drawn = (1, MOST)
        self.wishes = check_wishes(objects, distractors, regions or {}, begin or {}, drawn)
        wrong = sorted({*cameras} - {*EYES})
        if wrong:
            raise ValueError(f"the tabletop has no camera {wrong[0]!r}; it has {list(EYES)}")
        if steps < 1:
            raise ValueError(f"an episode of {steps} steps is none; steps must be at least 1")
        if not layouts:
            raise ValueError(f"the tabletop needs at least one layout of {list(LAYOUTS)}")
        if size < truth.DEPTH or size % truth.DEPTH:
            raise ValueError(f"the size of a picture must be a multiple of {truth.DEPTH}, not {size}")
        self.objects: tuple[str, ...] = self.wishes.objects
        self.cameras, self.size, self.steps, self.slots = tuple(cameras), size, steps, slots
        self.layouts = tuple(check_layout(name) for name in layouts)
        self.variation, self.shift = check_factors(variation), check_shift(shift)
        self.goal = check_goal(goal, self.objects)
        self.render_mode = render_mode
        self.actions = ActionMap(tilt=tilt)
        self.quantities = self._quantities(self.objects)
        pictures = {"image" if i == 0 else f"image.{name}" for i, name in enumerate(self.cameras)}
        self.action_space = spaces.Box(-1.0, 1.0, (self.actions.size,), np.float32)
        seen: dict[str, spaces.Space] = {n: spaces.Box(0, 255, (size, size, 3), np.uint8) for n in sorted(pictures)}
        seen["objects"] = spaces.Box(-1, len(CATALOGUE) - 1, (MOST,), np.int64)
        self.observation_space = spaces.Dict(seen | {"proprio": spaces.Box(-2.0, 2.0, (14,), np.float32)})
        if self.goal:
            seen |= {name.replace("image", "goal", 1): space for name, space in seen.items() if "image" in name}
            self.observation_space = spaces.Dict(
                seen | {k: spaces.Box(-2.0, 2.0, (14,), np.float32) for k in ("proprio", "goal.proprio")}
            )
        self.world = World(self.actions, check_guise(guise or {}))

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None):
        """Draw and build a scene."""
        super().reset(seed=seed)
        options = options or {}
        wrong = set(options) - {"layout", "variation"}
        if wrong:
            raise ValueError(f"reset has no option {sorted(wrong)[0]!r}; it takes ['layout', 'variation']")
        layouts = (check_layout(options["layout"]),) if "layout" in options else self.layouts
        vary = check_factors(options["variation"]) if "variation" in options else self.variation
        self.factors = arrange(self.np_random, self.wishes, layouts, vary, self.shift)
        self.others = tuple(name for name in self.factors.objects if name not in self.objects)
        self.quantities = self._quantities(self.factors.objects)
        self.shown: dict[str, np.ndarray] = {}
        aim = {"goal": self._aim()} if self.goal else {}
        self.world.build(self.factors)
        self.done: list[np.ndarray] = []
        observation, scene = self._look()
        return observation, self._info(scene) | aim | {"factors": self.factors.json()}

    def step(self, action):
        """Carry out one action."""
        self.done.append(np.asarray(action, dtype=np.float64))
        executed = self.world.move(self.done[-1])
        observation, scene = self._look()
        info = self._info(scene) | {"executed": executed.astype(np.float32)}
        centres = np.array([self.world.pose(name)[0] for name in self.factors.objects])  # (objects, 3)
        lost = (centres[:, 2] < FALLEN) | (np.hypot(centres[:, 0] - 0.5, centres[:, 1]) > GONE)
        return observation, 0.0, False, bool(lost.any()) or len(self.done) >= self.steps, info

    def render(self):
        """The first camera's picture."""
        return self.world.photograph(self.cameras[0] if self.cameras else "front", self.size)[0]

    def objects_seen(self) -> np.ndarray:
        """Which cells of the depth picture show an object now. Bool, shape (16, 16)."""
        return truth.objects_seen(self.world, self.cameras[0], self.size)

    def close(self):
        """End the physics server."""
        self.world.close()

    def behaviour(self, name: str, rng: np.random.Generator) -> Policy:
        """Make a behaviour that is worth recording here, after a reset."""
        return make(name, rng, self)

    def _quantities(self, objects: Sequence[str]) -> dict[str, Any]:
        known = truth.slots() if self.slots else truth.quantities(objects) | truth.OTHERS
        if not self.cameras:
            del known["depth"]
        return known

    def _aim(self) -> dict[str, np.ndarray]:
        """Build the goal, photograph it and say what is true of it."""
        self.world.build(moved(self.np_random, self.factors, self.goal))
        seen, scene = self._look()
        pictures = {k.replace("image", "goal", 1): v for k, v in seen.items() if "image" in k}
        self.shown = pictures | {"goal.proprio": seen["proprio"]}
        return scene

    def _look(self) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        scene = truth.read(self.world, (name for name in self.quantities if name != "depth"), self.others)
        ids = [identity(name) for name in self.factors.objects]
        observation = {"proprio": self.world.proprio(), "objects": np.array(ids + [-1] * (MOST - len(ids)))}
        for i, camera in enumerate(self.cameras):
            picture, depth = self.world.photograph(camera, self.size, depth=i == 0)
            observation["image" if i == 0 else f"image.{camera}"] = picture
            if depth is not None:
                scene["depth"] = truth.shrink(depth)
        return observation | self.shown, scene

    def _info(self, scene: dict[str, np.ndarray]) -> dict[str, Any]:
        worst = {name: np.asarray(up, dtype=np.float32) for name, up in self.world.worst.items()}
        worst["others.up"] = truth.most_tilted([worst[f"{name}.up"] for name in self.others]).astype(np.float32)
        if self.slots:
            pairs = zip(truth.SLOTS, self.factors.objects, strict=False)
            worst |= {f"{slot}.up": worst[f"{name}.up"] for slot, name in pairs}
        return {"scene": scene, "worst": worst, "objects": list(self.factors.objects)}
