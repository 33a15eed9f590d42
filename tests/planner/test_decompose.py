import json
from xml.etree import ElementTree

import numpy as np
import pytest
from typer.testing import CliRunner

from foresee.planner.cli import app
from foresee.planner.decompose import LOSSES, METHODS, closed, decomposition, figure, loss_rows, rows, sentence

from .lines import line


def episodes(**outcomes: str) -> list[dict]:
    """One letter for each scene: s succeeded safely, v succeeded and broke a limit, f failed. Last scene first."""
    return [
        line(i, method, letter != "f", letter == "v")
        for method, letters in outcomes.items()
        for i, letter in reversed(list(enumerate(letters)))
    ]


TEN = {
    "simulator": "ssssssssss",
    "rendered": "sssssssssf",
    "sighted": "sssssssvff",
    "planner": "sssssvffff",
    "blind": "vvvvvvvvsf",
    "random": "ffffffffff",
    "idle": "ffffffffff",
}


def test_losses_are_differences_of_safe_success_in_points():
    found = decomposition(episodes(**TEN))
    assert {name: loss["points"] for name, loss in found["losses"].items()} == pytest.approx(
        {"readouts": 10.0, "dynamics": 30.0, "looking": 20.0, "all": 50.0}
    )
    assert found["losses"]["looking"]["without"] == "sighted" and found["losses"]["looking"]["with"] == "planner"
    assert found["floor"] == "blind" and found["safe_success"]["blind"]["k"] == 1
    assert list(found["safe_success"]) == list(METHODS)
    assert found["closed"]["share"] == pytest.approx((0.5 - 0.1) / (1.0 - 0.1))
    assert "D closes 44 %" in sentence(found) and "(blind)" in sentence(found)


def test_losses_are_paired():
    """Where two methods fail in the same scenes nothing is lost, for sure; the rates alone would not say so."""
    same = decomposition(episodes(**{**TEN, "simulator": "sffsfsfsss", "rendered": "sffsfsfsss"}))["losses"]["readouts"]
    assert (same["points"], same["low"], same["high"]) == (0.0, 0.0, 0.0)
    turned = decomposition(episodes(**{**TEN, "simulator": "sffsfsfsss", "rendered": "ssssssfffs"}))
    loss = turned["losses"]["readouts"]
    assert loss["low"] < loss["points"] < loss["high"] and loss["points"] == pytest.approx(-10.0)


def test_what_cannot_be_told_has_no_part_in_it():
    found = decomposition(episodes(**{name: each for name, each in TEN.items() if name != "sighted"}))
    assert set(found["losses"]) == {"readouts", "all"}
    assert "sighted" not in figure(found, "x")


def test_a_full_system_as_good_as_the_simulator_closes_all_of_the_gap():
    best, floor = np.array([1.0] * 9 + [0.0]), np.zeros((3, 10))
    assert closed(best, best, floor) == {"share": 1.0, "low": 1.0, "high": 1.0}
    assert closed(floor[0], best, floor) == {"share": 0.0, "low": 0.0, "high": 0.0}


def test_no_gap_has_no_share_and_a_doubtful_one_no_end():
    ones = np.ones(10)
    assert closed(ones, ones, np.ones((3, 10))) == {"share": None, "low": None, "high": None}
    rare = np.eye(10)[0]  # a third of the resamples hold no scene in which the simulator is better
    found = closed(rare, rare, np.zeros((3, 10)))
    assert found == {"share": 1.0, "low": None, "high": None}
    level = decomposition(episodes(**{**TEN, "blind": "ssssssssss"}))
    assert level["closed"]["share"] is None and "no gap to close" in sentence(level)


def test_the_interval_covers_the_share_as_often_as_it_says():
    rng, hits = np.random.default_rng(0), 0
    for seed in range(60):
        full, best, floor = (rng.random(80) < rate for rate in (0.6, 0.9, 0.2))
        found = closed(full, best, floor[None], seed)
        hits += found["low"] <= (0.6 - 0.2) / (0.9 - 0.2) <= found["high"]
    assert 52 <= hits <= 60


def test_the_figure_is_well_formed_and_shows_every_bar_inside_it():
    found = decomposition(episodes(**TEN))
    root = ElementTree.fromstring(figure(found, "cups & <bowls>"))
    names = [node.text for node in root.iter("{http://www.w3.org/2000/svg}text")]
    assert any("cups & <bowls>" in (name or "") for name in names)
    assert all(any(label == name for name in names) for label in METHODS.values())
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    bars = [node.attrib for node in root.iter("{http://www.w3.org/2000/svg}rect") if node.attrib["width"] != "100%"]
    assert len(bars) == 7 + 4
    assert all(0 <= float(b["x"]) and float(b["x"]) + float(b["width"]) <= width for b in bars)
    assert all(float(b["y"]) < height for b in bars)
    ends = [float(node.attrib[x]) for node in root.iter("{http://www.w3.org/2000/svg}line") for x in ("x1", "x2")]
    assert all(0 <= x <= width for x in ends)
    for head, lines in (rows(found), loss_rows(found)):
        assert all(len(line) == len(head) for line in lines)


SMALL = [
    "planner.horizon=2", "planner.candidates=6", "planner.iterations=1", "planner.keep=1", "planner.proposals={}",
    "search.elites=2", "simulator.planner={candidates: 3}", "control.execute=2", "workers=1", "scenes.layout=[roomy]",
    "world_model.members=1", "world_model.compile=false", "env.distractors=0", "env.steps=12",
]  # fmt: skip


def test_the_bench_plays_every_method_and_goes_on_where_it_stopped(tmp_path):
    said = ["bench", "decompose", "tabletop", "reach the red block", *SMALL, "--scenes", "1", "--out", str(tmp_path)]
    done = CliRunner().invoke(app, said)
    assert done.exit_code == 0, done.output
    found = json.loads((tmp_path / "decompose.json").read_text())
    assert list(found["safe_success"]) == list(METHODS) and set(found["losses"]) == set(LOSSES)
    assert found["scenes"]["name"]["split"] == "validation" and found["scenes"]["count"] == 1
    assert found["checkpoint"]["name"] == "tabletop" and found["plan_ms"]["rendered"]["p50"] > 0
    assert "reach the red block" in (tmp_path / "decompose.svg").read_text()
    played = (tmp_path / "decompose" / "episodes.jsonl").read_text()  # with the time that each episode took
    assert CliRunner().invoke(app, said).exit_code == 0
    assert (tmp_path / "decompose" / "episodes.jsonl").read_text() == played


def test_a_world_without_a_simulator_is_refused(tmp_path):
    done = CliRunner().invoke(app, ["bench", "decompose", "rail", "--scenes", "1", "--out", str(tmp_path)])
    assert "RailModel cannot be told where things are" in done.stderr  # and "sighted" is left out
    assert done.exit_code == 2 and "needs envs.tabletop.Tabletop or a task of it" in done.stderr
    assert not list(tmp_path.iterdir())
