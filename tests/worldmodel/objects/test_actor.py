"""The actor, in a world whose hand goes 2 cm at an action of 1 and nothing else ever moves."""

import math

import pytest
import torch

from foresee.worldmodel import checkpoint
from foresee.worldmodel.objects.actor import became, facing
from foresee.worldmodel.objects.attempts import AHEAD, Attempts, attempts, judged
from foresee.worldmodel.objects.goal import Goal, hindsight
from foresee.worldmodel.objects.infer import infer, spread
from foresee.worldmodel.objects.loss import ObjectLoss
from foresee.worldmodel.objects.model import Objects
from foresee.worldmodel.objects.network import from_description
from foresee.worldmodel.objects.recipe import resting
from foresee.worldmodel.objects.state import State
from foresee.worldmodel.objects.truth import Truth
from foresee.worldmodel.train import fit

from .conftest import SMALL, made

NONE = {"steps": 0}


@pytest.fixture(scope="module")
def trained(frames, tmp_path_factory):
    act = {"steps": 1500, "batch": 64, "rate": 3e-3, "horizon": 3, "average": 0.99}
    model = {**SMALL, "actor": 64, "chunk": 3}
    settle = {"steps": 300, "batch": 32, "rate": 3e-3, "horizon": 3, "average": 0.98}
    settle = {"steps": 300, "batch": 32, "rate": 3e-3, "horizon": 3, "average": 0.98}
    stages = {"look": NONE, "joint": NONE, "settle": settle, "act": act}
    return fit(frames, tmp_path_factory.mktemp("actor"), model=model, **stages, precision="32-true")


def test_what_was_done_is_inferred_from_what_came_of_it(trained):
    metrics = checkpoint.load(trained)[0]["metrics"]
    usual = 0.04  # root mean square of a random action
    assert metrics["inferred.way/error/step 1"] < 0.25 * usual
    assert metrics["inferred.way/error/chunk"] < 0.25 * usual * math.sqrt(3)


def moments(count=200, slots=3, seed=0):
    noise = torch.Generator().manual_seed(seed)
    place = torch.randn(count, slots, 6, generator=noise)
    own = torch.zeros(count, slots, 6)
    who = torch.zeros(count, slots, dtype=torch.long)
    return Truth(who, place, own, torch.zeros(count, 3, 2), torch.zeros(count, 2))


def test_a_hindsight_says_all_of_a_change_or_a_part_of_it():
    now, then, robot = moments(), moments(seed=1), torch.randn(200, 14)
    steps, whole = torch.full((200,), 5), torch.arange(200) < 100
    goal = hindsight(now, then, robot, steps, whole, torch.Generator().manual_seed(0))
    assert goal.place[:100].equal(then.place[:100]) and goal.steps[:100].isfinite().all()
    all_of_it = goal.robot[:100].isfinite().all(1)
    assert 0.5 < all_of_it.float().mean() < 0.9 and goal.held[:100][all_of_it].isfinite().all()
    assert goal.robot[:100][~all_of_it].isnan().all() and goal.held[:100][~all_of_it].isnan().all()  # places alone
    part = goal.place[100:]
    known = part.isfinite()
    assert part[known].equal(then.place[100:][known]) and 0.1 < known.float().mean() < 0.7
    farthest = (then.place - now.place)[100:, :, :3].norm(dim=-1).argmax(1)
    said = known[torch.arange(100), farthest, 0].float().mean()
    assert said > 0.75  # what went farthest is what a hindsight is about


def test_a_goal_is_the_same_whichever_way_the_hand_is_turned():
    """Scene, goal and hand turned together about the vertical are the same to the actor."""
    robot, slots = torch.randn(4, 14), torch.randn(4, 2, 6)
    goal = Goal.of(torch.randn(4, 14), torch.randn(4, 2, 6), torch.zeros(4, 2), torch.full((4,), 3.0))
    quarter = torch.tensor([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])

    def spun(x):
        return torch.cat([part @ quarter.T for part in x.split(3, -1)], -1)

    def spun_robot(x):
        parts = [spun(x[:, :9]), x[:, 9:10], spun(x[:, 10:13]), x[:, 13:]]
        return torch.cat(parts, -1)

    body, axis = spun(goal.robot[:, :3]), spun(torch.cat([goal.robot[:, 3:5], torch.zeros(4, 1)], -1))[:, :2]
    other = Goal(torch.cat([body, axis, goal.robot[:, 5:]], -1), spun(goal.place), goal.held, goal.steps)
    one = goal.told(State(robot, slots, torch.zeros(4, 2)))
    two = other.told(State(spun_robot(robot), spun(slots), torch.zeros(4, 2)))
    for a, b in zip(one, two, strict=True):
        torch.testing.assert_close(a, b, atol=1e-4, rtol=1e-4)


def test_what_nobody_wants_says_nothing():
    now = State(torch.randn(2, 14), torch.randn(2, 3, 6), torch.zeros(2, 3))
    nothing = Goal(*(torch.full(shape, torch.nan) for shape in ((2, 6), (2, 3, 6), (2, 3), (2,))))
    body, each = nothing.told(now)
    assert not body[:, [*range(9), *range(11, 18)]].any() and not each.any()


def test_chunks_turn_back_and_outcomes_are_changes():
    side, chunk = torch.randn(5, 3), torch.randn(5, 4, 5)
    torch.testing.assert_close(facing(facing(chunk, side), side, back=True), chunk)
    now = State(torch.randn(5, 14), torch.randn(5, 2, 9), torch.zeros(5, 2))
    assert became(now, now.slots[..., :6]).abs().max() == 0.0


def test_attempts_never_look_beyond_their_episode(frames, trained):
    network = from_description(checkpoint.load(trained)[0])
    tried = Attempts(network, frames, range(4), 3)
    batch = tried.__getitems__(list(range(len(tried))))
    assert len(tried) == 4 * 3 and batch["left"].tolist() == [5, 4, 3] * 4
    assert batch["robot"].shape[1] == AHEAD + 1
    last = batch["robot"][:, -1]
    ends = torch.as_tensor(frames.proprio.reshape(-1, 6, 14)[:4, -1]).repeat_interleave(3, 0)
    assert last.equal(ends)


def test_zeros_say_that_an_outcome_is_not_told(frames, monkeypatch):
    network = made(actor=16, chunk=3)
    tried = Attempts(network, frames, range(4), 3)

    def taught(indices, seed=0):
        return ObjectLoss().act(network, tried.__getitems__(indices), torch.Generator().manual_seed(seed))

    for silent in (False, True):
        monkeypatch.setattr("foresee.worldmodel.objects.attempts.judged", lambda _, w, s=silent: torch.full_like(w, s))
        terms = taught([*range(12)])
        (slope,) = torch.autograd.grad(terms["total"], network.actor.object.weight)
        told = slope[:, -6:]  # what is learned from the noisy outcome
        assert slope.any() and bool(told.any()) == bool(terms["outcome"]) == (not silent)


def test_no_outcome_is_told_where_a_goal_is_one_to_judge_a_chunk_by():
    now, then, robot = moments(), moments(seed=1), torch.randn(200, 14)
    whole = torch.arange(200) < 100
    goal = hindsight(now, then, robot, torch.full((200,), 5), whole, torch.Generator().manual_seed(0))
    silent = judged(goal, whole)
    assert silent[:100].equal(goal.robot[:100].isnan().all(1)) and 0.1 < silent[:100].float().mean() < 0.5
    part = goal.robot[100:].isfinite().any(1) | goal.place[100:].isfinite().any(-1).any(-1)
    assert part.any() and not silent[100:][part].any()


def test_an_actor_without_width_and_one_of_another_length_are_refused(frames, tmp_path):
    stages = {"look": NONE, "joint": NONE, "settle": NONE, "act": {"steps": 1, "horizon": 3}}
    for model in (SMALL, {**SMALL, "actor": 16, "chunk": 4}):
        with pytest.raises(ValueError, match=r"cannot learn from chunks of 3; give model\.actor a width"):
            fit(frames, tmp_path / "refused", model=model, **stages)
    assert not (tmp_path / "refused").exists()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"actor": -1}, "model.actor is -1; it is a whole number, at least 0"),
        ({"actor": 16, "chunk": 0}, "model.chunk is 0; it is a whole number, at least 1"),
        ({"actor": 16, "chunk": 31}, r"model.chunk is 31; an actor learns chunks of 1\.\.30 actions"),
        ({"members": 0}, "model.members is 0; it is a whole number, at least 1"),
        ({"actor": True}, "model.actor is True; it is a whole number"),
        ({"actor": 16, "joint": "no"}, "model.joint is 'no'; it is true or false"),
        ({"words": True}, "there is none; give model.actor a width"),
        ({"size": 40}, "40 px cannot be encoded; choose a multiple of 16"),
        ({"dropout": 0.1}, "Sizes has no option dropout"),
    ],
)
def test_an_impossible_network_is_refused_before_anything_is_written(frames, tmp_path, wrong, said):
    with pytest.raises(ValueError, match=said):
        fit(frames, tmp_path / "refused", model=SMALL | wrong, look={"steps": 1}, joint=NONE, settle=NONE)
    assert not (tmp_path / "refused").exists()


def test_a_policy_that_is_told_words_learns_to_see_by_acting(frames, tmp_path):
    model = {**SMALL, "actor": 16, "chunk": 3, "words": True}
    act = {"steps": 2, "batch": 8, "horizon": 3}
    told, weights = checkpoint.load(fit(frames, tmp_path, model=model, look=NONE, joint=NONE, settle=NONE, act=act))
    torch.manual_seed(0)
    assert told["metrics"] == {} and told["network"]["words"]
    start = checkpoint.load(tmp_path / "act")[1]
    assert start.keys() == weights.keys()


@pytest.mark.parametrize("sizes", [{}, {"joint": False}, {"words": True}, {"words": True, "joint": False}])
def test_what_learns_is_what_the_loss_reaches(frames, sizes):
    """Processes that train together wait for the gradient of everything that learns."""
    network = made(actor=16, chunk=3, **sizes)
    for part in resting(network, "act"):
        part.requires_grad_(False)
    batch = attempts(network, frames, range(2), 3).__getitems__([0, 1, 2])
    ObjectLoss().act(network, batch, torch.Generator().manual_seed(0))["total"].backward()
    learns = {name for name, parameter in network.named_parameters() if parameter.requires_grad}
    assert learns == {name for name, parameter in network.named_parameters() if parameter.grad is not None}
    assert any(name.startswith("actor.become") for name in learns) == (not sizes)


def test_a_policy_that_is_told_words_learns_in_any_light(frames):
    network = made(actor=16, chunk=3, words=True)
    batch = attempts(network, frames, range(2), 3).__getitems__([0, 1, 2])

    def error(light):
        return ObjectLoss(light=light).act(network, batch, torch.Generator().manual_seed(0))["total"].item()

    assert error(1e-9) != error(0.3)  # with the same noise


def test_an_actor_is_added_to_a_checkpoint_whose_weights_stay(frames, tmp_path):
    first = fit(frames, tmp_path / "a", model=SMALL, look={"steps": 2, "batch": 8}, joint=NONE, settle=NONE)
    act, model = {"steps": 2, "batch": 8, "horizon": 3}, {**SMALL, "actor": 16, "chunk": 3}
    stages = {"look": NONE, "joint": NONE, "settle": NONE, "act": act, "init_from": str(first)}
    second = fit(frames, tmp_path / "b", model=model, **stages)
    one, two = checkpoint.load(first)[1], checkpoint.load(second)[1]
    assert all(two[name].equal(value) for name, value in one.items()) and two.keys() - one.keys()
    third = fit(frames, tmp_path / "c", model=model, **{**stages, "init_from": str(second)})
    assert checkpoint.load(third)[1].keys() == two.keys()
    begun, older = checkpoint.load(third)[0]["begun_from"], checkpoint.load(second)[0]
    assert begun["weights_sha256"] == older["weights_sha256"] and begun["begun_from"] == older["begun_from"]
    stages |= {"init_from": str(second)}
    alone, anew = ({**model, "joint": False}, {**model, "actor": 8})  # another actor than it has begins anew
    fourth, fifth = (fit(frames, tmp_path / name, model=each, **stages) for name, each in (("d", alone), ("e", anew)))
    for other in (fourth, fifth):
        weights = checkpoint.load(other)[1]
        assert all(weights[name].equal(value) for name, value in one.items())
        assert weights["actor.become.weight"].shape[1] == (16 if other is fourth else 8)
    assert not checkpoint.load(fourth)[1]["actor.become.weight"].equal(two["actor.become.weight"])
    with pytest.raises(ValueError, match="does not fit these data and choices"):
        fit(frames, tmp_path / "f", model={**model, "hidden": 8}, **stages)


def test_a_guess_is_corrected_by_the_physics(trained):
    """The physics says what followed some actions; descent finds actions that lead there, wherever the guess began."""
    network = Objects(trained, "float32").network
    torch.manual_seed(0)
    robot, slots = torch.zeros(4, 14), torch.rand(4, 2, 6 + network.sizes.features)
    robot[:, [0, 2, 5, 7, 9, 10, 12, 13]] = torch.tensor([0.5, 0.2, -1.0, -1.0, 0.04, 0.5, 0.2, 0.04])
    now = State(robot, slots, torch.zeros(4, 2).long())
    actions = torch.rand(4, 1, 5) - 0.5
    path = network.physics.path(robot, slots, *network.known(now.who), actions)
    later_robot, later_slots, _ = list(path)[-1]
    later = State(later_robot.mean(0), later_slots.mean(0), now.who)

    def off(found):
        reached = list(network.physics.path(robot, slots, *network.known(now.who), found))[-1][0].mean(0)
        return float((reached[:, :3] - later.robot[:, :3]).norm(dim=-1).mean())

    guess, corrected = (infer(network, now, later, 1, passes) for passes in (0, 60))
    assert guess.shape == (4, 1, 5) and corrected.abs().max() <= 1.0
    assert off(corrected) < 0.5 * off(guess)
    with torch.inference_mode():
        assert infer(network, now, later, 1, 60).equal(corrected)
    network.requires_grad_(True)
    assert infer(network, now, later, 1, 60).equal(corrected)
    assert all(parameter.grad is None for parameter in network.parameters())


@pytest.mark.parametrize("steps", [0, 4])
def test_no_more_actions_are_inferred_than_a_chunk_has(steps):
    network = made(actor=16, chunk=3)
    now = State(torch.zeros(1, 14), torch.zeros(1, 2, 10), torch.zeros(1, 2).long())
    with pytest.raises(ValueError, match=rf"steps is {steps}; the actor infers 1\.\.3 actions at once"):
        infer(network, now, now, steps)
    with pytest.raises(ValueError, match=rf"steps is {steps}; the actor infers"):
        spread(network, now, now, steps)
    with pytest.raises(ValueError, match="samples is 1; a spread takes at least 2"):
        spread(network, now, now, 3, samples=1)
