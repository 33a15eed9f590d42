"""Training with Lightning: learn to look, then every part together, then dynamics and readouts on resting latents."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.loggers import TensorBoardLogger
from pytorch_lightning.utilities import rank_zero_only
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from . import checkpoint as files
from . import film
from .accelerator import quiet
from .batches import Draws, examples
from .begin import choose, claim, lineage, note, plain, versions
from .data import Frames, Windows
from .features import with_features
from .feed import Feed
from .keeper import Keeper, anywhere
from .metrics import Tally
from .precision import training_precision
from .recipe import Network, Recipe, Terms, recipe_for
from .stage import Stage, check_actor, pace, stages_of
from .video import check_mixed, divide, mixed


class Interrupted(KeyboardInterrupt):
    """Training was stopped by Ctrl-C or SIGTERM; everything until the last step is on disk."""


class Learner(pl.LightningModule):
    """One stage: makes a loss of the network small and keeps a running average of the weights."""

    feed: Feed
    """Its batches; given before it runs."""

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
        self.sums = dict[str, Tensor]()

    def training_step(self, batch: Mapping, index: int) -> Tensor:  # type: ignore[override]
        nth, passes = index % self.stage.accumulate, self.stage.accumulate
        part = nth * self.trainer.world_size + self.trainer.global_rank
        # A resumed run draws what an unbroken one would; parts of a step draw for themselves.
        torch.manual_seed(self.seed + 7919 * self.global_step + 104_729 * part)
        terms = self.loss(self.network, batch, torch.default_generator)
        self.sums = {name: value.detach() + (self.sums[name] if nth else 0.0) for name, value in terms.items()}
        if nth + 1 == passes:
            self.log_dict({f"loss/{name}": value / passes for name, value in self.sums.items()}, sync_dist=True)
            self.log("rate", self.trainer.optimizers[0].param_groups[0]["lr"])
        return terms["total"]

    def on_train_start(self) -> None:
        self.feed.go_on()

    def on_train_batch_end(self, outputs: Any, batch: Mapping, index: int) -> None:  # type: ignore[override]
        self.feed.learned(batch)
        self.log_dict({f"time/{name}": value for name, value in self.timing().items()})

    def on_validation_end(self) -> None:
        self.feed.go_on()

    def timing(self) -> dict[str, float]:
        """How many frames all processes learn from per second, and how long this one waits for them: see `Feed`."""
        told = self.feed.told()
        return told | {"frames_per_second": self.trainer.world_size * told["frames_per_second"]}

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


def fit(
    frames: Frames,
    out: str | Path,
    *,
    model: Mapping[str, Any] | None = None,
    loss: Mapping[str, Any] | None = None,
    look: Mapping[str, Any] | None = None,
    joint: Mapping[str, Any] | None = None,
    settle: Mapping[str, Any] | None = None,
    act: Mapping[str, Any] | None = None,
    labels: float = 1.0,
    unlabelled: float = 0.5,
    validation: float = 0.05,
    validation_windows: int = 512,
    seed: int = 0,
    init_from: str | None = None,
    precision: str | int = "auto",
    accelerator: str = "cpu",
    devices: int = 1,
    progress: bool = False,
) -> Path:
    """Train a world model, or continue where an earlier call with the same choices stopped.

    Args:
        frames: the data.
        out: folder for the checkpoint, TensorBoard events and what a rerun continues from.
        model: options of `Sizes` that data do not decide, such as {"latent": 256, "members": 4}; recordings of slots
            make a model of objects, with its own `Sizes`. "encoder" is a `Frozen`, which looks once at each picture.
        loss: options of `Loss`, or of `ObjectLoss` for recordings of slots.
        look: options of the `Stage` that begins, with what is seen alone.
        joint: options of the `Stage` that trains every part over the whole horizon.
        settle: options of the `Stage` that trains dynamics and readouts on resting latents; {"steps": 0} skips it.
        act: options of the `Stage` that trains the actor of a model of objects on resting slots, or, told words,
            together with an eye of its own; skipped if absent.
        labels: share of the labelled episodes that keeps its labels; the others count as video: see `video.divide`.
        unlabelled: share of video in each batch, where there is video; 0 leaves it out.
        validation: share of the episodes held out.
        validation_windows: windows of those episodes that are examined each time.
        seed: of the initial weights and the order of the data.
        init_from: checkpoint, by name or path, whose weights and normalisation to begin with.
        precision: Lightning's name of the arithmetic; "auto" is bf16-mixed where that is quick, else 32-true.
        accelerator: Lightning's name of the device.
        devices: so many processes share every batch, one on each device; Lightning starts the others, with the command
            line of the first (`DistributedDataParallel`: Li et al., 2020). They learn what one would, but for what a
            loss draws at random, which parts of a batch draw for themselves.
        progress: show a progress bar.

    Returns:
        The folder of the checkpoint, `out/checkpoint`.
    """
    out, precision = Path(out), training_precision(precision, accelerator)
    stages = stages_of({"look": look, "joint": joint, "settle": settle, "act": act}, devices)
    shares = {} if labels == 1.0 and frames.labelled.all() else {"labels": labels, "unlabelled": unlabelled}
    frames, seen, held_out = divide(frames, validation, labels, unlabelled, seed)
    recipe: Recipe = recipe_for(frames)
    aim = choose(recipe.loss, loss or {})
    if strange := [name for name, stage in stages.items() if stage.steps and not hasattr(aim, name)]:
        known = [name for name in stages if hasattr(aim, name)]
        raise ValueError(
            f"{type(aim).__name__} has no stage {strange[0]}; these data are learned in {', '.join(known)}, so give "
            f"{strange[0]}.steps=0 (an actor needs a recording with env.slots=true)."
        )
    options, frozen = plain(model)
    sizes = recipe.sizes(frames, options)
    check_actor(stages["act"], sizes)
    for name, stage in stages.items():
        if stage.steps:
            history = 1 if name in recipe.rested else sizes.frames
            check_mixed(frames, seen, stage, history + stage.horizon, devices)
    choices = {"model": options, "loss": asdict(aim), "validation": validation}
    choices |= {name: {k: v for k, v in asdict(s).items() if k != "minutes"} for name, s in stages.items()}
    choices |= {"seed": seed, "init_from": init_from, "precision": precision, "data": frames.hash} | shares
    claim(out, choices)
    told = {"training": choices, "seed": seed, "data_hash": frames.hash, "versions": versions()}
    told |= lineage(init_from, out)
    how = {"precision": precision, "accelerator": accelerator, "devices": devices, "enable_progress_bar": progress}
    with torch.random.fork_rng(), quiet():
        torch.manual_seed(seed)
        network = recipe.begin(frames, seen, dict(model or {}), init_from)
        where = "cuda" if accelerator != "cpu" and torch.cuda.is_available() else "cpu"
        if frozen:
            frames = with_features(frames, frozen, out, where, progress)
        farthest = max(1, *(stage.horizon for stage in stages.values() if stage.steps))
        check = examples(Windows(frames, network.sizes.frames + farthest, held_out), validation_windows)
        for name, stage in stages.items():
            if not stage.steps:
                continue
            if not (out / name).exists():
                network.requires_grad_(True)
                for part in recipe.resting(network, name):
                    part.requires_grad_(False)
                if name in recipe.rested:
                    with torch.autocast(where, enabled=precision == "bf16-mixed"):  # as what it learns from was seen
                        data: Any = recipe.rested[name](network.to(where), frames, seen, stage.horizon)
                else:
                    data = Windows(frames, network.sizes.frames + stage.horizon, seen)
                data = mixed(data, frames, unlabelled)
                learner = Learner(network, getattr(aim, name), recipe.examine, stage, seed)
                _run(learner, data, check, out, name, how, told)
            network.load_state_dict(files.load(out / name)[1])  # as stored, so that a rerun continues from the same
            last = out / name
    rank_zero_only(files.copy)(last, out / "checkpoint")
    return out / "checkpoint"


def _run(learner: Learner, data: Dataset, check: DataLoader, out: Path, name: str, how: Mapping, told: Mapping) -> None:
    """Let Lightning run one stage, from its last saved state if there is one, and keep what was learned and told."""
    stage, path = learner.stage, out / f"{name}.ckpt"
    keeper, strategy = Keeper(path, stage), "auto" if how["devices"] == 1 else "ddp"
    if strategy == "ddp" and name == "look":
        strategy += "_find_unused_parameters_true"  # what imagines
    trainer = pl.Trainer(
        max_steps=stage.steps,
        max_epochs=-1,
        gradient_clip_val=1.0,
        accumulate_grad_batches=stage.accumulate,
        val_check_interval=min(stage.every, stage.steps) * stage.accumulate,  # counted in passes
        check_val_every_n_epoch=None,
        num_sanity_val_steps=0,
        log_every_n_steps=min(50, stage.steps),
        logger=TensorBoardLogger(out, name="events", version=name),
        callbacks=[keeper],
        strategy=strategy,
        use_distributed_sampler=False,
        enable_checkpointing=False,
        enable_model_summary=False,
        **how,
    )
    share = trainer.global_rank, trainer.world_size
    draws = Draws(len(data), stage.batch, learner.seed, lambda: trainer.global_step, stage.accumulate, share)  # type: ignore[arg-type]
    learner.feed = Feed(data, draws)
    with keeper.listening():
        trainer.fit(learner, learner.feed, check, ckpt_path=path if path.exists() else None, weights_only=True)
        step, done = trainer.global_step, not anywhere(trainer, keeper.asked)
        if done and (step % stage.every or not learner.results):
            trainer.validate(learner, check, verbose=False)
        if done and trainer.is_global_zero:
            result = {"metrics": learner.results}
            files.save(out / name, learner.average.state_dict(), learner.average.describe() | told | result)
            note(out / "timing.json", {name: learner.timing()} if learner.feed.frames else {})
            path.unlink(missing_ok=True)
    if anywhere(trainer, keeper.asked):  # nobody goes on before it is on disk
        raise Interrupted(f"stopped at step {step} of {stage.steps} ({name}); the same command continues from there.")
