"""Read a config: a YAML file, the `base` files below it and `key=value` overrides above it."""

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any, cast

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from .build import options_of
from .error import ConfigError, did_you_mean

FOLDER = Path(__file__).resolve().parent
"""Where the shipped configs are."""
JUDGED_KEYS = ("at_most", "scale", "margin", "over")
LIMIT_KEYS = (*JUDGED_KEYS, "confidence")
TERM_KEYS = {
    "minimize": ("weight", "over"),
    "subject_to": LIMIT_KEYS,
    "judge.limits": JUDGED_KEYS,
    "judge.success": JUDGED_KEYS,
}
"""Section -> keys of its terms that say what the cost is worth or how much is allowed; the rest builds the cost."""


def load(path_or_name: str | Path, overrides: Sequence[str] = (), known: Iterable[str] | None = None) -> DictConfig:
    """Load a config, resolved and read-only.

    Args:
        path_or_name: a YAML file, or the name of a shipped config such as `red_cup` or `data/tabletop`.
        overrides: `key=value` each, YAML values, dotted keys; null drops a mapping, a new `_target_` replaces its node.
        known: top-level keys; None allows any. "scenes.count" also says which keys `scenes` may have.
    """
    path = find(path_or_name)
    return changed(read(path), overrides, known, path.name)


def changed(
    config: Any, overrides: Sequence[str] = (), known: Iterable[str] | None = None, name: str = "the config"
) -> DictConfig:
    """Apply overrides to a config and resolve it.

    Args:
        config: as read, or loaded before.
        overrides: see `load`.
        known: see `load`.
        name: what errors call the config.
    """
    config = OmegaConf.to_container(config) if OmegaConf.is_config(config) else config
    known = None if known is None else set(known)
    check_known(config, known, name)
    # Classes first, so that the other overrides are options of the new class wherever they stand.
    for override in sorted(overrides, key=lambda each: not each.split("=")[0].endswith("_target_")):
        config = overridden(config, override, known)
    check_known(config, known, name)
    loaded = OmegaConf.create(config)
    try:
        missing = sorted(OmegaConf.missing_keys(loaded))
        OmegaConf.resolve(loaded)
    except OmegaConfBaseException as error:
        raise ConfigError(f"{name}: {one_line(error)}") from error
    if missing:
        raise ConfigError(f"{name} leaves {', '.join(missing)} open; add {missing[0]}=VALUE.")
    OmegaConf.set_readonly(loaded, True)
    return loaded


def resolved_yaml(config: DictConfig) -> str:
    """Write a config as YAML that loads again on its own."""
    return OmegaConf.to_yaml(config, resolve=True)


def find(path_or_name: str | Path, beside: Path | None = None) -> Path:
    """Find a config: a file, looked for beside the one that names it as its base, or a shipped one by name."""
    name = str(path_or_name)
    here = beside or Path()
    files = [here / name] if name.endswith((".yaml", ".yml")) else []
    files += [beside / f"{name}.yaml"] if beside else []
    files += [FOLDER / f"{name.removesuffix('.yaml')}.yaml"]
    for file in files:
        if file.is_file():
            return file.resolve()
    shipped = sorted(str(file.relative_to(FOLDER).with_suffix("")) for file in FOLDER.rglob("*.yaml"))
    hint = did_you_mean(name.removesuffix(".yaml"), shipped)
    raise ConfigError(f"There is no config '{name}'{hint or f'. Give the path of a YAML file, or one of {shipped}.'}")


def read(path: Path, above: tuple[Path, ...] = ()) -> dict[str, Any]:
    """Read a file on top of its `base`; interpolations stay as they are."""
    if path in above:
        raise ConfigError(f"'base' goes in a circle: {' -> '.join(each.name for each in (*above, path))}.")
    try:
        content = OmegaConf.to_container(OmegaConf.load(path))
    except (YAMLError, OmegaConfBaseException, UnicodeDecodeError, OSError) as error:
        raise ConfigError(f"{path.name} is not readable YAML: {one_line(error)}.") from error
    if not isinstance(content, dict) or not content:
        raise ConfigError(f"{path.name} holds no options; a config is a mapping such as 'seed: 0'.")
    config = cast(dict[str, Any], content)
    base = config.pop("base", None)
    if base is None:
        return config
    return overlaid(read(find(base, path.parent), (*above, path)), config, "")


def overlaid(below: Any, above: Any, path: str) -> Any:
    """Put one config on another: mappings key by key, everything else replaced."""
    if not isinstance(below, dict):
        return above
    if not isinstance(above, dict):
        example = f"{path}.{next(iter(below), 'key')}"
        raise ConfigError(f"'{path}' holds several options, not {above!r}; set one of them, such as {example}=VALUE.")
    if "_target_" in above and above["_target_"] != below.get("_target_"):
        return above
    merged = dict(below)
    for key, value in above.items():
        if value is None and isinstance(below.get(key), dict):
            del merged[key]
        else:
            merged[key] = overlaid(below.get(key), value, f"{path}.{key}".lstrip("."))
    return merged


def overridden(config: dict[str, Any], override: str, known: Collection[str] | None) -> dict[str, Any]:
    """Apply one `key=value`."""
    key, equals, text = override.partition("=")
    key = key.strip()
    if not (equals and text.strip() and all(key.split("."))):
        raise ConfigError(f"An override is key=value, such as planner.horizon=8 or search=null, got '{override}'.")
    try:
        value = OmegaConf.to_container(OmegaConf.from_dotlist([f"value={text}"]))["value"]  # type: ignore[index]
    except (YAMLError, OmegaConfBaseException) as error:
        raise ConfigError(f"The value of '{override}' is not YAML: {one_line(error)}.") from error
    if key == "base":
        raise ConfigError("'base' belongs in a file; write a YAML file with this base, or give the base itself.")
    check_path(config, key, value, known)
    for part in reversed(key.split(".")):
        value = {part: value}
    return overlaid(config, value, "")


def check_path(config: dict[str, Any], key: str, value: Any, known: Collection[str] | None) -> None:
    """Raise unless an override changes what is there, sets an option that was left out, or adds a term."""
    node: Any = config
    parts = key.split(".")
    for depth, part in enumerate(parts):
        path = ".".join(parts[:depth])
        if not isinstance(node, dict):
            raise ConfigError(f"'{path}' is {node!r} and has no '{part}' to override; write {path}=VALUE.")
        if part not in node:
            rest = parts[depth + 1 :]
            allowed = allowed_keys(node, path, known)
            adds_term = ".".join(parts[:-1]) in TERM_KEYS and isinstance(value, dict) and "_target_" in value
            if adds_term or (part in allowed and rest in ([], ["_target_"])) or key in (known or ()):
                return
            if part in allowed:
                whole = f"{path}.{part}".lstrip(".")
                raise ConfigError(f"'{whole}' is not set here; write {whole}={{{rest[0]}: VALUE}}, in quotes.")
            names = dict.fromkeys((*node, *allowed))
            where = f"'{path}' has" if path else "There is"
            hint = did_you_mean(part, names) or "."
            known_ones = f" Known: {', '.join(map(str, names))}." if names else ""
            blank = " Put a blank after each colon." if isinstance(value, dict) and _glued(value) else ""
            raise ConfigError(f"{where} no '{part}' to override{hint}{known_ones}{blank}")
        node = node[part]


def _glued(value: dict[str, Any]) -> bool:
    """Whether a mapping in braces lost its blanks: {a:1} is one key without a value."""
    return any(":" in str(key) and each is None for key, each in value.items())


def allowed_keys(node: dict[str, Any], path: str, known: Collection[str] | None) -> tuple[str, ...]:
    """List the keys that a node may have although its config does not name them."""
    prefix = f"{path}." if path else ""
    named = [name.removeprefix(prefix).split(".")[0] for name in known or () if name.startswith(prefix)]
    keys = TERM_KEYS.get(path.rpartition(".")[0], ())
    options = options_of(node["_target_"]) if isinstance(node.get("_target_"), str) else ()
    return (*sorted(set(named)), *keys, *options)


def check_known(config: dict[str, Any], known: Collection[str] | None, file: str) -> None:
    """Raise unless every top-level key, and every key of a section whose keys are listed, is known."""
    if known is None:
        return
    open_sections = {name for name in known if "." not in name and not any(k.startswith(f"{name}.") for k in known)}
    for path, node in [("", config), *config.items()]:
        if path in open_sections or not isinstance(node, dict) or "_target_" in node:
            continue
        prefix = f"{path}." if path else ""
        names = sorted({name.removeprefix(prefix).split(".")[0] for name in known if name.startswith(prefix)})
        for key in node:
            if key not in names:
                hint = did_you_mean(str(key), names) or "."
                raise ConfigError(f"{file} has an unknown key '{prefix}{key}'{hint} Known: {', '.join(names)}.")


def one_line(error: Exception) -> str:
    """Fold the message of another library into one line."""
    return " ".join(str(error).split())
