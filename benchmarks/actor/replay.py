"""Watch the scripted expert, infer its actions from what is seen, and carry these out in the simulator.

python benchmarks/actor/replay.py [CONFIG] [--scenes 200] [--checkpoint NAME]

Objects are read off the pictures; the hand is felt (proprioception). `step` infers one action from two frames that
follow each other, `chunk` ten from two frames ten steps apart; both are carried out blindly, from the first frame on.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch

from foresee.planner import build
from foresee.planner.look import cameras_of, look
from foresee.planner.scenes import options, slots
from foresee.planner.stats import interval
from foresee.worldmodel.interface import Context
from foresee.worldmodel.objects.goal import Goal
from foresee.worldmodel.objects.state import State

HERE = Path(__file__).parent
STEP, TURN = 40.0, float(np.degrees(0.4))
"""Millimetres and degrees of an action of 1."""


def watched(env: Any, expert: Any, slot: Any) -> tuple[list[dict], list[dict], np.ndarray]:
    """Play the expert: every observation and true scene, one more than actions."""
    obs, info = env.reset(seed=slot.seeds[0], options=options(slot.layout))
    expert.reset(info["scene"])
    seen, scenes, actions, over = [obs], [info["scene"]], [], False
    while not over:
        obs, _, terminated, truncated, info = env.step(expert(info["scene"]))
        seen.append(obs)
        scenes.append(info["scene"])
        actions.append(info["executed"])
        over = terminated or truncated or bool(info.get("success"))
    return seen, scenes, np.asarray(actions, np.float32)


def read(model: Any, seen: list[dict]) -> State:
    """What the model sees in every frame; nobody tells it what was commanded."""
    looks = [look(obs, cameras_of(obs)) for obs in seen]
    images, proprio = (torch.from_numpy(np.stack(each))[:, None] for each in zip(*looks, strict=True))
    who = torch.from_numpy(np.stack([obs["objects"] for obs in seen]))
    return model.encode(Context(images, proprio, torch.zeros(len(seen), 0, model.action_dim), who))


def inferred(model: Any, states: State, steps: int) -> np.ndarray:
    """Infer the action after each frame but the last, `steps` at a time. Shape (T, A)."""
    count = len(states.robot) - 1
    begin = torch.arange(0, count, steps)
    end = (begin + steps).clamp(max=count)
    now = State(states.robot[begin], states.slots[begin], states.who[begin])
    then = states.robot[end].clone()
    held = torch.full(then.shape[:1] + states.who.shape[1:], torch.nan)
    goal = Goal.of(then, states.slots[end][..., :6], held, (end - begin).float())
    goal = Goal(*(each[:, None] for each in goal))
    noise = torch.zeros(len(begin), 1, model.sizes.chunk * model.action_dim + 6 * states.slots.shape[1])
    chunks = model.act(now, goal, noise)[:, 0, :steps].clamp(-1, 1)
    return chunks.flatten(0, 1)[:count].numpy()


def replayed(env: Any, slot: Any, actions: np.ndarray) -> dict[str, np.ndarray]:
    """Carry actions out from the first frame on; the last true scene."""
    _, info = env.reset(seed=slot.seeds[0], options=options(slot.layout))
    for action in actions:
        *_, info = env.step(action)
    return info["scene"]


def main() -> None:
    """Measure, print, and keep benchmarks/actor/replay.json."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("config", nargs="?", default="red_cup")
    parser.add_argument("--scenes", type=int, default=200)
    parser.add_argument("--checkpoint", default="tabletop")
    told = parser.parse_args()
    config = build.load(told.config, [f"world_model.checkpoint={told.checkpoint}", "world_model.compile=false"])
    env = build.environment(config)
    model, expert = build.world_model(config, env), build.expert(config, env)
    found: dict[str, list[float]] = {}
    with torch.inference_mode():
        for slot in slots({"split": "validation", "count": told.scenes}, build.layouts(env)):
            seen, scenes, actions = watched(env, expert, slot)
            states = read(model, seen)
            for name, steps in (("step", 1), ("chunk", model.sizes.chunk)):
                guessed = inferred(model, states, steps)
                for k in range(0, len(actions) - steps + 1, steps):
                    gap = (guessed[k : k + steps] - actions[k : k + steps]).sum(0)
                    found.setdefault(f"{name}: way, mm", []).append(STEP * float(np.linalg.norm(gap[:3])))
                    found.setdefault(f"{name}: turn, degrees", []).append(TURN * abs(float(gap[3])))
                end, true = replayed(env, slot, guessed), scenes[-1]
                hand = 1e3 * float(np.linalg.norm(end["gripper.position"] - true["gripper.position"]))
                things = [n for n in true if n.endswith(".position") and not n.startswith(("gripper.", "contact."))]
                far = [1e3 * float(np.linalg.norm(end[n] - true[n])) for n in things]
                found.setdefault(f"{name}: replayed, end of the hand, mm", []).append(hand)
                found.setdefault(f"{name}: replayed, end of the object that went farthest off, mm", []).append(max(far))
    result = {}
    for name, values in found.items():
        median, low, high = interval(values, np.median)
        mean = float(np.mean(values))
        result[name] = {"n": len(values), "median": median, "low": low, "high": high, "mean": mean}
        print(f"{name:60s} median {median:6.2f} [{low:.2f}, {high:.2f}]  mean {mean:6.2f}  n {len(values)}")
    command = f"python benchmarks/actor/replay.py {told.config} --scenes {told.scenes}"
    told_of = {"command": command, **build.sources(model), "results": result}
    (HERE / "replay.json").write_text(json.dumps(told_of, indent=1) + "\n")


if __name__ == "__main__":
    main()
