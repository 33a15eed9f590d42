import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from foresee.planner import experiment
from foresee.planner.cli import app

SMALL = [
    "scenes.count=1",
    "planner.candidates=16",
    "planner.iterations=1",
    "env.steps=20",
    "films=0",
    "methods=[planner]",
]


FORESEE = Path(sys.executable).with_name("foresee")


def foresee(*words):
    return CliRunner().invoke(app, list(map(str, words)))


def test_run_writes_a_folder_and_says_where(tmp_path):
    done = foresee("run", "rail", *SMALL, "--out", tmp_path / "run")
    assert done.exit_code == 0
    assert (tmp_path / "run/report.html").exists() and (tmp_path / "run/summary.json").exists()
    assert foresee("report", tmp_path / "run").exit_code == 0


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["run", "rial"], "did you mean 'rail'"),
        (["run", "rail", "planner.horizn=3"], "did you mean 'horizon'"),
        (["run", "rail", "search._target_=planner.cem.CMA"], "did you mean"),
        (["run", "rail", "methods=[planer]"], "did you mean 'planner'"),
        (["run", "rail", "scenes.layout=[rommy]"], "it has ['roomy', 'tight', 'between']"),
        (["check", "rail", "minimize.reach.of=gripper.positon"], "did you mean 'gripper.position'"),
        (["check", "rail", "subject_to.upright.object=vase"], "not there; there are bowl, cup."),
        (["run", "rail", "minimize.lift.of=cups.position"], "did you mean 'cup'? there are bowl, cup."),
        (["check", "rail", "minimize.lift.weight=much"], "'lift': 'weight' is a finite number, got 'much'"),
        (["check", "rail", "control.execute=adaptiv"], "execute is 'adaptiv'; it must be a whole number of actions"),
        (["check", "rail", "control.delay=8"], "delay is 8; it must lie in 0..7"),
        (["train", "train/tabletop_actor", "model.chunk=31"], "model.chunk is 31; an actor learns chunks of 1..30"),
        (["train", "train/tabletop_direct", "model.actor=0"], "there is none; give model.actor a width"),
        (["run", "rail", "pace=0"], "pace is 0; it must be a number above 0"),
        (["run", "rail", "workers=0"], "workers is 0; it is a whole number, at least 1."),
        (["check", "rail", "workers=-1"], "workers is -1; it is a whole number"),
        (["check", "rail", "workers=many"], "workers is 'many'; it is a whole number"),
        (["collect", "data/tabletop", "workers=0"], "workers is 0; it is a whole number"),
        (["check", "rail", "search=null"], "'search' is missing; add it, such as search: {_target_: planner.cem.CEM}"),
        (["check", "rail", "methods=[]"], "methods is []; it names one at least of planner, blind"),
        (["check", "rail", "methods=3"], "methods is 3; it names one at least of"),
        (["check", "rail", "seed=x"], "seed is 'x'; it is a whole number, at least 0."),
        (["check", "rail", "scenes.count=1.5"], "scenes.count is 1.5; it is a whole number, at least 1."),
        (["check", "rail", "scenes.split=null", "scenes.first=-5"], "scenes.first is -5; it is a whole number"),
        (["run", "rail", "films=-1"], "films is -1; it is a whole number, at least 0."),
        (["run", "rail", "judge.steps=0"], "judge.steps is 0; it is a whole number, at least 1."),
        (["run", "rail", "env.steps=0"], "an episode of 0 steps is none; steps must be at least 1."),
        (["check", "rail", "planner.iterations=x"], "Planner: 'iterations' is a whole number or null, got 'x'."),
        (["check", "rail", "planner.proposals=[]"], "planner.proposals is a mapping of names to proposals, got []."),
        (["check", "rail", "control.budget=x"], "a budget of milliseconds=x leaves nothing to do; it must be a number"),
        (["check", "rail", "control.cameras=front"], "'cameras' is a list, such as [front], got 'front'."),
        (["check", "red_cup", "world_model.checkpoint=3"], "'checkpoint' is a text or a path, got 3."),
        (["check", "tabletop", "pick up the red cup", "env.objects=red_cup"], "'objects' is a list, such as [red_cup]"),
        (["train", "train/tabletop", "data=[nowhere]", "look.batch=0"], "batch is 0; it is a whole number"),
        (["train", "train/tabletop", "data=[3]"], "a training needs data: a list of folders"),
        (["train", "train/tabletop", "video=[3]"], "video is a list of folders"),
        (["train", "train/tabletop", "look.rate=fast"], "look: 'rate' is a number, got 'fast'."),
        (["train", "train/tabletop", "look.rate=-1"], "rate is -1; it must be at least 0."),
        (["train", "train/tabletop", "look.minutes=soon"], "look: 'minutes' is a number or null, got 'soon'."),
        (["train", "train/tabletop", "loss.up=x"], "loss: 'up' is a number, got 'x'."),
        (["train", "train/tabletop", "validation=x"], "a training: 'validation' is a number, got 'x'."),
        (
            ["train", "train/tabletop", "validation_windows=0"],
            "validation_windows is 0; it is a whole number, at least 1.",
        ),
        (["train", "train/tabletop", "seed=1.5"], "a training: 'seed' is a whole number, got 1.5."),
        (["train", "train/tabletop", "cache=5"], "a training: 'cache' is a path or a text or null, got 5."),
        (["train", "train/tabletop", "init_from=5"], "a training: 'init_from' is a text or null, got 5."),
        (["run", "rail", "--plugin", "no_such_module"], "no_such_module"),
        (["report", "/nowhere"], "no summary.json"),
    ],
)
def test_a_mistake_gets_one_sentence_and_status_2(words, hint, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = foresee(*words)
    assert done.exit_code == 2
    assert hint in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("out", ["notes.txt", "notes.txt/run"])
@pytest.mark.parametrize("command", [["run", "rail"], ["collect", "data/tabletop"], ["bench", "planner", "rail"]])
def test_a_file_is_no_folder_to_write_to(command, out, tmp_path):
    (tmp_path / "notes.txt").write_text("")
    done = foresee(*command, "--out", tmp_path / out)
    assert (done.exit_code, done.stderr.strip()) == (
        2,
        f"{tmp_path / 'notes.txt'} is a file; --out is a folder to write to.",
    )


def test_pictures_that_the_checkpoint_does_not_see_are_refused_before_anything_moves():
    for override, shown in (("env.cameras=[side]", "64 px from side"), ("env.size=32", "32 px from front, side")):
        done = foresee("check", "red_cup", "world_model.compile=false", override)
        assert done.exit_code == 2
        assert done.stderr.strip() == (
            f"checkpoint 'tabletop' sees 64 px from front, side, but the environment shows {shown}; "
            "choose env.cameras and env.size alike."
        )


def test_a_method_that_is_named_twice_is_played_once(tmp_path):
    assert foresee("run", "rail", *SMALL, "methods=[idle,idle]", "--out", tmp_path / "run").exit_code == 0
    assert len((tmp_path / "run/episodes.jsonl").read_text().splitlines()) == 1


def test_debug_shows_the_traceback():
    assert "Traceback" in foresee("run", "rial", "--debug").stderr


def test_a_fault_of_ours_has_status_1(monkeypatch, tmp_path):
    def broken(*_):
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(experiment, "run", broken)
    done = foresee("run", "rail", "--out", tmp_path)
    assert done.exit_code == 1
    assert "ZeroDivisionError" in done.stderr and "--debug" in done.stderr


def test_ctrl_c_says_how_to_go_on(monkeypatch, tmp_path):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(experiment, "run", interrupted)
    done = foresee("run", "rail", "--out", tmp_path / "run")
    assert done.exit_code == 2
    assert done.stderr.strip() == (
        f"Interrupted: what was finished is in {tmp_path / 'run'}; the same command goes on from there."
    )


def test_a_run_that_is_terminated_leaves_no_worker_behind(tmp_path):
    said = [FORESEE, "run", "rail", "scenes.count=500", "films=0", "workers=2", "--out", tmp_path]
    with subprocess.Popen(said, stderr=subprocess.PIPE, text=True, start_new_session=True) as run:
        lines, patience = tmp_path / "manifest.jsonl", time.monotonic() + 60
        while not (lines.exists() and lines.stat().st_size):
            assert run.poll() is None and time.monotonic() < patience, run.stderr.read()
            time.sleep(0.02)
        run.terminate()
        assert run.wait(30) == 2 and "the same command goes on from there" in run.stderr.read()
    with pytest.raises(ProcessLookupError):  # the workers were in its group
        while time.monotonic() < patience:
            os.killpg(run.pid, 0)
            time.sleep(0.02)


def test_another_process_of_a_training_ends_without_a_word(monkeypatch, tmp_path):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(experiment, "run", interrupted)
    monkeypatch.setenv("LOCAL_RANK", "1")
    done = foresee("run", "rail", "--out", tmp_path / "run")
    assert (done.exit_code, done.stderr) == (0, "")


def test_check_names_every_clause_and_moves_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = foresee("check", "rail")
    assert done.exit_code == 0 and done.stderr == ""
    for words in (
        "reach",
        "upright",
        "at most 10 degrees",
        "weight 4 per m",
        "bowl.up",
        "exact",
        "cannot know: what h",
    ):
        assert words in done.stdout
    assert not list(tmp_path.iterdir())


FAR = "subject_to.far={_target_: costs.clearance.Clearance, of: gripper, to: bowl, keep: 2.0, at_most: 0.0}"


def test_a_limit_that_is_broken_at_the_start_is_a_note_of_check_and_a_refusal_of_run(tmp_path):
    done = foresee("check", "rail", FAR)
    assert done.exit_code == 0
    assert done.stderr.startswith("Note: in the first scene, 'far' does not hold at the start: 1.")
    assert done.stderr.strip().endswith("m, 1.6 more than allowed.") and len(done.stderr.splitlines()) == 1
    done = foresee("run", "rail", FAR, *SMALL, "--out", tmp_path / "run")
    assert done.exit_code == 2
    note, _, refusal = done.stderr.strip().partition("\n")
    assert note.startswith("Note: in the first scene, 'far'") or "Note: in the first scene, 'far'" in done.stderr
    assert "'far' holds nowhere at the start: every scene (1) breaks it, by 1.6 m at least;" in refusal
    assert not (tmp_path / "run/episodes.jsonl").exists()


def test_doctor_finds_what_the_tests_need():
    done = foresee("doctor")
    assert done.exit_code == 0
    assert "torch" in done.stdout


def test_help_pays_for_nothing_heavy():
    code = "import sys, foresee.planner.cli; print([m for m in ('torch', 'numpy', 'pybullet') if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_a_folder_that_may_not_be_made_gets_one_sentence(tmp_path, monkeypatch):
    def refuse(path: Path, *_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))  # root may, whatever the mode says

    monkeypatch.setattr(Path, "mkdir", refuse)
    done = foresee("run", "rail", "scenes.count=1", "--out", str(tmp_path / "out"))
    assert (done.exit_code, done.stderr) == (2, f"{tmp_path / 'out'}: Permission denied.\n")
