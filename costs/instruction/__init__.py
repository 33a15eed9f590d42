"""Instructions in English, compiled to an objective that one can read: a grammar, not a language model."""

from .instruction import Goal, Instruction, Restraint
from .parse import parse
from .refusal import Refusal

__all__ = ["Goal", "Instruction", "Refusal", "Restraint", "parse"]
