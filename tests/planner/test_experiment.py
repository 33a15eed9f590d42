import json

import numpy as np
import pytest
import torch

from foresee.costs.height import Height
from foresee.costs.objective import Limit
from foresee.costs.tilt import Tilt
from foresee.planner import build, experiment, folder, scenes
from foresee.planner.episode import Dream, Judge, Recording
from foresee.planner.film import picture, side_by_side
from foresee.planner.folder import Lines
from foresee.planner.summary import compare, summarise

from .lines import line

SMALL = ["scenes.count=3", "planner.candidates=32", "planner.iterations=2", "env.steps=20", "films=0"]


def small(*overrides):
    return build.load("rail", [*SMALL, *overrides])


def lines(out):
    found = [json.loads(line) for line in (out / "episodes.jsonl").read_text().splitlines()]
    return [{key: value for key, value in line.items() if key != "time"} for line in found]


# ---- scenes


def test_layouts_get_equal_shares():
    found = scenes.slots({"split": "test", "count": 6}, ("a", "b", "c"))
    assert [slot.layout for slot in found] == ["a", "b", "c"] * 2
    assert [slot.seeds[0] for slot in found] == [2_000_000 + i for i in range(6)]


def test_no_two_places_share_a_seed():
    seeds = [seed for slot in scenes.slots({"first": 10, "count": 7}, ()) for seed in slot.seeds]
    assert len(seeds) == len(set(seeds))


def test_a_split_is_never_left():
    last = scenes.slots({"split": "validation", "count": 90_000}, ())[-1]
    assert all(1_000_000 <= seed < 1_100_000 for seed in last.seeds)


@pytest.mark.parametrize(
    ("node", "message"),
    [
        ({"split": "exam"}, "'exam' is unknown; there are train, validation, test"),
        ({"count": 3}, "exactly one of split"),
        ({"split": "test", "first": 3}, "exactly one of split"),
        ({"first": 0, "count": 0}, "scenes.count is 0"),
        ({"first": 0, "layout": ["tigth"]}, "'tigth' is unknown to this environment; it has"),
    ],
)
def test_scenes_that_do_not_exist_are_refused(node, message):
    with pytest.raises(ValueError, match=message):
        scenes.slots(node, ("roomy", "tight"))


class Line:
    """Seeds 0, 1, 2, ...: seed 0 starts solved, odd seeds are beyond the expert."""

    def reset(self, seed, options=None):
        return seed, {"scene": {"cup.position": np.array([seed, 0.0, 0.0])}, "success": seed == 0}


def test_solved_and_unsolvable_scenes_are_left_out_with_the_reason():
    slot = scenes.Slot(0, None, (0, 1, 2, 3))
    entry = scenes.screen(slot, Line(), lambda obs, info: obs % 2 == 0)
    assert entry["seed"] == 2
    assert [left["reason"] for left in entry["left_out"]] == ["already solved at reset", "the scripted expert fails"]


def test_a_place_nobody_can_fill_is_refused():
    with pytest.raises(ValueError, match="none of 2 seeds"):
        scenes.screen(scenes.Slot(0, None, (1, 3)), Line(), lambda obs, info: False)


# ---- judging


def tilted(degrees):
    return np.array([np.sin(np.radians(degrees)), 0.0, np.cos(np.radians(degrees))], np.float32)


def recorded(degrees, worst=None):
    """An episode in which the bowl is tilted by so many degrees after each action, which is zero."""
    recording = Recording({"bowl.up": tilted(0)}, [])
    for k, angle in enumerate(degrees):
        recording.commands.append(np.zeros(2, np.float32))
        recording.scenes.append({"bowl.up": tilted(angle)})
        recording.worst.append({"bowl.up": tilted(worst[k])} if worst else {})
    return recording


UPRIGHT = Judge({"upright": Tilt("bowl")}, {"upright": Limit(Tilt("bowl"), at_most=15.0)})


@pytest.mark.parametrize(("degrees", "excess"), [([0, 20, 0], 5.0), ([0, 14, 3], -1.0)])
def test_a_limit_is_judged_at_its_worst_step(degrees, excess):
    assert UPRIGHT.excess(recorded(degrees))["upright"] == pytest.approx(excess, abs=1e-3)


def test_a_violation_between_two_steps_counts():
    assert UPRIGHT.excess(recorded([0, 0], worst=[30, 0]))["upright"] == pytest.approx(15.0, abs=1e-3)


def dreamt(step, degrees, chunk=None):
    up = torch.as_tensor(np.stack([tilted(angle) for angle in degrees]))[None]
    return Dream(step, torch.zeros(len(degrees), 2) if chunk is None else chunk, {"bowl.up": up}, True, 1.0)


def test_the_dream_gap_is_imagined_minus_real_over_the_executed_steps():
    dreams = [dreamt(0, [10, 10, 99]), dreamt(2, [4, 4])]  # the third step was imagined, but not executed
    gap = UPRIGHT.gaps(dreams, recorded([5, 5, 5, 5]))["upright"]
    assert gap["mean"] == pytest.approx((5 + 5 - 1 - 1) / 4, abs=1e-3)
    assert gap["absolute"] == pytest.approx(3.0, abs=1e-3)
    assert gap["steps"] == 4


def test_a_plan_that_was_not_followed_is_not_compared():
    assert UPRIGHT.gaps([dreamt(0, [10, 10], torch.ones(2, 2))], recorded([5, 5])) == {}


@pytest.mark.parametrize(("heights", "success"), [([0, 1, 1, 0], True), ([1, 0, 1, 0], False)])
def test_imagined_success_must_last(heights, success):
    cup = torch.zeros(1, 4, 3)
    cup[0, :, 2] = torch.tensor(heights)
    dream = Dream(0, torch.zeros(4, 2), {"cup.position": cup}, True, 1.0)
    judge = Judge({}, {}, {"lifted": Limit(Height("cup.position", 1.0), at_most=0.1)}, steps=2)
    assert judge.imagined_success([dream]) is success


# ---- runs


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    out = tmp_path_factory.mktemp("run") / "rail"
    return out, experiment.run(small("films=1"), out)


def test_exact_physics_has_no_dream_gap(finished):
    _, summary = finished
    for gap in summary["methods"]["planner"]["dream_gap"].values():
        assert gap["absolute"] == pytest.approx(0.0, abs=1e-4)


def test_the_floors_stand_beside_the_planner(finished):
    _, summary = finished
    methods = summary["methods"]
    assert list(methods) == ["planner", "blind", "scripted", "random", "idle"]
    assert methods["scripted"]["success"]["k"] == 3
    assert methods["idle"]["success"]["k"] == methods["random"]["success"]["k"] == 0
    assert methods["planner"]["violation"]["k"] == 0
    assert set(methods["planner"]["layouts"]) == {"roomy", "tight", "between"}
    assert set(methods["planner"]["success"]) == {"k", "n", "rate", "low", "high"}
    assert methods["planner"]["plan_ms"]["p50"] > 0


def test_the_folder_holds_what_it_promises(finished):
    out, summary = finished
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["hash"] == summary["scenes"]["hash"]
    assert all({"seed", "poses", "hash"} <= set(scene) for scene in manifest["scenes"])
    assert (out / "config.yaml").exists()
    assert list((out / "videos").glob("planner-000-*.gif"))


def test_the_summary_names_the_machine_that_was_timed(finished):
    _, summary = finished
    assert summary["machine"]["cores"] >= 1 and isinstance(summary["machine"]["bfloat16"], bool)


def test_a_run_can_be_repeated_to_the_letter(finished, tmp_path):
    out, _ = finished
    experiment.run(small(), tmp_path / "again")
    assert lines(tmp_path / "again") == lines(out)


def test_two_processes_do_what_one_does(finished, tmp_path):
    out, _ = finished
    experiment.run(small("workers=2"), tmp_path / "two")
    assert lines(tmp_path / "two") == lines(out)


def test_an_interrupted_run_goes_on_and_plays_nothing_twice(finished, tmp_path):
    out, played = tmp_path / "run", []

    def stop(what, done, total):
        if what == "played" and done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        experiment.run(small(), out, stop)
    with (out / "episodes.jsonl").open("a") as file:
        file.write('{"scene": 2, "meth')  # what a power cut leaves
    experiment.run(small(), out, lambda what, done, total: played.append((what, done)))
    assert played[0] == ("played", 5)
    assert lines(out) == lines(finished[0])


def test_a_folder_of_another_run_is_refused(finished):
    with pytest.raises(FileExistsError, match="already holds another run"):
        experiment.run(small("seed=1"), finished[0])


def test_a_folder_in_which_nothing_was_played_is_free_for_what_was_meant(tmp_path):
    calm = "subject_to.calm={_target_: costs.effort.Effort, at_most: -0.1}"
    with pytest.raises(ValueError, match="'calm' holds nowhere at the start"):
        experiment.run(small(calm), tmp_path / "run")
    assert experiment.run(small(), tmp_path / "run")["scenes"]["count"] > 0


def test_what_was_screened_of_the_same_run_is_kept(tmp_path):
    folder.claim(tmp_path / "run", small(), {})
    (tmp_path / "run/manifest.jsonl").touch()
    folder.claim(tmp_path / "run", small(), {})
    assert (tmp_path / "run/manifest.jsonl").exists()
    folder.claim(tmp_path / "run", small("seed=1"), {})
    assert not (tmp_path / "run/manifest.jsonl").exists()


def test_who_played_stays_known_when_others_play_more(tmp_path, monkeypatch):
    out = tmp_path / "run"
    first = {key: experiment.run(small("methods=[idle]"), out)[key] for key in ("commit", "machine")}
    monkeypatch.setattr(folder, "commit", lambda: "of tomorrow")
    again = experiment.run(small("methods=[idle]"), out)
    assert (again["commit"], again["machine"]) == (first["commit"], first["machine"]) and "earlier" not in again
    more = experiment.run(small("methods=[idle,random]"), out)
    assert more["commit"] == "of tomorrow" and [each["commit"] for each in more["earlier"]] == [first["commit"]]


def test_a_method_may_join_with_a_checkpoint_and_then_keeps_it(tmp_path):
    for sources in ({}, {"checkpoint": "a"}, {}, {"direct": "b"}):
        folder.claim(tmp_path / "run", small(), sources)
        (tmp_path / "run/episodes.jsonl").write_text("{}\n")
    with pytest.raises(FileExistsError, match=r"already holds another run \(another checkpoint\)"):
        folder.claim(tmp_path / "run", small(), {"checkpoint": "c"})
    told = folder.read(tmp_path / "run/run.json")["identity"]
    assert (told["checkpoint"], told["direct"]) == ("a", "b")


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(FileExistsError, match="holds something else"):
        experiment.run(small(), tmp_path)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("methods=[planer]", "did you mean 'planner'"),
        ("planner.horizon=0", "horizon"),
        ("expert=null", "names no expert"),
    ],
)
def test_a_wrong_request_leaves_no_folder(override, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        experiment.run(small(override), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_robot_that_stops_stands_still_to_the_end(tmp_path):
    impossible = ("subject_to.upright.at_most=-1.0", "subject_to.upright.over=end")
    config = small("control.if_infeasible=stop", *impossible, "methods=[planner]", "scenes.count=1")
    summary = experiment.run(config, tmp_path / "run")
    assert summary["methods"]["planner"]["success"]["k"] == 0
    assert lines(tmp_path / "run")[0]["plans"] == 1


def test_a_limit_that_holds_in_no_scene_at_the_start_is_refused_before_an_episode(tmp_path):
    told = []
    with pytest.raises(ValueError, match=r"'upright' holds nowhere at the start: every scene \(3\) breaks it"):
        experiment.run(small("subject_to.upright.at_most=-1.0"), tmp_path / "run", note=told.append)
    assert told == ["In the first scene, 'upright' does not hold at the start: 0 degrees, 1 more than allowed."]
    floors = small("subject_to.upright.at_most=-1.0", "methods=[idle]")
    assert experiment.run(floors, tmp_path / "idle")["methods"]["idle"]["violation"]["k"] == 0


# ---- numbers


def test_safe_success_is_success_without_violation():
    found = summarise([line(0, "planner", True, True), line(1, "planner", True), line(2, "planner", False)])["planner"]
    assert (found["success"]["k"], found["violation"]["k"], found["safe_success"]["k"]) == (2, 1, 1)


def test_methods_are_compared_on_the_scenes_both_played():
    ours = [line(i, "planner", True) for i in range(6)]
    theirs = [line(i, "idle", False) for i in range(5)]
    found = compare(ours + theirs, "planner")["idle"]["success"]
    assert (found["n"], found["only_first"], found["only_other"]) == (5, 5, 0)
    assert found["p"] == pytest.approx(2 * 0.5**5)


def test_a_line_cut_short_is_dropped(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text('{"a": 1}\n{"a": 2')
    assert Lines(path).lines == [{"a": 1}]
    assert path.read_text() == '{"a": 1}\n'


# ---- films


def test_cameras_stand_side_by_side():
    image = torch.zeros(6, 4, 5)
    image[3] = 1.0  # red of the second camera
    assert picture(image).shape == (4, 10, 3)
    assert (picture(image)[:, 5:, 0] == 255).all() and not picture(image)[:, :5].any()


def test_an_imagined_picture_stands_beside_the_moment_it_was_imagined_for():
    red = torch.zeros(1, 2, 3, 8, 8)
    red[0, 1, 0] = 1.0  # two steps after observation 1
    recording = Recording({}, [np.zeros((8, 8, 3), np.uint8)] * 4)
    frames = side_by_side(recording, [Dream(1, torch.zeros(2, 1), {"image": red}, True, 1.0)])
    corners = [frame[-1, -1].tolist() for frame in frames]
    assert corners == [[128] * 3, [128] * 3, [0] * 3, [255, 0, 0]]
