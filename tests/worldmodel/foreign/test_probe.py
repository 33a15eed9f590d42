import numpy as np
import pytest
import torch
from torch import nn

from foresee.worldmodel.foreign.probe import Probe
from foresee.worldmodel.interface import Quantity


@pytest.fixture
def told(tmp_path):
    np.savez(tmp_path / "probe.npz", weight=[[1.0, 0.0, 2.0]], bias=[0.5])
    return {"file": str(tmp_path / "probe.npz"), "unit": "m", "meaning": "height"}


@pytest.mark.parametrize("shape", [(), (1,)])
def test_a_file_holds_a_linear_probe(told, shape):
    probe = Probe("height", {**told, "shape": shape})
    probe.check(3, torch.device("cpu"))
    assert probe.quantity == Quantity(shape, "m", "height")
    values = probe(torch.tensor([[1.0, 5.0, 2.0]] * 4))
    assert values.shape == (4, *shape) and (values == 5.5).all()


def test_a_module_is_taken_over_frozen():
    read = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.5), nn.Linear(4, 6))
    probe = Probe("axes", (read, Quantity((2, 3), "unit", "axes")))
    probe.check(3, torch.device("cpu"))
    assert not read.training and not any(weight.requires_grad for weight in read.parameters())
    assert probe(torch.zeros(5, 7, 3)).shape == (5, 7, 2, 3)


def test_what_is_no_probe_is_refused(told, tmp_path):
    with pytest.raises(ValueError, match=r"the probe of 'height' is a pair \(module, Quantity\)"):
        Probe("height", nn.Linear(3, 1))
    with pytest.raises(ValueError, match=r"has the keys .*; see 'units'"):
        Probe("height", {**told, "units": "m"})
    with pytest.raises(ValueError, match=r"see 'unit'"):
        Probe("height", {key: told[key] for key in ("file", "meaning")})
    with pytest.raises(ValueError, match=r"nothing.npz' is no .npz file with 'weight' and 'bias'"):
        Probe("height", {**told, "file": str(tmp_path / "nothing.npz")})
    np.savez(tmp_path / "flat.npz", weight=[1.0, 2.0], bias=[0.0])
    with pytest.raises(ValueError, match=r"holds \(2,\) and \(1,\); its weight has shape \(n, D\)"):
        Probe("height", {**told, "file": str(tmp_path / "flat.npz")})
    with pytest.raises(ValueError, match=r"does not read 4 numbers of latent as a quantity of shape \(1,\)"):
        Probe("height", told).check(4, torch.device("cpu"))
    with pytest.raises(ValueError, match=r"as a quantity of shape \(2,\)"):
        Probe("height", {**told, "shape": (2,)}).check(3, torch.device("cpu"))
