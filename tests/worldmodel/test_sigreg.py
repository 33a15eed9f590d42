import torch

from foresee.worldmodel.sigreg import sigreg


def far(latents):
    return sigreg(latents, torch.Generator().manual_seed(0)).item()


def test_only_independent_standard_normal_numbers_have_normal_shadows():
    noise = torch.Generator().manual_seed(1)
    normal = torch.randn(4096, 8, generator=noise)
    assert far(normal) < 1e-3
    uniform = 12**0.5 * (torch.rand(4096, 1, generator=noise) - 0.5)
    for other in (0.0 * normal, 3.0 * normal, normal + 1.0, normal[:, :1].expand(-1, 8), uniform):
        assert far(other) > 10 * far(normal)


def test_collapsed_latents_are_pushed_apart():
    latents = (0.01 * torch.randn(256, 4, generator=torch.Generator().manual_seed(2))).requires_grad_()
    for seed in range(200):
        loss = sigreg(latents, torch.Generator().manual_seed(seed))
        (slope,) = torch.autograd.grad(loss, latents)
        latents = (latents - 20.0 * slope).detach().requires_grad_()
    assert 0.7 < latents.std() < 1.3
