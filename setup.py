"""Map the five folders of the repository onto one import package, `foresee`."""

import sys

from setuptools import setup

if sys.version_info[:2] != (3, 11) or not sys.platform.startswith("linux"):
    sys.exit(
        "foresee needs Python 3.11 on Linux, because PyBullet has no newer wheel; "
        f"this is Python {sys.version_info[0]}.{sys.version_info[1]} on {sys.platform}."
    )

FOLDERS = (
    "configs", "costs", "costs/instruction", "envs", "envs/robots", "envs/scripted", "planner", "worldmodel",
    "worldmodel/foreign", "worldmodel/objects",
)  # fmt: skip
PACKAGES = {f"foresee.{folder.replace('/', '.')}": folder for folder in FOLDERS}

setup(
    packages=list(PACKAGES),
    package_dir=PACKAGES,
    package_data={
        "foresee.configs": ["*.yaml", "*/*.yaml"],
        "foresee.costs.instruction": ["*.lark", "*.yaml"],
        "foresee.planner": ["*.html", "*.svg"],
        "foresee.worldmodel": ["checkpoints/*/*"],
    },
)
