"""Build the object that a config node describes; the constructor's signature is the schema."""

import ast
import importlib
import inspect
import re
from collections.abc import Iterable, Mapping, Sequence
from inspect import Parameter
from numbers import Real
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, get_args

from omegaconf import OmegaConf

from .error import ConfigError, did_you_mean

FOLDERS = ("costs", "envs", "planner", "worldmodel")
"""Where classes come from that any config may name."""
ROOT = Path(__file__).resolve().parent.parent
SCALARS: dict[Any, type | tuple[type, ...]] = {bool: bool, int: int, float: Real, str: str}
SCALARS |= {Path: (str, Path), NoneType: NoneType}
"""Annotation -> what a YAML value must be; other annotations are the constructor's business."""
WORDS: dict[Any, str] = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
WORDS |= {Path: "a path", NoneType: "null"}


plugins: set[str] = set()


def allow_plugin(module: str) -> None:
    """Import a module outside `foresee` and let configs name its classes; only the command line may ask for that."""
    try:
        importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise ConfigError(f"The plugin '{module}' cannot be imported: {error}.") from error
    plugins.add(module)


def build(node: Any, *, skip: Iterable[str] = (), **facts: Any) -> Any:
    """Build the one object of a node; nodes inside it stay plain dicts, lists become tuples.

    Args:
        node: a mapping with `_target_`, the class relative to `foresee`, and options of its constructor.
        skip: keys of the node that are somebody else's, such as a term's weight.
        facts: what the program knows (device, sizes, the model); a constructor gets those that it names.
    """
    choices: Any = OmegaConf.to_container(node, resolve=True) if OmegaConf.is_config(node) else node
    if not isinstance(choices, Mapping) or not isinstance(choices.get("_target_"), str):
        raise ConfigError(
            f"A node to build is a mapping such as {{_target_: costs.tilt.Tilt, object: bowl}}, got {node}."
        )
    target = choices["_target_"]
    built = locate(target)
    options = options_of(target)
    given = {str(key): plain(value) for key, value in choices.items() if key != "_target_" and key not in skip}
    for key, value in given.items():
        check_option(target, key, value, options)
        if key in facts:
            raise ConfigError(f"{target}: '{key}' is known to the program; take it out of the config.")
    given |= {key: value for key, value in facts.items() if key in options}
    for name, option in options.items():
        if option.default is Parameter.empty and name not in given:
            raise ConfigError(f"{target} needs '{name}'. {takes(options)}")
    try:
        return built(**given)
    except TypeError as error:
        said = {key: value for key, value in given.items() if key not in facts}
        raise ConfigError(f"{target} cannot be built from {said}: {error}.") from error


def build_whole(node: Any, *, skip: Iterable[str] = (), **facts: Any) -> Any:
    """Build the object of a node, and first every object of the nodes inside it, such as the costs of a cost.

    Args:
        node: as for `build`; a mapping inside it that has a `_target_` is a node.
        skip: keys of the outermost node that are somebody else's.
        facts: what the program knows, for the outermost node; see `build`.
    """
    choices: Any = OmegaConf.to_container(node, resolve=True) if OmegaConf.is_config(node) else node
    if not isinstance(choices, Mapping):
        return build(choices, **facts)
    skip = tuple(skip)
    return build({key: value if key in skip else _inside(value) for key, value in choices.items()}, skip=skip, **facts)


def _inside(value: Any) -> Any:
    """Build what is a node, at any depth."""
    if isinstance(value, list | tuple):
        return [_inside(each) for each in value]
    if not isinstance(value, Mapping):
        return value
    return build_whole(value) if "_target_" in value else {key: _inside(each) for key, each in value.items()}


def check_option(target: str, key: str, value: Any, options: Mapping[str, Parameter]) -> None:
    """Raise unless the constructor takes the option, and a plain value is of the annotated type."""
    if key not in options:
        hint = did_you_mean(key, options) or "."
        raise ConfigError(f"{target} has no option '{key}'{hint} {takes(options)}")
    wanted = options[key].annotation
    kinds = get_args(wanted) if isinstance(wanted, UnionType) else (wanted,)
    if all(isinstance(kind, type) and kind in SCALARS for kind in kinds):
        number_as_flag = isinstance(value, bool) and bool not in kinds
        if number_as_flag or not isinstance(value, tuple(SCALARS[kind] for kind in kinds)):
            raise ConfigError(f"{target}: '{key}' is {' or '.join(WORDS[kind] for kind in kinds)}, got {value!r}.")
    if isinstance(value, str) and any(kind in (Sequence[str], tuple[str, ...]) for kind in kinds):
        raise ConfigError(f"{target}: '{key}' is a list, such as [{value}], got {value!r}.")


def options_of(target: str) -> dict[str, Parameter]:
    """Return the constructor's options by name."""
    parameters = inspect.signature(locate(target)).parameters
    keyword = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
    return {name: option for name, option in parameters.items() if option.kind in keyword}


def takes(options: Mapping[str, Parameter]) -> str:
    """Say what a constructor takes."""
    return f"It takes ({', '.join(str(option) for option in options.values())})."


def locate(target: str) -> type:
    """Find the class that `_target_` names, importing nothing outside `foresee` but allowed plugins."""
    module, _, name = target.rpartition(".")
    if module in plugins:
        found, home = importlib.import_module(module), module
    else:
        if not re.fullmatch(r"[a-z]\w*(\.[a-z]\w*)*", module) or module.split(".")[0] not in FOLDERS:
            hint = did_you_mean(target, targets()) or "."
            raise ConfigError(
                f"'{target}' is outside foresee{hint} A class of your own needs its module named with --plugin."
            )
        if not is_module(module):
            raise unknown(target)
        try:
            found, home = importlib.import_module(f"foresee.{module}"), "foresee"
        except ModuleNotFoundError as error:
            raise ConfigError(f"{target} needs the package '{error.name}', which is not installed.") from error
    built = getattr(found, name, None)
    if not inspect.isclass(built) or name.startswith("_") or not f"{built.__module__}.".startswith(f"{home}."):
        raise unknown(target)
    return built


def unknown(target: str) -> ConfigError:
    """Make the error of a target that does not exist."""
    return ConfigError(f"There is no class '{target}'{did_you_mean(target, targets()) or '.'}")


def is_module(module: str) -> bool:
    """Whether a dotted name relative to `foresee` is one of its files."""
    path = ROOT.joinpath(*module.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def targets() -> list[str]:
    """List every public class by `_target_`, from the sources: nothing is imported."""
    found = []
    for path in sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        classes = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.ClassDef)]
        found += [f"{module}.{node.name}" for node in classes if not node.name.startswith("_")]
    return found


def plain(value: Any) -> Any:
    """Turn lists into tuples, at any depth."""
    if isinstance(value, list | tuple):
        return tuple(plain(each) for each in value)
    return {key: plain(each) for key, each in value.items()} if isinstance(value, dict) else value
