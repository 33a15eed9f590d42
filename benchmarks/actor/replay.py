"""Watch the scripted expert, infer its actions from what is seen, and carry these out in the simulator.

python benchmarks/actor/replay.py [CONFIG] [--scenes 100] [--checkpoint NAME]

Objects are read off the pictures; the hand is felt (proprioception). `step` infers one action from two frames that
follow each other, `chunk` ten from two frames ten steps apart. Some are carried out one by one, from the very state in
which they began; and all of them blindly, from the first frame on. `guessed` is the actor's chunk, `corrected` the same
after descent through the physics; `step by step` knows, beside the frames, what it inferred before. `unsure` is how far
the spread of what the actor samples between two frames tells how wrong its guess of the hand's way is (Spearman).
"""

import argparse
import json
from collections.abc import Callable
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy import stats

from foresee.envs.action import GRIPPER_OPEN
from foresee.planner import build
from foresee.planner.look import cameras_of, look
from foresee.planner.scenes import options, slots
from foresee.planner.stats import interval
from foresee.worldmodel.interface import Context
from foresee.worldmodel.objects.infer import infer, spread
from foresee.worldmodel.objects.state import HIGH, LOW, TARGET, State

HERE = Path(__file__).parent
PASSES = 30
"""Steps of descent through the physics, where a guess is corrected."""
METRES = 0.04
"""What an action of 1 moves the commanded hand, and opens the fingers."""
MOMENTS = 3
"""So many moments of an episode, at most, at which what is inferred is carried out by itself."""


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


def between(states: State, steps: int, ask: Callable[[State, State, int], torch.Tensor]) -> np.ndarray:
    """Ask about the actions after each frame but the last, `steps` at a time. Shape (T, A)."""
    count = len(states.robot) - 1
    whole = count - count % steps
    parts = [(torch.arange(0, whole, steps), steps)] if whole else []
    parts += [(torch.tensor([whole]), count - whole)] if count > whole else []
    found = []
    for begin, length in parts:
        now, later = (State(*(each[rows] for each in states)) for rows in (begin, begin + length))
        found.append(ask(now, later, length).flatten(0, 1))
    return torch.cat(found).numpy()


def followed(model: Any, states: State, passes: int) -> np.ndarray:
    """The same one action after the other, each knowing what was inferred before it as what is commanded. (T, A)."""
    commanded, found = states.robot[0, TARGET.start :].clone(), []
    for t in range(len(states.robot) - 1):
        now, later = (State(*(each[s : s + 1].clone() for each in states)) for s in (t, t + 1))
        now.robot[0, TARGET.start :] = commanded
        action = infer(model.network, now, later, 1, passes)[0, 0]
        moved = commanded[:3] + METRES * action[:3]
        width = (commanded[3:] + METRES * action[-1:]).clamp(0.0, GRIPPER_OPEN)
        commanded = torch.cat([moved.clamp(moved.new_tensor(LOW), moved.new_tensor(HIGH)), width])
        found.append(action)
    return torch.stack(found).numpy()


def replayed(env: Any, slot: Any, actions: np.ndarray) -> dict[str, np.ndarray]:
    """Carry actions out from the first frame on; the last true scene."""
    _, info = env.reset(seed=slot.seeds[0], options=options(slot.layout))
    for action in actions:
        *_, info = env.step(action)
    return info["scene"]


def _note(found: dict[str, list[float]], where: str, end: dict, true: dict) -> None:
    """Note how far apart two scenes are: hand (mm, degrees), and the object that is farthest off (mm)."""
    things = [n for n in true if n.endswith(".position") and not n.startswith(("gripper.", "contact."))]
    far = {n: 1e3 * float(np.linalg.norm(end[n] - true[n])) for n in (*things, "gripper.position")}
    turn = np.degrees(np.arccos(np.clip(np.dot(end["gripper.side"], true["gripper.side"]), -1.0, 1.0)))
    found.setdefault(f"{where}: hand, mm", []).append(far.pop("gripper.position"))
    found.setdefault(f"{where}: hand, degrees", []).append(float(turn))
    found.setdefault(f"{where}: worst object, mm", []).append(max(far.values()))


def agreement(scenes: list[np.ndarray], resamples: int = 1000) -> dict[str, float]:
    """Rank correlation of the two columns over all rows, with a 95 % interval from drawing scenes anew."""
    rng, count = np.random.default_rng(0), len(scenes)
    drawn = [np.concatenate([scenes[i] for i in rng.integers(count, size=count)]) for _ in range(resamples)]
    found: Any = (stats.spearmanr(*rows.T) for rows in (np.concatenate(scenes), *drawn))
    value, *others = (float(each.statistic) for each in found)
    low, high = np.percentile(others, (2.5, 97.5))
    return {"n": sum(map(len, scenes)), "correlation": value, "low": float(low), "high": float(high)}


def main() -> None:
    """Measure, print, and keep benchmarks/actor/replay.json."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("config", nargs="?", default="red_cup")
    parser.add_argument("--scenes", type=int, default=100)
    parser.add_argument("--checkpoint", default="tabletop")
    told = parser.parse_args()
    config = build.load(
        told.config,
        [f"world_model.checkpoint={told.checkpoint}", "world_model.compile=false", "world_model.precision=float32"],
    )
    env = build.environment(config)
    model, expert = build.world_model(config, env), build.expert(config, env)
    found: dict[str, list[float]] = {}
    unsure: dict[str, list[list]] = {}
    with torch.inference_mode():
        for slot in slots({"split": "validation", "count": told.scenes}, build.layouts(env)):
            seen, scenes, actions = watched(env, expert, slot)
            states = read(model, seen)
            for (name, steps), passes in product((("step", 1), ("chunk", model.sizes.chunk)), (0, PASSES)):
                guessed = between(states, steps, partial(infer, model.network, passes=passes))
                told_by = f"{name}, {'corrected' if passes else 'guessed'}"
                begins = np.arange(0, len(actions) - steps + 1, steps)
                for k in np.random.default_rng(slot.seeds[0]).permutation(begins)[:MOMENTS]:
                    done = np.concatenate([actions[:k], guessed[k : k + steps]])
                    _note(
                        found,
                        f"{told_by}: carried out from where it began",
                        replayed(env, slot, done),
                        scenes[k + steps],
                    )
                _note(found, f"{told_by}: all carried out", replayed(env, slot, guessed), scenes[-1])
                if not passes:
                    doubt = between(states, steps, partial(spread, model.network))
                    pairs = [[x[k : k + steps, :3].mean() for x in (np.abs(guessed - actions), doubt)] for k in begins]
                    unsure.setdefault(f"{name}, guessed: unsure", []).append(pairs)
            one_by_one = followed(model, states, PASSES)
            _note(found, "step by step: all carried out", replayed(env, slot, one_by_one), scenes[-1])
    result: dict[str, dict] = {}
    for name, values in found.items():
        median, low, high = interval(values, np.median)
        mean = float(np.mean(values))
        result[name] = {"n": len(values), "median": median, "low": low, "high": high, "mean": mean}
        print(f"{name:60s} median {median:6.2f} [{low:.2f}, {high:.2f}]  mean {mean:6.2f}  n {len(values)}")
    for name, scenes in unsure.items():
        result[name] = agreement([np.array(pairs) for pairs in scenes if pairs])
        print(f"{name:60s} rank correlation {result[name]}")
    command = f"python benchmarks/actor/replay.py {told.config} --scenes {told.scenes}"
    told_of = {"command": command, **build.sources(model), "results": result}
    (HERE / "replay.json").write_text(json.dumps(told_of, indent=1) + "\n")


if __name__ == "__main__":
    main()
