"""What Lightning can train on here, and what it need not say about it."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import pytorch_lightning as pl


def check_accelerator(name: str) -> None:
    """Raise a ValueError unless Lightning can train on this accelerator here."""
    try:
        with quiet():
            pl.Trainer(accelerator=name, devices=1, logger=False, enable_checkpointing=False)
    except Exception as error:  # Lightning has many words for it, and tells of packages that nobody asked for
        raise ValueError(f"accelerator is '{name}', which this machine does not have; choose cpu, or auto.") from error


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Lightning's advice off the screen: what it would say about workers and epochs is decided here."""
    loggers = [logging.getLogger(name) for name in ("pytorch_lightning", "lightning_fabric")]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings():
        for advice in ("does not have many workers", "GPU available but not used", "LeafSpec", "sync_dist"):
            warnings.filterwarnings("ignore", message=f".*{advice}.*")
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
