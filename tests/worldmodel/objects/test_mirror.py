import numpy as np
import torch

from foresee.envs.tabletop import Tabletop
from foresee.worldmodel.objects.mirror import ACTION, mirrored
from foresee.worldmodel.objects.state import HAND, SIDE, turned
from foresee.worldmodel.objects.truth import Truth


def scenes(count: int = 4):
    noise = torch.Generator().manual_seed(0)

    def drawn(*shape: int) -> torch.Tensor:
        return torch.randn(count, *shape, generator=noise)

    truth = Truth(torch.zeros(count, 3, 2).long(), drawn(3, 2, 6), drawn(3, 2, 6), drawn(3, 1, 2), drawn(3, 2))
    return drawn(3, 14), drawn(3, 2, 10), drawn(2, 5), truth


def test_a_mirror_twice_is_no_mirror_and_some_scenes_are_seen_without():
    robot, slots, actions, truth = scenes()
    which = torch.tensor([True, False, True, False])
    once = mirrored(robot, slots, actions, truth, which)
    twice = mirrored(*once, which)
    for a, b, c in zip((robot, slots, actions, *truth), (*once[:3], *once[3]), (*twice[:3], *twice[3]), strict=True):
        assert torch.equal(a, c) and torch.equal(a[1], b[1])
    assert not torch.equal(once[0][0], robot[0]) and not torch.equal(once[2][2], actions[2])


def test_the_hand_sees_the_objects_mirrored_along_its_closing_axis():
    robot, slots, actions, truth = scenes()
    r, s, *_ = mirrored(robot, slots, actions, truth, torch.ones(4).bool())
    before, after = (turned(b[..., :3] - a[..., None, HAND], a[..., SIDE]) for a, b in ((robot, slots), (r, s)))
    assert torch.allclose(after, before * torch.tensor([-1.0, 1.0, 1.0]), atol=1e-5)


def test_the_robot_does_in_the_mirror_what_it_does():
    """Nobody's assumption: the arm itself, which has no mirror symmetry of its own, follows commands like its image."""
    env, ways = Tabletop(objects=("red_cup",), cameras=()), []
    action = np.array([0.3, 0.8, 0.2, 0.7, -0.5], np.float32)
    image = action.copy()
    image[list(ACTION)] *= -1
    for command in (action, image):
        begin = env.reset(seed=3)[0]["proprio"]
        for _ in range(4):
            felt = env.step(command)[0]["proprio"]
        ways.append(torch.from_numpy(np.concatenate([felt[HAND] - begin[HAND], felt[SIDE] - begin[SIDE]])))
    env.close()
    assert ways[0][1] > 0.08
    assert torch.allclose(ways[1][:3], ways[0][:3] * torch.tensor([1.0, -1.0, 1.0]), atol=3e-3)
