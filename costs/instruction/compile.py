"""From an instruction to an objective in the words of a config; templates.yaml says what each clause becomes."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from math import ceil
from pathlib import Path
from typing import Any

import yaml

from .instruction import OTHERS, Goal, Instruction, Restraint
from .references import inventory, spoken
from .refusal import AbsentError, ContradictionError, RefusalError

NUMBERS = (int, float)


class CannotBeDoneError(RefusalError):
    """The instruction is understood, but there is no objective for it."""


@cache
def _data(name: str) -> dict[str, Any]:
    return yaml.safe_load((Path(__file__).parent / f"{name}.yaml").read_text())


def compile_(instruction: Instruction, objects: Sequence[str], others: bool = False) -> dict[str, Any]:
    """Write an instruction as sections of a config: minimize, subject_to, judge, and env where it has to differ.

    Args:
        instruction: what was parsed.
        objects: names of all objects that the scene is known to have.
        others: whether the scene may have further objects; "everything else" then includes them.
    """
    missing = [name for name in instruction.objects if name not in objects]
    if missing:
        raise AbsentError(f"there is no {missing[0].replace('_', ' ')}; {inventory(objects)}.")
    if not objects:
        raise AbsentError(
            "nothing is known to be there; name it with env.objects, as in env.objects=[red_cup, blue_bowl]."
        )
    goals = [_goal(goal, objects) for goal in instruction.goals]
    env = {key: value for goal in goals for key, value in goal.get("env", {}).items()}
    found: dict[str, Any] = {"minimize": _minimized(instruction.goals, goals), "subject_to": {}}
    success = _success(instruction.goals, goals)
    judge: dict[str, Any] = {"limits": {}, "success": success, "steps": max(goal["steps"] for goal in goals)}
    for restraint in instruction.restraints:
        if restraint.kind == "within":
            env["steps"] = ceil(round((restraint.seconds or 0.0) * _data("sizes")["fps"], 6))
            if env["steps"] < judge["steps"]:
                raise CannotBeDoneError(f"{restraint.seconds:g} s are too short to judge this by; give it more time.")
            continue
        for section, terms in _restraint(restraint, instruction, objects, others).items():
            into = judge["limits"] if section == "limits" else found["subject_to"]
            for name, term in terms.items():
                into[name] = _stricter(into[name], term) if name in into else term
    found["judge"] = judge
    return {"env": env, **found} if env else found


def _minimized(said: Sequence[Goal], goals: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Weighted costs of one goal; the stages of several, or of one that is done in stages."""
    if len(goals) == 1 and "minimize" in goals[0]:
        return goals[0]["minimize"]
    stages: dict[str, Any] = {}
    lasting: dict[str, Any] = {}
    for place, (goal, told) in enumerate(zip(said, goals, strict=True), 1):
        before = said[place - 2] if place > 1 else None
        stage: dict[str, Any] = {}
        for name, stage in told["stages"].items():
            if name == "grasp" and before and before.object == goal.object and before.verb in ("pick", "hold", "move"):
                continue  # it is in the hand already
            stages[f"{name}_{place}" if len(goals) > 1 else name] = _after(stage, lasting)
        if told.get("lasting") and not any(later.object == goal.object for later in said[place:]):
            lasting[f"goal_{place}"] = _within(stage)
    care = {name: term for goal in goals for name, term in goal.get("care", {}).items()}
    return {"task": {"_target_": "costs.stages.Stages", "stages": stages, "weight": 1.0}, **care}


def _after(stage: dict[str, Any], lasting: dict[str, Any]) -> dict[str, Any]:
    """A stage that is done only where what earlier goals left behind is still so: being done, it vouches for them."""
    if not lasting:
        return stage
    kept = {key: value for key, value in stage.items() if key not in ("done", "at_most", "softness")}
    return kept | {"done": {"_target_": "costs.all_of.AllOf", "costs": {**lasting, "this": _within(stage)}}}


def _within(stage: dict[str, Any]) -> dict[str, Any]:
    """What is left of the condition of a stage, 0 where it is done."""
    enough = stage.get("at_most", 0.0) + stage.get("softness", 0.0) / 2
    return {"_target_": "costs.tolerance.Tolerance", "cost": stage["done"], "within": enough}


def _success(said: Sequence[Goal], goals: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What counts in the end: the last goal, and of those before it what lasts and is not undone by a later one."""
    found: dict[str, Any] = {}
    for place, (goal, told) in enumerate(zip(said, goals, strict=True), 1):
        later = {each.object for each in said[place:]}
        if place == len(goals) or (told.get("lasting") and goal.object not in later):
            terms = {name: term for name, term in told["success"].items() if name.removeprefix("down_") not in later}
            found |= {f"{name}_{place}" if len(goals) > 1 else name: term for name, term in terms.items()}
    return found


def _goal(goal: Goal, objects: Sequence[str]) -> dict[str, Any]:
    """Fill in the template of a goal."""
    templates = _data("templates")["goals"]
    names = [goal.verb]
    if goal.verb == "place":
        names = [f"place_{goal.relation}", "place_beside"]
    if goal.verb == "push":
        target = goal.to or goal.toward or goal.away_from
        way = "toward" if goal.toward else "away_from" if goal.away_from else "to" if target in objects else "region"
        names = ["push_direction" if goal.direction else f"push_{way}"]
    template = next(templates[name] for name in names if name in templates)
    return _filled(template, _numbers(goal), objects)


def _numbers(goal: Goal) -> dict[str, Any]:
    """What the placeholders of a goal's template stand for."""
    sizes = _data("sizes")
    unsaid, found = sizes["unsaid"], {}
    other = next((name for name in (goal.of, goal.to, goal.toward, goal.away_from) if name and "_" in name), None)
    distance = goal.distance if goal.distance is not None else unsaid["distance"]
    if goal.object:
        mine = sizes["kinds"][goal.object.split("_", 1)[1]]
        found |= {"object": goal.object, "half": mine["half"], "radius": mine["radius"], "grasp": mine["grasp"]}
        found |= {"back_off": mine["radius"] + 0.03, "distance": distance}
    if goal.verb == "pick":
        height = goal.height if goal.height is not None else unsaid["height"]
        if height > sizes["highest"]:
            what, most = spoken(goal.object or ""), sizes["highest"]
            raise CannotBeDoneError(f"{what} can rise by {most:g} m at most, not by {height:g}.")
        found |= {"height": height, "height_planned": height if goal.height is not None else height + 0.06}
    if other and goal.object:
        yours = sizes["kinds"][other.split("_", 1)[1]]
        mine = sizes["kinds"][goal.object.split("_", 1)[1]]
        together = mine["radius"] + yours["radius"]
        beside = goal.distance if goal.distance is not None else together + unsaid["gap"]
        if goal.relation not in (None, "in", "on") and goal.distance is not None and beside < together - 0.005:
            raise CannotBeDoneError(
                f"{goal.distance:g} m from {spoken(other)} is no free place for the centre of {spoken(goal.object)}; "
                f"it needs {together:.2f} m."
            )
        on_within = max(0.015, min(yours["radius"] - mine["radius"], 0.06) * 0.7)
        found |= {"of": other, "touching": together + 0.02, "beside": beside, "on_within": on_within}
        found |= {"rise": yours["top"] + mine["half"], "over": yours["half"] + mine["half"] + 0.05}
        found["side"] = "any" if goal.relation == "next_to" else goal.relation
        if goal.relation == "in":
            if "holds" not in yours:
                raise CannotBeDoneError(f"nothing can be put in {spoken(other)}; only a bowl or a tray holds things.")
            found |= yours["holds"] | {"rise": mine["half"]}
    if goal.direction:
        way = sizes["directions"][goal.direction]
        found |= {f"d{axis}": distance * step for axis, step in zip("xyz", way, strict=True)}
        found |= {f"off_{axis}": -found.get("back_off", 0.0) * step for axis, step in zip("xy", way, strict=False)}
        found["moved_within"] = min(0.04, distance / 2)
    region = goal.region or (goal.to if goal.to in sizes["regions"] else None)
    if region:
        part = sizes["regions"][region]
        found |= {"low": part["low"], "high": part["high"], "mx": part["middle"][0], "my": part["middle"][1]}
    if goal.verb == "reach":
        found |= dict(zip(("hx", "hy", "hz"), _hand(goal, found), strict=True))
    seconds = goal.seconds if goal.seconds is not None else unsaid["seconds"]
    found["held_steps"] = max(1, ceil(round(seconds * sizes["fps"], 6)))
    found["degrees"] = goal.degrees if goal.degrees is not None else unsaid["degrees"]
    return {key: round(value, 5) + 0.0 if isinstance(value, float) else value for key, value in found.items()}


def _hand(goal: Goal, found: Mapping[str, Any]) -> tuple[float, float, float]:
    """Where the hand belongs, from the centre of the object, metres."""
    if goal.relation == "above":
        return 0.0, 0.0, found["half"] + 0.06
    if goal.relation == "at":
        return 0.0, 0.0, found["grasp"]
    way, far = _data("sizes")["sides"][goal.relation], found["radius"] + 0.08
    return far * way[0], far * way[1], 0.0


def _restraint(said: Restraint, instruction: Instruction, objects: Sequence[str], others: bool) -> dict[str, Any]:
    """Fill in the template of a restraint, for each of its objects."""
    kind = said.kind if said.kind != "pace" else (said.pace or "speed")
    template = _data("templates")["restraints"][kind]
    names: Sequence[str | None] = said.objects or (None,)
    if said.objects == (OTHERS,):
        rest = [name for name in objects if name not in instruction.objects]
        names = [*rest, *([OTHERS] if others else [])]
        if not names:
            raise AbsentError(f"there is nothing else that may be minded; {inventory(objects)}.")
    found: dict[str, Any] = {"subject_to": {}, "limits": {}}
    for name in names:
        if name == OTHERS and kind in ("no_move", "no_spill"):
            continue  # nobody measures where they are; those that have names are minded one by one
        degrees = said.degrees if said.degrees is not None else _data("sizes")["unsaid"]["upright"]
        numbers = {"object": name, "degrees": degrees, "degrees_planned": round(0.5 * degrees, 3)}
        if said.distance is not None:
            numbers["distance"] = said.distance
        if said.speed is not None:
            numbers |= {"speed": said.speed, "speed_planned": round(0.9 * said.speed, 5)}
        filled = _filled(template, numbers, objects)
        leaning = [goal.degrees or 30.0 for goal in instruction.goals if (goal.verb, goal.object) == ("tilt", name)]
        if leaning and kind == "no_tip":
            _lean(filled, max(leaning))
        meant = [x for g in instruction.goals for x in (g.object, g.of, g.to, g.toward, g.away_from)]
        free = name not in meant and all(g.verb != "clear" for g in instruction.goals)
        found["subject_to"] |= filled["subject_to"] | (filled.get("apart", {}) if free else {})
        found["limits"] |= filled["limits"]
    if not found["limits"]:
        raise CannotBeDoneError(f"what else there is has no name to be minded by; {inventory(objects)}.")
    return found


def _lean(filled: dict[str, Any], degrees: float) -> None:
    """An object that is tilted on purpose tips over only beyond that."""
    if degrees > 60:
        raise ContradictionError(f"tilting by {degrees:g} degrees knocks the object over; drop one of the two.")
    for terms in (filled["subject_to"], filled["limits"]):
        for term in terms.values():
            if term["_target_"].endswith("Tilt"):
                term["at_most"] = degrees + term["at_most"]


def _stricter(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Of two terms of one name, the one that allows less."""
    if one.get("keep") != other.get("keep"):
        return max(one, other, key=lambda term: term["keep"])
    return min(one, other, key=lambda term: term["at_most"])


def _filled(template: Any, numbers: Mapping[str, Any], objects: Sequence[str]) -> Any:
    """Put values in place of {names}, at any depth; a key with {each} is repeated for every object."""
    if isinstance(template, Mapping):
        found = {}
        for key, value in template.items():
            if "{each}" in str(key):
                for name in objects:
                    inner = {**numbers, "each": name}
                    found[_text(key, inner)] = _filled(value, inner, objects)
            else:
                found[_text(key, numbers)] = _filled(value, numbers, objects)
        return found
    if isinstance(template, list):
        return [_filled(value, numbers, objects) for value in template]
    if not isinstance(template, str):
        return template
    if whole := re.fullmatch(r"\{(\w+)\}", template):
        return numbers[whole[1]]
    return _text(template, numbers)


def _text(template: str, numbers: Mapping[str, Any]) -> str:
    """Put values into a text."""

    def value(match: re.Match[str]) -> str:
        found = numbers[match[1]]
        return f"{found + 0.0:.6g}" if isinstance(found, NUMBERS) else str(found)

    return re.sub(r"\{(\w+)\}", value, template)
