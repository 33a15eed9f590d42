import pytest
import torch

from foresee.worldmodel.data import Windows
from foresee.worldmodel.loss import Loss


@pytest.fixture
def batch(frames):
    return Windows(frames, 6).__getitems__([0, 5, 9, 13])


@pytest.fixture
def measured(network, frames):
    scene = {name: torch.from_numpy(values) for name, values in frames.scene.items()}
    network.readout.measure(network.readout.targets(scene))
    return network


def terms(network, batch, loss=None):
    return (loss or Loss()).joint(network, batch, torch.Generator().manual_seed(0))


def test_every_part_learns_from_a_batch(measured, batch):
    terms(measured, batch)["total"].backward()
    assert [name for name, p in measured.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0] == []


@pytest.mark.parametrize("through", [False, True])
def test_the_picture_shapes_the_latent_only_if_it_is_reconstructed_through_it(measured, batch, through):
    terms(measured, batch, Loss(through=through))["picture"].backward()
    assert any(p.grad is not None for p in measured.encoder.parameters()) == through
    assert any(p.grad is not None for p in measured.decoder.parameters())


def test_latents_are_spread_only_where_that_is_asked_for(measured, batch):
    assert "sigreg" not in terms(measured, batch)
    usual, spread = (terms(measured, batch, Loss(sigreg=weight)) for weight in (1e-9, 0.5))
    assert (spread["total"] - usual["total"]).item() == pytest.approx(0.5 * spread["sigreg"].item(), rel=1e-3)


def test_latents_seen_later_are_held_fixed(measured):
    latents, actions = torch.randn(3, 5, 16, requires_grad=True), torch.rand(3, 4, 2)
    targets = torch.full((3, 5, measured.readout.mean.numel()), torch.nan)
    Loss().imagination(measured, latents, actions, targets)["latent"].backward()
    assert latents.grad is not None and latents.grad[:, 0].abs().sum() > 0 and latents.grad[:, 1:].abs().sum() == 0


def test_what_is_not_finite_does_not_count(measured, batch):
    batch["scene"]["cup.position"][:] = torch.nan
    batch["scene"]["depth"][0] = torch.inf
    total = terms(measured, batch)["total"]
    total.backward()
    assert total.isfinite() and all(p.grad.isfinite().all() for p in measured.parameters())


def test_perfect_readings_cost_nothing_but_the_doubt_about_chances(measured, batch):
    readout, targets = measured.readout, measured.readout.targets(batch["scene"])
    raw = (targets.nan_to_num() - readout.mean) / readout.scale
    chance = readout.span("chance")
    raw[..., chance] = (targets[..., chance] * 2 - 1) * 30  # certain, and right
    readout.forward = lambda latent: raw
    assert Loss().readings(readout, torch.empty(0), targets) < 1e-6
    raw += 0.5
    assert Loss().readings(readout, torch.empty(0), targets) > 1e-2


def test_the_last_pattern_that_fits_decides_the_weight(measured):
    columns = Loss(weights={"*": 0.0, "*.position": 1.0, "cup.position": 3.0}).columns(measured.readout)
    weight = {name: float(columns[list(r)].sum()) for name, r in measured.readout.columns.items()}
    assert weight["cup.position"] == pytest.approx(0.75) and weight["gripper.position"] == pytest.approx(0.25)
    assert weight["cup.held"] == 0


def test_bfloat16_changes_the_loss_by_little(measured, batch):
    exact = terms(measured, batch)["total"]
    with torch.autocast("cpu", torch.bfloat16):
        rounded = terms(measured, batch)["total"]
    torch.testing.assert_close(rounded.float(), exact, rtol=0.02, atol=0)
