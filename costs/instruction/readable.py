"""Write an objective as YAML that one reads and changes: a line for each term, and its unit beside it."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import yaml

WIDTH = 88
"""Column in which units are written, where there is room."""


def as_yaml(compiled: Mapping[str, Any], said: str = "") -> str:
    """Write what `compile_` made.

    Args:
        compiled: sections of a config.
        said: the sentence, for the first line.
    """
    lines = [f"# {' '.join(said.split())}"] if said else []
    _write(compiled, 0, lines)
    return "\n".join(lines) + "\n"


def _write(node: Mapping[str, Any], depth: int, lines: list[str]) -> None:
    for key, value in node.items():
        head = f"{'  ' * depth}{key}:"
        if not isinstance(value, Mapping) or not value or _is_line(value):
            line = f"{head} {_flow(value)}"
            unit = _unit(value)
            lines.append(f"{line:<{WIDTH}}  # {unit}" if unit else line)
        else:
            if "_target_" in value:
                lines.append(head)
                lines.append(f"{'  ' * (depth + 1)}_target_: {value['_target_']}")
                _write({k: v for k, v in value.items() if k != "_target_"}, depth + 1, lines)
            else:
                lines.append(head)
                _write(value, depth + 1, lines)


def _is_line(value: Mapping[str, Any]) -> bool:
    """Whether a mapping is written on a line: a cost that holds no stages, or plain values."""
    if "_target_" in value:
        return "stages" not in value
    return not any(isinstance(each, Mapping) for each in value.values()) and len(value) < 3


def _flow(value: Any) -> str:
    text = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=10_000)
    return text.removesuffix("\n...\n").strip()


def _unit(value: Any) -> str:
    """The unit of a cost's numbers."""
    if not isinstance(value, Mapping) or "_target_" not in value:
        return ""
    module, _, name = value["_target_"].partition(".")[2].rpartition(".")
    unit = value.get("unit") or getattr(getattr(import_module(f"..{module}", __package__), name), "unit", "")
    return unit if isinstance(unit, str) else ""
