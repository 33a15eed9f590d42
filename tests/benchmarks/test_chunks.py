"""The table of chunks says what the episodes say."""

import json
from pathlib import Path

import pytest

from foresee.planner import build, study
from foresee.planner.stats import proportion


def finish(folder: Path, name: str, safe: list[bool], plans: int, candidates: int) -> None:
    """Leave a run folder behind with episodes of 40 steps."""
    rate = proportion(sum(safe), len(safe))
    told = {"plans": plans, "infeasible_plans": 2, "late_plans": 0}
    planner = {"safe_success": rate, "violation": proportion(0, len(safe)), "plan_ms": {"p50": 140.4}, **told}
    line = {"method": "planner", "layout": "roomy", "violation": False, "steps": 40, "plans": plans}
    episodes = [{**line, "seed": seed, "success": good} for seed, good in enumerate(safe)]
    (folder / name).mkdir(parents=True)
    (folder / name / "summary.json").write_text(json.dumps({"methods": {"planner": planner}}))
    (folder / name / "config.yaml").write_text(f"planner: {{candidates: {candidates}, iterations: 5, horizon: 10}}\n")
    (folder / name / "episodes.jsonl").write_text("".join(f"{json.dumps(each)}\n" for each in episodes))


def test_a_variant_is_compared_scene_by_scene_and_its_compute_is_counted(tables, tmp_path):
    finish(tmp_path, "delay_2", [True, False, False, True], 20, 256)
    finish(tmp_path, "execute_1", [True, True, True, False], 40, 128)
    runs = tables.kept(tmp_path)
    assert list(runs) == ["execute_1", "delay_2"]
    assert [found["imagined_a_step"] for found in runs.values()] == [6400, 6400]
    rows = tables.table(runs)
    assert rows[2].startswith(
        "| execute_1 | 4 | 75 % [30, 95] | – | 0 % [0, 49] | – | 1.0 | 6400 | 5 %, 0 % | 140 ms |"
    )
    assert rows[3].startswith("| delay_2 | 4 | 50 % [15, 85] | 1, 2 (1.00) | 0 % [0, 49] | execute_1 | 2.0 | 6400 |")
    finish(tmp_path, "execute_2", [True, False, False, False], 20, 256)
    runs = tables.kept(tmp_path)
    assert runs["delay_2"]["against"] == "execute_2" and runs["delay_2"]["paired"]["safe_success"]["only_other"] == 1
    assert [runs["execute_2"][key] for key in ("against", "steps_a_plan")] == ["execute_1", 2.0]


def test_variants_without_anything_to_compare_with_are_refused(tables, tmp_path):
    finish(tmp_path, "delay_1", [True], 40, 128)
    with pytest.raises(SystemExit, match=r"holds no finished run 'execute_1'.*run foresee study study/chunks first"):
        tables.kept(tmp_path)


def test_every_variant_loads_and_imagines_as_many_steps_a_step(tables):
    experiment, variants = study.variants("study/chunks")
    for name, overrides in variants.items():
        config = build.load(experiment, overrides)
        if name != "adaptive":
            assert config.planner.candidates * config.planner.horizon == 1280 * config.control.execute, name
        assert config.search.elites * 128 == 12 * config.planner.candidates, name
    assert {*tables.AGAINST} | {*tables.AGAINST.values()} <= {*variants}
