"""An accelerator that is not there is refused, and Lightning's own words stay off the screen."""

import logging

import pytest

from foresee.worldmodel.accelerator import check_accelerator, quiet


def test_an_accelerator_that_is_not_there_is_refused(capfd):
    check_accelerator("cpu")
    with pytest.raises(ValueError, match="choose cpu, or auto"):
        check_accelerator("banana")
    assert capfd.readouterr() == ("", "")


def test_loggers_speak_again_afterwards():
    logger = logging.getLogger("pytorch_lightning")
    before = logger.level
    with quiet():
        assert not logger.isEnabledFor(logging.WARNING)
    assert logger.level == before
