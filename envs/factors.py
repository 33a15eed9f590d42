"""What may vary between scenes of the table, and how far."""

from collections.abc import Collection

from .catalogue import CATALOGUE, FRICTIONS, MASSES, SHADES, SIZES, kind

LAYOUTS = ("roomy", "tight", "between")
"""Wide gaps · the first object has a near neighbour · the hand starts low behind what stands before the first one."""

RANGES: dict[str, dict[str, tuple[float, float, float]]] = {
    "size": {f"{o}.{n}": v for o in CATALOGUE for n, v in SIZES[kind(o)].items()},
    "mass": {f"{o}.mass": MASSES[kind(o)] for o in CATALOGUE},
    "friction": {f"{o}.friction": FRICTIONS[kind(o)] for o in CATALOGUE},
    "colour": {
        **{f"{o}.{n}": v for o in CATALOGUE for n, v in SHADES.items()},
        "table.shade": (0.62, 0.50, 0.74),
    },
    "light": {"light.x": (0.5, -0.5, 1.5), "light.y": (0.0, -1.0, 1.0), "light.ambient": (0.6, 0.5, 0.7)},
    "camera": {f"camera.{axis}": (0.0, -0.006, 0.006) for axis in "xyz"},
}
"""Factor -> number -> (default, low, high); metres, kilograms, or shares of full brightness."""

FACTORS = ("pose", "layout", *RANGES)
"""Every factor that can be fixed or sampled."""


def check_factors(names: Collection[str]) -> frozenset[str]:
    """Refuse a factor that does not exist."""
    wrong = sorted(set(names) - {*FACTORS, "all"})
    if wrong:
        raise ValueError(f"there is no factor of variation {wrong[0]!r}; there are {[*FACTORS, 'all']}")
    return frozenset(FACTORS if "all" in names else names)


def check_layout(name: str) -> str:
    """Refuse a layout that does not exist."""
    if name not in LAYOUTS:
        raise ValueError(f"there is no layout {name!r}; there are {list(LAYOUTS)}")
    return name
