import pytest
import torch

from foresee.worldmodel import checkpoint
from foresee.worldmodel.data import Windows
from foresee.worldmodel.objects.loss import ObjectLoss, Truth, relit
from foresee.worldmodel.objects.model import Objects
from foresee.worldmodel.objects.recipe import Slots
from foresee.worldmodel.train import fit

from .conftest import SMALL


@pytest.fixture(scope="module")
def trained(frames, tmp_path_factory):
    stages = {"look": {"steps": 300, "batch": 32, "rate": 3e-3, "horizon": 1, "average": 0.99}, "joint": {"steps": 0}}
    stages["settle"] = {"steps": 40, "batch": 32, "rate": 3e-3, "horizon": 4}
    out = tmp_path_factory.mktemp("objects")
    return fit(frames, out, model=SMALL, **stages, precision="32-true")


def test_training_learns_where_things_are_and_that_they_stay(trained):
    metrics = checkpoint.load(trained)[0]["metrics"]
    assert metrics["object.position/error/encoded"] < 0.05 < 0.1  # the mean of the table is 0.1 m off
    assert metrics["object.position/error/step 4"] < metrics["object.position/error/encoded"] + 0.03
    assert {name.split("/")[0] for name in metrics} >= {"cup.position", "bowl.position", "clearance.gripper.object"}


def test_the_shipped_form_loads(trained, context):
    model = Objects(trained)
    assert model.read(model.encode(context), ["gripper.position"])["gripper.position"].shape == (3, 3)


def test_slots_and_windows_agree(frames, network):
    """What is encoded at once is what a window encodes."""
    slots = Slots(network, frames, range(3), 2)
    batch = Windows(frames, 3, [1]).__getitems__([0])
    who = Truth.of(batch["scene"], 2).who[:, 0]
    seen = network.eye.window(batch["images"], batch["proprio"], who)
    assert torch.allclose(slots.slots[7:9], seen[0], atol=2e-3)  # features rest in half precision


def test_slots_are_much_the_same_in_half_the_digits(frames, network):
    plain = Slots(network, frames, range(3), 2).slots
    with torch.autocast("cpu", torch.bfloat16):
        quick = Slots(network, frames, range(3), 2).slots
    assert quick.dtype == torch.float32 and not torch.equal(plain, quick)
    assert (plain - quick)[..., :3].norm(dim=-1).mean() < 2e-3  # metres


def test_what_nobody_knows_does_not_count(frames, network):
    """An empty slot, NaN everywhere, changes neither loss nor gradients."""
    batch = Windows(frames, 3, [0]).__getitems__([0, 1])
    loss = ObjectLoss(forget=0.0).look(network, batch, torch.Generator().manual_seed(0))
    loss["total"].backward()
    assert loss["total"].isfinite()
    assert all(p.grad is None or p.grad.isfinite().all() for p in network.parameters())


def test_light_changes_alike_in_every_picture_of_a_window():
    pictures = torch.full((2, 3, 6, 4, 4), 100, dtype=torch.uint8)
    noise = torch.Generator().manual_seed(0)
    changed = relit(pictures, 0.1, noise)
    assert changed.dtype == torch.uint8 and torch.equal(changed[:, :1].expand_as(changed), changed)
    assert len(changed[:, 0, :, 0, 0].unique()) > 6 and torch.equal(relit(pictures, 0.0, noise), pictures)
