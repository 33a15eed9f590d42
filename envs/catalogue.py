"""The things that may stand on the tabletop: their names, their numbers, their shapes and their colours."""

from collections.abc import Collection, Iterable, Mapping

from .objects import Shape, block, bottle, bowl, cup, plate, tray

KINDS = ("cup", "bowl", "block", "bottle", "plate", "tray")
COLOURS = ("red", "blue", "green", "yellow")
CATALOGUE = tuple(f"{colour}_{kind}" for kind in KINDS for colour in COLOURS)
"""Every object; its id is its place here."""
MOST = 4
"""Objects in one scene."""
GRASPABLE = ("cup", "block", "bottle")
"""Kinds that fit between the fingers."""
FLAT = ("plate", "tray")
"""Kinds that are too low and too wide to be picked up."""

SIZES: dict[str, dict[str, tuple[float, float, float]]] = {
    "cup": {"radius": (0.030, 0.027, 0.033), "height": (0.100, 0.092, 0.108)},
    "bowl": {"foot": (0.022, 0.020, 0.024), "rim": (0.050, 0.047, 0.054), "height": (0.080, 0.075, 0.085)},
    "block": {"side": (0.045, 0.040, 0.050)},
    "bottle": {"radius": (0.026, 0.024, 0.028), "height": (0.140, 0.130, 0.150)},
    "plate": {"radius": (0.070, 0.065, 0.075), "height": (0.0135, 0.012, 0.015)},
    "tray": {"half": (0.080, 0.075, 0.085)},
}
"""Kind -> number -> (default, low, high), metres."""
MASSES: dict[str, tuple[float, float, float]] = {
    "cup": (0.10, 0.06, 0.15),
    "bowl": (0.12, 0.08, 0.18),
    "block": (0.09, 0.05, 0.14),
    "bottle": (0.14, 0.09, 0.20),
    "plate": (0.20, 0.14, 0.28),
    "tray": (0.24, 0.17, 0.32),
}
"""Kind -> (default, low, high), kilograms."""
FRICTIONS: dict[str, tuple[float, float, float]] = {
    "cup": (0.9, 0.75, 1.0),
    "bowl": (0.40, 0.36, 0.45),
    "block": (0.36, 0.30, 0.42),
    "bottle": (0.40, 0.34, 0.46),
    "plate": (0.35, 0.28, 0.42),
    "tray": (0.32, 0.26, 0.40),
}
"""Kind -> (default, low, high); the table multiplies it by 1.8."""
SHADES: dict[str, tuple[float, float, float]] = {"shade": (0.84, 0.74, 0.96), "pale": (0.10, 0.02, 0.20)}
"""Brightness of the colour, and how much of white is mixed into it: (default, low, high)."""


def kind(name: str) -> str:
    """What an object is, as `cup`."""
    return name.partition("_")[2]


def identity(name: str) -> int:
    """An object's place in the catalogue."""
    return CATALOGUE.index(name)


def ordered(names: Iterable[str]) -> tuple[str, ...]:
    """Names in the order of the catalogue."""
    return tuple(sorted(names, key=CATALOGUE.index))


def check_names(names: Collection[str]) -> tuple[str, ...]:
    """Refuse what the catalogue does not hold, and what a scene cannot hold."""
    names = tuple(names)
    wrong = [name for name in names if name not in CATALOGUE]
    if wrong:
        raise ValueError(
            f"there is no object {wrong[0]!r}; an object is a colour of {list(COLOURS)} and a kind of {list(KINDS)}, "
            "as 'red_cup'"
        )
    double = [name for i, name in enumerate(names) if name in names[:i]]
    if double:
        raise ValueError(f"{double[0]!r} is named twice; a scene holds at most one of each name")
    return names


def shape(name: str, numbers: Mapping[str, float]) -> Shape:
    """The geometry of an object in a scene, whose numbers are named `<object>.<number>`."""
    make = {"cup": cup, "bowl": bowl, "block": block, "bottle": bottle, "plate": plate, "tray": tray}[kind(name)]
    return make(**{number: numbers[f"{name}.{number}"] for number in SIZES[kind(name)]})


def colour(name: str, numbers: Mapping[str, float]) -> tuple[float, float, float, float]:
    """Red, green, blue and opacity of an object in a scene."""
    full, pale = numbers[f"{name}.shade"], numbers[f"{name}.pale"]
    red, green, blue = {
        "red": (full, pale, pale),
        "blue": (pale, pale + 0.1, full),
        "green": (pale, 0.8 * full, pale),
        "yellow": (full, 0.85 * full, pale),
    }[name.partition("_")[0]]
    return red, green, blue, 1.0
