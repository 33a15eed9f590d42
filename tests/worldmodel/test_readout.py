import pytest
import torch

from foresee.worldmodel.interface import Quantity
from foresee.worldmodel.readout import FAR, Readout, kind, target


@pytest.fixture
def scene(frames):
    return {name: torch.from_numpy(values) for name, values in frames.scene.items()}


def test_units_decide_how_a_quantity_is_read():
    assert kind(Quantity((3,), "unit", "")) == "direction" and kind(Quantity((3,), "m", "")) == "number"
    assert kind(Quantity((), "probability", "")) == "chance" and kind(Quantity((4, 4), "m", "")) == "grid"


def test_clearances_end_and_contact_points_exist_in_contact_only(scene):
    assert target("clearance.gripper.cup", scene).max() <= FAR
    point, touch = target("contact.gripper.cup.point", scene), scene["contact.gripper.cup"] > 0.5
    assert torch.equal(point.isfinite().all(-1), touch)


def test_an_untrained_head_that_answers_zero_reads_the_mean_of_the_data(frames, scene):
    readout = Readout(frames.quantities, latent=8)
    readout.measure(readout.targets(scene))
    torch.nn.init.zeros_(readout.head.weight)
    torch.nn.init.zeros_(readout.head.bias)
    read = readout.read(torch.randn(1, 8), readout.columns)
    torch.testing.assert_close(read["cup.position"][0], scene["cup.position"].mean(0))
    up = scene["cup.up"].mean(0)
    torch.testing.assert_close(read["cup.up"][0], up / up.norm())


def test_readings_keep_to_their_kind_and_shape(frames):
    readout = Readout(frames.quantities, latent=8)
    read = readout.read(torch.randn(2, 5, 8) * 10, ["cup.up", "cup.held", "cup.position"])
    assert list(read) == ["cup.up", "cup.held", "cup.position"] and read["cup.held"].shape == (2, 5)
    torch.testing.assert_close(read["cup.up"].norm(dim=-1), torch.ones(2, 5))
    assert ((read["cup.held"] >= 0) & (read["cup.held"] <= 1)).all()


def test_the_weight_of_a_rare_event_is_taken_out_of_its_chance_again():
    readout = Readout({"cup.held": Quantity((), "probability", "")}, latent=1)
    happened = (torch.arange(1000) % 20 == 0).float()[:, None]  # one time in twenty
    readout.measure(happened)
    weight = torch.exp(-readout.mean)
    torch.testing.assert_close(weight, torch.tensor([19.0]).sqrt())
    logit = torch.log(weight * 0.05 / 0.95)  # where the weighted cross-entropy is smallest
    torch.nn.init.zeros_(readout.head.weight)
    readout.head.bias.data = logit
    torch.testing.assert_close(readout.read(torch.zeros(1), ["cup.held"])["cup.held"], torch.tensor(0.05))
