import pytest
import torch
import yaml

from foresee import configs
from foresee.costs import Limit, Objective, Weighted
from foresee.costs.instruction import as_yaml, compile_, parse

SCENE = ("red_cup", "blue_bowl", "green_tray", "yellow_block")
SHAPES = {"position": (3,), "up": (3,), "held": ()}
KNOWN = {
    *("gripper.position", "gripper.down", "gripper.side", "gripper.width", "gripper.force", "contact.gripper.table"),
    *(f"{name}.{what}" for name in SCENE for what in SHAPES),
    *(f"{pair}.gripper.{name}" for pair in ("contact", "clearance") for name in (*SCENE, "others")),
    "others.up",
}
GOALS = [
    "pick up the red cup",
    "lift the red cup by 20 cm",
    "put the red cup in the bowl",
    "put the block in the tray",
    "put the block on the red cup",
    "put the block on the tray",
    "put the block next to the tray",
    "put the block left of the bowl",
    "put the block 15 cm behind the bowl",
    "push the bowl to the block",
    "push the bowl 5 cm towards the block",
    "push the bowl away from the block",
    "push the bowl to the left",
    "push the bowl 7 cm forward",
    "push the bowl to the middle of the table",
    "push the bowl to the left side of the table",
    "move the red cup up",
    "move the red cup 5 cm back",
    "hold the red cup for 3 seconds",
    "tilt the red cup by 20 degrees",
    "clear the left side of the table",
    "reach for the bowl",
    "move the hand above the bowl",
    "move the hand to the left of the bowl",
    "touch the bowl",
    "pick up the red cup, put it in the bowl and touch the tray",
    "push the bowl to the left, then pick up the red cup and hold it for 2 s",
    "clear the middle of the table, then push the tray to the middle",
    "tilt the red cup, then move it left, then reach above the bowl",
]
RESTRAINTS = [
    "without knocking over the block",
    "without knocking anything over",
    "without touching the block",
    "without touching anything else",
    "without moving the block",
    "without disturbing anything else",
    "without spilling",
    "and keep it upright",
    "keeping the block level within 10 degrees",
    "staying 4 cm away from the block",
    "staying 4 cm away from everything else",
    "slowly",
    "gently",
    "slower than 10 cm per second",
    "within 12 seconds",
]


def compiled(said):
    return compile_(parse(said, SCENE), SCENE, others=True)


def terms(section, kind):
    keys = ("weight", "over") if kind is Weighted else configs.TERM_KEYS["subject_to"]
    return {
        name: kind(configs.build_whole(node, skip=keys), **{k: v for k, v in node.items() if k in keys})
        for name, node in section.items()
    }


def objective(found):
    return Objective(terms(found["minimize"], Weighted), terms(found["subject_to"], Limit))


def check(found):
    aim = objective(found)
    aim.check_known(KNOWN)
    judged = {**terms(found["judge"]["success"], Limit), **terms(found["judge"]["limits"], Limit)}
    assert found["judge"]["success"] and found["judge"]["steps"] >= 1
    for limit in judged.values():
        Objective({}, {"term": limit}).check_known(KNOWN)
    noise = torch.Generator().manual_seed(0)
    shapes = {need: SHAPES.get(need.partition("@")[0].rpartition(".")[2], ()) for need in aim.needs}
    scene = {need: torch.rand(1, 1, 2, 4, *shape, generator=noise) for need, shape in shapes.items()}
    assert aim(scene, torch.zeros(1, 2, 4, 5)).cost.isfinite().all()


@pytest.mark.parametrize("said", GOALS)
def test_every_goal_is_built_and_measured(said):
    check(compiled(said))


@pytest.mark.parametrize("said", RESTRAINTS)
def test_every_restraint_is_built_and_measured(said):
    found = compiled(f"pick up the red cup {said}")
    check(found)
    assert found["subject_to"] or found["env"] == {"steps": 60}


def test_the_planner_is_stricter_than_the_judge():
    found = compiled("pick up the red cup without knocking over the bowl or touching the block")
    assert found["subject_to"]["blue_bowl_upright"]["at_most"] == 10.0
    assert found["judge"]["limits"]["blue_bowl_upright"]["at_most"] == 15.0
    assert found["subject_to"]["yellow_block_untouched"]["at_most"] == 0.2
    assert found["judge"]["limits"]["yellow_block_untouched"]["at_most"] == 0.5


def test_everything_else_is_what_the_sentence_does_not_name():
    limits = compiled("put the red cup in the bowl without touching anything else")["judge"]["limits"]
    assert set(limits) == {"green_tray_untouched", "yellow_block_untouched", "others_untouched"}
    alone = compile_(parse("lift the red cup without touching anything else", SCENE), SCENE)
    assert "others_untouched" not in alone["judge"]["limits"]


def test_time_is_counted_in_steps():
    assert compiled("pick up the red cup within 12 seconds")["env"] == {"steps": 60}
    assert compiled("hold the red cup for 3 seconds")["judge"]["steps"] == 15


def test_a_later_goal_vouches_for_what_earlier_ones_left_behind():
    stages = compiled("push the bowl to the left, then touch the tray")["minimize"]["task"]["stages"]
    assert set(stages["touch_2"]["done"]["costs"]) == {"goal_1", "this"}
    success = compiled("push the bowl to the left, then touch the tray")["judge"]["success"]
    assert set(success) == {"pushed_1", "still_1", "down_1", "touched_2"}


def test_what_is_cleared_away_may_be_picked_up_later():
    success = compiled("clear the left side of the table, then pick up the red cup")["judge"]["success"]
    assert "down_red_cup_1" not in success and {"down_blue_bowl_1", "clear_red_cup_1", "lifted_2"} <= set(success)


def test_what_is_picked_and_then_placed_is_judged_by_its_place_and_grasped_once():
    found = compiled("pick up the red cup and put it in the bowl")
    assert set(found["judge"]["success"]) == {"inside_2", "released_2", "still_2"}
    assert [name.split("_")[0] for name in found["minimize"]["task"]["stages"]] == ["grasp", "lift", "carry", "release"]


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ("lift the red cup by half a metre", "can rise by 0.3 m at most"),
        ("put the red cup in the block", "only a bowl or a tray holds things"),
        ("put the red cup 2 cm left of the bowl", "no free place"),
        ("hold the red cup for 3 seconds within 2 seconds", "too short"),
        ("tilt the red cup by 80 degrees without knocking it over", "knocks the object over"),
    ],
)
def test_what_cannot_be_done_is_refused(said, hint):
    with pytest.raises(ValueError, match=hint):
        compiled(said)


@pytest.mark.parametrize("said", GOALS)
def test_it_is_written_as_yaml_that_reads_back(said):
    found = compiled(f"{said} slowly")
    text = as_yaml(found, said)
    assert text.startswith(f"# {said}\n") and "# m" in text
    assert yaml.safe_load(text) == found


def test_success_of_a_pick_is_a_rise_from_the_start():
    limit = terms(compiled("lift the red cup by 20 cm")["judge"]["success"], Limit)["lifted"]
    start = torch.tensor([0.5, 0.0, 0.05])
    risen = torch.tensor([0.5, 0.0, 0.24]).expand(3, 3)
    scene = {"red_cup.position": risen, "red_cup.position@start": start.expand(3, 3)}
    assert float(limit.broken_by(limit.cost(scene, torch.zeros(3, 4)))) <= 0
    scene["red_cup.position"] = risen - torch.tensor([0.0, 0.0, 0.03])
    assert float(limit.broken_by(limit.cost(scene, torch.zeros(3, 4)))) > 0
