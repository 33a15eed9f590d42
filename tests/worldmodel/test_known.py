import pytest
import torch

from foresee.worldmodel.analytic import RailModel
from foresee.worldmodel.checkpoint import save
from foresee.worldmodel.known import Judged, measured_error
from foresee.worldmodel.latent import Latent

METRICS = {
    "cup.position/error/encoded": 0.0041,
    "cup.position/error/step 1": 0.005,
    "cup.position/error/step 8": 0.0098,
    "cup.up/degrees/encoded": 2.13,
    "cup.up/recall/encoded": 0.9,
    "cup.held/accuracy/encoded": 0.97,
    "cup.held/f1/encoded": 0.81,
    "cup.held/accuracy/step 1": 0.9,
    "cup.far/accuracy/encoded": 0.9999,
    "gripper.force/error/encoded": 0.92,
    "cup.position.x/error/encoded": 0.5,
}


@pytest.mark.parametrize(
    ("name", "unit", "said"),
    [
        ("cup.position", "m", "4.1 mm seen, 9.8 mm after 8 steps"),
        ("cup.position@start", "m", "4.1 mm seen"),
        ("cup.up", "unit", "2.1 degrees seen"),
        ("cup.held", "probability", "97 % right / F1 0.81 seen, 90 % right after 1 step"),
        ("cup.far", "probability", "99.9 % right seen"),
        ("gripper.force", "N", "0.92 N seen"),
        ("gripper.width", "m", None),
    ],
)
def test_metrics_are_said_in_words(name, unit, said):
    assert measured_error(METRICS, name, unit) == said


def test_a_checkpoint_says_what_validation_found(network, tmp_path):
    told = network.describe() | {"metrics": METRICS}
    model = Latent(save(tmp_path / "dot", network.state_dict(), told))
    assert isinstance(model, Judged)
    assert model.error_of("cup.position") == "4.1 mm seen, 9.8 mm after 8 steps"
    assert (model.error_of("depth"), model.error_of("disagreement")) == (None, "the model's own")
    assert Latent.of(network).error_of("cup.position") is None


def test_exact_physics_is_exact():
    assert isinstance(RailModel(), Judged)
    assert RailModel().error_of("cup.position@start") == "exact"


def test_the_present_is_what_imagining_begins_with(network, context):
    model = Latent.of(network, "bfloat16")
    state, names = model.encode(context), list(model.quantities)
    read = model.read(state, names)
    assert {name: values.shape for name, values in read.items()} == {
        name: (3, *quantity.shape) for name, quantity in model.quantities.items()
    }
    assert torch.equal(read["latent"], state) and not read["disagreement"].any()
    told = network.read(state, ["cup.position"])["cup.position"]
    torch.testing.assert_close(read["cup.position"], told, atol=1e-2, rtol=0)
    assert not read["cup.position"].requires_grad
    with pytest.raises(LookupError, match=r"cannot imagine \['vase.up'\]; it knows"):
        model.read(state, ["vase.up"])
