import pytest
import torch

from foresee.worldmodel.check import ModelError, check_model
from foresee.worldmodel.interface import Context, Quantity

CONTEXT = Context(torch.zeros(2, 1, 3, 4, 4, dtype=torch.uint8), torch.rand(2, 1, 2), torch.zeros(2, 0, 2))


class Drift:
    """A point that actions push; each test breaks one thing about it."""

    action_dim = 2

    def __init__(self):
        self.quantities = {
            "cup.position": Quantity((2,), "m", "point"),
            "cup.held": Quantity((), "probability", "x > 0"),
        }

    def encode(self, context):
        return context.proprio[:, -1]

    def imagine(self, state, chunks, names):
        if unknown := set(names) - set(self.quantities):
            raise LookupError(f"cannot imagine {unknown}")
        where = state[:, None, None] + chunks.cumsum(2)
        scene = {"cup.position": where[None], "cup.held": (where[..., 0] > 0).float()[None]}
        return {name: scene[name] for name in names}


def test_a_model_that_keeps_its_promises_passes():
    check_model(Drift(), CONTEXT)


def broken(change):
    class Broken(Drift):
        def imagine(self, state, chunks, names):
            return change(super().imagine, state, chunks, tuple(names))

    return Broken()


def with_position(f):
    def change(imagine, state, chunks, names):
        scene = imagine(state, chunks, names)
        return scene | {"cup.position": f(scene["cup.position"])} if "cup.position" in scene else scene

    return broken(change)


def alone(imagine, state, chunks, names):
    scene = imagine(state, chunks, names)
    return {name: value + len(names) for name, value in scene.items()}


def anything(imagine, state, chunks, names):
    return imagine(state, chunks, [name for name in names if name != "no.such.quantity"])


def forgetful(imagine, state, chunks, names):
    return imagine(state, chunks, [name for name in names if name != "cup.held"])


CASES = [
    (broken(forgetful), "'cup.held' is declared, but `imagine` did not return it"),
    (
        with_position(lambda x: x[..., :1]),
        r"has shape \(1, 2, 5, 3, 1\); its declaration makes it .* 2\)",
    ),
    (with_position(lambda x: x / 0), "'cup.position' is not finite"),
    (broken(anything), "'no.such.quantity' was imagined"),
    (broken(alone), "changes when it is asked for alone"),
    (with_position(lambda x: x + 1e-4 * torch.rand_like(x)), "differs between two equal calls"),
    (with_position(lambda x: x - x.mean(2, keepdim=True)), "of a candidate depends on the other candidates"),
    (with_position(lambda x: x - x.mean(1, keepdim=True)), "of a scene depends on the other scenes"),
    (with_position(lambda x: x.flip(3)), "depends on actions that come later"),
]


@pytest.mark.parametrize(("model", "says"), CASES)
def test_each_broken_promise_is_named(model, says):
    with pytest.raises(ModelError, match=says):
        check_model(model, CONTEXT)


def test_a_model_without_quantities_is_refused():
    model = Drift()
    model.quantities = {}
    with pytest.raises(ModelError, match="declares no quantities"):
        check_model(model, CONTEXT)
