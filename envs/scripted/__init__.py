"""A scripted expert for every goal of the language; it sees the true scene."""

from .expert import Scripted

__all__ = ["Scripted"]
