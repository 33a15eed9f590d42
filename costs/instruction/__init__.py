"""Instructions in English, compiled to an objective that one can read: a grammar, not a language model."""

from .compile import compile_
from .instruction import Goal, Instruction, Restraint
from .parse import parse
from .readable import as_yaml
from .refusal import Refusal
from .translator import Grammar, Translator

__all__ = ["Goal", "Grammar", "Instruction", "Refusal", "Restraint", "Translator", "as_yaml", "compile_", "parse"]
