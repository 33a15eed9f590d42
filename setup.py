"""Map the five folders of the repository onto one import package, `foresee`."""

import sys

from setuptools import setup

if sys.version_info[:2] != (3, 11) or not sys.platform.startswith("linux"):
    sys.exit(
        "foresee needs Python 3.11 on Linux, because PyBullet has no newer wheel; "
        f"this is Python {sys.version_info[0]}.{sys.version_info[1]} on {sys.platform}."
    )

FOLDERS = ("configs", "costs", "envs", "planner", "worldmodel")

setup(
    packages=[f"foresee.{folder}" for folder in FOLDERS],
    package_dir={f"foresee.{folder}": folder for folder in FOLDERS},
    package_data={
        "foresee.configs": ["*.yaml", "*/*.yaml"],
        "foresee.envs": ["assets/*"],
        "foresee.planner": ["*.html"],
        "foresee.worldmodel": ["checkpoints/*/*"],
    },
)
