"""What the actor is worth: every variant is a config that can be built, and the tables say what the episodes say."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from foresee.planner import build

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks" / "actor"


def finish(folder: Path, checkpoint: str = "one", **played: str) -> None:
    """Leave a run behind: of each method, an episode per letter: success, only imagined, violation or nothing."""
    line = {"layout": "roomy", "time": {"plan_ms": [100.0]}}
    episodes = [
        line
        | {"method": method, "seed": seed, "success": letter in "sv", "violation": letter == "v"}
        | {"imagined_success": None if method == "direct" else letter in "si"}
        for method, letters in played.items()
        for seed, letter in enumerate(letters)
    ]
    scenes = {"name": {"split": "validation"}, "hash": folder.parent.name, "count": 4}
    summary = {"checkpoint": {"hash": checkpoint}, "commit": "c", "scenes": scenes}
    summary |= (
        {"direct": {"checkpoint": {"name": "/somewhere/runs/train/words/checkpoint"}}} if "direct" in played else {}
    )
    folder.mkdir(parents=True)
    (folder / "summary.json").write_text(json.dumps(summary))
    (folder / "episodes.jsonl").write_text("".join(f"{json.dumps(each)}\n" for each in episodes))


def test_variants_are_compared_scene_by_scene_within_and_over_all_tasks(tables, tmp_path):
    finish(tmp_path / "red_cup" / "full", planner="ssi-", policy="i--s")
    finish(tmp_path / "red_cup" / "full_acting", planner="sss-")
    finish(tmp_path / "pick" / "full", planner="vs", policy="--")
    finish(tmp_path / "pick" / "full_acting", planner="s-")
    finish(tmp_path / "pick" / "direct", direct="ss")
    finish(tmp_path / "pick" / "features", "another", policy="s-")
    lines, sources = tables.kept(tmp_path)
    assert sources["checkpoint"] == {"hash": "one"} and sources["features"] == {"hash": "another"}
    assert sources["direct"] == {"checkpoint": {"name": "runs/train/words/checkpoint"}}  # wherever that lies
    done = tables.command(sources, tables.over_all(lines))
    assert done.startswith("COUNT=4 DIRECT=PATH FEATURES=PATH benchmarks/actor/run.sh tasks/pick red_cup;")
    assert tables.command(sources, tables.over_all(lines), "more").endswith("tables.py runs/actor more")
    sources["scenes"] = {"pick": {"name": {"split": "test"}, "count": 2}}
    assert tables.command(sources, {"full": {}, "quarter": {}}).startswith(
        'COUNT=2 VARIANTS="full quarter" benchmarks/actor/run.sh tasks/pick methods=[planner] scenes.split=test;'
    )
    cup = tables.table("red_cup", tables.measured(lines["red_cup"]))
    assert cup[0] == (
        "| red_cup | full | 4 | 50 % [15, 85] | 0 % [0, 49] | 50 % [15, 85] | – | 25 % [5, 70] | 100 ms |"
    )
    assert "| 75 % [30, 95] | 1, 0 (1.000) | 0 % [0, 49]; 0, 1 (1.000) |" in cup[1]
    whole = tables.over_all(lines)
    assert list(whole) == ["full", "full_acting", "policy", "features", "direct"]
    assert whole["full"]["mean"] == {"success": 0.75, "violation": 0.25, "safe_success": 0.5}
    acting = whole["full_acting"]["paired"]["safe_success"]
    assert (acting["n"], acting["only_other"], acting["only_first"]) == (6, 2, 1)
    rows = tables.summary(whole)
    assert rows[1].startswith("| full_acting | 2 | 6 | 62.5 % | 0.0 % | 62.5 % | +16.7 | 2, 1 (1.000) |")
    assert rows[4].startswith("| direct | 1 | 2 | 100.0 % | 0.0 % | 100.0 % | +50.0 | 1, 0 (1.000) | – |")


def test_the_gap_between_the_actor_and_a_perfect_model_is_that_of_the_scenes_all_have_played(tables, tmp_path):
    finish(tmp_path / "pick" / "full", planner="ss--", policy="----")
    finish(tmp_path / "pick" / "simulator", simulator="sss")
    whole = tables.over_all(tables.kept(tmp_path)[0])
    assert whole["full"]["closed"]["share"] == pytest.approx(2 / 3)
    assert "closed" not in whole["policy"] and "closed" not in whole["simulator"]
    assert tables.summary(whole)[0].endswith("| 67 % [0, 100] |")


def test_what_cannot_be_compared_is_refused(tables, tmp_path):
    with pytest.raises(SystemExit, match=r"holds no finished run 'full'.*run benchmarks/actor/run\.sh first"):
        tables.kept(tmp_path)
    finish(tmp_path / "pick" / "full", planner="s")
    finish(tmp_path / "reach" / "quarter", planner="s")
    with pytest.raises(SystemExit, match=r"reach holds no finished run 'full'"):
        tables.kept(tmp_path)
    finish(tmp_path / "reach" / "full", "another", planner="s")
    with pytest.raises(SystemExit, match=r"differ in 'checkpoint' \(.*another.*delete those"):
        tables.kept(tmp_path)


def variants() -> dict[str, list[str]]:
    found = (each.split() for each in (FOLDER / "variants.txt").read_text().splitlines() if each[0] != "#")
    return {name: [f"methods={methods}", *overrides] for name, methods, *overrides in found}


@pytest.mark.parametrize("task", ["red_cup", "tasks/pick"])
def test_every_variant_loads_whether_or_not_the_config_has_an_actor(tables, task, tmp_path, monkeypatch):
    for name in ("DIRECT", "FEATURES"):
        monkeypatch.setenv(name, "somewhere")
    acting = "{_target_: planner.acting.Acting, share: 0.1}"
    other = tmp_path / "acting.yaml"
    other.write_text(f"base: {task}\nplanner: {{proposals: {{acting: {acting}, waypoints: {{share: 0.9}}}}}}\n")
    assert {*variants()} | {"policy", "inverse"} == {*tables.VARIANTS}
    for name, overrides in variants().items():
        with_it, without = build.load(str(other), overrides), build.load(task, overrides)
        offers, others = ({k: v for k, v in each.planner.proposals.items() if v} for each in (without, with_it))
        if name not in ("direct", "features"):  # which have no use for proposals
            assert ("acting" in offers) == name.endswith("_acting") and offers == others, name
        assert sum(each.get("share", 0.0) for each in offers.values()) <= 1.0
        assert max(without.search.elites, without.planner.keep) <= without.planner.candidates
        assert without.subject_to.get("doubt", {}).get("confidence") == (0.95 if name == "verified" else None)


def test_the_script_plays_what_is_named_and_leaves_out_what_is_unset(planted):
    here = planted(FOLDER)

    switches = ("COUNT", "VARIANTS", "DIRECT", "FEATURES", "VERIFIED", "SIMULATOR")

    def plays(*arguments: str, **given: str) -> list[str]:
        env = {key: value for key, value in os.environ.items() if key not in switches}
        done = subprocess.run(
            [here / "run.sh", *arguments], env=env | given, capture_output=True, text=True, check=True
        )
        return done.stdout.splitlines()

    told = [each.split() for each in plays("red_cup", "workers=1", "tasks/clear.yaml")]
    assert [(each[1], each[3]) for each in told] == [
        (task, f"runs/actor/{task.removeprefix('tasks/')}/{name}")
        for task in ("red_cup", "tasks/clear")
        for name in ("full", "quarter", "quarter_acting", "quick_acting", "full_acting")
    ]
    methods, *overrides = variants()["full"]
    assert told[0][4:] == ["films=0", methods, "scenes.split=validation", "scenes.count=100", *overrides, "workers=1"]
    first, *asked = plays("tasks/pick", COUNT="2", DIRECT="a", FEATURES="b", VERIFIED="1", SIMULATOR="1")
    assert first.startswith("calibrate red_cup --scenes 200 margins=runs/actor/doubt.json subject_to.doubt=")
    assert [each.split()[3] for each in asked] == [f"runs/actor/pick/{name}" for name in variants()]
    assert all("scenes.count=2 " in each for each in asked)
    named = plays("tasks/pick", VARIANTS="verified full")  # one that is unset stays out
    assert [each.split()[3] for each in named] == ["runs/actor/pick/full"]
    assert len(plays("tasks/clear", DIRECT="a")) == 5  # it has no word for that
    assert len(plays("tasks/goal_image", SIMULATOR="1")) == 5  # nor the simulator a latent
