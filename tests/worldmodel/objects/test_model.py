import pytest
import torch

from foresee.envs.action import ActionMap
from foresee.worldmodel import checkpoint
from foresee.worldmodel.check import check_model
from foresee.worldmodel.known import Judged
from foresee.worldmodel.objects.model import Objects, compiled
from foresee.worldmodel.objects.state import HIGH, LOW, TARGET, TURNED, State, turned


def test_it_keeps_the_promises_of_a_world_model(network, context):
    who = context.objects[:1].expand(3, -1)
    names = [network.sizes.catalogue[i] for i in who[0].tolist()]
    check_model(Objects.of(network, objects=names), context._replace(objects=who))


def test_a_stored_model_imagines_the_same(network, context, tmp_path):
    for parameter in network.parameters():
        parameter.data = parameter.data.half().float()  # what is stored
    folder = checkpoint.save(tmp_path / "small", network.state_dict(), network.describe())
    chunks = torch.zeros(3, 2, 2, 5)
    one, two = (m.imagine(m.encode(context), chunks, ("disagreement",)) for m in (Objects.of(network), Objects(folder)))
    assert torch.allclose(one["disagreement"], two["disagreement"], atol=1e-2)


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")  # torch itself, where it compiles
def test_a_compiled_model_imagines_the_same(network, context, tmp_path):
    folder = checkpoint.save(tmp_path / "small", network.state_dict(), network.describe())
    chunks = torch.rand(3, 16, 2, 5) * 2 - 1
    names = ("latent", "gripper.position", "contact.red_cup.blue_bowl")
    plain, fast = (Objects(folder, "float32", compile=choice) for choice in (False, True))
    context = context._replace(objects=torch.tensor([[0, 3]]).expand(3, -1))
    one, two = (m.imagine(m.encode(context), chunks, names) for m in (plain, fast))
    for name in names:
        assert torch.allclose(one[name], two[name], atol=1e-4), name


def test_where_nothing_can_be_compiled_it_says_so_and_goes_on(monkeypatch):
    def no_compiler(*given):
        raise RuntimeError("no C++ compiler was found")

    monkeypatch.setattr(torch, "compile", lambda step, **options: no_compiler)
    step = compiled(lambda x: 2 * x)
    with pytest.warns(UserWarning, match="uncompiled, and slower: no C"):
        assert step(3) == 6
    assert step(4) == 8
    with pytest.raises(ZeroDivisionError), pytest.warns(UserWarning):
        compiled(lambda x: 1 / x)(0)


def test_the_order_of_objects_does_not_matter(network, context):
    model = Objects.of(network)
    turned_about = context._replace(objects=context.objects.flip(1))
    chunks = torch.rand(3, 2, 3, 5) * 2 - 1
    names = ("latent", "gripper.position", "disagreement")
    one, two = (model.imagine(model.encode(c), chunks, names) for c in (context, turned_about))
    for name in names:
        assert torch.allclose(one[name], two[name], atol=1e-5), name


def test_an_empty_slot_is_nobody(network, context):
    model = Objects.of(network)
    few = model.encode(context)
    slots = torch.cat([few.slots, torch.ones_like(few.slots[:, :1])], 1)
    more = State(few.robot, slots, torch.cat([few.who, torch.full_like(few.who[:, :1], -1)], 1))
    chunks = torch.rand(3, 2, 3, 5) * 2 - 1
    one, two = (model.imagine(s, chunks, ("latent", "disagreement", "gripper.force")) for s in (few, more))
    for name, values in one.items():
        assert torch.allclose(values, two[name], atol=1e-5), name


def test_each_scene_finds_its_own_objects(network, context):
    model = Objects.of(network, objects=["red_cup"])
    state = model.encode(context._replace(objects=torch.tensor([[0, 3], [2, 0], [0, -1]])))
    places = model.read(state, ["red_cup.position"])["red_cup.position"]
    assert torch.equal(places, torch.stack([state.slots[0, 0], state.slots[1, 1], state.slots[2, 0]])[:, :3])


def test_an_absent_object_is_refused_with_what_is_there(network, context):
    model = Objects.of(network)
    state = model.encode(context._replace(objects=torch.tensor([[1, 3]]).expand(3, -1)))
    with pytest.raises(LookupError, match="no red_cup in this scene, which has blue_cup, blue_bowl"):
        model.read(state, ["red_cup.position"])


def test_objects_without_a_name_are_the_others(network, context):
    state = Objects.of(network).encode(context._replace(objects=torch.tensor([[0, 3]]).expand(3, -1)))
    alone = Objects.of(network, objects=["red_cup"]).read(state, ["clearance.gripper.others", "contact.gripper.others"])
    named = Objects.of(network).read(state, ["clearance.gripper.blue_bowl", "contact.gripper.blue_bowl"])
    assert torch.allclose(alone["contact.gripper.others"], named["contact.gripper.blue_bowl"])
    nobody = Objects.of(network).read(state, ["contact.gripper.others", "others.up"])
    assert (nobody["contact.gripper.others"] < 1e-6).all() and (nobody["others.up"][:, 2] == 1).all()


def test_what_it_cannot_know_is_refused(network, context):
    with pytest.raises(ValueError, match="never seen a green_fork; it knows red_cup"):
        Objects.of(network, objects=["green_fork"])
    with pytest.raises(ValueError, match="which objects there are"):
        Objects.of(network).encode(context._replace(objects=None))
    with pytest.raises(LookupError, match="cannot imagine"):
        Objects.of(network).read(Objects.of(network).encode(context), ["red_cup.colour"])


def test_gradients_reach_the_actions(network, context):
    model = Objects.of(network)
    chunks = torch.zeros(3, 1, 3, 5, requires_grad=True)
    model.imagine(model.encode(context), chunks, ["gripper.position"])["gripper.position"].sum().backward()
    assert chunks.grad is not None and chunks.grad.isfinite().all() and chunks.grad.abs().sum() > 0


def test_the_frame_of_the_hand():
    side = torch.tensor([[0.0, 1.0, 0.0]])  # fingers close along y: the frame's first axis
    vectors = torch.tensor([[[1.0, 2.0, 3.0]]])
    assert torch.allclose(turned(vectors, side), torch.tensor([[[2.0, -1.0, 3.0]]]))
    assert torch.allclose(turned(turned(vectors, side), side, back=True), vectors)


def test_what_is_known_of_an_object_is_what_was_measured_of_its_kind_or_of_all(network, tmp_path):
    metrics = {
        "cup.position/error/encoded": 0.0041,
        "cup.position/error/step 8": 0.0098,
        "object.position/error/encoded": 0.006,
        "object.up/degrees/encoded": 2.1,
        "object.held/accuracy/step 8": 0.97,
        "object.held/f1/step 8": 0.81,
        "clearance.gripper.object/error/encoded": 0.005,
        "contact.object.object/accuracy/encoded": 0.99,
        "contact.gripper.object/accuracy/encoded": 0.98,
    }
    model = Objects(checkpoint.save(tmp_path / "m", network.state_dict(), network.describe() | {"metrics": metrics}))
    assert isinstance(model, Judged)
    assert {name: model.error_of(name) for name in (
        "red_cup.position", "red_cup.position@now", "red_bowl.position", "others.up", "blue_cup.held",
        "clearance.gripper.red_cup", "contact.red_cup.blue_bowl", "contact.gripper.others", "gripper.position",
        "gripper.side@start", "gripper.force", "red_cup.latent",
    )} == {
        "red_cup.position": "4.1 mm seen, 9.8 mm after 8 steps",
        "red_cup.position@now": "4.1 mm seen",
        "red_bowl.position": "6.0 mm seen",
        "others.up": "2.1 degrees seen",
        "blue_cup.held": "97 % right / F1 0.81 after 8 steps",
        "clearance.gripper.red_cup": "5.0 mm seen",
        "contact.red_cup.blue_bowl": "99 % right seen",
        "contact.gripper.others": "98 % right seen",
        "gripper.position": "felt, not measured ahead",
        "gripper.side@start": "felt",
        "gripper.force": None,
        "red_cup.latent": "the model's own",
    }  # fmt: skip


def test_nothing_is_imagined_beyond_what_can_be_commanded(network, context):
    limits = ActionMap()
    assert (LOW, HIGH, TURNED) == (limits.low, limits.high, limits.yaw_limit)
    network.physics.arm.bias.data.fill_(5.0)  # far in every direction
    robot = context.proprio[:, -1].float()
    kind, there = network.known(context.objects)
    slots = torch.zeros(3, 2, 6 + network.sizes.features)
    for after, _, _ in network.physics.path(robot, slots, kind, there, torch.ones(3, 6, 5)):
        assert (after[..., TARGET] <= torch.tensor(HIGH) + 1e-6).all()
        assert (torch.atan2(after[..., 6], -after[..., 7]).abs() <= TURNED + 1e-4).all()
