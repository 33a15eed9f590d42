"""Files, bases and overrides become one read-only config, or one sentence."""

import pytest
from omegaconf import OmegaConf
from omegaconf.errors import ReadonlyConfigError

from foresee.configs import ConfigError, load, resolved_yaml

TASK = """
seed: 0
scenes: {split: test, count: 100}
search: {_target_: costs.risk.CVaR, alpha: 0.5}
planner: {horizon: 10, candidates: 256}
minimize:
  reach: {_target_: costs.distance.Distance, of: gripper.position, to: cup.position, weight: 1.0}
subject_to:
  upright: {_target_: costs.tilt.Tilt, object: bowl, at_most: 15.0}
"""
KNOWN = (
    "seed",
    "scenes.split",
    "scenes.count",
    "scenes.layout",
    "search",
    "planner",
    "control",
    "minimize",
    "subject_to",
)


@pytest.fixture
def task(tmp_path):
    path = tmp_path / "task.yaml"
    path.write_text(TASK)
    return path


def write(task, name, text):
    path = task.with_name(name)
    path.write_text(text)
    return path


def sentence(*arguments, **options):
    with pytest.raises(ConfigError) as error:
        load(*arguments, **options)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_file_is_read_as_it_is(task):
    assert load(task, known=KNOWN) == OmegaConf.create(TASK)


def test_nothing_writes_to_a_loaded_config(task):
    with pytest.raises(ReadonlyConfigError):
        load(task).seed = 1


def test_the_resolved_yaml_loads_to_the_same_config(task):
    config = load(write(task, "more.yaml", "base: task\nagain: ${planner.horizon}\n"), ["search.alpha=0.9"])
    assert config.again == 10
    assert load(write(task, "copy.yaml", resolved_yaml(config))) == config


def test_overrides_change_values_and_lists(task):
    config = load(task, ["planner.horizon=8", "scenes.layout=[roomy, tight]", "subject_to.upright.at_most=1e-1"], KNOWN)
    assert config.planner == {"horizon": 8, "candidates": 256}
    assert config.scenes.layout == ["roomy", "tight"]
    assert config.subject_to.upright.at_most == 0.1


def test_null_drops_a_term_and_unsets_a_value(task):
    config = load(task, ["subject_to.upright=null", "seed=null"])
    assert config.subject_to == {} and config.seed is None


def test_a_term_can_be_added_where_there_are_none_yet(tmp_path):
    (tmp_path / "bare.yaml").write_text("seed: 0\n")
    node = "{_target_: costs.tilt.Tilt, object: cup, weight: 1.0}"
    config = load(tmp_path / "bare.yaml", [f"minimize.level={node}"], known=("seed", "minimize"))
    assert config.minimize.level.object == "cup"
    with pytest.raises(ConfigError, match="There is no 'minimize' to override"):
        load(tmp_path / "bare.yaml", ["minimize.level.weight=1"], known=("seed",))


def test_a_term_can_be_added(task):
    config = load(task, ["subject_to.calm={_target_: costs.effort.Effort, at_most: 0.5}"])
    assert list(config.subject_to) == ["upright", "calm"]


def test_options_left_out_can_be_set(task):
    config = load(task, ["minimize.reach.offset=[0, 0, 0.1]", "minimize.reach.over=end", "control={execute: 2}"], KNOWN)
    assert config.minimize.reach.offset == [0, 0, 0.1] and config.minimize.reach.over == "end"
    assert config.control.execute == 2


def test_a_new_target_replaces_its_node_wherever_its_override_stands(task):
    config = load(task, ["search.to=0.2", "search._target_=costs.height.Height", "search.of=cup.position"])
    assert config.search == {"_target_": "costs.height.Height", "to": 0.2, "of": "cup.position"}


def test_a_file_overlays_its_base(task):
    above = write(
        task,
        "above.yaml",
        "base: task\nseed: 3\nplanner: {horizon: 5}\n"
        "search: {_target_: costs.risk.Worst}\nsubject_to: {upright: null}\n",
    )
    config = load(above, known=KNOWN)
    assert config.seed == 3 and config.planner == {"horizon": 5, "candidates": 256}
    assert config.search == {"_target_": "costs.risk.Worst"}
    assert config.subject_to == {} and "base" not in config


def test_bases_stack_and_never_go_in_a_circle(task):
    write(task, "a.yaml", "base: b.yaml\n")
    write(task, "b.yaml", "base: a\nseed: 1\n")
    assert sentence(task.with_name("a.yaml")) == "'base' goes in a circle: a.yaml -> b.yaml -> a.yaml."
    write(task, "b.yaml", "base: task\nseed: 1\n")
    assert load(task.with_name("a.yaml")).seed == 1


def test_a_shipped_config_is_found_by_name():
    config = load("rail", ["judge.limits.upright.scale=5"])
    assert config.judge.limits.upright.scale == 5
    assert load("rail.yaml") == load("rail")


def test_a_config_that_does_not_exist_names_the_shipped_ones():
    message = sentence("no_such_thing_at_all")
    assert message.startswith("There is no config 'no_such_thing_at_all'. Give the path of a YAML file, or one of [")


@pytest.mark.parametrize(
    ("override", "message"),
    [
        (
            "planner.horizn=8",
            "'planner' has no 'horizn' to override; did you mean 'horizon'? Known: horizon, candidates.",
        ),
        (
            "scenes.layot=[tight]",
            "'scenes' has no 'layot' to override; did you mean 'layout'? Known: split, count, layout.",
        ),
        (
            "search.alfa=0.5",
            "'search' has no 'alfa' to override; did you mean 'alpha'? Known: _target_, alpha.",
        ),
        (
            "subject_to.uprigt=null",
            "'subject_to' has no 'uprigt' to override; did you mean 'upright'? Known: upright.",
        ),
        (
            "serch.alpha=1",
            "There is no 'serch' to override; did you mean 'search'? "
            "Known: seed, scenes, search, planner, minimize, subject_to, control.",
        ),
        ("seed.x=1", "'seed' is 0 and has no 'x' to override; write seed=VALUE."),
        ("planner=5", "'planner' holds several options, not 5; set one of them, such as planner.horizon=VALUE."),
        ("seed", "An override is key=value, such as planner.horizon=8 or search=null, got 'seed'."),
        ("seed=", "An override is key=value, such as planner.horizon=8 or search=null, got 'seed='."),
        ("base=other", "'base' belongs in a file; write a YAML file with this base, or give the base itself."),
    ],
)
def test_a_wrong_override_is_refused(task, override, message):
    assert sentence(task, [override], KNOWN) == message


def test_a_value_that_is_not_yaml_is_refused(task):
    assert sentence(task, ["seed=[1, 2"]).startswith("The value of 'seed=[1, 2' is not YAML: while parsing")


def test_unknown_keys_of_a_file_are_refused(task):
    typo = write(task, "typo.yaml", "seeed: 1\n")
    assert sentence(typo, known=KNOWN) == (
        "typo.yaml has an unknown key 'seeed'; did you mean 'seed'? "
        "Known: control, minimize, planner, scenes, search, seed, subject_to."
    )
    typo.write_text("scenes: {cout: 3}\n")
    assert sentence(typo, known=KNOWN) == (
        "typo.yaml has an unknown key 'scenes.cout'; did you mean 'count'? Known: count, layout, split."
    )


def test_what_is_left_open_must_be_given(task):
    template = write(task, "template.yaml", "base: task\nseed: ???\n")
    assert sentence(template) == "template.yaml leaves seed open; add seed=VALUE."
    assert load(template, ["seed=4"]).seed == 4


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("", "bad.yaml holds no options; a config is a mapping such as 'seed: 0'."),
        ("- 1\n- 2\n", "bad.yaml holds no options; a config is a mapping such as 'seed: 0'."),
        ("a: [1\nb: 2\n", "bad.yaml is not readable YAML: while parsing"),
        ("a: 1\na: 2\n", "bad.yaml is not readable YAML: while constructing a mapping"),
        ("a: !!python/object/apply:os.getcwd []\n", "bad.yaml is not readable YAML: could not determine a constructor"),
        ("a: ${nowhere}\n", "bad.yaml: Interpolation key 'nowhere' not found"),
    ],
)
def test_bad_yaml_is_one_sentence(task, text, start):
    assert sentence(write(task, "bad.yaml", text)).startswith(start)
