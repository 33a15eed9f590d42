"""A cost that a user writes as a formula over quantities."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor

from .aligned import angle
from .check import shape_of
from .cost import Scene

GRAMMAR = r"""
?sum: product | sum "+" product -> add | sum "-" product -> subtract
?product: signed | product "*" signed -> times | product "/" signed -> over
?signed: power | "-" signed -> minus
?power: part | part "**" signed -> power
?part: NUMBER -> number
     | NAME -> quantity
     | FUNCTION "(" sum ("," sum)* ")" -> call
     | "(" sum "," sum "," sum ")" -> vector
     | part "." AXIS -> component
     | "(" sum ")"
NUMBER: /(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?/
FUNCTION.2: /(norm|abs|min|max|sqrt|exp|deg|dot)(?=\s*\()/
NAME: /[a-z](_?[a-z0-9])*(\.(?![xyz]\b)[a-z](_?[a-z0-9])*)*(@(start|now))?(?!\w|\s*\()/
AXIS: /[xyz]\b/
%ignore /\s+/
"""
ALLOWED = (
    "numbers, + - * / **, parentheses, quantities such as red_cup.position or red_cup.position@start, "
    "components .x .y .z, vectors (x, y, z), and norm, abs, min, max, sqrt, exp, dot(a, b), deg(a, b)"
)
LONGEST = 1000
"""Characters of an expression."""


@dataclass(frozen=True)
class Expression:
    """The value of a formula at every step, such as norm(red_cup.position - blue_bowl.position) - 0.1.

    It is made of numbers, + - * / ** and parentheses, quantities (at the start of the episode: @start; of the chunk:
    @now), components .x .y .z, vectors (x, y, z), and norm, abs, min, max, sqrt, exp, dot, and deg(a, b), the angle
    between two directions in degrees. It is parsed, never run as a program.
    """

    expression: str
    unit: str = ""
    """Unit of the result, for reports."""

    def __post_init__(self):
        if not isinstance(self.expression, str) or not self.expression.strip() or len(self.expression) > LONGEST:
            raise ValueError(f"Expression: 'expression' is a formula of at most {LONGEST} characters.")
        object.__setattr__(self, "_tree", parsed(self.expression))
        if not self.needs:
            raise ValueError(f"Expression: '{self.expression}' reads no quantity; it may use {ALLOWED}.")
        self._try()

    @property
    def needs(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(_names(self._tree)))  # type: ignore[attr-defined]

    def __call__(self, scene: Scene, actions: Tensor) -> Tensor:
        value = _value(self._tree, scene, actions)  # type: ignore[attr-defined]
        if value.dim() >= actions.dim():
            raise ValueError(
                f"Expression: '{self.expression}' is a vector at each step, not a number; "
                "take norm(...) of it, or a component such as .z."
            )
        return value.expand(actions.shape[:-1])  # (..., T)

    def _try(self) -> None:
        """Measure a scene of ones, if the names tell the shapes, so that what cannot be computed is refused now."""
        try:
            scene = {name: torch.ones(1, *shape_of(name, {})) for name in self.needs}
        except ValueError:
            return
        self(scene, torch.zeros(1, 1))


Tree = tuple[Any, ...]
"""Kind of a node, and its children: trees, numbers or names."""


@cache
def _parser() -> Any:
    from lark import Lark  # which nobody waits for who writes no expressions

    return Lark(GRAMMAR, parser="lalr", start="sum", lexer="contextual")


def parsed(text: str) -> Tree:
    """Parse a formula; anything else is refused."""
    from lark.exceptions import UnexpectedInput

    try:
        return _plain(_parser().parse(text))
    except UnexpectedInput as error:
        column = getattr(error, "column", 0)
        place = f"at '{text[column - 1 :][:12]}'" if 0 < column <= len(text) else "at its end"
        raise ValueError(f"Expression: '{text}' cannot be read {place}; it may use {ALLOWED}.") from None


def _plain(tree: Any) -> Tree:
    """Turn a tree of the parser into tuples."""
    if tree.data == "number":
        return ("number", float(tree.children[0]))
    if tree.data in ("quantity", "call", "component"):
        return (str(tree.data), *(str(each) if isinstance(each, str) else _plain(each) for each in tree.children))
    return (str(tree.data), *(_plain(each) for each in tree.children))


def _names(tree: Tree) -> list[str]:
    if tree[0] == "quantity":
        return [tree[1]]
    return [name for each in tree[1:] if isinstance(each, tuple) for name in _names(each)]


def _value(tree: Tree, scene: Scene, like: Tensor) -> Tensor:
    """Compute a node: a number, of no dimension or (..., T), or a vector, (..., T, size); `like` has (..., T, A)."""
    kind = tree[0]
    if kind == "number":
        return like.new_tensor(tree[1])
    if kind == "quantity":
        return scene[tree[1]]
    if kind == "component":
        whole = _vectors("a component", (_value(tree[1], scene, like),), like)[0]
        return whole[..., "xyz".index(tree[2])]
    if kind == "call":
        return _call(tree[1], tuple(_value(each, scene, like) for each in tree[2:]), like)
    parts = tuple(_value(each, scene, like) for each in tree[1:])
    if kind == "vector":
        numbers = torch.broadcast_tensors(*_numbers("a vector", parts, like))
        whole = torch.stack(numbers, dim=-1)
        return whole if whole.dim() == like.dim() else whole.reshape(*[1] * (like.dim() - 1), 3)
    return _operate(kind, parts, like)


def _operate(kind: str, parts: tuple[Tensor, ...], like: Tensor) -> Tensor:
    vectors = [_is_vector(each, like) for each in parts]
    if kind == "minus":
        return -parts[0]
    if kind in ("add", "subtract"):
        if vectors[0] != vectors[1]:
            raise ValueError("Expression: + and - join two numbers or two vectors, not one of each.")
        return parts[0] + parts[1] if kind == "add" else parts[0] - parts[1]
    if kind == "power":
        base, exponent = _numbers("**", parts, like)
        return base**exponent
    if vectors[1] and (vectors[0] or kind == "over"):
        raise ValueError("Expression: two vectors are multiplied by dot(a, b), and nothing is divided by a vector.")
    if vectors[0] != vectors[1]:  # the number counts for each entry of the vector
        parts = tuple(e if v or not e.dim() else e.unsqueeze(-1) for e, v in zip(parts, vectors, strict=True))
    return parts[0] * parts[1] if kind == "times" else parts[0] / parts[1]


def _call(name: str, parts: tuple[Tensor, ...], like: Tensor) -> Tensor:
    least, most = {"dot": (2, 2), "deg": (2, 2), "min": (2, 99), "max": (2, 99)}.get(name, (1, 1))
    if not least <= len(parts) <= most:
        raise ValueError(f"Expression: {name} takes {least}{' or more' * (most > least)}, got {len(parts)}.")
    if name == "norm":
        return torch.linalg.vector_norm(_vectors(name, parts, like)[0], dim=-1)
    if name in ("dot", "deg"):
        one, other = _vectors(name, parts, like)
        return (one * other).sum(dim=-1) if name == "dot" else angle(one, other)
    numbers = _numbers(name, parts, like)
    if name in ("min", "max"):
        whole = torch.stack(torch.broadcast_tensors(*numbers))
        return whole.amin(dim=0) if name == "min" else whole.amax(dim=0)
    plain: dict[str, Callable[[Tensor], Tensor]] = {"abs": torch.abs, "sqrt": torch.sqrt, "exp": torch.exp}
    return plain[name](numbers[0])


def _is_vector(value: Tensor, like: Tensor) -> bool:
    return value.dim() == like.dim()


def _vectors(what: str, values: tuple[Tensor, ...], like: Tensor) -> tuple[Tensor, ...]:
    if not all(_is_vector(value, like) for value in values):
        raise ValueError(f"Expression: {what} is taken of vectors, such as red_cup.position, not of numbers.")
    return values


def _numbers(what: str, values: tuple[Tensor, ...], like: Tensor) -> tuple[Tensor, ...]:
    if any(value.dim() >= like.dim() for value in values):
        raise ValueError(f"Expression: {what} is made of numbers, such as red_cup.position.z, not of vectors.")
    return values
