"""Instructions in English, compiled to an objective that one can read: a grammar, not a language model."""

from .compile import compile_
from .instruction import Goal, Instruction, Restraint
from .parse import parse
from .readable import as_yaml
from .references import named_in
from .refusal import AbsentError, RefusalError
from .translator import Grammar, Translator

__all__ = [
    "AbsentError",
    "Goal",
    "Grammar",
    "Instruction",
    "RefusalError",
    "Restraint",
    "Translator",
    "as_yaml",
    "compile_",
    "named_in",
    "parse",
]
