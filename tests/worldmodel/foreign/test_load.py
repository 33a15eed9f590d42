import importlib.util
import sys

import pytest

from foresee.worldmodel.checkpoint import CheckpointError
from foresee.worldmodel.foreign.load import PACKAGE, loaded


@pytest.mark.skipif(importlib.util.find_spec(PACKAGE) is not None, reason="stable-worldmodel is installed")
def test_without_the_package_it_says_what_to_install():
    with pytest.raises(CheckpointError, match=r"needs the package stable-worldmodel, .*pip install stable-worldmodel"):
        loaded("pusht/lewm")


def test_a_checkpoint_alone_makes_no_foreign_module_load(monkeypatch, tmp_path):
    (tmp_path / PACKAGE).mkdir()
    (tmp_path / PACKAGE / "__init__.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, PACKAGE, raising=False)
    with pytest.raises(CheckpointError, match=r"say --plugin stable_worldmodel, or import stable_worldmodel first"):
        loaded("pusht/lewm")
