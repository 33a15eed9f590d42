"""Who may import whom: planner → costs, worldmodel, envs, configs; nobody else anybody. Heavy packages: one home."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("configs", "costs", "envs", "planner", "worldmodel")
ALLOWED = {"planner": set(FOLDERS)}
HOMES = {
    "pybullet": {"envs/bullet.py", "envs/camera.py"},
    "pybullet_data": {"envs/bullet.py"},
    "pytorch_lightning": {"worldmodel/accelerator.py", "worldmodel/keeper.py", "worldmodel/train.py"},
    "stable_worldmodel": {"worldmodel/foreign/load.py"},
    "tensorboard": {"planner/report.py"},
    "torch.utils.tensorboard": {"planner/report.py"},
    "transformers": {"worldmodel/frozen.py"},
}


def imports(source: str, path: str) -> Iterator[str]:
    """Name what a file imports, relative imports as `foresee....`, including imports inside functions."""
    package = ["foresee", *Path(path).parent.parts]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*start, *([node.module] if node.module else [])])
            yield from [f"{module}.{alias.name}" for alias in node.names] if module == "foresee" else [module]


def wrong_arrows(source: str, path: str) -> list[str]:
    """Say which imports of a file are not allowed."""
    folder, found = path.split("/")[0], []
    for name in imports(source, path):
        other = name.split(".")[1] if name.startswith("foresee.") else folder
        if other not in {folder, *ALLOWED.get(folder, ())}:
            found.append(f"{path} imports {name}")
        if any(name.split(".")[: h.count(".") + 1] == h.split(".") and path not in home for h, home in HOMES.items()):
            found.append(f"{path} imports {name}, which is for {sorted(HOMES.get(name, {'one file'}))} only")
        if name.split(".")[0] in FOLDERS:
            found.append(f"{path} imports {name} absolutely")
    return found


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_imports_only_what_it_may(folder):
    files = sorted((ROOT / folder).rglob("*.py"))
    assert files
    wrong = [arrow for file in files for arrow in wrong_arrows(file.read_text(), str(file.relative_to(ROOT)))]
    assert not wrong


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("costs/tilt.py", "from ..envs.rail import Rail"),
        ("envs/robots/panda.py", "from ...planner import plan"),
        ("worldmodel/latent.py", "def f():\n    from foresee.costs import tilt"),
        ("configs/load.py", "from .. import costs"),
        ("planner/plan.py", "import pybullet"),
        ("costs/tilt.py", "import worldmodel"),
    ],
)
def test_a_wrong_arrow_is_found(path, source):
    assert wrong_arrows(source, path)


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("planner/plan.py", "from ..costs.objective import Objective\nfrom .. import configs"),
        ("envs/robots/panda.py", "from ..action import ActionMap"),
        ("envs/bullet.py", "import pybullet"),
    ],
)
def test_a_right_arrow_is_none(path, source):
    assert not wrong_arrows(source, path)
