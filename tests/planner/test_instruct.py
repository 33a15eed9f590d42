import pytest
import yaml
from typer.testing import CliRunner

from foresee.planner import build
from foresee.planner.cli import app

CONFIG = """
seed: 0
scenes:      {split: test, count: 1}
env:         {_target_: envs.tabletop.Tabletop, objects: [red_cup, blue_bowl], steps: 60}
world_model: {_target_: worldmodel.analytic.RailModel}
search:      {_target_: planner.cem.CEM, elites: 4}
planner:     {horizon: 4, candidates: 8, iterations: 1}
"""
SAID = "pick up the red cup without knocking over the blue bowl"


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "table.yaml"
    path.write_text(CONFIG)
    return path


def test_a_sentence_is_an_instruction(table):
    config = build.load(table, [SAID, "planner.horizon=8"])
    assert (config.instruction, config.planner.horizon) == (SAID, 8)
    assert set(config.minimize) == {"reach", "held", "open", "lift", "knock"}
    assert config.judge.limits.blue_bowl_upright.at_most == 15.0
    assert config == build.load(table, [f'instruction="{SAID}"', "planner.horizon=8"])
    assert "blue_bowl.up" in build.objective(config).needs


def test_the_terms_of_the_config_win(table):
    table.write_text(
        CONFIG
        + "minimize: {knock: {_target_: costs.tilt.Tilt, object: red_cup, weight: 9.0}}\n"
        + "subject_to: {mine: {_target_: costs.tilt.Tilt, object: red_cup, at_most: 20.0}}\n"
        + "judge: {steps: 2}\n"
    )
    config = build.load(table, [SAID])
    assert config.minimize.knock.weight == 9.0 and "lift" in config.minimize
    assert {"mine", "blue_bowl_upright"} <= set(config.subject_to)
    assert config.judge.steps == 2 and config.judge.success


def test_a_config_that_was_written_loads_to_the_same(table, tmp_path):
    config = build.load(table, [SAID])
    again = tmp_path / "again.yaml"
    again.write_text(build.configs.resolved_yaml(config))
    assert build.load(again) == config


def test_without_objects_the_sentence_names_them(table):
    config = build.load(table, ["put the green cube in the red bowl within 4 seconds", "env.objects=[]"])
    assert list(config.env.objects) == ["red_bowl", "green_block"]
    assert config.env.steps == 20


def test_without_an_instruction_nothing_changes():
    assert build.explained(build.load("rail")) == ""
    assert "instruction" not in build.load("rail")


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["pick up the fork"], "the scene has red cup, blue bowl"),
        (["pick up the red cup", "put it down"], "one instruction"),
        (["instruction=[1, 2]"], "is a sentence"),
        (
            ["put the red cup in the bowl", "env.objects=[]"],
            "name each object by colour and kind, or say what is there",
        ),
        (["clear the middle of the table", "env.objects=[]"], "name it with env.objects"),
    ],
)
def test_a_wrong_instruction_is_one_sentence_and_status_2(table, words, hint):
    done = CliRunner().invoke(app, ["check", str(table), *words])
    assert done.exit_code == 2
    assert hint in done.stderr and len(done.stderr.strip().splitlines()) == 1
    assert not done.stdout


def test_a_translator_of_ones_own_is_asked(table):
    from foresee.costs.instruction import Goal, Instruction

    said = build.configs.load(table, ["instruction=whatever"], known=build.KEYS)
    config = build.instruct(said, lambda text, scene: Instruction((Goal("touch", scene[1]),)))
    assert "contact.gripper.blue_bowl" in build.objective(config).needs


def test_what_it_has_become_is_yaml(table):
    config = build.load(table, [SAID])
    text = build.explained(config)
    assert text.startswith(f"# {SAID}\n")
    assert yaml.safe_load(text)["judge"]["success"]["held"]["object"] == "red_cup"


def test_an_override_changes_what_the_instruction_has_become():
    config = build.load("tasks/pick", ["minimize.reach.weight=2.5", "minimize.knock=null", "scenes.count=3"])
    assert config.minimize.reach.weight == 2.5 and not config.minimize.get("knock") and config.scenes.count == 3
    with pytest.raises(ValueError, match=r"lft.*did you mean.*lift"):
        build.load("tasks/pick", ["minimize.lft.weight=1"])


def test_a_sentence_for_an_environment_that_is_a_task_of_its_own_names_the_one_for_any_task():
    said = CliRunner().invoke(app, ["check", "red_cup", SAID])
    assert said.exit_code == 2 and f"foresee run tabletop '{SAID}'" in said.stderr
