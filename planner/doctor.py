"""What is installed, and whether it is what foresee needs."""

import os
import platform
import re
import sys
from importlib.metadata import PackageNotFoundError, requires, version


def needed() -> tuple[str, ...]:
    """Distributions without which some command fails: foresee and what it asks for."""
    try:
        asked = requires("foresee") or []
    except PackageNotFoundError:  # said below
        asked = []
    return ("foresee", *sorted(re.split(r"[^\w.-]", each)[0] for each in asked if "extra ==" not in each))


def findings() -> list[tuple[str, str, bool]]:
    """Look around.

    Returns:
        (what, what was found, whether that is good), one row a fact.
    """
    python = platform.python_version()
    rows = [
        ("Python", python, sys.version_info[:2] == (3, 11)),
        ("system", platform.platform(), sys.platform.startswith("linux")),
    ]
    for name in needed():
        try:
            rows.append((name, version(name), True))
        except PackageNotFoundError:
            rows.append((name, "missing", False))
    return [*rows, *_devices()]


def _devices() -> list[tuple[str, str, bool]]:
    cores = len(os.sched_getaffinity(0))
    rows = [("processor cores", str(cores), cores > 0)]
    try:
        import torch
    except ImportError:
        return rows
    gpus = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    return [
        *rows,
        ("torch threads", str(torch.get_num_threads()), True),
        ("GPUs", ", ".join(gpus) or "none (none is needed)", True),
    ]
