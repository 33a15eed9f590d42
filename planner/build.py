"""From a config to the objects of an experiment: read top to bottom, this is what depends on what."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from omegaconf import DictConfig, OmegaConf

from .. import configs
from ..configs.build import check_option, options_of
from ..costs.disagreement import of_the_model
from ..costs.instruction import AbsentError, Grammar, Translator, as_yaml, compile_, named_in
from ..costs.objective import Limit, Objective, Weighted
from ..costs.risk import Mean
from ..worldmodel.interface import WorldModel
from . import margins
from .control import Controller
from .delay import steps_of
from .episode import Judge
from .monitor import KINDS, Monitor
from .parts import check_parts
from .plan import Planner
from .proposal import LastPlan, Proposal, Share
from .whole_number import number_of, whole_number

ACTING = "planner.acting.Acting"
KEYS = (
    "instruction", "seed", "scenes.split", "scenes.first", "scenes.count", "scenes.layout",
    "env", "expert", "world_model", "search", "direct.checkpoint", "direct.execute",
    *(f"planner.{key}" for key in options_of("planner.plan.Planner") if key not in ("model", "objective", "search")),
    *(f"control.{key}" for key in (*options_of("planner.control.Controller"), "latency") if key != "planner"),
    *(f"control.execute.{key}" for key in options_of("planner.commit.Adaptive")),
    *(f"control.monitor.{key}" for key in ("at_most", *(f"at_most.{kind}" for kind in KINDS), "confidence", "then")),
    "minimize", "subject_to", "margins", "risk.cost", "risk.limit", "judge.limits", "judge.success", "judge.steps",
    "methods", "simulator.planner", "films", "workers", "pace",
)  # fmt: skip
"""Keys of an experiment, as `configs.load` wants them."""


def load(name: str, overrides: tuple[str, ...] | list[str] = ()) -> DictConfig:
    """Read an experiment by path or by the name of a shipped one; an override that is a sentence is its instruction."""
    said = [f"instruction={json.dumps(each)}" if is_sentence(each) else each for each in overrides]
    if sum(each.startswith("instruction=") for each in said) > 1:
        raise configs.ConfigError("there is one instruction; join sentences with 'then', in one pair of quotes.")
    config = configs.load(name, [each for each in said if not _of_a_term(each)], known=KEYS)
    check_parts(config, ("scenes", "env"))  # the others where they are needed: floors alone go without
    if not config.get("instruction"):
        return configs.load(name, said, known=KEYS)
    terms = [each for each in said if _of_a_term(each)]  # they change what the instruction has become
    return configs.changed(instruct(config), terms, KEYS, name)


def _of_a_term(override: str) -> bool:
    """Whether an override is about what is wanted, allowed or judged."""
    return override.partition("=")[0].partition(".")[0] in ("minimize", "subject_to", "judge")


def is_sentence(argument: str) -> bool:
    """Whether an argument is an instruction in English rather than `key=value`."""
    return "=" not in argument and " " in argument.strip()


def instruct(config: DictConfig, translator: Translator | None = None) -> DictConfig:
    """Compile `instruction`, if there is one, into minimize, subject_to and judge; terms that the config names stay.

    Args:
        config: an experiment. Without `env.objects`, those that the sentence gives with colour and kind are there.
        translator: understands the sentence; the grammar, if absent.
    """
    said = config.get("instruction")
    if not said:
        return config
    if not isinstance(said, str):
        raise configs.ConfigError(f"'instruction' is a sentence, such as 'pick up the red cup', got {said!r}.")
    if "objects" not in options_of(config.env["_target_"]):
        raise configs.ConfigError(
            f"{config.env['_target_']} is a task of its own; say the sentence to an experiment whose environment takes "
            f"objects, as in: foresee run tabletop '{said}'."
        )
    objects = config.env.get("objects") or named_in(said)
    check_option(config.env["_target_"], "objects", objects, options_of(config.env["_target_"]))
    objects = tuple(objects)
    more = bool(config.env.get("distractors") or config.env.get("drawn"))
    try:
        meant = (translator or Grammar())(said, objects)
    except AbsentError as error:
        if config.env.get("objects"):
            raise
        hint = "name each object by colour and kind, or say what is there with env.objects=[red_cup, blue_bowl]"
        raise configs.ConfigError(f"{str(error).rstrip('.')} by name in the sentence; {hint}.") from error
    wanted = compile_(meant, objects, others=more)
    own: Any = OmegaConf.to_container(config)
    judged = {**(own.get("judge") or {})}
    for part in ("limits", "success"):
        judged[part] = {**wanted["judge"][part], **(judged.get(part) or {})}
    own |= {part: {**wanted[part], **(own.get(part) or {})} for part in ("minimize", "subject_to")}
    own["judge"] = {"steps": wanted["judge"]["steps"], **judged}
    own["env"] |= {"objects": list(objects), **wanted.get("env", {})}
    own.setdefault("expert", {"_target_": "envs.scripted.Scripted", **meant.json()})
    told = OmegaConf.create(own)
    OmegaConf.set_readonly(told, True)
    return told


def explained(config: DictConfig) -> str:
    """Write, as YAML, what an instruction has become; "" without one."""
    if not config.get("instruction"):
        return ""
    whole: Any = OmegaConf.to_container(config, resolve=True)
    env = {key: whole["env"][key] for key in ("objects", "steps", "tilt") if key in whole["env"]}
    return as_yaml({"env": env, **{key: whole[key] for key in ("minimize", "subject_to", "judge")}}, config.instruction)


def environment(config: DictConfig, **facts: Any) -> Any:
    """Build the environment that acts for real."""
    return configs.build(config.env, **facts)


def layouts(env: Any) -> tuple[str, ...]:
    """Every layout an environment has; () if it has none."""
    return tuple(getattr(env, "layouts", ()))


def world_model(config: DictConfig, env: Any) -> WorldModel:
    """Build the model that imagines, and refuse one that does not, or was made for another action size."""
    check_parts(config, ("world_model",))
    model = configs.build_whole(config.world_model, env=env)
    if not getattr(model, "imagines", True):
        raise ValueError(
            f"the checkpoint '{model.name}' is a policy that is told words and imagines nothing, so it is no "
            "world_model; name it as direct.checkpoint and choose methods: [direct]."
        )
    size = env.action_space.shape[0]
    if model.action_dim != size:
        why = ", since the hand rolls and pitches (env.tilt)" if config.env.get("tilt") else ""
        raise ValueError(
            f"the world model {config.world_model._target_} takes actions of size {model.action_dim}, but the "
            f"environment {config.env._target_} takes size {size}{why}; choose a checkpoint trained on this "
            "environment."
        )
    return model


def sources(model: WorldModel) -> dict[str, Any]:
    """Name and hash of the checkpoint behind a model, and of the data it was trained on; {} for exact physics."""
    told = getattr(model, "description", {})
    if not told:
        return {}
    checkpoint = {"name": getattr(model, "name", None), "hash": told.get("weights_sha256")}
    return {"checkpoint": checkpoint, "data": {"hash": told.get("data_hash")}}


def objective(config: DictConfig) -> Objective:
    """Build what is minimised and what must hold."""
    wishes = {name: _term(node, "minimize", name) for name, node in _terms(config, "minimize").items()}
    limits = {name: _limit(config, name, node) for name, node in _terms(config, "subject_to").items()}
    risk = config.get("risk") or {}
    cost_risk, limit_risk = (configs.build(risk[k]) if risk.get(k) else Mean() for k in ("cost", "limit"))
    return Objective(wishes, limits, cost_risk, limit_risk)


def planner(config: DictConfig, model: WorldModel, objective: Objective, **changes: Any) -> Planner:
    """Build the planner.

    Args:
        config: an experiment; `search` and `planner` are read.
        model: what imagines.
        objective: what is wanted.
        changes: options of `planner` that replace those of the config, such as a smaller budget.
    """
    check_parts(config, ("search",))
    choices = {**(config.get("planner") or {}), **changes}
    proposals = choices.pop("proposals", None)
    if not isinstance(proposals, Mapping | None):
        raise configs.ConfigError(f"planner.proposals is a mapping of names to proposals, got {proposals!r}.")
    for part in ("colour", "basis", "polish"):
        if choices.get(part):
            choices[part] = configs.build(choices[part])
    if not getattr(model, "differentiable", True):
        choices.pop("polish", None)  # chosen for the learned model; this one gives no gradients
    acts = getattr(model, "acts", False) and _wants_a_scene(objective)  # else there is no actor, or nothing for it
    nodes = None if proposals is None else [n for n in proposals.values() if n and (acts or not _acting(n))]
    offers = [LastPlan()] if nodes is None else [_proposal(node, model, objective) for node in nodes]
    choices = {"_target_": "planner.plan.Planner", "seed": number_of(config, "seed"), **choices}
    search = configs.build(config.search)
    return configs.build(choices, model=model, objective=objective, search=search, proposals=tuple(offers))


def controller(
    config: DictConfig, planner: Planner, env: Any = None, thread: bool = False, **changes: Any
) -> Controller:
    """Build the receding-horizon controller for an environment; `changes` replace options of the config.

    Only with `thread` are plans made in a thread where the config says so: who does not act at a robot's pace waits for
    every plan, and gets the same actions without.
    """
    choices = {"_target_": "planner.control.Controller", **(config.get("control") or {}), **changes}
    if not thread:
        choices.pop("asynchronous", None)
    if (latency := choices.pop("latency", None)) is not None:
        if choices.get("delay") is not None:
            raise configs.ConfigError("control has a delay in steps and a latency in seconds; give one of them.")
        choices["delay"] = steps_of(latency, env.fps)
    if choices.get("backup") is not None:
        choices["backup"] = configs.build(choices["backup"])
    if choices.get("monitor") is not None:
        choices["monitor"] = _monitor(config, choices["monitor"])
    return configs.build(choices, planner=planner)


def _monitor(config: DictConfig, node: Any) -> Monitor:
    """Build a monitor, with the calibrated thresholds that its confidence asks for."""
    if not isinstance(node, Mapping):
        raise configs.ConfigError(
            f"control.monitor is a mapping such as {{at_most: {{position: 0.03}}}}, got {node!r}."
        )
    choices: dict[str, Any] = {"_target_": "planner.monitor.Monitor", **node}
    if (confidence := choices.pop("confidence", None)) is not None:
        if choices.get("at_most"):
            raise configs.ConfigError("control.monitor has at_most and a confidence; give one of them.")
        choices["at_most"] = margins.usual(config, confidence)
    return configs.build(choices)


def expert(config: DictConfig, env: Any) -> Any:
    """Build the scripted expert, a callable from the true scene to an action."""
    if not config.get("expert"):
        raise configs.ConfigError(
            "this experiment names no expert to screen its scenes with; add expert: "
            "{_target_: envs.scripted.Scripted, goals: [{verb: pick, object: red_cup}]}."
        )
    return configs.build(config.expert, env=env, actions=getattr(env, "actions", None))


def judge(config: DictConfig, env: Any) -> Judge:
    """Build what the report says of the real scene: by default, the limits on it that the planner had."""
    node, aim = config.get("judge") or {}, objective(config)
    limits = {k: _term(v, "subject_to", k) for k, v in _terms(node, "limits").items()}
    limits = limits or {k: v for k, v in aim.subject_to.items() if not of_the_model(v.cost)}
    success = {k: _term(v, "subject_to", k) for k, v in _terms(node, "success").items()}
    terms = {**limits, **aim.minimize, **aim.subject_to}
    if limits:
        Objective({}, limits).check_known(env.quantities, "the environment")
    steps = whole_number("judge.steps", node.get("steps"), 1, absent=1)
    return Judge({name: term.cost for name, term in terms.items()}, limits, success, steps)


def policy(config: DictConfig, env: Any) -> Any:
    """Build the planner of an experiment as a policy for `collect`: `reset(obs, info, env)`, `act(obs, info)`."""
    from .methods import Planned  # which builds with this module

    return Planned(controller(config, planner(config, world_model(config, env), objective(config)), env))


def _proposal(node: Any, model: WorldModel, objective: Objective) -> Proposal | Share:
    """Build a proposal, with its share if it has one; one that looks at the scene, or at what is wanted, gets them."""
    proposal = configs.build(node, skip=("share",), model=model, objective=objective)
    return Share(proposal, node["share"]) if "share" in node else proposal


def _wants_a_scene(objective: Objective) -> bool:
    from .wanted import at_rest  # which knows the models that have an actor

    return at_rest(objective) is not None


def _acting(node: Any) -> bool:
    return isinstance(node, Mapping) and node.get("_target_") == ACTING


def _terms(config: Any, key: str) -> Mapping[str, Any]:
    return {name: node for name, node in (config.get(key) or {}).items() if node is not None}


def _limit(config: DictConfig, name: str, node: Any) -> Limit:
    """Build a limit, with the calibrated margins that its confidence asks for."""
    margin = margins.margin(config, name, node)
    if margin is None:
        return _term(node, "subject_to", name)
    calibrated = "at_most" not in node  # how unsure the model usually is, from nothing upwards
    limit = _term(OmegaConf.merge(node, {"at_most": 0.0}) if calibrated else node, "subject_to", name)
    if of_the_model(limit.cost) != calibrated:
        what = "leave at_most out: what is usual is calibrated" if not calibrated else "it needs at_most beside it"
        raise configs.ConfigError(f"'{name}' has a confidence; {what}.")
    return replace(limit, margin=[-value for value in margin] if calibrated else margin)


def _term(node: Any, section: str, name: str) -> Any:
    """Build a cost, and the costs inside it, with its weight, or with its limit."""
    keys = configs.TERM_KEYS[section]  # the first one has no default
    if keys[0] not in node:
        raise configs.ConfigError(f"'{name}' needs '{keys[0]}', a number in the unit of its cost.")
    options: Any = OmegaConf.to_container(node, resolve=True)
    own = {key: value for key, value in options.items() if key in keys and key != "confidence"}
    try:
        cost = configs.build_whole(node, skip=keys)
        return Weighted(cost, **own) if section == "minimize" else Limit(cost, **own)
    except ValueError as error:
        raise configs.ConfigError(f"'{name}': {error}") from error
