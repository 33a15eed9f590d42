import torch

from foresee.worldmodel.dynamics import Dynamics


def test_a_step_is_rolled_from_the_members_own_previous_latent():
    dynamics = Dynamics(8, 2, hidden=16, members=3)
    z, actions = torch.randn(5, 8), torch.rand(5, 4, 2)
    whole = dynamics.roll(z, actions)
    assert whole.shape == (3, 5, 4, 8)
    for p in range(3):
        torch.testing.assert_close(dynamics.roll(whole[p, :, 1], actions[:, 2:])[p], whole[p, :, 2:])


def test_imagined_latents_are_layer_normed():
    rolled = Dynamics(8, 2, hidden=16).roll(torch.randn(5, 8), torch.rand(5, 4, 2))
    torch.testing.assert_close(rolled.mean(-1), torch.zeros(4, 5, 4), atol=1e-5, rtol=0)
    torch.testing.assert_close(rolled.var(-1, correction=0), torch.ones(4, 5, 4), atol=1e-3, rtol=0)


def test_later_actions_do_not_change_earlier_steps_but_actions_matter():
    dynamics = Dynamics(8, 2, hidden=16)
    z, actions = torch.randn(5, 8), torch.rand(5, 4, 2)
    other = actions.clone()
    other[:, 2] = -1
    one, two = dynamics.roll(z, actions), dynamics.roll(z, other)
    torch.testing.assert_close(one[:, :, :2], two[:, :, :2])
    assert ((one[:, :, 2] - two[:, :, 2]).abs().amax(-1) > 1e-4).all()


def test_chunks_from_one_latent_may_share_it():
    dynamics = Dynamics(8, 2, hidden=16, members=3)
    z, actions = torch.randn(2, 8), torch.rand(6, 4, 2)
    torch.testing.assert_close(dynamics.roll(z, actions), dynamics.roll(z.repeat_interleave(3, dim=0), actions))


def test_what_is_felt_is_not_layer_normed():
    rolled = Dynamics(8, 2, hidden=16, felt=3).roll(torch.zeros(1, 8), torch.zeros(1, 1, 2))
    torch.testing.assert_close(rolled[..., :5].mean(-1), torch.zeros(4, 1, 1), atol=1e-5, rtol=0)
    assert rolled[..., 5:].abs().max() < 0.5
