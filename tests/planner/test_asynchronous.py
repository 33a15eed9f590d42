"""Planning in a thread: the same plans, what is late, and what ends a thread."""

import threading
from time import monotonic, sleep

import numpy as np
import pytest

from foresee.costs.distance import Distance
from foresee.costs.objective import Limit, Objective, Weighted
from foresee.costs.tilt import Tilt
from foresee.envs.rail import Rail
from foresee.planner import build, experiment, report
from foresee.planner.asynchronous import Maker
from foresee.planner.cem import CEM
from foresee.planner.control import Controller
from foresee.planner.ladder import Infeasible
from foresee.planner.methods import Planned, method_named
from foresee.planner.monitor import Monitor, Surprised
from foresee.planner.plan import Planner
from foresee.worldmodel.analytic import RailModel

REACH = {"reach": Weighted(Distance("gripper.position", "cup.position"), 1.0)}
RUN = ["scenes.count=1", "scenes.layout=[roomy]", "planner.candidates=32", "env.steps=20", "films=0",
       "methods=[planner]", "control.delay=1"]  # fmt: skip


class Gated(RailModel):
    """Imagines when its gate is open."""

    def __init__(self):
        self.gate = threading.Event()

    def imagine(self, state, chunks, names):
        assert self.gate.wait(20)
        return super().imagine(state, chunks, names)


class Failing(RailModel):
    """Cannot imagine anything."""

    def imagine(self, state, chunks, names):
        raise ArithmeticError("out of order")


def make(execute, delay, asynchronous=None, model=None, at_most=5.0, **options) -> Controller:
    aim = Objective(REACH, {"upright": Limit(Tilt("bowl"), at_most)})
    planner = Planner(model or RailModel(), aim, CEM(elites=8), candidates=32, iterations=2)
    return Controller(planner, execute, delay=delay, asynchronous=asynchronous, **options)


def drive(controller, steps, moved=99, tipped=(), pause=lambda: None):
    """Act for some steps; from step `moved` on the cup is seen elsewhere, and at steps `tipped` the bowl is tipped."""
    env, executed, actions = Rail(size=8), None, []
    obs, _ = env.reset(seed=1, options={"layout": "roomy"})
    controller.reset(obs, 1)
    for step in range(steps):
        seen = obs["proprio"].copy()
        seen[3] -= 0.4 * (step >= moved)
        seen[7] += 1.0 * (step in tipped)
        actions.append(controller.act({**obs, "proprio": seen}, executed))
        obs, *_, info = env.step(actions[-1])
        executed = info["executed"]
        pause()
    controller.close()
    return np.stack(actions)


def threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("foresee-plan")]


@pytest.mark.parametrize("tipped", [(), (4, 5, 6)])
@pytest.mark.parametrize(("execute", "delay"), [(1, 1), (2, 2), (4, 2), ("adaptive", 1)])
@pytest.mark.parametrize("late", ["wait", "hold"])
def test_plans_that_are_ready_in_time_are_those_made_without_a_thread(execute, delay, tipped, late):
    direct, threaded = make(execute, delay), make(execute, delay, late)

    def until_ready():
        ends = monotonic() + 20
        while threaded.maker.busy and not threaded.maker.ready and monotonic() < ends:
            sleep(0.001)

    usual = drive(direct, 12, tipped=tipped)
    np.testing.assert_array_equal(usual, drive(threaded, 12, tipped=tipped, pause=until_ready))
    assert threaded.maker.late == 0 and direct.plans == threaded.plans
    assert usual[delay:4].any() and (usual[4:] != drive(direct, 12)[4:]).any() == bool(tipped)


def test_the_shipped_model_plans_the_same_in_a_thread():
    small = ["world_model.compile=false", "planner.candidates=16", "planner.iterations=2", "planner.horizon=4",
             "search.elites=4", "planner.keep=2", "films=0", "control.execute=2", "control.delay=2"]  # fmt: skip
    config = build.load("red_cup", [*small, "control.asynchronous=wait"])
    env = build.environment(config)
    threaded = method_named("planner", config, env)
    direct = method_named("planner", build.load("red_cup", small), env, threaded.controller.planner.model)
    actions = []
    for method in (direct, threaded):
        obs, info = env.reset(seed=5)
        method.reset(obs, info, env)
        actions.append([])
        for _ in range(6):
            actions[-1].append(method.act(obs, info))
            obs, _, _, _, info = env.step(actions[-1][-1])
        method.end()
    env.close()
    np.testing.assert_array_equal(*actions)
    assert np.any(actions[0]) and not threads()
    assert [dream.step for dream in direct.dreams] == [0, 2]  # the last one was under way
    for one, other in zip(direct.dreams, threaded.dreams, strict=True):
        for name, values in one.scene.items():
            np.testing.assert_array_equal(values, other.scene[name])


def test_the_robot_waits_for_a_late_plan():
    model = Gated()
    controller = make(2, 1, "wait", model)
    threading.Timer(0.2, model.gate.set).start()
    np.testing.assert_array_equal(drive(controller, 6), drive(make(2, 1), 6))
    assert controller.maker.late >= 1


def test_the_robot_holds_until_a_late_plan_is_ready_and_then_carries_it_out():
    model, env = Gated(), Rail(size=8)
    controller = make(3, 1, "hold", model)
    obs, _ = env.reset(seed=1, options={"layout": "roomy"})
    controller.reset(obs, 1)
    held = [controller.act(obs, None if step == 0 else np.zeros(3)) for step in range(4)]
    assert not np.any(held) and controller.maker.late == 1 and controller.plans == 1
    model.gate.set()
    action, ends = np.zeros(3), monotonic() + 20
    while not action.any() and monotonic() < ends:
        action = controller.act(obs, action)
        sleep(0.001)
    np.testing.assert_array_equal(action, drive(make(3, 1), 2)[1])
    assert controller.maker.late == 1 and controller.began == 0
    controller.close()


@pytest.mark.parametrize(("then", "still"), [("replan", [6]), ("hold", [5, 6, 7])])
def test_an_alarm_drops_the_plan_that_is_under_way(then, still):
    usual = drive(make(2, 2, "wait"), 10, moved=5)  # a plan begins at step 4, and would be ready at 6
    controller = make(2, 2, "wait", monitor=Monitor({"position": 0.02}, then))
    found = drive(controller, 10, moved=5)
    assert controller.alarms == 1
    np.testing.assert_array_equal(found[:5], usual[:5])
    assert [step for step in range(2, 10) if not found[step].any()] == still
    assert usual[2:].any(1).all() and (5 in still or (found[5] == usual[5]).all())


def test_an_alarm_may_stop_the_robot_with_nothing_under_way():
    controller = make(2, 2, "wait", monitor=Monitor({"position": 0.02}, "stop"))
    with pytest.raises(Surprised):
        drive(controller, 10, moved=5)
    assert controller.alarms == 1 and not controller.maker.busy
    controller.close()


def test_what_goes_wrong_in_the_thread_comes_out_of_act():
    obs, _ = Rail(size=8).reset(seed=0)
    for model, at_most, error in ((RailModel(), -1.0, Infeasible), (Failing(), 5.0, ArithmeticError)):
        controller = make(2, 1, "wait", model, at_most, if_infeasible="stop")
        controller.reset(obs)
        assert not controller.act(obs).any()
        with pytest.raises(error):
            controller.act(obs, np.zeros(3))
        assert not controller.act(obs, np.zeros(3)).any()  # it may be asked again
        controller.close()


def test_no_thread_outlives_an_episode():
    controller, obs = make(1, 1, "wait"), Rail(size=8).reset(seed=0)[0]
    for _ in range(2):
        controller.reset(obs)
        controller.act(obs)
        assert len(threads()) == 1
    controller.reset(obs)
    assert not threads()
    method = Planned(make(1, 1, "wait", Failing()))
    stage = experiment.Stage(build.load("rail", RUN), None)  # type: ignore[arg-type]
    with pytest.raises(ArithmeticError):
        experiment.play(stage.env, method, stage.first, stage.judge)
    assert not threads()


def test_a_run_with_a_thread_is_the_run_without_and_counts_late_plans(tmp_path):
    config = build.load("rail", [*RUN, "control.asynchronous=wait", "pace=100"])
    lines = []
    for name, each in (("usual", build.load("rail", RUN)), ("threaded", config)):
        summary = experiment.run(each, tmp_path / name)
        lines.append(experiment.folder.Lines(tmp_path / name / "episodes.jsonl").lines[0])
        assert summary["methods"]["planner"]["late_plans"] == lines[-1]["time"]["late"]
    usual, threaded = ({k: v for k, v in line.items() if k != "time"} for line in lines)
    assert usual == threaded and lines[0]["time"]["late"] == 0
    assert lines[1]["time"]["seconds"] >= lines[1]["steps"] / 500
    assert "late plans" in report.report(tmp_path / "threaded").read_text()


@pytest.mark.parametrize(("steps", "begun"), [(2, []), (3, [0]), (4, [0]), (5, [0, 2]), (6, [0, 2]), (7, [0, 2, 4])])
@pytest.mark.parametrize("late", [None, "wait"])
def test_a_plan_of_which_nothing_was_executed_is_no_dream(steps, begun, late):
    method, env = Planned(make(2, 2, late), ("gripper.position",)), Rail(size=8)
    obs, info = env.reset(seed=1, options={"layout": "roomy"})
    method.reset(obs, info, env)
    for _ in range(steps):
        obs, *_, info = env.step(method.act(obs, info))
    method.end()
    assert [dream.step for dream in method.dreams] == begun


def test_threads_are_for_the_planner_that_acts():
    config = build.load("rail", [*RUN, "control.asynchronous=hold"])
    env = build.environment(config)
    policies = {name: method_named(name, config, env).controller.maker.policy for name in ("planner", "blind")}
    assert policies == {"planner": "hold", "blind": None}
    assert build.policy(config, env).controller.maker.policy is None


def test_threads_that_cannot_keep_up_are_refused():
    with pytest.raises(ValueError, match=r"delay is 2; one thread keeps up if it lies in 1\.\.1, the actions of every"):
        make(1, 2, "wait")
    for execute, delay in ((2, 0), ("adaptive", 2)):
        with pytest.raises(ValueError, match=f"delay is {delay}; one thread keeps up"):
            make(execute, delay, "wait")
    with pytest.raises(ValueError, match=r"asynchronous is True; it must be one of \['wait', 'hold'\], what the robot"):
        Maker(True)  # type: ignore[arg-type]
