"""Costs made of costs: known answers, laws, refusals, and how configs build them."""

from itertools import pairwise

import pytest
import torch
from omegaconf import OmegaConf

from foresee.configs import TERM_KEYS, ConfigError, build_whole
from foresee.configs.build import options_of, targets
from foresee.costs import AllOf, AnyOf, Distance, Height, Held, Inside, Released, Stage, Stages, Tilt, Tolerance

ORIGIN = Distance("cup.position", (0.0, 0.0, 0.0))
HIGH = Height("cup.position", 1.0)


def cup(*points):
    return {"cup.position": torch.tensor(points)}


STILL = torch.zeros(2, 4)
POINTS = cup([0.0, 0.0, 0.2], [0.6, 0.0, 0.8])


def test_any_of_is_the_least_and_all_of_the_largest():
    both = {"near": ORIGIN, "high": HIGH}
    assert AnyOf(both)(POINTS, STILL).tolist() == pytest.approx([0.2, 0.2])
    assert AllOf(both)(POINTS, STILL).tolist() == pytest.approx([0.8, 1.0])


def test_parts_are_compared_by_what_counts_as_one():
    both = {"near": ORIGIN, "high": HIGH}
    assert AnyOf(both, {"near": 0.2, "high": 0.1})(POINTS, STILL).tolist() == pytest.approx([1.0, 2.0])
    assert AllOf(both, 2.0)(POINTS, STILL).tolist() == pytest.approx([0.4, 0.5])
    assert AnyOf(both).unit == "m" and AnyOf(both, 2.0).unit == "" and AllOf({"a": ORIGIN, "b": Tilt("cup")}).unit == ""


def test_a_tolerance_is_nothing_within_and_then_grows():
    values = cup(*([0.0, 0.0, z] for z in (0.05, 0.1, 0.2, 0.6)))
    still = torch.zeros(4, 4)
    assert Tolerance(ORIGIN, 0.1)(values, still).tolist() == pytest.approx([0.0, 0.0, 0.1, 0.5])
    assert Tolerance(ORIGIN, 0.1, most=0.2)(values, still).tolist() == pytest.approx([0.0, 0.0, 0.1, 0.2])
    smooth = Tolerance(ORIGIN, 0.1, most=0.1, beyond="smooth")(values, still).tolist()
    assert smooth == pytest.approx([0.0, 0.0, 0.09, 0.1], abs=1e-6) and Tolerance(ORIGIN).unit == "m"


# ---- stages

REACH = Stage(Distance("gripper.position", "cup.position"), done=Held("cup"), softness=1.0)
PLACE = Stage(Inside("cup", "tray"), done=Inside("cup", "tray"), at_most=0.0, softness=0.02)
PUT = AllOf({"inside": Inside("cup", "tray"), "free": Released("cup")}, {"inside": 0.01, "free": 0.1})
RELEASE = Stage(Released("cup"), done=PUT, at_most=1.0, scale=0.5)
TASK = Stages({"reach": REACH, "place": PLACE, "let_go": RELEASE})


def moment(hand=0.0, cup=0.0, held=0.0):
    """One step: the hand is so far from the cup, the cup so far from the tray, metres."""
    return {
        "gripper.position": torch.tensor([[cup + hand, 0.0, 0.0]]),
        "cup.position": torch.tensor([[cup, 0.0, 0.0]]),
        "tray.position": torch.zeros(1, 3),
        "cup.held": torch.tensor([held]),
    }


def price(task=TASK, **now):
    return task(moment(**now), torch.zeros(1, 4)).item()


def test_the_price_counts_the_stages_that_are_left():
    assert price(hand=0.1, cup=0.5) == pytest.approx(0.5 + 2.0)  # at its scale, half of a stage is left
    assert price(hand=1e6, cup=0.5) == pytest.approx(3.0, abs=1e-5)
    assert price(cup=0.12, held=1.0) == pytest.approx(0.5 + 1.0)
    assert price(cup=0.0, held=1.0) == pytest.approx(1.0 / 1.5)
    assert price(hand=0.1, cup=0.0, held=0.0) == 0.0


def test_a_task_costs_ever_less_as_it_goes_on():
    steps = [dict(hand=0.4, cup=0.5), dict(hand=0.1, cup=0.5), dict(cup=0.5), dict(cup=0.5, held=0.5),
             dict(cup=0.5, held=1.0), dict(cup=0.1, held=1.0), dict(cup=0.03, held=1.0), dict(held=1.0),
             dict(held=0.5), dict()]  # fmt: skip
    prices = [price(**now) for now in steps]
    assert all(later <= earlier for earlier, later in pairwise(prices))
    assert prices[0] > prices[4] > prices[-1] == 0.0


def test_letting_go_of_what_is_placed_is_no_relapse_but_dropping_it_is():
    without = Stages({"reach": REACH, "place": PLACE})
    assert price(without, cup=0.0, held=1.0) == price(without, cup=0.0, held=0.0, hand=0.3) == 0.0
    assert price(cup=0.3, held=0.0, hand=0.1) > price(cup=0.3, held=1.0)


def test_finishing_a_stage_never_raises_the_price():
    noise = torch.Generator().manual_seed(0)
    count, steps = 6, 500
    costs, dones = (torch.rand(count, steps, generator=noise) ** 2 * size for size in (5.0, 1.0))
    ceilings = torch.rand(count, generator=noise) * 3 + 0.1

    class Read:
        def __init__(self, kind, index):
            self.needs = (f"{kind}{index}.held",)

        def __call__(self, scene, actions):
            return scene[self.needs[0]]

    for softness in (0.0, 0.5):
        stages = {
            str(i): Stage(Read("c", i), Read("d", i), 0.2, softness, ceiling=float(ceilings[i])) for i in range(count)
        }
        scene = {f"c{i}.held": costs[i] for i in range(count)} | {f"d{i}.held": dones[i] for i in range(count)}
        before = Stages(stages)(scene, torch.zeros(steps, 4))
        assert (before >= 0).all() and (before <= ceilings.sum() + 1e-5).all()
        for i in range(count):
            after = Stages(stages)(scene | {f"d{i}.held": 0.5 * dones[i]}, torch.zeros(steps, 4))
            assert (after <= before + 1e-5).all()  # done a little more
            done = Stages(stages)(scene | {f"d{i}.held": torch.zeros(steps)}, torch.zeros(steps, 4))
            assert (done <= ceilings[i + 1 :].sum() + 1e-5).all()


def test_a_soft_hand_over_has_a_slope():
    scene = {name: values.requires_grad_() for name, values in moment(hand=0.2, cup=0.3, held=0.4).items()}
    TASK(scene, torch.zeros(1, 4)).sum().backward()
    for name in ("gripper.position", "cup.position", "cup.held"):
        grad = scene[name].grad
        assert grad is not None and grad.isfinite().all() and grad.abs().sum() > 0
    assert scene["cup.held"].grad.item() < 0  # holding it more surely pays


def test_a_last_stage_without_an_end_keeps_its_price():
    lift = Stages({"reach": REACH, "lift": Stage(Height("cup.position", 0.2))})
    assert price(lift, held=1.0) == pytest.approx(0.2 / 0.3)


def test_stages_work_on_any_leading_dimensions():
    noise = torch.Generator().manual_seed(0)
    scene = {name: torch.rand(2, 3, 4, 5, *values.shape[1:], generator=noise) for name, values in moment().items()}
    actions = torch.zeros(2, 3, 4, 5, 4)
    whole = TASK(scene, actions)
    torch.testing.assert_close(whole[1, 2], TASK({k: v[1, 2] for k, v in scene.items()}, actions[1, 2]))


# ---- refusals and configs


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: AnyOf({}), "AnyOf: 'costs' is a mapping of a name to a cost, one at least, got {}."),
        (
            lambda: AllOf({"up": {"object": "cup"}}),  # type: ignore[dict-item]
            "AllOf: 'up' is a cost, such as {_target_: costs.tilt.Tilt, object: bowl}, got {'object': 'cup'}.",
        ),
        (
            lambda: AnyOf({"a": ORIGIN}, {"b": 1.0}),
            "AnyOf: 'per' is one number, or one for each of ['a']; see 'a'.",
        ),
        (lambda: AnyOf({"a": ORIGIN}, 0.0), "'per' is larger than 0, got 0.0."),
        (lambda: Tolerance(ORIGIN, "1"), "'within' is a finite number, got '1'."),  # type: ignore[arg-type]
        (
            lambda: Tolerance(ORIGIN, 1.0, beyond="smooth"),
            "Tolerance: 'smooth' saturates; give 'most', what it saturates at, in the unit of the cost.",
        ),
        (lambda: Stages({}), "Stages: 'stages' is a mapping of a name to a stage, one at least, got {}."),
        (
            lambda: Stages({"a": {"dome": ORIGIN}}),  # type: ignore[dict-item]
            "Stages: 'a' is a mapping of cost, done, at_most, softness, scale, ceiling; it needs cost, "
            "got {'dome': Distance(of='cup.position', to=(0.0, 0.0, 0.0), offset=(0.0, 0.0, 0.0))}.",
        ),
        (
            lambda: Stages({"a": Stage(ORIGIN), "b": Stage(HIGH)}),
            "Stages: 'a' needs 'done', or 'b' after it never begins.",
        ),
        (lambda: Stage(ORIGIN, HIGH, softness=-1.0), "'softness' is at least 0, got -1.0."),
        (lambda: Stage(ORIGIN, HIGH, ceiling=0.0), "'ceiling' is larger than 0, got 0.0."),
    ],
)
def test_parts_that_cannot_be_meant_are_refused(make, sentence):
    with pytest.raises(ValueError) as error:
        make()
    assert str(error.value) == sentence


YAML = """
_target_: costs.stages.Stages
weight: 2.0
stages:
  reach:
    cost: {_target_: costs.distance.Distance, of: gripper.position, to: cup.position}
    done: {_target_: costs.held.Held, object: cup}
    softness: 1.0
  place:
    cost:
      _target_: costs.tolerance.Tolerance
      within: 0.01
      cost: {_target_: costs.any_of.AnyOf, costs: {tray: {_target_: costs.inside.Inside, object: cup, container: tray}}}
"""


def test_nested_nodes_are_built_and_needs_are_the_union():
    task = build_whole(OmegaConf.create(YAML), skip=("weight",))
    assert task.needs == ("gripper.position", "cup.position", "cup.held", "tray.position")
    assert task.stages["reach"] == REACH
    inside = AnyOf({"tray": Inside("cup", "tray")})
    assert task.stages["place"] == Stage(Tolerance(inside, 0.01))


def test_a_wrong_node_inside_is_refused_like_any_other():
    node = OmegaConf.create(YAML)
    node.stages.reach.done = {"_target_": "costs.held.Held", "objet": "cup"}
    with pytest.raises(ConfigError) as error:
        build_whole(node, skip=("weight",))
    assert str(error.value).startswith("costs.held.Held has no option 'objet'; did you mean 'object'?")


def test_no_cost_has_an_option_that_belongs_to_its_term():
    keys = {key for keys in TERM_KEYS.values() for key in keys}
    owners = ("costs.objective.", "costs.margin.", "costs.stages.Stage", "costs.score.")  # no terms themselves
    for target in targets():
        if target.startswith("costs.") and not target.startswith(owners) and not target.startswith("costs.instruction"):
            assert not keys & set(options_of(target)), target
