import json
from contextlib import contextmanager

import pytest

from foresee.planner import study

SMALL = [
    *("methods=[idle]", "world_model=null", "search=null", "scenes.count=2", "scenes.layout=null"),
    *("env.steps=20", "films=0", "workers=1"),
]


@contextmanager
def silence(name):
    yield lambda what, done, total: None


def write(tmp_path, text):
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    return str(path)


def test_every_variant_has_every_combination_of_the_grid(tmp_path):
    file = write(
        tmp_path,
        "experiment: rail\noverrides: [films=0]\n"
        "variants: {wide: {planner.candidates: 64}, narrow: {}}\ngrid: {planner.horizon: [4, 8]}\n",
    )
    name, found = study.variants(file, ["seed=1"], ["control.execute=[1, adaptive]"])
    assert name.endswith("rail.yaml") and list(found) == [
        f"{first}_horizon={horizon}_execute={execute}"
        for first in ("wide", "narrow")
        for horizon in (4, 8)
        for execute in ("1", "adaptive")
    ]
    wide = ["films=0", "seed=1", "planner.candidates=64", "planner.horizon=4", "control.execute=adaptive"]
    assert found["wide_horizon=4_execute=adaptive"] == wide


def test_an_experiment_can_be_varied_without_a_file():
    name, found = study.variants("rail", [], ["planner.iterations=[1, 2]"])
    assert name == "rail" and list(found.items()) == [
        ("iterations=1", ["planner.iterations=1"]),
        ("iterations=2", ["planner.iterations=2"]),
    ]


def test_variants_are_compared_with_the_first_in_the_same_scenes_and_what_is_finished_stays(tmp_path):
    told = study.run("rail", SMALL, ["env.steps=[20, 25]"], tmp_path, silence)
    assert told["first"] == "steps=20" and json.loads((tmp_path / "study.json").read_text()) == told
    assert told["variants"]["steps=20"]["methods"]["idle"]["paired"] is None
    pair = told["variants"]["steps=25"]["methods"]["idle"]["paired"]["safe_success"]
    assert pair == {"n": 2, "only_first": 0, "only_other": 0, "p": 1.0}
    assert "| steps=25 | idle | 2 | 0 % (0–66 %) |" in (tmp_path / "study.md").read_text()
    before = (tmp_path / "steps=20" / "episodes.jsonl").read_text()  # with the time that each took
    again = study.run("rail", SMALL, ["env.steps=[20, 25, 30]"], tmp_path, silence)
    assert len(again["variants"]) == 3
    assert (tmp_path / "steps=20" / "episodes.jsonl").read_text() == before


@pytest.mark.parametrize(
    ("vary", "message"),
    [
        ([], "a study varies something"),
        (["planner.horizon=8"], r"planner.horizon is 8; it lists values"),
        (["planner.horizon=[8"], r"--vary is KEY=\[VALUE, ...\], got"),
        (
            ["planner.horizn=[8, 4]"],
            "variant 'horizn=8': 'planner' has no 'horizn' to override; did you mean 'horizon'",
        ),
        (["workers=[1, 0]"], "variant 'workers=0': workers is 0; it is a whole number"),
        (["seed=[1, 1]"], "two variants would be called 'seed=1'"),
        (["seed=[1, 2]", "seed=[3]"], "seed is varied twice; give all of its values in one list"),
    ],
)
def test_what_cannot_be_studied_is_refused_before_anything_moves(tmp_path, vary, message):
    with pytest.raises(ValueError, match=message):
        study.run("rail", SMALL, vary, tmp_path, silence)
    assert not list(tmp_path.iterdir())


def test_a_study_says_which_part_of_it_is_wrong(tmp_path):
    for text, message in (
        ("experiment: rail\nvariants: [1]\n", "variants is .*; it is a mapping"),
        ("experiment: rail\ngrid: {seed: 3}\n", "seed is 3; it lists values"),
        ("experiment: rail\noverrides: films=0\ngrid: {seed: [1]}\n", "overrides is 'films=0'; it lists values"),
        ("experiment: rail\nvarants: {a: {}}\n", "unknown key 'varants'; did you mean 'variants'"),
    ):
        with pytest.raises(ValueError, match=message):
            study.variants(write(tmp_path, text))
