"""A node becomes its object; the constructor's signature is the schema."""

import sys

import pytest
from omegaconf import OmegaConf

from foresee.configs import ConfigError, allow_plugin, build
from foresee.configs.build import plugins, targets
from foresee.costs import Distance, Tilt, Weighted

TILT = {"_target_": "costs.tilt.Tilt", "object": "bowl"}


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    (tmp_path / "my_costs.py").write_text(
        "from dataclasses import dataclass\nfrom subprocess import Popen\n\n\n"
        "@dataclass\nclass Calm:\n    level: int = 1\n    names: tuple = ()\n    device: str = 'cpu'\n\n\n"
        "class Picky:\n    def __init__(self, level):\n        level + 1\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield "my_costs"
    plugins.discard("my_costs")
    sys.modules.pop("my_costs", None)


def sentence(node, **facts):
    with pytest.raises(ConfigError) as error:
        build(node, **facts)
    return str(error.value)


def test_a_node_becomes_its_object():
    assert build(TILT) == build(OmegaConf.create(TILT)) == Tilt("bowl")


def test_lists_become_tuples():
    node = OmegaConf.create({"_target_": "costs.distance.Distance", "of": "hand", "to": [0, 0, 1]})
    assert build(node) == Distance("hand", (0, 0, 1))


def test_keys_that_are_somebody_elses_can_be_skipped():
    assert build(TILT | {"weight": 2.0, "over": "end"}, skip=("weight", "over")) == Tilt("bowl")


def test_nodes_inside_stay_plain():
    node = {"_target_": "costs.objective.Weighted", "cost": TILT, "weight": 1.0}
    assert build(node) == Weighted(TILT, 1.0)  # type: ignore[arg-type]


def test_a_constructor_gets_the_facts_that_it_names(plugin):
    allow_plugin(plugin)
    assert build({"_target_": "my_costs.Calm"}, device="cuda", action_dim=5).device == "cuda"
    assert build(TILT, device="cuda") == Tilt("bowl")


def test_a_fact_is_not_a_choice(plugin):
    allow_plugin(plugin)
    assert sentence({"_target_": "my_costs.Calm", "device": "cpu"}, device="cuda") == (
        "my_costs.Calm: 'device' is known to the program; take it out of the config."
    )


@pytest.mark.parametrize(
    ("node", "message"),
    [
        (
            {"_target_": "costs.height.Height", "off": "cup.position"},
            "costs.height.Height has no option 'off'; did you mean 'of'? It takes (of: str, to: float).",
        ),
        (
            {"_target_": "costs.height.Height", "of": "cup.position"},
            "costs.height.Height needs 'to'. It takes (of: str, to: float).",
        ),
        (
            {"_target_": "costs.height.Height", "of": "cup.position", "to": "high"},
            "costs.height.Height: 'to' is a number, got 'high'.",
        ),
        (
            {"_target_": "costs.height.Height", "of": "cup.position", "to": True},
            "costs.height.Height: 'to' is a number, got True.",
        ),
        (
            {"_target_": "worldmodel.objects.model.Objects", "checkpoint": 3},
            "worldmodel.objects.model.Objects: 'checkpoint' is a text or a path, got 3.",
        ),
        (
            {"_target_": "worldmodel.objects.model.Objects", "checkpoint": "tabletop", "members": True},
            "worldmodel.objects.model.Objects: 'members' is a whole number or null, got True.",
        ),
        (
            {"_target_": "envs.rail.Rail", "layouts": "roomy"},
            "envs.rail.Rail: 'layouts' is a list, such as [roomy], got 'roomy'.",
        ),
        ({"_target_": "costs.tilt.Titl"}, "There is no class 'costs.tilt.Titl'; did you mean 'costs.tilt.Tilt'?"),
        ({"_target_": "costs.titl.Tilt"}, "There is no class 'costs.titl.Tilt'; did you mean 'costs.tilt.Tilt'?"),
        (
            {"_target_": "cost.tilt.Tilt"},
            "'cost.tilt.Tilt' is outside foresee; did you mean 'costs.tilt.Tilt'? "
            "A class of your own needs its module named with --plugin.",
        ),
        (
            {"object": "bowl"},
            "A node to build is a mapping such as {_target_: costs.tilt.Tilt, object: bowl}, got {'object': 'bowl'}.",
        ),
        (None, "A node to build is a mapping such as {_target_: costs.tilt.Tilt, object: bowl}, got None."),
    ],
)
def test_a_wrong_node_is_refused_with_the_nearest_right_one(node, message):
    assert sentence(node) == message


@pytest.mark.parametrize("target", ["my_costs.Calm", "os.system", "foresee.costs.tilt.Tilt", "..os.system", "Tilt", ""])
def test_a_class_outside_is_refused_and_its_module_not_imported(plugin, target):
    assert f"'{target}' is outside foresee" in sentence({"_target_": target})
    assert plugin not in sys.modules


@pytest.mark.parametrize(
    "target",
    [
        "costs.tilt.torch",
        "costs.tilt.Tensor",
        "costs.tilt.dataclass",
        "costs.tilt.torch.load",
        "costs.check.check_cost",
    ],
)
def test_only_classes_of_foresee_itself_are_reachable_through_its_modules(target):
    assert sentence({"_target_": target}).startswith(f"There is no class '{target}'")


def test_an_allowed_plugin_is_built_but_not_what_it_imports(plugin):
    allow_plugin(plugin)
    calm = build({"_target_": "my_costs.Calm", "names": [["a"], "b"]})
    assert calm.names == (("a",), "b")
    assert sentence({"_target_": "my_costs.Popen", "args": "true"}).startswith("There is no class 'my_costs.Popen'")
    assert "needs its module named with --plugin" in sentence({"_target_": "my_costs.deeper.Calm"})


def test_a_plugin_that_does_not_exist_is_refused():
    with pytest.raises(ConfigError) as error:
        allow_plugin("no_such_module")
    assert str(error.value) == "The plugin 'no_such_module' cannot be imported: No module named 'no_such_module'."
    assert "no_such_module" not in plugins


def test_a_constructor_that_cannot_use_a_value_is_a_wrong_config(plugin):
    allow_plugin(plugin)
    assert sentence({"_target_": "my_costs.Picky", "level": "high"}, device="cuda").startswith(
        "my_costs.Picky cannot be built from {'level': 'high'}: can only concatenate"
    )


def test_a_whole_number_will_do_for_a_float_but_not_the_reverse(plugin):
    allow_plugin(plugin)
    assert build({"_target_": "costs.height.Height", "of": "cup.position", "to": 1}).to == 1
    assert sentence({"_target_": "my_costs.Calm", "level": 1.5}) == (
        "my_costs.Calm: 'level' is a whole number, got 1.5."
    )


def test_every_listed_target_is_public():
    assert "costs.tilt.Tilt" in targets()
    assert not any(target.rpartition(".")[2].startswith("_") for target in targets())
