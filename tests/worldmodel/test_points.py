"""Points without labels: where a dot is can be read off them."""

import pytest
import torch
from torch.nn import functional as F

from foresee.worldmodel.begin import choose
from foresee.worldmodel.interface import Quantity
from foresee.worldmodel.latent import Network, Sizes
from foresee.worldmodel.points import Points


def dots(count, seed, cameras=1):
    """Pictures of a red dot, uint8, and where it is in each, 0..1."""
    where = torch.rand(count, cameras, 2, generator=torch.Generator().manual_seed(seed))
    grid = (torch.arange(32) + 0.5) / 32
    away = (grid - where[..., :1]).square()[..., None, :] + (grid - where[..., 1:]).square()[..., :, None]
    shown = 0.2 + 0.7 * torch.exp(-away / (2 * 0.08**2))[:, :, None] * torch.tensor([1.0, 0.0, 0.0])[:, None, None]
    return (255 * shown).to(torch.uint8).flatten(1, 2), where.flatten(1)


def test_what_paints_the_picture_again_has_found_the_dot():
    torch.manual_seed(0)
    eye, (images, where) = Points(1, 32, 4, channels=16), dots(256, 0)
    eye.measure(images)
    adam = torch.optim.Adam(eye.parameters(), lr=5e-3)
    for step in range(150):
        some = images[torch.randperm(256, generator=torch.Generator().manual_seed(step))[:32]]
        loss = F.mse_loss(eye.paint(eye(some)), some / 255.0)
        adam.zero_grad()
        loss.backward()
        adam.step()
    more, truth = dots(256, 1)
    with torch.no_grad():
        seen, new = (torch.cat([eye(each), torch.ones(256, 1)], 1) for each in (images, more))
    off = new @ torch.linalg.lstsq(seen[:20], where[:20]).solution - truth  # twenty labels are enough
    assert off.norm(dim=1).median() < 0.03


@pytest.mark.parametrize("cameras", [1, 2])
def test_every_camera_has_its_points(cameras):
    eye, (images, _) = Points(cameras, 32, 5, channels=8), dots(3, 0, cameras)
    seen = eye(images)
    assert seen.shape == (3, 15 * cameras) == (3, eye.width)
    assert eye.paint(seen).shape == images.shape
    again = eye(torch.cat([images[:1], images[1:].flip(0)]))
    torch.testing.assert_close(again[[0, 2, 1]], seen)


def test_a_model_may_see_points():
    sizes = choose(Sizes, {"cameras": ("front",), "size": 32, "proprio": 3, "action": 2, "points": 6})
    network = Network(sizes, {"dot.position": Quantity((3,), "m", "of a dot")})
    assert network.encoder(dots(2, 0)[0][:, None].repeat(1, 2, 1, 1, 1), torch.zeros(2, 2, 3)).shape == (2, 256)
