import threading
import time

import numpy as np
import pytest

from foresee.worldmodel.once import once


def test_of_many_who_want_it_at_once_one_makes_it(tmp_path):
    made, found = [], []

    def make(part):
        made.append(part)
        time.sleep(0.2)
        with part.open("wb") as file:
            np.save(file, np.arange(5))

    threads = [threading.Thread(target=lambda: found.append(once(tmp_path / "new/five.npy", make))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1 and len(found) == 4
    assert all(np.array_equal(array, np.arange(5)) for array in found)


def test_what_failed_is_not_taken_for_whole(tmp_path):
    def tired(part):
        part.write_bytes(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        once(tmp_path / "five.npy", tired)
    assert not (tmp_path / "five.npy").exists()


def test_what_is_there_is_read_where_nobody_may_write(tmp_path):
    np.save(tmp_path / "five.npy", np.arange(5))
    tmp_path.chmod(0o500)
    try:
        assert once(tmp_path / "five.npy", pytest.fail).shape == (5,)
        assert [path.name for path in tmp_path.iterdir()] == ["five.npy"]
    finally:
        tmp_path.chmod(0o700)
