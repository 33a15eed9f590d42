import numpy as np
import pytest
import torch
from torch import nn

from foresee.configs import build
from foresee.costs import Effort, Limit, Objective, Weighted
from foresee.costs.expression import Expression
from foresee.costs.goal_image import GoalImage
from foresee.planner.cem import CEM
from foresee.planner.control import Controller
from foresee.planner.plan import Planner
from foresee.worldmodel.check import check_model
from foresee.worldmodel.foreign.model import Foreign
from foresee.worldmodel.interface import Quantity

BRIGHT = {"brightness": (nn.Linear(3, 1), Quantity((), "1", "mean of the colours"))}
nn.init.constant_(BRIGHT["brightness"][0].weight, 1 / 3)
nn.init.zeros_(BRIGHT["brightness"][0].bias)


@pytest.mark.parametrize(("block", "frames"), [(1, 1), (2, 1), (1, 3), (2, 3)])
@pytest.mark.parametrize("kind", ["colour", "older"])
def test_it_keeps_the_promises_of_a_world_model(colour, context, kinds, kind, block, frames):
    model = colour(kinds[kind], block, frames, probes=BRIGHT)
    assert model.context_frames == (frames - 1) * block + 1
    check_model(model, context(2, model.context_frames), steps=4)


def test_glued_sources_are_told_apart_and_put_together_without_actions(kinds, context):
    told = {"action_mean": [0, 0], "action_std": [1, 1], "proprio_mean": [0, 0], "proprio_std": [1, 1]}
    model = Foreign(kinds["glued"](2, 2), 4, **told)
    sizes = {name: quantity.shape for name, quantity in model.quantities.items()}
    assert sizes == {"pixels.latent": (12,), "proprio.latent": (2,), "latent": (14,)}
    check_model(model, context())
    state, chunks = model.encode(context()), torch.rand(2, 3, 4, 2)
    for scene in (model.read(state, sizes), model.imagine(state, chunks, sizes)):
        parts = torch.cat([scene["pixels.latent"], scene["proprio.latent"]], -1)
        assert torch.equal(scene["latent"], parts)


def test_actions_arrive_in_the_units_of_the_training_data(colour, context):
    model = colour(action_low=[0, -2], action_high=[4, 2], action_mean=[1, 0.5], action_std=[0.5, 2])
    now = model.read(model.encode(context(1)), ["latent"])["latent"]
    chunk = torch.tensor([[[[0.5, -1.0]]]])  # 3 and -2 there: 4 and -1.25 deviations off the mean
    latent = model.imagine(model.encode(context(1)), chunk, ["latent"])["latent"]
    assert torch.allclose(latent[0, :, 0, 0], now + 0.1 * (4 - 1.25), atol=1e-6)


def test_between_two_steps_of_the_model_things_are_as_they_were(colour, context):
    model = colour(block=3)
    state, ones = model.encode(context(1)), torch.ones(1, 1, 8, 2)
    latent = model.imagine(state, ones, ["latent"])["latent"][0, 0, 0]
    passed = torch.tensor([0, 0, 1, 1, 1, 2, 2, 2])  # blocks that are over
    assert torch.allclose(latent, state.latents["latent"] + 0.6 * passed[:, None], atol=1e-6)
    assert torch.equal(model.imagine(state, ones[:, :, :2], ["latent"])["latent"][0, 0, 0], latent[:2])


def test_frames_and_past_actions_are_those_a_block_apart(colour, context):
    model, seen = colour(block=2, frames=2), context(1, 3)
    state = model.encode(seen)
    assert torch.allclose(state.inputs["pixels"] * 255, seen.images[:, [0, 2]].float(), atol=1e-4)
    assert torch.equal(state.past, seen.actions.reshape(1, 1, 4))


def test_past_actions_count_wherever_a_release_wants_them(colour, context, kinds):
    seen, chunks = context(2, 3), torch.rand(2, 4, 5, 2) * 2 - 1
    paths = []
    for kind in ("colour", "older"):
        model = colour(kinds[kind], frames=3)
        paths.append(model.imagine(model.encode(seen), chunks, ["latent"])["latent"])
    assert torch.equal(*paths)
    still = seen._replace(actions=0 * seen.actions)
    assert not torch.allclose(model.imagine(model.encode(still), chunks, ["latent"])["latent"], paths[0])


def test_futures_can_be_differentiated_in_the_actions(colour, context):
    model = colour(block=2)
    chunks = torch.zeros(2, 1, 4, 2, requires_grad=True)
    model.imagine(model.encode(context()), chunks, ["latent"])["latent"][:, :, :, -1].sum().backward()
    assert chunks.grad is not None and torch.allclose(chunks.grad, torch.tensor(0.3))


def obs(level, goal):
    return {
        "image": np.full((4, 4, 3), level, np.uint8),
        "proprio": np.zeros(0, np.float32),
        "goal": np.full((4, 4, 3), goal, np.uint8),
        "goal.proprio": np.zeros(0, np.float32),
    }


def controller(model, **limits):
    aim = Objective(
        {"like": Weighted(GoalImage(), 1.0, over="end"), "gently": Weighted(Effort(), 0.01)},
        {name: Limit(cost, at_most) for name, (cost, at_most) in limits.items()},
    )
    return Controller(Planner(model, aim, CEM(elites=8), horizon=4, candidates=64, iterations=4), execute=2)


@pytest.mark.parametrize("frames", [1, 2])
def test_a_plan_leads_to_the_goal_picture(colour, frames):
    robot = controller(colour(block=2, frames=frames))
    robot.reset(obs(0, 153))
    robot.act(obs(0, 153))
    end = robot.imagine(["latent"])["latent"][0, 0, 0, -1]
    assert torch.allclose(end, torch.full((3,), 0.6), atol=0.05)  # 153 / 255


def test_a_limit_holds_for_what_a_probe_reads(colour):
    limits = {"dim": (Expression("brightness", "1"), 0.4)}
    robot = controller(colour(block=2, probes=BRIGHT), **limits)
    robot.reset(obs(0, 153))
    robot.act(obs(0, 153))
    bright = robot.imagine(["brightness"])["brightness"]
    assert robot.plan.feasible[0] and 0.3 < bright.max() <= 0.4


def test_a_horizon_is_whole_steps_of_the_model(colour):
    with pytest.raises(ValueError, match=r"horizon is 4; it must be a multiple of 3"):
        Planner(colour(block=3), Objective({"gently": Weighted(Effort(), 1.0)}), CEM(elites=8), horizon=4)


def test_check_says_that_nobody_measured_a_probe(colour):
    model = colour(probes=BRIGHT)
    assert model.error_of("brightness") is None and model.error_of("latent@goal") == "the model's own"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"frames": 0}, r"frames is 0; it must be at least 1"),
        ({"block": 2, "kind": lambda _: nn.Linear(2, 2)}, r"Linear has no 'encode'; a model of stable-worldmodel's"),
        ({"kind": lambda width: Wide(width + 1)}, r"does not imagine from 1 frames of 4 px and actions of size 1 x 2"),
        ({"kind": lambda width: Short(width)}, r"makes \[1\] steps of 'predicted_emb' of frames=1 .* protocol has 2"),
        ({"probes": {"latent": BRIGHT["brightness"]}}, r"'latent' is what the model itself imagines"),
        ({"probes": {"x": (nn.Linear(5, 1), Quantity((), "m", "x"))}}, r"'x' does not read 3 numbers of latent"),
    ],
)
def test_a_model_that_cannot_work_is_refused(colour, options, message):
    with pytest.raises(ValueError, match=message):
        colour(**options)


def test_glued_models_say_what_they_feel(kinds):
    with pytest.raises(ValueError, match=r"feels \['proprio'\].*give proprio_mean and proprio_std"):
        Foreign(kinds["glued"](2, 2), 4, [0, 0], [1, 1])


def test_a_context_of_another_length_is_refused(colour, context):
    with pytest.raises(ValueError, match=r"looks back on 3 pictures, since frames=2 and action_block=2.*has 1"):
        colour(block=2, frames=2).encode(context())


def test_unknown_quantities_and_other_actions_are_refused(colour, context):
    model = colour()
    with pytest.raises(LookupError, match=r"cannot imagine \['image'\]; it knows \['latent'\]"):
        model.read(model.encode(context()), ["image"])
    with pytest.raises(ValueError, match=r"actions of size 2, but the environment takes actions of size 3"):
        model.imagine(model.encode(context()), torch.zeros(2, 1, 1, 3), ["latent"])


def test_a_config_names_it():
    with pytest.raises(ValueError, match=r"the checkpoint 'nowhere' "):
        node = {"_target_": "worldmodel.foreign.model.Foreign", "model": "nowhere", "size": 4}
        build({**node, "action_mean": [0.0], "action_std": [1.0]})


class Wide(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.push = nn.Linear(width, 3)

    def encode(self, info):
        return info | {"emb": info["pixels"].mean((-2, -1))}

    def rollout(self, info, actions):
        return info | {"predicted_emb": self.push(actions)}


class Short(Wide):
    """Forgets to begin with the frames."""
