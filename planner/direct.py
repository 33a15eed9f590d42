"""A policy that imagines nothing: from pictures and an instruction straight to a chunk of actions."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from omegaconf import DictConfig

from .. import configs
from ..worldmodel.interface import Context
from ..worldmodel.objects.model import Objects
from ..worldmodel.objects.words import Words
from .episode import Dream
from .look import cameras_of, look


class Direct:
    """Follows the goals of an instruction as a vision-language-action policy does: it was taught what actions were
    taken when something came about that is said so, sees for itself, and neither imagines nor weighs anything;
    restraints are not in its vocabulary.

    Args:
        model: a checkpoint that was trained with `model.words`.
        goals: as the language parses them, such as {verb: pick, object: red_cup}. It follows the first: nothing tells
            it when that is reached.
        execute: actions of each chunk that are carried out before it looks again.
    """

    def __init__(self, model: Objects, goals: Sequence[Mapping[str, Any]], execute: int = 1):
        if not model.sizes.words:
            raise ValueError(
                f"checkpoint '{model.name}' was not taught words; the method 'direct' needs one that "
                "foresee train train/tabletop_direct made, named by direct.checkpoint."
            )
        if not isinstance(execute, int) or not 1 <= execute <= model.sizes.chunk:
            raise ValueError(f"direct.execute is {execute!r}; it is a whole number of actions, 1..{model.sizes.chunk}.")
        Words.of(goals[0], model.catalogue)  # a goal without words is refused before anything moves
        self.model, self.goal, self.execute = model, dict(goals[0]), execute
        self.dreams: list[Dream] = []

    @classmethod
    def of(cls, config: DictConfig, env: Any) -> "Direct":
        """Build it from its own checkpoint and the goals that the expert of an experiment is told."""
        goals: Any = (config.get("expert") or {}).get("goals")
        own = config.get("direct")
        if not goals or not isinstance(own, Mapping) or not own.get("checkpoint"):
            raise configs.ConfigError(
                "the method 'direct' needs an expert with goals, and its own checkpoint: direct: {checkpoint: PATH}."
            )
        node = {"_target_": "worldmodel.objects.model.Objects", "checkpoint": own["checkpoint"]}
        return cls(configs.build(node, env=env), list(goals), own.get("execute", 1))

    def reset(self, obs: Any, info: dict, env: Any) -> None:
        """Begin an episode."""
        self.looks: list[tuple[np.ndarray, np.ndarray]] = []
        self.chunk: list[np.ndarray] = []

    @torch.inference_mode()
    def act(self, obs: Any, info: dict) -> np.ndarray:
        """Carry out the chunk, or look and choose another. Shape (A,)."""
        self.looks.append(look(obs, cameras_of(obs)))
        if not self.chunk:
            self.chunk = list(self._choose(obs)[: self.execute])
        return self.chunk.pop(0)

    def _choose(self, obs: Any) -> np.ndarray:
        frames = self.model.context_frames
        looks = [*[self.looks[0]] * frames, *self.looks][-frames:]
        images, proprio = (torch.from_numpy(np.stack(each))[None] for each in zip(*looks, strict=True))
        who = torch.from_numpy(np.asarray(obs["objects"]))[None]
        state = self.model.encode(Context(images, proprio, torch.zeros(1, frames - 1, self.model.action_dim), who))
        names = [self.model.catalogue[i] if i >= 0 else "" for i in state.who[0].tolist()]
        return self.model.follow(state, Words.of(self.goal, names))[0].clamp(-1.0, 1.0).float().numpy()
