import torch

from foresee.planner.belief import Belief
from foresee.planner.noise import Noise
from foresee.planner.proposal import Proposal
from foresee.planner.waypoints import Waypoints


class Table:
    """Two things on a table, and a hand above it."""

    quantities = ("gripper.position", "cup.position", "bowl.position", "cup.up")
    places = torch.tensor([[[0.5, 0.0, 0.2], [0.5, 0.1, 0.05], [0.4, -0.1, 0.04]]])

    def read(self, state, names):
        return {name: self.places[:, self.quantities.index(name)] for name in names}


def chunks(n=64, steps=10, seed=0):
    belief = Belief.start(1, steps, 5)
    return Waypoints(Table()).propose(None, belief, n, Noise([(seed,)]))


def test_chunks_stay_within_the_bounds_and_are_the_scenes_own():
    assert isinstance(Waypoints(Table()), Proposal)
    first = chunks()
    assert first.shape == (1, 64, 10, 5) and first.abs().max() <= 1.0
    assert torch.equal(first, chunks()) and not torch.equal(first, chunks(seed=1))


def test_many_of_them_pass_near_an_object():
    hand = 0.04 * chunks(256)[..., :3].cumsum(2) + Table.places[:, :1, None]
    things = Table.places[0, 1:]
    near = (hand[:, :, :, None] - things).norm(dim=-1).amin((2, 3)) < 0.04
    assert 0.1 < near.float().mean() < 0.9  # the others pass above or beside
