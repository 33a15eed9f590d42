"""Checkpoints of stable-worldmodel, read by its own loader."""

import importlib.util
import sys
from pathlib import Path

from torch import nn

from ..checkpoint import CheckpointError

PACKAGE = "stable_worldmodel"


def loaded(checkpoint: str) -> nn.Module:
    """Load a checkpoint with stable-worldmodel's own loader, where somebody imported that package.

    It builds whatever classes the checkpoint's `config.json` names, and fetches what is not on this machine; so the
    config of an experiment alone must not make it run.
    """
    if importlib.util.find_spec(PACKAGE) is None:
        raise CheckpointError(
            f"the checkpoint '{checkpoint}' needs the package stable-worldmodel, which is not installed; "
            "pip install stable-worldmodel, in an environment of its own."
        )
    if PACKAGE not in sys.modules:
        raise CheckpointError(
            f"the checkpoint '{checkpoint}' builds whatever classes its config.json names; if you trust it, say "
            f"--plugin {PACKAGE}, or import {PACKAGE} first."
        )
    here = Path(checkpoint)
    try:
        from stable_worldmodel.wm.utils import load_pretrained

        model = load_pretrained(str(here.resolve()) if here.exists() else checkpoint)
    except Exception as error:  # whatever its loader raises
        raise CheckpointError(
            f"stable-worldmodel cannot load the checkpoint '{checkpoint}' ({type(error).__name__}: {error})."
        ) from error
    if not isinstance(model, nn.Module):
        raise CheckpointError(f"the checkpoint '{checkpoint}' holds a {type(model).__name__}, which is no model.")
    return model
