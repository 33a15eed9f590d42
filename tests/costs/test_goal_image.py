"""Distance from what the model sees in a goal picture."""

import numpy as np
import pytest
import torch

from foresee.costs import GoalImage, check_cost

STILL = torch.zeros(2, 4)
SCENE = {
    "latent": torch.tensor([[1.0, 2.0, 3.0, 4.0], [3.0, 2.0, 3.0, 2.0]]),
    "cup.latent": torch.tensor([[0.0, 0.0], [1.0, 1.0]]),
    "bowl.latent": torch.tensor([[0.0, 0.0], [3.0, 3.0]]),
}


def test_a_vector_is_the_goal_of_the_whole_picture():
    cost = GoalImage((1.0, 2.0, 3.0, 4.0))
    assert cost.needs == ("latent",)
    assert cost(SCENE, STILL).tolist() == pytest.approx([0.0, np.sqrt(2.0)])


def test_objects_count_alike_and_may_be_chosen():
    goal = {"cup": [0.0, 0.0], "bowl.latent": torch.zeros(1, 2)}
    assert GoalImage(goal)(SCENE, STILL).tolist() == pytest.approx([0.0, np.sqrt(5.0)])
    assert GoalImage(goal, objects=("cup",)).needs == ("cup.latent",)
    assert GoalImage(goal, objects=("cup",))(SCENE, STILL).tolist() == pytest.approx([0.0, 1.0])


def test_a_goal_is_read_from_a_file(tmp_path):
    np.savez(tmp_path / "goal.npz", **{"cup.latent": np.zeros((1, 2), np.float32)})
    np.save(tmp_path / "goal.npy", np.ones(4, np.float32))
    assert GoalImage(str(tmp_path / "goal.npz"))(SCENE, STILL).tolist() == pytest.approx([0.0, 1.0])
    assert GoalImage(str(tmp_path / "goal.npy")).needs == ("latent",)


def test_it_keeps_the_promises_of_a_cost_and_its_slope_is_finite_at_the_goal():
    check_cost(GoalImage({"cup": torch.zeros(8), "bowl": torch.ones(8)}))
    seen = torch.zeros(2, 2, requires_grad=True)
    GoalImage({"cup": (0.0, 0.0)})({"cup.latent": seen}, STILL).sum().backward()
    assert seen.grad is not None and seen.grad.isfinite().all()


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (
            lambda: GoalImage("goal.png"),
            "GoalImage: 'goal.png' is no .npz or .npy file of what the world model sees; encode the picture with the "
            "model first, and save what model.read(state, names) returns.",
        ),
        (
            lambda: GoalImage({"cup": (1.0,)}, objects=("bowl",)),
            "GoalImage: the goal has no 'bowl.latent'; it has ['cup.latent'].",
        ),
        (
            lambda: GoalImage({"cup": "red"}),
            "GoalImage: the goal's 'cup' is a vector of finite numbers, got str.",
        ),
        (
            lambda: GoalImage((1.0, 2.0))(SCENE, STILL),
            "GoalImage: the goal's 'latent' has 2 numbers, but the world model's has 4; read the goal off its picture "
            "with this model.",
        ),
    ],
)
def test_a_goal_that_does_not_fit_is_refused(make, sentence):
    with pytest.raises(ValueError) as error:
        make()
    assert str(error.value) == sentence


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ValueError, match="cannot be read as a file of vectors"):
        GoalImage(str(tmp_path / "goal.npz"))
