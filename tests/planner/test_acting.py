"""Proposals of an actor, and policies, with the shipped eye and physics and an actor that has learned nothing."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from foresee.planner import build, experiment, folder
from foresee.planner.acting import Acting, independent
from foresee.planner.belief import Belief
from foresee.planner.cli import app
from foresee.planner.methods import method_named
from foresee.planner.noise import Correlated, Noise
from foresee.worldmodel import checkpoint
from foresee.worldmodel.objects.model import Objects
from foresee.worldmodel.objects.network import Network, from_description
from foresee.worldmodel.objects.state import State

QUICK = ["world_model.compile=false", "world_model.precision=float32", "films=0"]


def untaught(folder, actor=32, **sizes):
    """Give the shipped model an actor with new weights, or take it away."""
    told, weights = checkpoint.load("tabletop")
    torch.manual_seed(0)
    network = Network(replace(from_description(told).sizes, actor=actor, **sizes))
    own = {name: value for name, value in weights.items() if not name.startswith("actor.")}
    network.load_state_dict(own, strict=False)
    return str(checkpoint.save(folder, network.state_dict(), told | network.describe()))


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    path = untaught(tmp_path_factory.mktemp("actor") / "actor")
    config = build.load("red_cup", [*QUICK, f"world_model.checkpoint={path}"])
    env = build.environment(config)
    model, aim = build.world_model(config, env), build.objective(config)
    controller = build.controller(config, build.planner(config, model, aim))
    obs, _ = env.reset(seed=3)
    controller.reset(obs)
    yield config, env, model, aim, model.encode(controller.context)
    env.close()


def test_no_chunk_and_one_chunk_may_be_asked_for(scene):
    _, _, model, aim, state = scene
    none, one = (Acting(model, aim).propose(state, Belief.start(1, 10, 5), n, Noise([(0,)])) for n in (0, 1))
    assert none.shape == (1, 0, 10, 5) and one.shape == (1, 1, 10, 5)


def test_inverse_dynamics_are_told_all_of_a_scene(scene, monkeypatch):
    _, _, model, aim, state = scene
    told = []
    monkeypatch.setattr(
        model, "act", lambda s, goal, noise: told.append(goal) or noise[..., :50].unflatten(-1, (10, 5))
    )
    for whole in (False, True):
        Acting(model, aim, whole=whole).propose(state, Belief.start(1, 10, 5), 6, Noise([(0,)]))
    part, full = told
    assert full.place.isfinite().all() and full.robot[..., [0, 1, 2, 5]].isfinite().all() and (full.steps == 10).all()
    said = part.place.isfinite()
    assert not said.all() and full.place[said].equal(part.place[said])
    still = state.slots[:, None, :, :6].expand_as(full.place)
    assert full.place[~said].equal(still[~said])


@pytest.mark.parametrize("steps", [4, 10, 13])
def test_chunks_have_the_length_of_the_plan_and_depend_on_the_seed_alone(scene, steps):
    _, _, model, aim, state = scene
    acting = Acting(model, aim)
    one, two, other = (acting.propose(state, Belief.start(1, steps, 5), 12, Noise([(seed,)])) for seed in (0, 0, 1))
    assert one.shape == (1, 12, steps, 5) and one.equal(two) and not one.equal(other)
    assert len(one[0].flatten(1).unique(dim=0)) == 12
    if steps > model.sizes.chunk:
        assert not one[:, :, model.sizes.chunk :].any()


def test_a_scene_gets_the_same_chunks_beside_one_of_more_objects(scene):
    _, _, model, aim, state = scene
    acting, more = Acting(model, aim), torch.full_like(state.who[:, :1], 9)
    full = State(state.robot, torch.cat([state.slots, state.slots[:, :1]], 1), torch.cat([state.who, more], 1))
    padded = full._replace(who=torch.cat([state.who, -torch.ones_like(more)], 1))
    both = State(*(torch.cat(pair) for pair in zip(padded, full, strict=True)))
    alone = acting.propose(state, Belief.start(1, 10, 5), 6, Noise([(0,)]))
    beside = acting.propose(both, Belief.start(2, 10, 5), 6, Noise([(0,), (1,)]))
    torch.testing.assert_close(beside[:1], alone, atol=1e-3, rtol=1e-3)


def test_policies_act_and_the_planner_takes_proposals(scene):
    config, env, model, _, _ = scene
    obs, info = env.reset(seed=4)
    policy = method_named("policy", config, env, model)
    policy.reset(obs, info, env)
    action = policy.act(obs, info)
    assert action.shape == (5,) and np.abs(action).max() <= 1.0
    assert policy.controller.plan.source == ("Acting",) and policy.controller.plan.rollouts == 1
    inverse = method_named("inverse", config, env, model)
    inverse.reset(obs, info, env)
    assert np.abs(inverse.act(obs, info) - action).max() > 1e-3  # it is told more
    node = {"acting": {"_target_": "planner.acting.Acting", "share": 0.25}}
    planner = build.planner(config, model, build.objective(config), proposals=node)
    assert [type(each.proposal).__name__ for each in planner.offers.proposals] == ["Acting"]


def test_doubts_are_read_off_chunks_and_there_are_none_about_the_present(scene):
    _, _, model, _, state = scene
    chunks = torch.rand(1, 3, 10, 5, generator=torch.Generator().manual_seed(0)) * 2 - 1
    found = model.imagine(state, chunks, ["unexplained", "red_cup.position"])
    doubt = found["unexplained"]
    assert doubt.shape == found["red_cup.position"].shape[:-1] and doubt.isfinite().all()
    assert (doubt == doubt[..., :1]).all() and len(doubt[0, 0, :, 0].unique()) == 3
    assert doubt.equal(model.imagine(state, chunks, ["unexplained"])["unexplained"])
    assert not model.read(state, ["unexplained"])["unexplained"].any()


def test_without_an_actor_there_are_no_proposals_and_no_doubts(scene, tmp_path):
    _, env, _, aim, _ = scene
    bare = build.load("red_cup", [*QUICK, f"world_model.checkpoint={untaught(tmp_path / 'bare', actor=0)}"])
    model = build.world_model(bare, env)
    obs, _ = env.reset(seed=3)
    controller = build.controller(bare, build.planner(bare, model, aim))
    controller.reset(obs)
    state = model.encode(controller.context)
    with pytest.raises(ValueError, match="has no actor; foresee train"):
        Acting(model, aim).propose(state, Belief.start(1, 10, 5), 4, Noise([(0,)]))
    assert "unexplained" not in model.quantities
    proposals = build.planner(bare, model, aim).offers.proposals  # the config's own, but for the actor's
    assert [type(getattr(each, "proposal", each)).__name__ for each in proposals] == [
        "LastPlan",
        "Primitives",
        "Waypoints",
    ]
    with pytest.raises(ValueError, match="'policy' needs a world model with an actor"):
        method_named("policy", bare, env, model)


def test_a_policy_of_words_follows_the_goal_of_the_expert(scene, tmp_path):
    config, env, *_ = scene
    with pytest.raises(ValueError, match=r"direct: \{checkpoint: PATH\}"):
        method_named("direct", config, env)
    with pytest.raises(ValueError, match="was not taught words"):
        method_named("direct", build.load("red_cup", [*QUICK, "direct.checkpoint=tabletop"]), env)
    path = untaught(tmp_path / "direct", words=True, joint=False)
    for wrong, said in (("direct.execute=0", "1..10"), ("expert.goals=[{verb: clear, region: left}]", "cannot follow")):
        with pytest.raises(ValueError, match=said):
            method_named("direct", build.load("red_cup", [*QUICK, f"direct.checkpoint={path}", wrong]), env)
    done = CliRunner().invoke(app, ["check", "red_cup", *QUICK, f"world_model.checkpoint={path}"])
    assert done.exit_code == 2 and "is told words and imagines nothing, so it is no world_model" in done.stderr
    assert "unexplained" not in Objects(path).quantities
    direct = method_named("direct", build.load("red_cup", [*QUICK, f"direct.checkpoint={path}"]), env)
    obs, info = env.reset(seed=4)
    direct.reset(obs, info, env)
    first = direct.act(obs, info)
    direct.reset(obs, info, env)
    assert first.shape == (5,) and np.array_equal(first, direct.act(obs, info)) and not direct.dreams


def test_numbers_hang_together_in_no_way_whatever_the_colour():
    drawn = independent(Noise([(0,)], colour=Correlated(0.9)), 4000, 2, 1)[0, :, :, 0]
    assert abs(float(torch.corrcoef(drawn.T)[0, 1])) < 0.05


def test_a_run_names_the_checkpoint_of_every_method_that_it_holds(tmp_path):
    path, out = untaught(tmp_path / "direct", words=True, joint=False), tmp_path / "run"

    def played(method):
        config = build.load(
            "red_cup", [*QUICK, "env.steps=2", "workers=1", f"direct.checkpoint={path}", f"methods=[{method}]"]
        )
        folder.claim(out, config, {})
        place = {"index": 0, "seed": 2_000_000, "layout": "roomy"}
        folder.write(out / "manifest.json", json.dumps({"name": {}, "hash": "", "scenes": [place]}))
        return experiment.run(config, out)

    words, later = played("direct"), played("idle")
    told, _ = checkpoint.load(path)
    assert words["direct"]["checkpoint"] == {"name": path, "hash": told["weights_sha256"]}
    assert words["direct"]["data"] == {"hash": told["data_hash"]} and words["checkpoint"] is None
    assert list(later["methods"]) == ["direct", "idle"] and later["direct"] == words["direct"]
