import torch

from foresee.worldmodel.ensemble import Stacked, disagreement


def test_each_member_is_its_own_linear_layer():
    layer, x = Stacked(3, 5, 2), torch.randn(3, 7, 5)
    for p in range(3):
        torch.testing.assert_close(layer(x)[p], x[p] @ layer.weight[p] + layer.bias[p])
    assert not torch.equal(layer.weight[0], layer.weight[1])


def test_what_is_added_takes_the_place_of_the_bias():
    layer, x, plus = Stacked(2, 5, 3), torch.randn(2, 4, 5), torch.randn(2, 4, 3)
    torch.testing.assert_close(layer(x, plus), layer(x) - layer.bias + plus)


def test_members_that_agree_have_no_disagreement():
    assert disagreement([torch.ones(4, 2, 3)]).abs().max() == 0


def test_two_members_three_centimetres_either_side_disagree_by_three_centimetres_in_the_mean_over_objects():
    apart, same = torch.zeros(2, 5, 3), torch.zeros(2, 5, 3)
    apart[0, :, 0], apart[1, :, 0] = 0.03, -0.03
    torch.testing.assert_close(disagreement([apart]), torch.full((2, 5), 0.03))
    torch.testing.assert_close(disagreement([apart, same]), torch.full((2, 5), 0.015))
