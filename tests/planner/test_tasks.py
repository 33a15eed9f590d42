"""The shipped tasks: what they ask for can be built, and falls along the way of someone who can do it."""

from pathlib import Path

import pytest
import torch

from foresee.costs.names import seen
from foresee.planner import build
from foresee.planner.episode import act_out
from foresee.planner.experiment import Stage

TASKS = sorted(path.stem for path in (Path(build.configs.__file__).parent / "tasks").glob("*.yaml"))
SMALL = ["methods=[scripted]", "films=0", "env.cameras=[front]", "env.size=16"]


@pytest.mark.parametrize("name", TASKS)
def test_a_task_is_short_and_says_what_success_and_restraint_are(name):
    text = (Path(build.configs.__file__).parent / "tasks" / f"{name}.yaml").read_text()
    assert len(text.splitlines()) <= 15
    config = build.load(f"tasks/{name}")
    with Stage(config, Path()) as stage:
        assert stage.judge.success and stage.judge.limits
        build.objective(config).check_known([*stage.env.quantities, "red_block.latent"])


@pytest.mark.parametrize("name", ["place_in", "stack"])
def test_the_price_of_stages_falls_along_the_experts_way(name):
    config = build.load(f"tasks/{name}", SMALL)
    with Stage(config, Path()) as stage:
        obs, info = stage.env.reset(seed=1_000_000)
        recording = act_out(stage.env, stage.method("scripted"), obs, info, stage.judge)
        assert recording.success
        task = build.objective(config).minimize["task"].cost
        scene = recording.scene() | recording.anchors(task.needs, 0, len(recording.commands))
        price = task(seen(scene, task.needs), recording.actions())
    assert price[-1] < 0.05 and price[0] > len(task.stages) - 0.5
    assert torch.diff(price).max() < 0.1  # what is done stays done
