import pytest
import torch

from foresee.worldmodel.check import check_model
from foresee.worldmodel.checkpoint import CheckpointError, save
from foresee.worldmodel.interface import Context, WorldModel
from foresee.worldmodel.latent import Latent, from_description


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_latent_model_keeps_the_contract(network, context, precision):
    model = Latent.of(network, precision)
    assert isinstance(model, WorldModel)
    check_model(model, context)


def test_it_adds_latent_image_and_disagreement_to_the_quantities_of_its_data(network, context):
    model = Latent.of(network)
    more = set(model.quantities) - set(network.quantities)
    assert {n for n in more if not n.endswith(".disagreement")} == {"latent", "image", "disagreement"}
    scene = model.imagine(model.encode(context), torch.zeros(3, 2, 4, 2), ["image", "disagreement"])
    assert scene["image"].shape == (3, 3, 2, 4, 3, 16, 16) and 0 <= scene["image"].min() <= scene["image"].max() <= 1
    assert (
        torch.equal(scene["disagreement"][0], scene["disagreement"][1]) and model.quantities["disagreement"].unit == "m"
    )


def test_a_plan_can_be_polished_by_its_gradient_but_weights_never_learn(network, context):
    model = Latent.of(network)
    chunks = torch.zeros(3, 2, 4, 2, requires_grad=True)
    assert not model.imagine(model.encode(context), chunks.detach(), ["cup.position"])["cup.position"].requires_grad
    model.imagine(model.encode(context), chunks, ["cup.position"])["cup.position"].sum().backward()
    assert chunks.grad.abs().sum() > 0 and all(p.grad is None for p in network.parameters())


def test_saving_and_loading_gives_the_same_readings_but_for_rounding(network, context, tmp_path):
    folder = save(tmp_path / "dot", network.state_dict(), network.describe())
    exact, stored = Latent.of(network), Latent(str(folder), precision="float32")
    chunks = torch.rand(3, 2, 4, 2)
    one, two = (m.imagine(m.encode(context), chunks, ["cup.position", "cup.held"]) for m in (exact, stored))
    for name in one:
        torch.testing.assert_close(one[name], two[name], atol=5e-3, rtol=0)  # float16 matrices


def test_the_order_in_which_quantities_are_listed_does_not_matter(network, context, tmp_path):
    told = network.describe()
    told["quantities"] = dict(reversed(told["quantities"].items()))
    listed = from_description(told)
    listed.load_state_dict(network.state_dict())
    one, two = (Latent.of(n).network.read(torch.ones(1, 16), network.quantities) for n in (network, listed))
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_unknown_quantities_are_refused_with_the_known_ones(network, context):
    model = Latent.of(network)
    with pytest.raises(LookupError, match=r"cannot imagine \['vase.up'\]; it knows \['clearance.gripper.cup', "):
        model.imagine(model.encode(context), torch.zeros(3, 2, 4, 2), ["vase.up"])


def test_actions_of_another_size_are_refused(network, context):
    model = Latent.of(network)
    model.check_action_dim(2)
    for ask in (
        lambda: model.check_action_dim(7),
        lambda: model.imagine(model.encode(context), torch.zeros(3, 2, 4, 7), ["cup.up"]),
    ):
        with pytest.raises(ValueError, match="imagines actions of size 2, but the environment takes actions of size 7"):
            ask()


def test_pictures_of_another_size_are_refused(network, context):
    wide = Context(context.images.repeat(1, 1, 1, 2, 2), context.proprio, context.actions)
    with pytest.raises(ValueError, match="sees 2 frames of 16 px from front"):
        Latent.of(network).encode(wide)


def test_an_unknown_precision_is_refused(network):
    with pytest.raises(ValueError, match="choose auto, float32 or bfloat16"):
        Latent.of(network, "int3")


def test_weights_that_do_not_fit_their_description_are_refused(network, tmp_path):
    told = network.describe()
    folder = save(tmp_path / "dot", network.state_dict(), told | {"network": told["network"] | {"hidden": 8}})
    with pytest.raises(CheckpointError, match="do not fit its description"):
        Latent(folder)
    folder = save(tmp_path / "dot", network.state_dict(), told | {"network": {"surprise": 1}})
    with pytest.raises(CheckpointError, match="described for another version"):
        Latent(folder)


def test_fewer_members_imagine_as_the_first_ones_do(network, context, tmp_path):
    folder = str(save(tmp_path / "dot", network.state_dict(), network.describe()))
    chunks = torch.rand(3, 2, 4, 2)
    whole, part = (Latent(folder, "float32", members) for members in (None, 1))
    one, two = (m.imagine(m.encode(context), chunks, ["cup.position"])["cup.position"] for m in (whole, part))
    torch.testing.assert_close(one[:1], two)
    with pytest.raises(ValueError, match=r"members is 9; it must lie in 1\.\.3, the members that were trained"):
        Latent(folder, members=9)
