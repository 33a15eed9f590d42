"""A Panda at a table with a red cup and a blue bowl: a task of the tabletop that has an end."""

from collections.abc import Sequence
from typing import Any

from .factors import LAYOUTS
from .tabletop import Tabletop

CUP, BOWL = "red_cup", "blue_bowl"
LIFTED, STEADY = 0.10, 5
"""Success: the cup is held with its base this high above the table (metres), for so many steps."""


class RedCup(Tabletop):
    """Pick up the red cup; the blue bowl beside it should stay upright.

    ## Description
    The tabletop with a straight red cup that just fits between the fingers, and a blue bowl with a small foot that tips
    when its rim is pushed. Three layouts: `roomy` (gap of 5 cm and more), `tight` (1.5 to 4 cm, where only a turned
    hand fits) and `between` (the hand starts low behind what stands between it and the cup; without distractors, that
    is the bowl).

    ## Action
    Those of the tabletop.

    ## Observation
    Those of the tabletop; the ids in `objects` are those of the red cup and of the blue bowl, and of distractors.

    ## Scene quantities
    Those of the tabletop, for `red_cup` and `blue_bowl`. `info["success"]` and `info["is_success"]` say whether the cup
    has been held high for long enough.

    ## Start
    That of the tabletop.

    ## End
    Success, that is the cup held with its base at least 10 cm above the table for 5 steps, terminates. `steps` actions,
    or an object that has left the table, truncate.
    The reward is 1 on success and 0 otherwise.

    ## Arguments
    distractors: so many further objects, up to two, drawn for every scene.
    cameras: which of front and side take pictures; none makes a world without pictures.
    size: pixels of a side.
    layouts: layouts drawn from, with equal chances.
    tilt: whether the hand can roll and pitch.
    steps: actions until truncation.
    variation: factors that `reset` samples; `("all",)` is every one of pose, layout, size, mass, friction, colour,
        light, camera.
    shift: factors that lie beyond the ranges that scenes are drawn from, some of colour, friction, camera and size.
    slots: whether quantities are those of slots, as recordings of the tabletop have them.
    endless: whether an episode goes on after success, as recordings do.

    ## Version history
    v1: a task of the tabletop, whose scenes and names (`red_cup`, `blue_bowl`) it has. v0 drew scenes of its own.
    """

    task = "pick up the red cup and leave the blue bowl upright"

    def __init__(
        self,
        distractors: int = 0,
        cameras: Sequence[str] = ("front", "side"),
        size: int = 64,
        layouts: Sequence[str] = LAYOUTS,
        tilt: bool = False,
        steps: int = 50,
        variation: Sequence[str] = ("all",),
        shift: Sequence[str] = (),
        slots: bool = False,
        endless: bool = False,
        render_mode: str | None = None,
    ):
        super().__init__(
            (CUP, BOWL), distractors, cameras, size, layouts, tilt, steps, variation, shift=shift, slots=slots,
            render_mode=render_mode,
        )  # fmt: skip
        self.endless = endless

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None):
        """Draw and build a scene."""
        self._steady = 0
        observation, info = super().reset(seed=seed, options=options)
        return observation, info | self._success()

    def step(self, action):
        """Carry out one action."""
        observation, _, _, truncated, info = super().step(action)
        base = self.world.pose(CUP)[0][2] - self.factors.shape(CUP).height / 2
        self._steady = self._steady + 1 if self.world.held(CUP) and base >= LIFTED else 0
        info |= self._success()
        return observation, float(info["success"]), info["success"] and not self.endless, truncated, info

    def _success(self) -> dict[str, bool]:
        return dict.fromkeys(("success", "is_success"), self._steady >= STEADY)
