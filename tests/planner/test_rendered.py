"""A simulated future read off its pictures is what the model reads off the real ones."""

import numpy as np
import pytest
import torch

from foresee.costs.height import Height
from foresee.costs.objective import Objective, Weighted
from foresee.envs.catalogue import CATALOGUE
from foresee.envs.oracle import Oracle
from foresee.envs.red_cup import RedCup
from foresee.envs.tabletop import Tabletop
from foresee.planner import build
from foresee.planner.cem import CEM
from foresee.planner.control import Controller
from foresee.planner.methods import method_named
from foresee.planner.plan import Planner
from foresee.planner.rendered import Rendered
from foresee.worldmodel import latent
from foresee.worldmodel.interface import Context
from foresee.worldmodel.objects import network as slots
from foresee.worldmodel.objects.model import Objects

SEEN = {"cameras": ("front", "side"), "size": 32, "proprio": 14, "action": 5}
TINY = {"frames": 2, "latent": 16, "hidden": 16, "channels": 8, "members": 2}


@pytest.fixture(scope="module", params=["red cup", "tabletop"])
def watched(request):
    """An environment in its second scene, and an untrained model of it that sees two frames."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        if request.param == "red cup":
            env = RedCup(size=32)
            model = latent.Latent.of(latent.Network(latent.Sizes(**SEEN, **TINY), env.quantities))
        else:
            env = Tabletop(objects=["red_block", "blue_bowl"], distractors=1, size=32)
            sizes = slots.Sizes(**SEEN, **TINY, catalogue=tuple(CATALOGUE), slots=4, features=4)
            model = Objects.of(slots.Network(sizes), objects=env.objects)
    env.reset(seed=1)
    yield env, Rendered(Oracle(env, exact=True), model)
    env.close()


def controlled(model) -> Controller:
    cost = {"low": Weighted(Height("gripper.position", 0.1), weight=1.0)}
    return Controller(Planner(model, Objective(cost), CEM(elites=1), horizon=2, candidates=1, iterations=1))


def test_it_reads_what_the_model_will_read_when_the_chunk_is_executed(watched):
    env, rendered = watched
    rng = np.random.default_rng(0)
    obs, _ = env.reset(seed=2)
    controller = controlled(rendered)
    controller.reset(obs)
    for action in rng.uniform(-1, 1, (2, 5)):
        obs, *_, info = env.step(action)
        controller.observe(obs, info["executed"])
    names = [name for name in rendered.quantities if name != "disagreement"]
    chunks = torch.from_numpy(rng.uniform(-1, 1, (1, 2, 3, 5)).astype(np.float32))
    imagined = rendered.imagine(rendered.encode(controller.context), chunks, names)
    for step, action in enumerate(chunks[0, 1].numpy()):
        obs, *_, info = env.step(action)
        controller.observe(obs, info["executed"])
        real = rendered.model.read(rendered.model.encode(controller.context), names)
        for name in names:
            assert imagined[name].shape == (1, 1, 2, 3, *rendered.quantities[name].shape)
            np.testing.assert_allclose(  # batches of another size round differently
                imagined[name][0, 0, 1, step], real[name][0], atol=1e-5, rtol=1e-5, err_msg=name
            )


def test_pictures_proprioception_and_actions_are_those_of_the_environment(watched):
    env, rendered = watched
    obs, _ = env.reset(seed=3)
    controller = controlled(rendered)
    controller.reset(obs)
    chunk = torch.from_numpy(np.random.default_rng(1).uniform(-1, 1, (1, 1, 4, 5)).astype(np.float32))
    simulator = rendered.simulator
    looks = [(*simulator.observe(), done) for done in simulator.carry_out(simulator.encode(), chunk)]
    for action, (images, proprio, executed) in zip(chunk[0, 0].numpy(), looks, strict=True):
        obs, *_, info = env.step(action)
        controller.observe(obs, info["executed"])
        context = controller.context
        np.testing.assert_array_equal(images, context.images[0, -1])
        np.testing.assert_array_equal(proprio, context.proprio[0, -1])
        np.testing.assert_array_equal(executed.astype(np.float32), context.actions[0, -1])


def test_the_present_is_what_the_model_reads(watched):
    env, rendered = watched
    controller = controlled(rendered)
    controller.reset(env.reset(seed=2)[0])
    state = rendered.encode(controller.context)
    own = rendered.model.read(rendered.model.encode(controller.context), ["gripper.position"])
    assert torch.equal(rendered.read(state, ["gripper.position"])["gripper.position"], own["gripper.position"])


def test_what_the_model_cannot_read_is_refused(watched):
    _, rendered = watched
    with pytest.raises(LookupError, match=r"needs 'vase\.position', which the world model does not know"):
        Planner(rendered, Objective({"up": Weighted(Height("vase.position", 0.1), weight=1.0)}), CEM())


def test_two_scenes_at_once_are_refused(watched):
    env, rendered = watched
    controller = controlled(rendered)
    controller.reset(env.reset(seed=2)[0])
    with pytest.raises(ValueError, match="one scene at a time, not 2"):
        rendered.imagine(rendered.encode(controller.context), torch.zeros(2, 1, 1, 5), ["gripper.position"])


class Blind:
    """A model that only imagines."""

    action_dim, quantities = 5, {}

    def encode(self, context: Context) -> None: ...


def test_a_model_that_reads_nothing_is_refused(watched):
    with pytest.raises(ValueError, match="Blind has no method 'read"):
        Rendered(watched[1].simulator, Blind())


def test_a_world_that_cannot_be_simulated_twice_is_refused():
    config = build.load("rail", ["films=0"])
    for name in ("rendered", "simulator"):
        with pytest.raises(ValueError, match=r"Rail cannot be simulated .* needs envs.tabletop.Tabletop"):
            method_named(name, config, build.environment(config))


def test_the_method_plans_with_the_budget_of_the_simulator():
    budget = ["simulator.planner={candidates: 4, iterations: 1, keep: 1}", "world_model.compile=false"]
    config = build.load("red_cup", [*budget, "search.elites=2", "planner.horizon=2", "films=0"])
    env = build.environment(config)
    method = method_named("rendered", config, env)
    obs, info = env.reset(seed=5)
    method.reset(obs, info, env)
    assert method.act(obs, info).shape == (5,)
    planner = method.controller.planner
    assert isinstance(planner.model, Rendered) and planner.candidates == 4
    assert method.dreams[0].scene["red_cup.position"].shape == (1, 2, 3)
    env.close()
