"""Automatic precision is what the machine is quick at, and everything else is left alone."""

import pytest

from foresee.worldmodel import precision


@pytest.mark.parametrize(("quick", "chosen"), [(True, "bf16-mixed"), (False, "32-true")])
def test_auto_follows_the_processor(monkeypatch, quick, chosen):
    monkeypatch.setattr(precision, "fast_bfloat16", lambda device: quick)
    assert precision.training_precision("auto") == chosen
    assert precision.training_precision("16-mixed") == "16-mixed"


def test_a_graphics_card_multiplies_bfloat16():
    assert precision.training_precision("auto", "cuda") == "bf16-mixed"
