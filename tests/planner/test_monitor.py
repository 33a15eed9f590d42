"""Watching whether things go as imagined, in the rail world, whose model is exact until a hand moves the cup."""

import json
from itertools import pairwise

import numpy as np
import pytest
import torch

from foresee import configs
from foresee.costs.conformal import Calibration
from foresee.costs.distance import Distance
from foresee.costs.objective import Objective, Weighted
from foresee.envs.rail import Rail
from foresee.planner import build, experiment, margins
from foresee.planner.calibrate import calibrate
from foresee.planner.cem import CEM
from foresee.planner.control import Controller
from foresee.planner.methods import Planned
from foresee.planner.monitor import KINDS, Monitor, Surprised, worst
from foresee.planner.plan import Planner
from foresee.worldmodel.analytic import RailModel

SMALL = ["planner.candidates=32", "planner.iterations=2"]
AIM = Objective({"reach": Weighted(Distance("gripper.position", "cup.position"), 1.0)})


class Slipping(RailModel):
    """Sees the cup 5 cm beside the place it imagined, from the third look on."""

    def __init__(self):
        super().__init__()
        self.looks = 0

    def encode(self, context):
        self.looks += 1
        return super().encode(context)

    def read(self, state, names):
        found = super().read(state, names)
        aside = torch.tensor([0.0, 0.05 * (self.looks >= 3), 0.0])
        return {name: value + aside if name == "cup.position" else value for name, value in found.items()}


def drive(monitor, model=None, steps=4, execute=1):
    """Act for some steps; say the surprise after each and the actions."""
    env = Rail(size=8)
    obs, _ = env.reset(seed=0)
    planner = Planner(model or RailModel(), AIM, CEM(), candidates=32, iterations=2)
    controller = Controller(planner, execute=execute, monitor=monitor)
    controller.reset(obs, 0)
    executed, found, actions = None, [], []
    for _ in range(steps):
        actions.append(controller.act(obs, executed))
        found.append(controller.surprise)
        obs, *_, info = env.step(actions[-1])
        executed = info["executed"]
    return found, actions


@pytest.mark.parametrize("execute", [1, 3])
def test_nothing_surprises_where_the_model_is_exact(execute):
    found, _ = drive(Monitor({"position": 1e-4, "up": 0.1}, "stop"), execute=execute)
    assert found[0] == {} and len(found) == 4  # there is nothing to compare the first look with
    assert all(set(each) == {*KINDS} and max(each.values()) < 1e-2 for each in found[1:])
    assert worst(found[1:])["position"] == pytest.approx(0.0, abs=1e-5)


def test_a_cup_that_is_moved_surprises_by_as_much_as_it_was_moved():
    found, _ = drive(Monitor(), Slipping())
    assert [round(each["position"], 4) for each in found[1:]] == [0.0, 0.05, 0.05]


def test_an_alarm_drops_the_plan_and_does_what_was_asked():
    _, actions = drive(Monitor({"position": 0.02}, "hold"), Slipping(), steps=4)
    assert not actions[2].any() and actions[1].any() and actions[3].any()
    with pytest.raises(Surprised, match="what is seen is not what was imagined"):
        drive(Monitor({"position": 0.02}, "stop"), Slipping())


def test_a_new_plan_is_made_at_once_when_something_surprises():
    def chunk_goes_on(monitor):
        planner = Planner(Slipping(), AIM, CEM(), candidates=32, iterations=2)
        controller, env = Controller(planner, execute=4, monitor=monitor), Rail(size=8)
        obs, _ = env.reset(seed=0)
        controller.reset(obs, 0)
        executed, plans = None, []
        for _ in range(4):
            obs, *_, info = env.step(controller.act(obs, executed))
            executed = info["executed"]
            plans.append(controller.plan)
        return 1 + sum(new is not old for old, new in pairwise(plans))

    assert (chunk_goes_on(Monitor()), chunk_goes_on(Monitor({"position": 0.02}))) == (1, 3)  # the cup goes on slipping


def test_angles_are_those_between_the_mean_axis_and_the_seen_one_and_no_number_is_the_greatest_surprise():
    def axis(degrees):
        angle = torch.deg2rad(torch.tensor(float(degrees)))
        return torch.stack([angle.sin(), torch.tensor(0.0), angle.cos()])

    apart = torch.stack([axis(60), axis(-60)])
    assert Monitor().measure({"cup.up": apart}, {"cup.up": axis(40)})["up"] == pytest.approx(40.0, abs=1e-3)
    assert Monitor().measure({"cup.up": axis(0)[None]}, {"cup.up": axis(180)})["up"] == pytest.approx(180.0)
    lost = {"cup.position": torch.full((2, 3), torch.nan)}
    found = Monitor({"position": 1.0}).measure(lost, {"cup.position": torch.zeros(3)})
    assert found["position"] > 1e6 and Monitor({"position": 1.0}).alarmed(found)


def test_the_backup_policy_acts_on_an_alarm():
    env = Rail(size=8)
    obs, _ = env.reset(seed=0)
    planner = Planner(Slipping(), AIM, CEM(), candidates=32, iterations=2)
    asked = np.full(planner.model.action_dim, 0.25, np.float32)
    with pytest.raises(ValueError, match="the monitor's 'then' is 'backup'; that needs a backup policy"):
        Controller(planner, monitor=Monitor({"position": 0.02}, "backup"))
    controller = Controller(planner, monitor=Monitor({"position": 0.02}, "backup"), backup=lambda obs: asked)
    controller.reset(obs, 0)
    executed, actions = None, []
    for _ in range(3):
        actions.append(controller.act(obs, executed))
        obs, *_, info = env.step(actions[-1])
        executed = info["executed"]
    np.testing.assert_array_equal(actions[2], asked)


@pytest.mark.parametrize(
    "options, said",
    [
        ({"at_most": {"colour": 1.0}}, "watches no 'colour'; at_most may name position, up, disagreement"),
        ({"at_most": {"up": -1.0}}, "at_most.up is -1.0; it must be at least 0, in degrees"),
        ({"then": "run"}, "then is 'run'; it must be one of"),
    ],
)
def test_wrong_options_are_refused(options, said):
    with pytest.raises(ValueError, match=said):
        Monitor(**options)


def test_what_is_usual_is_calibrated_and_used(tmp_path):
    path = tmp_path / "margins.json"
    config = build.load("rail", ["control.monitor={}", f"margins={path}"])
    key = margins.monitor_key(config)
    found = calibrate(config, 12)
    kept = json.loads(path.read_text())["limits"][key]
    assert len(kept["scores"]) >= 6 and {*found["monitor"]} == {*KINDS} and {*found["limits"]} == {"upright"}
    margins.add(path, {key: Calibration((0.01, 2.0, 0.005), tuple(range(1, 20)))}, {"scenes": {}})
    other = build.load("rail", ["control.monitor={}", "minimize.lift.weight=9", f"margins={path}"])
    assert margins.monitor_key(other) != key  # what is usual depends on what is wanted
    sure = build.load("rail", ["control.monitor={confidence: 0.8}", f"margins={path}"])
    with experiment.Stage(sure, tmp_path) as stage:
        monitor = stage.planned.controller.monitor
    assert monitor.at_most == pytest.approx({"position": 0.16, "up": 32.0, "disagreement": 0.08})
    both = build.load("rail", ["control.monitor={confidence: 0.8, at_most: {up: 3}}", f"margins={path}"])
    with pytest.raises(configs.ConfigError, match="has at_most and a confidence; give one of them"):
        build.controller(both, stage.planned.controller.planner)


def test_a_limit_on_what_the_model_knows_is_calibrated_and_judges_nothing_real(tmp_path):
    path = tmp_path / "margins.json"
    sure = "subject_to.sure={_target_: costs.disagreement.Disagreement, of: cup.position, confidence: 0.8}"
    config = build.load("rail", [sure, f"margins={path}"])
    scores = tuple(float(i) for i in range(1, 20))
    margins.add(path, {margins.key(config.subject_to.sure): Calibration((0.001,) * 8, scores)}, {"scenes": {}})
    limit = build.objective(config).subject_to["sure"]
    assert limit.at_most == 0.0 and limit.margin == pytest.approx([-0.016] * 8)
    excess, _ = limit.excess(torch.tensor([[0.015] * 8, [0.017] * 8]))
    assert (excess > 0).tolist() == [False, True]
    assert "sure" not in build.judge(config, Rail(size=8)).limits
    both = build.load("rail", [f"{sure[:-1]}, at_most: 0.1}}", f"margins={path}"])
    with pytest.raises(configs.ConfigError, match="leave at_most out: what is usual is calibrated"):
        build.objective(both)


def test_the_lines_of_a_run_say_what_surprised_most(tmp_path):
    config = build.load("rail", [*SMALL, "scenes.count=1", "control.monitor={}", "films=0", "workers=1"])
    experiment.run(config, tmp_path / "run")
    lines = [json.loads(line) for line in (tmp_path / "run/episodes.jsonl").read_text().splitlines()]
    found = {line["method"]: line["surprise"] for line in lines}
    assert set(found["planner"]) == {*KINDS} and found["idle"] == {}
    assert np.isfinite(list(found["planner"].values())).all()


def test_who_stops_stands_still_and_the_lines_of_a_run_say_so(tmp_path):
    env = Rail(size=8)
    obs, info = env.reset(seed=0)
    planner = Planner(Slipping(), AIM, CEM(), candidates=32, iterations=2)
    method = Planned(Controller(planner, monitor=Monitor({"position": 0.02}, "stop")))
    method.reset(obs, info, env)
    actions = []
    for _ in range(4):
        actions.append(method.act(obs, info))
        obs, *_, info = env.step(actions[-1])
    assert [bool(action.any()) for action in actions] == [True, True, False, False]
    assert method.alarms == 1 and method.stopped and len(method.surprises) == 2
    config = build.load("rail", [*SMALL, "scenes.count=1", "methods=planner", "control.monitor.then=stop", "films=0"])
    experiment.run(config, tmp_path / "run")
    (line,) = (json.loads(line) for line in (tmp_path / "run/episodes.jsonl").read_text().splitlines())
    assert line["alarms"] == 0 and line["stopped"] is False and line["surprise"]
    with pytest.raises(configs.ConfigError, match=r"control\.monitor is a mapping such as"):
        build.controller(build.load("rail", ["control.monitor=hold"]), planner)
