"""Robots and their real limits."""
