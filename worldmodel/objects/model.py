"""The learned world model of objects: any scene made of objects it knows, planned with by their names."""

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from .. import checkpoint as files
from ..fit_for import check_action_dim, check_context, fill
from ..interface import Context, Quantity
from ..known import UNSEEN, measured_error
from ..precision import fast_bfloat16
from ..spread import bare, with_spreads
from .explain import unexplained
from .goal import Goal
from .names import DOUBT, known_of, measured_as
from .network import Network, from_description
from .physics import joined, look
from .places import GRIPPER, Places
from .state import ACTION, POSITION, UP, State
from .words import Words


class Objects:
    """A trained model of objects, ready to plan with; a `WorldModel`.

    Its scenes are lists of objects, which the observation names (`obs["objects"]`); one checkpoint imagines any scene
    whose objects it has met, in whatever company.
    """

    unknowable = UNSEEN

    def __init__(
        self,
        checkpoint: str | Path,
        precision: str = "auto",
        members: int | None = None,
        compile: bool = False,
        env: Any = None,
    ) -> None:
        """Load a checkpoint.

        Args:
            checkpoint: name of a shipped one, or path of a folder.
            precision: of dynamics and readings: "float32", "bfloat16", or "auto" (bfloat16 where it is quick).
            members: imagine so many possible futures, P, with the first members of the ensemble; all, if absent.
            compile: whether a step of the dynamics is compiled by `torch.compile`: slow to start, faster later. Needs a
                C++ compiler; without one, or where it fails, a warning says so and the step is computed as it is.
            env: whose `objects` have names in the quantities; every object of the catalogue has one if absent.
        """
        told, weights = files.load(checkpoint)
        network = from_description(told)
        fill(network, weights, str(checkpoint))
        if members is not None:
            network.physics.keep(members)
        objects = getattr(getattr(env, "unwrapped", env), "objects", ()) or network.sizes.catalogue
        self._adopt(network, told, precision, str(checkpoint), objects)
        if compile:
            network.physics.fast = compiled(network.physics.step)

    @classmethod
    def of(cls, network: Network, precision: str = "float32", objects: Sequence[str] = ()) -> "Objects":
        """Use a network that is in memory; it is taken over: frozen, and cast to the precision."""
        model = cls.__new__(cls)
        model._adopt(network, network.describe(), precision, "in memory", objects or network.sizes.catalogue)
        return model

    def _adopt(self, network: Network, told: dict, precision: str, name: str, objects: Sequence[str]) -> None:
        if precision not in ("auto", "float32", "bfloat16"):
            raise ValueError(f"precision '{precision}' is not known; choose auto, float32 or bfloat16.")
        fast = precision == "bfloat16" or (precision == "auto" and fast_bfloat16())
        self.name, self.description, self.sizes = name, told, network.sizes
        self.catalogue = network.sizes.catalogue
        if strange := [each for each in objects if each not in self.catalogue]:
            raise ValueError(
                f"checkpoint '{name}' has never seen a {strange[0]}; it knows {', '.join(self.catalogue)}."
            )
        self.objects = tuple(sorted(objects, key=self.catalogue.index))
        self.dtype = torch.bfloat16 if fast else torch.float32
        self.network = network.eval().requires_grad_(False)
        for part in (network.physics, network.reading):
            part.to(self.dtype)
        self.action_dim, self.context_frames = network.sizes.action, network.sizes.frames
        self.quantities: dict[str, Quantity] = known_of(self.objects, network.sizes)

    @property
    def imagines(self) -> bool:
        """Whether it was taught to imagine; a policy that is told words was not."""
        return not self.sizes.words

    @property
    def acts(self) -> bool:
        """Whether it has an actor that is told wanted scenes."""
        return self.sizes.actor > 0 and self.imagines

    def about(self, objects: Sequence[str]) -> "Objects":
        """The same model, with names for these objects; the others that are there are nobody in particular."""
        named = copy(self)
        named.objects = tuple(sorted(objects, key=self.catalogue.index))
        named.quantities = known_of(named.objects, self.sizes)
        return named

    def check_action_dim(self, size: int) -> None:
        """Refuse an environment whose actions are of another size."""
        check_action_dim(self.name, self.action_dim, size)

    @torch.no_grad()
    def encode(self, context: Context) -> State:
        """Encode the last K frames."""
        check_context(self.name, self.sizes, context)
        if context.objects is None:
            raise ValueError(
                f"checkpoint '{self.name}' needs to be told which objects there are: the environment names them in "
                "obs['objects']."
            )
        who = context.objects.long()[:, : self.sizes.slots]
        most = max(int((who >= 0).sum(1).max()), 1)
        who = who[:, :most]  # empty slots come last, and nobody has to imagine them
        slots = self.network.eye.window(context.images, context.proprio, who)[:, -1]
        return State(context.proprio[:, -1].float(), slots, who)

    def told(self, state: State, scene: Mapping[str, Any]) -> State:
        """Put places and axes that are known into the state of one scene; objects that are not in `scene` stay as seen.

        Args:
            state: what `encode` returned.
            scene: true quantities, such as "red_cup.position" (3,) and "red_cup.up" (3,).
        """
        slots = state.slots.clone()
        for slot, which in enumerate(state.who[0].tolist()):
            for part, what in ((POSITION, "position"), (UP, "up")):
                value = scene.get(f"{self.catalogue[which]}.{what}") if which >= 0 else None
                if value is not None:
                    slots[0, slot, part] = torch.as_tensor(value).to(slots)
        return state._replace(slots=slots)

    def imagine(self, state: State, chunks: Tensor, names: Iterable[str]) -> dict[str, Tensor]:
        """Imagine the named quantities; see `WorldModel`. Differentiable in the chunks where they ask for it."""
        names = self._checked(names)
        if chunks.shape[-1] != self.action_dim:
            self.check_action_dim(chunks.shape[-1])
        b, n, t = chunks.shape[:3]
        with torch.set_grad_enabled(chunks.requires_grad and torch.is_grad_enabled()):
            robot, slots, who = (x.repeat_interleave(n, 0) for x in state)
            kind, there = self.network.known(who)
            path = list(self.network.physics.path(robot, slots, kind, there, chunks.flatten(0, 1).to(robot)))
            doubts = self._doubts(State(robot, slots, who), path, chunks.flatten(0, 1)) if DOUBT in names else {}
            names = tuple(name for name in names if name != DOUBT)
            robot, slots, seen = joined(path)  # all steps are read at once
            places = Places(self, who.repeat_interleave(t, 0), there.repeat_interleave(t, 0), bare(names))
            read = with_spreads(places.read(robot, slots, seen, bare(names)), names, self.quantities)
            return {name: values.unflatten(1, (b, n, t)) for name, values in (read | doubts).items()}

    def _doubts(self, now: State, path: list, chunks: Tensor) -> dict[str, Tensor]:
        """What no action explains of chunks (M, T, A), the same at every step. Shape (P, M T)."""
        robot, slots, _ = path[min(len(path), self.sizes.chunk) - 1]
        values = unexplained(self.network, now, State(robot, slots, now.who), chunks.float())
        return {DOUBT: values.repeat_interleave(len(path), 1)}

    def read(self, state: State, names: Iterable[str]) -> dict[str, Tensor]:
        """Read the named quantities of the present: name -> (B, *shape)."""
        checked = self._checked(names)
        names = tuple(name for name in checked if name != DOUBT)
        robot, slots = state.robot[None], state.slots[None]
        kind, there = self.network.known(state.who)
        found = Places(self, state.who, there, bare(names)).read(robot, slots, look(robot, slots, kind), bare(names))
        read = {name: values[0] for name, values in with_spreads(found, names, self.quantities).items()}
        return read | ({DOUBT: robot.new_zeros(robot.shape[1])} if DOUBT in checked else {})

    @torch.no_grad()
    def act(self, state: State, goal: Goal, noise: Tensor) -> Tensor:
        """Sample chunks that lead to what is wanted.

        Args:
            state: what `encode` returned for B scenes.
            goal: what is wanted of each of n chunks, with leading dimensions (B, n).
            noise: standard normal numbers; zeros give the chunk in the middle. Those of `sizes.slots` slots, of which
                there are S, so that they do not depend on the scenes beside this one. Shape (B, n, T A + 6 slots).

        Returns:
            Shape (B, n, T, A), not clipped.
        """
        actor, n, s = self.network.actor, noise.shape[1], state.slots.shape[1]
        if actor is None or not self.acts:
            raise ValueError(f"checkpoint '{self.name}' has no actor; foresee train train/tabletop_actor makes one.")
        now = State(*(each.repeat_interleave(n, 0) for each in state))
        told = Goal(*(each.flatten(0, 1) for each in goal))
        chunk, outcome = noise.flatten(0, 1).tensor_split([actor.steps * ACTION], -1)
        outcome = outcome.unflatten(1, (self.sizes.slots, 6))[:, :s]
        found, _ = actor.sample(now, self.network.known(now.who), told, (chunk, outcome))
        return found.unflatten(0, (len(state.robot), n))

    @torch.no_grad()
    def follow(self, state: State, words: Words) -> Tensor:
        """The chunk in the middle of those that words lead to, for an actor that is told words. Shape (B, T, A)."""
        actor = self.network.actor
        assert actor is not None
        none = state.slots.new_zeros(len(state.robot), actor.steps * ACTION), torch.zeros_like(state.slots[..., :6])
        return actor.sample(state, self.network.known(state.who), words, none)[0]

    def error_of(self, name: str) -> str | None:
        """Say how wrong validation found a quantity, of the object's kind or of all objects; see `Judged`."""
        whose, at, anchor = name.partition("@")
        if whose == "latent" or whose.endswith((".latent", "disagreement", DOUBT)):
            return "the model's own"
        metrics, unit = self.description.get("metrics", {}), self.quantities[whose].unit
        candidates = measured_as(whose, self.catalogue)
        found = (measured_error(metrics, f"{each}{at}{anchor}", unit) for each in candidates)
        said = next((each for each in found if each), None)
        if said or whose.removeprefix("gripper.") not in GRIPPER:
            return said
        return "felt" if anchor else "felt, not measured ahead"

    def _checked(self, names: Iterable[str]) -> tuple[str, ...]:
        names = tuple(dict.fromkeys(names))
        if unknown := [name for name in names if name not in self.quantities]:
            raise LookupError(f"the world model cannot imagine {unknown}; it knows {sorted(self.quantities)}.")
        return names


def compiled(step: Callable) -> Callable:
    """Compile a step; where that fails (no compiler, a damaged cache), warn once and compute it as it is."""
    fast = torch.compile(step, dynamic=False)

    def tried(*given: Any) -> Any:
        nonlocal fast
        try:
            return fast(*given)
        except Exception as error:  # whatever a compiler says; an error of the step itself comes again below
            if fast is step:
                raise
            reason = " ".join(str(error).split())[:200]
            warnings.warn(f"imagining goes on uncompiled, and slower: {reason}", stacklevel=2)
            fast = step
            return step(*given)

    return tried
