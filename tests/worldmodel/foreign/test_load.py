"""A checkpoint of stable-worldmodel loads nothing by itself, and says what is missing."""

import sys

import pytest

from foresee.worldmodel.checkpoint import CheckpointError
from foresee.worldmodel.foreign.load import PACKAGE, loaded


def test_without_the_package_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, PACKAGE, None)  # as if it were not installed
    with pytest.raises(CheckpointError, match=r"needs the package stable-worldmodel, .*pip install stable-worldmodel"):
        loaded("pusht/lewm")


def test_a_checkpoint_alone_makes_no_foreign_module_load(monkeypatch, tmp_path):
    (tmp_path / PACKAGE).mkdir()
    (tmp_path / PACKAGE / "__init__.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, PACKAGE, raising=False)
    with pytest.raises(CheckpointError, match=r"say --plugin stable_worldmodel, or import stable_worldmodel first"):
        loaded("pusht/lewm")
