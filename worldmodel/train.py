"""Training with Lightning: learn to look, then every part together, then dynamics and readouts on resting latents."""

import logging
import math
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.loggers import TensorBoardLogger
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from . import checkpoint as files
from . import film
from .batches import Draws, examples
from .begin import choose, claim, versions
from .data import Frames, Windows, ready
from .metrics import Tally
from .precision import training_precision
from .recipe import Network, Recipe, Terms, recipe_for


class Interrupted(KeyboardInterrupt):
    """Training was stopped by Ctrl-C; everything until the last step is on disk."""


@dataclass(frozen=True)
class Stage:
    """How long and how fast one stage learns."""

    steps: int
    """Optimiser steps; the rate warms up, then falls along a cosine that ends here."""
    batch: int
    """Windows per step."""
    rate: float
    """Largest learning rate of AdamW."""
    horizon: int = 8
    """Steps imagined ahead."""
    minutes: float | None = None
    """Stop after this long at the latest. A stage that stops early is not reproducible and has not annealed."""
    average: float = 0.999
    """Decay per step of the running average of the weights, which is what the checkpoint holds."""
    decay: float = 0.01
    """Weight decay."""
    every: int = 500
    """Steps between validations, each of which also saves the state that a rerun continues from."""


class Learner(pl.LightningModule):
    """One stage: makes a loss of the network small and keeps a running average of the weights."""

    def __init__(
        self,
        network: Network,
        loss: Callable[[Any, Mapping, torch.Generator], Terms],
        examine: Callable[[Any, Mapping, Tally], Tensor],
        stage: Stage,
        seed: int,
    ):
        super().__init__()
        self.examine = examine
        self.network, self.average = network, deepcopy(network).requires_grad_(False)
        self.loss, self.stage, self.seed = loss, stage, seed
        self.tally, self.results = Tally(network.quantities), dict[str, float]()
        self.reel: tuple[Tensor, Tensor] | None = None

    def training_step(self, batch: Mapping, index: int) -> Tensor:  # type: ignore[override]
        torch.manual_seed(self.seed + 7919 * self.global_step)  # a resumed run draws what an unbroken one would
        terms = self.loss(self.network, batch, torch.default_generator)
        self.log_dict({f"loss/{name}": value.detach() for name, value in terms.items()})
        self.log("rate", self.trainer.optimizers[0].param_groups[0]["lr"])
        return terms["total"]

    def optimizer_step(self, *args: Any, **options: Any) -> None:
        super().optimizer_step(*args, **options)
        decay = min(self.stage.average, (1 + self.global_step) / (10 + self.global_step))
        with torch.no_grad():
            pairs = zip(self.average.parameters(), self.network.parameters(), strict=True)
            mean, now = zip(*((a, p) for a, p in pairs if p.requires_grad), strict=True)
            torch._foreach_lerp_(mean, now, 1.0 - decay)  # type: ignore[attr-defined]

    def configure_optimizers(self) -> Any:
        learned = [p for p in self.network.parameters() if p.requires_grad]
        optimizer = torch.optim.AdamW(learned, lr=self.stage.rate, weight_decay=self.stage.decay)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: pace(step, self.stage.steps))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def validation_step(self, batch: Mapping, index: int) -> None:  # type: ignore[override]
        rolled = self.examine(self.average, batch, self.tally)
        if index == 0:
            first = self.average.sizes.frames
            self.reel = batch["images"][0, first:], self.average.decoder(rolled[0, 0])

    def on_validation_epoch_end(self) -> None:
        self.results = self.tally.results()
        self.tally = Tally(self.network.quantities)
        self.log_dict(self.results)
        if isinstance(self.logger, TensorBoardLogger) and self.reel:
            self.logger.experiment.add_image("film", film.strip(*self.reel), self.global_step, dataformats="HWC")


class Keeper(pl.Callback):
    """Saves what a rerun continues from, and ends a stage between two steps when it is time or Ctrl-C was pressed."""

    def __init__(self, path: Path, stage: Stage) -> None:
        self.path, self.stage, self.interrupted = path, stage, False
        self.deadline = math.inf if stage.minutes is None else time.monotonic() + 60 * stage.minutes

    def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:
        late = time.monotonic() > self.deadline
        if self.interrupted or trainer.global_step % self.stage.every == 0:
            trainer.save_checkpoint(self.path)
        if self.interrupted or late:
            trainer.should_stop = True

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Turn the first Ctrl-C into a request; the second one means it."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def asked(*_: Any) -> None:
            self.interrupted = True
            signal.signal(signal.SIGINT, before)

        before = signal.signal(signal.SIGINT, asked)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)


def pace(step: int, steps: int) -> float:
    """Share of the largest learning rate: 2 % of the steps to warm up, then half a cosine down to 2 %."""
    warm = min(1.0, (step + 1) / (0.02 * steps + 1))
    return warm * (0.02 + 0.49 * (1.0 + math.cos(math.pi * min(1.0, step / steps))))


def fit(
    frames: Frames,
    out: str | Path,
    *,
    model: Mapping[str, Any] | None = None,
    loss: Mapping[str, Any] | None = None,
    look: Mapping[str, Any] | None = None,
    joint: Mapping[str, Any] | None = None,
    settle: Mapping[str, Any] | None = None,
    validation: float = 0.05,
    validation_windows: int = 512,
    seed: int = 0,
    init_from: str | None = None,
    precision: str = "auto",
    accelerator: str = "cpu",
    progress: bool = False,
) -> Path:
    """Train a world model, or continue where an earlier call with the same choices stopped.

    Args:
        frames: the data.
        out: folder for the checkpoint, TensorBoard events and what a rerun continues from.
        model: options of `Sizes` that data do not decide, such as {"latent": 256, "members": 4}; recordings of slots
            make a model of objects, with its own `Sizes`.
        loss: options of `Loss`, or of `ObjectLoss` for recordings of slots.
        look: options of the `Stage` that begins, with what is seen alone.
        joint: options of the `Stage` that trains every part over the whole horizon.
        settle: options of the `Stage` that trains dynamics and readouts on resting latents; {"steps": 0} skips it.
        validation: share of the episodes held out.
        validation_windows: windows of those episodes that are examined each time.
        seed: of the initial weights and the order of the data.
        init_from: checkpoint, by name or path, whose weights and normalisation to begin with.
        precision: Lightning's name of the arithmetic; "auto" is bf16-mixed where that is quick, else 32-true.
        accelerator: Lightning's name of the device.
        progress: show a progress bar.

    Returns:
        The folder of the checkpoint, `out/checkpoint`.
    """
    out, precision = Path(out), training_precision(precision, accelerator)
    stages = {
        "look": choose(Stage, {"steps": 20_000, "batch": 64, "rate": 1e-3, "horizon": 0} | dict(look or {})),
        "joint": choose(Stage, {"steps": 2000, "batch": 64, "rate": 3e-4} | dict(joint or {})),
        "settle": choose(Stage, {"steps": 6000, "batch": 256, "rate": 5e-4} | dict(settle or {})),
    }
    if not any(stage.steps for stage in stages.values()):
        raise ValueError("there is nothing to train: give look, joint or settle at least one step.")
    recipe: Recipe = recipe_for(frames)
    aim = choose(recipe.loss, loss or {})
    choices = {"model": dict(model or {}), "loss": asdict(aim), "validation": validation}
    choices |= {name: {k: v for k, v in asdict(s).items() if k != "minutes"} for name, s in stages.items()}
    choices |= {"seed": seed, "init_from": init_from, "precision": precision, "data": frames.hash}
    claim(out, choices)
    told = {"training": choices, "seed": seed, "data_hash": frames.hash, "versions": versions()}
    how = {"precision": precision, "accelerator": accelerator, "enable_progress_bar": progress}
    seen, held_out = frames.split(validation)
    with torch.random.fork_rng(), _quiet():
        torch.manual_seed(seed)
        network = recipe.begin(frames, seen, dict(model or {}), init_from)
        farthest = max(1, *(stage.horizon for stage in stages.values() if stage.steps))
        check = examples(Windows(frames, network.sizes.frames + farthest, held_out), validation_windows)
        for name, stage in stages.items():
            if not stage.steps:
                continue
            if not (out / name).exists():
                learning = getattr(aim, "settled" if name == "settle" else name)
                learner = Learner(network, learning, recipe.examine, stage, seed)
                if name != "settle":
                    data: Dataset = Windows(frames, network.sizes.frames + stage.horizon, seen)
                else:
                    for part in recipe.resting(network):
                        part.requires_grad_(False)
                    data = recipe.rested(network, frames, seen, stage.horizon)
                _run(learner, data, check, out, name, how)
                result = {"metrics": learner.results}
                files.save(out / name, learner.average.state_dict(), learner.average.describe() | told | result)
                (out / f"{name}.ckpt").unlink(missing_ok=True)
            network.load_state_dict(files.load(out / name)[1])  # as stored, so that a rerun continues from the same
            last = out / name
    return files.copy(last, out / "checkpoint")


def _run(learner: Learner, data: Dataset, check: DataLoader, out: Path, name: str, how: Mapping[str, Any]) -> None:
    """Let Lightning run one stage, from its last saved state if there is one."""
    stage, path = learner.stage, out / f"{name}.ckpt"
    keeper = Keeper(path, stage)
    trainer = pl.Trainer(
        max_steps=stage.steps,
        max_epochs=-1,
        gradient_clip_val=1.0,
        val_check_interval=min(stage.every, stage.steps),
        check_val_every_n_epoch=None,
        num_sanity_val_steps=0,
        log_every_n_steps=min(50, stage.steps),
        logger=TensorBoardLogger(out, name="events", version=name),
        callbacks=[keeper],
        enable_checkpointing=False,
        enable_model_summary=False,
        **how,
    )
    draws = Draws(len(data), stage.batch, learner.seed, lambda: trainer.global_step)  # type: ignore[arg-type]
    loader = DataLoader(data, batch_sampler=draws, collate_fn=ready)  # type: ignore[arg-type]
    with keeper.listening():
        trainer.fit(learner, loader, check, ckpt_path=path if path.exists() else None, weights_only=True)
    step = trainer.global_step
    if keeper.interrupted:
        raise Interrupted(f"stopped at step {step} of {stage.steps} ({name}); the same command continues from there.")
    if step % stage.every or not learner.results:
        trainer.validate(learner, check, verbose=False)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Lightning's advice off the screen: what it would say about workers and epochs is decided here."""
    loggers = [logging.getLogger(name) for name in ("pytorch_lightning", "lightning_fabric")]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings():
        for advice in ("does not have many workers", "GPU available but not used", "LeafSpec"):
            warnings.filterwarnings("ignore", message=f".*{advice}.*")
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
