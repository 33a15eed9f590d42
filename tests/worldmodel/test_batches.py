from itertools import chain

import numpy as np
import torch

from foresee.worldmodel.batches import Draws, Latents, encode_all


def test_batches_depend_on_the_seed_and_their_number_alone():
    whole, later = iter(Draws(100, 4, 7, lambda: 0)), iter(Draws(100, 4, 7, lambda: 2))
    batches = [next(whole) for _ in range(4)]
    assert batches[2:] == [next(later), next(later)] and batches[0] != batches[1]


def test_passes_and_processes_divide_what_a_step_draws():
    step = next(iter(Draws(100, 12, 7, lambda: 5)))
    processes = [iter(Draws(100, 6, 7, lambda: 5, passes=2, share=(i, 3))) for i in range(3)]
    parts = [next(p) for _ in range(2) for p in processes]  # pass by pass
    assert [len(part) for part in parts] == [2] * 6 and [*chain(*parts)] == step
    after = next(iter(Draws(100, 12, 7, lambda: 6)))
    assert [*chain(*(next(p) for _ in range(2) for p in processes))] == after


def test_resting_latents_are_what_the_encoder_says(network, frames):
    latents = encode_all(network, frames, chunk=50)
    pair = torch.from_numpy(frames.images[[4, 5]])[None], torch.from_numpy(frames.proprio[[4, 5]])[None]
    torch.testing.assert_close(latents[5], network.encoder(*pair)[0])


def test_the_first_frame_of_an_episode_has_no_history_from_the_one_before(network, frames):
    first = int(frames.starts[1])
    pair = torch.from_numpy(frames.images[[first] * 2])[None], torch.from_numpy(frames.proprio[[first] * 2])[None]
    torch.testing.assert_close(encode_all(network, frames)[first], network.encoder(*pair)[0])


def test_windows_over_latents_stay_inside_their_episodes(network, frames):
    windows = Latents(network, frames, np.array([1, 3]), horizon=4)
    assert len(windows) == 2 * (14 - 4)
    ends = windows.firsts + windows.horizon
    assert np.array_equal(frames.episode[windows.firsts], frames.episode[ends])
    assert set(frames.episode[windows.firsts]) == {1, 3}
    batch = windows.__getitems__([0, 5])
    assert [batch[k].shape[:2] for k in ("latents", "actions", "targets")] == [(2, 5), (2, 4), (2, 5)]
    assert torch.equal(batch["actions"][0, 0], torch.from_numpy(frames.actions[frames.starts[1]]))
