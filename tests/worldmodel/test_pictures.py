import numpy as np
import pytest

from foresee.worldmodel.pictures import Pictures


@pytest.mark.parametrize(
    "index",
    [
        0,
        -1,
        6,
        slice(2, 9),
        slice(None),
        slice(8, 2, -2),
        [7, 0, 7],
        np.array([[3, 4], [9, 1]]),
        np.arange(10) % 3 == 0,
        np.zeros(0, int),
    ],
)
def test_parts_are_read_as_one_array(index):
    whole = np.arange(10 * 6 * 2 * 2, dtype=np.uint8).reshape(10, 6, 2, 2)
    parts = Pictures([whole[:3], whole[3:4], whole[4:]])
    assert parts.shape == whole.shape and len(parts) == 10
    np.testing.assert_array_equal(parts[index], whole[index])


def test_there_is_nothing_behind_the_end():
    with pytest.raises(IndexError):
        Pictures([np.zeros((2, 3, 1, 1), np.uint8)])[2]
