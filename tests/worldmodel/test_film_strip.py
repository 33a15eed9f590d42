import torch

from foresee.worldmodel.film import strip


def test_each_camera_shows_the_real_row_above_the_imagined_one():
    real = torch.zeros(5, 6, 4, 4, dtype=torch.uint8)
    real[:, 0] = 200  # the first camera sees red, the second nothing
    dream = torch.zeros(5, 6, 4, 4)
    dream[:, 4] = 1.7  # the second is imagined green, and too bright
    picture = strip(real, dream)
    assert picture.shape == (16, 20, 3) and picture.dtype == "uint8"
    assert picture[[0, 4, 8, 12], 0].tolist() == [[200, 0, 0], [0, 0, 0], [0, 0, 0], [0, 255, 0]]
