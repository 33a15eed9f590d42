"""How well a world model knows what it imagines: what validation measured, in words."""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

FAR = "clearances beyond 15 cm"
UNSEEN = (
    "masses and frictions",
    "what is hidden behind other things",
    "objects and shapes that it has never seen",
    FAR,
    "forces, but poorly",
    "what happens between two steps (0.2 s)",
)
"""What no model that looks at pictures can know."""


@runtime_checkable
class Judged(Protocol):
    """What a world model may offer beyond `WorldModel`: how well it knows what it imagines."""

    @property
    def unknowable(self) -> tuple[str, ...]:
        """What it cannot know, in a few words each."""
        ...

    def error_of(self, name: str) -> str | None:
        """Say how wrong it is about a quantity, such as "4.1 mm seen, 9.8 mm after 8 steps"; None if unmeasured.

        Args:
            name: of `quantities`; with @start or @now only what is seen matters.
        """
        ...


def measured_error(metrics: Mapping[str, float], name: str, unit: str) -> str | None:
    """Put the metrics of one quantity into words.

    Args:
        metrics: `<quantity>/<what>/<where>` -> number, as a `Tally` gives them.
        name: the quantity; with @start or @now only what is seen is told.
        unit: of the quantity.

    Returns:
        What is read off pictures, and off the farthest imagined step that was measured; None if nothing was.
    """
    quantity, anchor = name.partition("@")[::2]
    found: dict[str, dict[str, float]] = {}
    for key, value in metrics.items():
        whose, *rest = key.split("/")
        if whose == quantity and len(rest) == 2:
            found.setdefault(rest[1], {})[rest[0]] = value
    steps = sorted(int(where.removeprefix("step ")) for where in found if where.startswith("step "))
    places = [("encoded", "seen")]
    if steps and not anchor:
        last = steps[-1]
        places.append((f"step {last}", f"after {last} step{'s' * (last > 1)}"))
    parts = [f"{words} {told}" for where, told in places if (words := _words(found.get(where, {}), unit))]
    return ", ".join(parts) or None


def _words(of: Mapping[str, float], unit: str) -> str:
    """Say the numbers of one place; "" if there are none that can be said."""
    if "accuracy" in of:
        right = 100 * of["accuracy"]
        digits = 1 if 99.5 <= right < 100 else 0  # not quite all is not all
        return f"{min(right, 99.9) if digits else right:.{digits}f} % right" + (
            f" / F1 {of['f1']:.2f}" if "f1" in of else ""
        )
    if "degrees" in of:
        return f"{of['degrees']:.1f} degrees"
    if "error" not in of:
        return ""
    error = of["error"]
    if unit == "m":
        return f"{1000 * error:.1f} mm"
    return f"{error:.2g} {unit}" if unit and unit != "1" else f"{error:.2g}"
