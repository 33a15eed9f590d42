import pytest

from foresee.configs.error import ConfigError
from foresee.planner import build, experiment
from foresee.planner.parts import check_parts

FLOORS = ["methods=[random,idle]", "world_model=null", "search=null", "scenes.count=1", "env.steps=20", "films=0"]


def test_floors_play_without_a_world_model_and_without_a_search(tmp_path):
    summary = experiment.run(build.load("rail", FLOORS), tmp_path)
    assert list(summary["methods"]) == ["random", "idle"] and summary["checkpoint"] is None


def test_what_plans_needs_both(tmp_path):
    for part in ("world_model", "search"):
        with pytest.raises(ConfigError, match=f"'{part}' is missing; add it"):
            experiment.run(build.load("rail", [f"{part}=null", "scenes.count=1"]), tmp_path)


def test_a_part_is_a_mapping():
    with pytest.raises(ConfigError, match="'env' is missing; add it, such as env"):
        check_parts({"scenes": {"count": 1}, "env": "rail"}, ("scenes", "env"))
