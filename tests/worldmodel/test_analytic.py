"""The rail's model is the rail."""

import numpy as np
import pytest
import torch

from foresee.envs.rail import Rail
from foresee.worldmodel.analytic import RailModel
from foresee.worldmodel.interface import Context, WorldModel


def state_of(*observations) -> torch.Tensor:
    proprio = torch.from_numpy(np.stack([obs["proprio"] for obs in observations]))[:, None]
    batch = len(observations)
    return RailModel().encode(
        Context(torch.zeros(batch, 1, 3, 8, 8, dtype=torch.uint8), proprio, torch.zeros(batch, 0, 3))
    )


def test_it_is_a_world_model_of_every_quantity_of_the_rail():
    assert isinstance(RailModel(), WorldModel)
    assert dict(RailModel().quantities) == dict(Rail.quantities)


@pytest.mark.parametrize("layout", ["roomy", "tight", "between"])
def test_imagining_equals_stepping(layout):
    env, model, rng = Rail(size=8, steps=100), RailModel(), np.random.default_rng(0)
    held = tipped = 0
    for seed in range(20):
        obs, info = env.reset(seed=seed, options={"layout": layout})
        x = (info["scene"]["cup.position"][0] - info["scene"]["gripper.position"][0]) / 0.04 / 10
        z = (0.04 - info["scene"]["gripper.position"][2]) / 0.04 / 10
        chunk = rng.normal(0, 0.02, (30, 3))
        chunk[:10] += [x, z, 0]  # to the cup,
        chunk[10:] += [0.02, 0.5, -1]  # grasp and lift it,
        chunk[25:] += [0, 0, 2]  # and let it go
        chunk = chunk.clip(-1, 1).astype(np.float32)
        imagined = model.imagine(state_of(obs), torch.from_numpy(chunk)[None, None], env.quantities)
        for t, action in enumerate(chunk):
            scene = env.step(action)[-1]["scene"]
            held, tipped = held + scene["cup.held"], tipped + (scene["bowl.up"][2] < 0.9)
            for name, value in scene.items():
                np.testing.assert_allclose(
                    imagined[name][0, 0, 0, t], value, rtol=0, atol=1e-6, err_msg=f"{name} at {t}"
                )
    assert held > 20  # the interesting parts of the physics were visited
    assert tipped > 0 or layout != "between"


def test_shapes_are_futures_scenes_candidates_steps():
    env = Rail(size=8)
    state = state_of(env.reset(seed=0)[0], env.reset(seed=1)[0])
    scene = RailModel().imagine(state, torch.zeros(2, 5, 4, 3), ("cup.held", "bowl.up"))
    assert {name: tuple(value.shape) for name, value in scene.items()} == {
        "cup.held": (1, 2, 5, 4),
        "bowl.up": (1, 2, 5, 4, 3),
    }


def test_only_the_named_quantities_are_imagined():
    env = Rail(size=8)
    assert set(RailModel().imagine(state_of(env.reset(seed=0)[0]), torch.zeros(1, 1, 1, 3), ["cup.held"])) == {
        "cup.held"
    }
