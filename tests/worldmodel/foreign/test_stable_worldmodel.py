"""The package's own classes with small random weights, in whichever release is installed."""

import importlib.util
import json
import sys
import warnings
from importlib import import_module

import pytest
import torch
from torch import nn

from foresee.costs import Effort, Limit, Objective, Weighted
from foresee.costs.expression import Expression
from foresee.costs.goal_image import GoalImage
from foresee.planner.cem import CEM
from foresee.planner.plan import Planner
from foresee.planner.polish import Adam
from foresee.worldmodel.check import check_model
from foresee.worldmodel.foreign.load import PACKAGE
from foresee.worldmodel.foreign.model import Foreign
from foresee.worldmodel.interface import Context, Quantity

WHY = (
    "stable-worldmodel needs an environment of its own, since it brings a folder named `tests` and old requirements; "
    "'Other libraries' in benchmarks/README.md says how to make it and run these tests there"
)
pytest.importorskip("einops", reason=WHY)
for name in (PACKAGE, f"{PACKAGE}.wm"):  # without the rest of it, which wants torchvision and a database
    if (spec := importlib.util.find_spec(name)) is None:
        pytest.skip(WHY, allow_module_level=True)
    sys.modules.setdefault(name, importlib.util.module_from_spec(spec))

ENCODER = """
from types import SimpleNamespace
import torch
from torch import nn


class Encoder(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.patches = nn.Conv2d(3, size, 4, 4)

    def forward(self, pixels, interpolate_pos_encoding=False):
        tokens = self.patches(pixels).flatten(2).transpose(1, 2)
        return SimpleNamespace(last_hidden_state=torch.cat([tokens.mean(1, keepdim=True), tokens], 1).tanh())
"""
exec(ENCODER, found := {})
Encoder = found["Encoder"]
SHAPE = {"num_frames": 3, "depth": 2, "heads": 2, "mlp_dim": 16, "dim_head": 4}
KINDS = ("lewm", "pldm", "prejepa")


def wm(path):
    return import_module(f"{PACKAGE}.wm.{path}")


def randomised(model):
    noise = torch.Generator().manual_seed(0)
    for weights in model.parameters():  # what begins at zero would let no action through
        weights.data.normal_(0.0, 0.4, generator=noise)
    return model


def network(kind, width):
    """Make the package's model for blocks of `width` action numbers and pictures of 8 px."""
    own = wm(f"{kind}.module")
    if kind == "prejepa":
        felt, done = own.Embedder(in_chans=2, emb_dim=2), own.Embedder(in_chans=width, emb_dim=4)
        predictor = own.CausalPredictor(num_patches=4, dim=8 + 2 + 4, **SHAPE)
        extra = nn.ModuleDict({"proprio": felt, "action": done})
        return randomised(wm("prejepa.prejepa").PreJEPA(Encoder(8), predictor, extra, history_size=3))
    predictor = own.Predictor(input_dim=8, hidden_dim=8, **SHAPE)
    model = {"lewm": "LeWM", "pldm": "PLDM"}[kind]
    return randomised(getattr(wm(f"{kind}.{kind}"), model)(Encoder(8), predictor, own.Embedder(width, emb_dim=8)))


def foreign(kind, block=1, frames=1, **options):
    felt = {"proprio_mean": [0.5, 0], "proprio_std": [2, 1]} if kind == "prejepa" else {}
    told = {"action_mean": [0.1, 0], "action_std": [0.5, 1], **felt, **options}
    return Foreign(network(kind, 2 * block), 8, action_block=block, frames=frames, **told)


def context(model, scenes=1, seed=0):
    noise, k = torch.Generator().manual_seed(seed), model.context_frames
    images = torch.randint(0, 256, (scenes, k, 3, 8, 8), generator=noise, dtype=torch.uint8)
    felt, done = torch.rand((scenes, k, 2), generator=noise), torch.rand((scenes, k - 1, 2), generator=noise)
    return Context(images, felt, done * 2 - 1)


@pytest.mark.parametrize(("block", "frames"), [(1, 1), (1, 3), (2, 2), (5, 1)])
@pytest.mark.parametrize("kind", KINDS)
def test_it_keeps_the_promises_of_a_world_model(kind, block, frames):
    model = foreign(kind, block, frames)
    check_model(model, context(model, scenes=2), steps=2 * block)


@pytest.mark.parametrize("frames", [1, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_chunks_cost_what_the_package_says_they_cost(kind, frames):
    model, block, steps = foreign(kind, 2, frames), 2, 3
    now, goal = context(model), context(model, seed=1)
    chunks = torch.rand((1, 6, steps * block, 2), generator=torch.Generator().manual_seed(2)) * 2 - 1
    ours = GoalImage(objects=("pixels", "proprio") if kind == "prejepa" else ())
    state, names = model.encode(now), [name for name in ours.needs if "@" not in name]
    scene = model.imagine(state, chunks, names)
    scene |= {f"{name}@goal": value for name, value in model.read(model.encode(goal), names).items()}
    squared = ours(scene, chunks)[0, :, :, -1] ** 2  # per number and source: theirs sums over one or the other
    size = len(names) if kind == "prejepa" else model.quantities["latent"].shape[0]

    def shared(values):
        return values[:, None].expand(1, 6, *values.shape[1:])

    def deviations(actions):
        return ((actions - torch.tensor([0.1, 0])) / torch.tensor([0.5, 1])).unflatten(-2, (-1, block)).flatten(-2)

    def seen(context):
        mean, std = (torch.tensor(v)[:, None, None] for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
        felt = (context.proprio[:, ::block] - torch.tensor([0.5, 0])) / torch.tensor([2, 1])
        return (context.images[:, ::block] / 255 - mean) / std, felt

    info = dict(zip(("pixels", "proprio"), map(shared, seen(now)), strict=True))
    info |= dict(zip(("goal", "goal_proprio"), (shared(each[:, -1:]) for each in seen(goal)), strict=True))
    past = shared(deviations(now.actions) if frames > 1 else torch.zeros(1, 0, 4))
    future = deviations(chunks)
    info |= {"action": future[:, :, :1], "id": torch.full((1, 6), -1), "step_idx": torch.zeros(1, 6)}
    assert torch.allclose(squared * size, their_cost(model.module, kind, info, past, future), rtol=1e-4)


def their_cost(network, kind, info, past, future):
    """The package's own cost, (B, N), in the release that is installed."""
    if hasattr(network, "get_cost"):  # up to 0.1.1
        return network.get_cost(info, torch.cat([past, future], 2))
    planning = import_module(f"{PACKAGE}.planning")
    aim = planning.GoalMSE()
    if kind == "prejepa":
        keys = ("pixels", "proprio")
        parts = [planning.GoalMSE(f"predicted_{key}_emb", f"{key}_goal_emb", reduction="mean") for key in keys]
        aim = planning.WeightedSum([(1.0, part) for part in parts])
    return planning.ShootingCostEvaluator(network, aim).get_cost({**info, "action_history": past}, future)


@pytest.mark.parametrize("kind", KINDS)
def test_plans_keep_a_limit_on_a_probe_and_gain_by_a_polish(kind):
    size = foreign(kind).quantities["latent"].shape[0]
    height = (randomised(nn.Linear(size, 1)), Quantity((), "m", "what a probe reads"))
    model = foreign(kind, 2, 2, probes={"height": height})
    state = model.encode(context(model))
    start = {"latent@goal": model.read(model.encode(context(model, seed=1)), ["latent"])["latent"]}
    drawn = torch.rand((1, 64, 6, 2), generator=torch.Generator().manual_seed(3)) * 2 - 1
    usual = model.imagine(state, drawn, ["height"])["height"].amax(-1).median().item()  # half of the chunks keep it
    wish = {"like": Weighted(GoalImage(), 1.0, over="end"), "gently": Weighted(Effort(), 0.01)}

    def plan(limits, **options):
        planner = Planner(model, Objective(wish, limits), CEM(elites=8), 6, 48, 4, **options)
        found = planner.plan(state, start=start)
        return found, planner.imagine_plan(state, found.chunk, ["height"], start)["height"].max()

    low, highest = plan({"low": Limit(Expression("height", "m"), usual)})
    assert low.feasible[0] and highest <= usual + 1e-6
    free, _ = plan({})
    polished, _ = plan({}, polish=Adam())
    assert polished.cost < free.cost and polished.source == ("Adam",)


def test_a_checkpoint_is_loaded_by_the_package(monkeypatch, tmp_path):
    for name in [name for name in sys.modules if name.split(".")[0] == PACKAGE]:
        monkeypatch.delitem(sys.modules, name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import_module(f"{PACKAGE}.wm.utils")
            import_module("hydra")
    except (ImportError, RuntimeError) as error:  # RuntimeError: a torchvision that does not fit this torch
        pytest.skip(f"its loader imports torchvision, too, and needs one that fits this torch; here: {error}")
    (tmp_path / "tiny_encoder.py").write_text(ENCODER)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("STABLEWM_HOME", str(tmp_path))
    at = f"{PACKAGE}.wm.lewm.module"
    config = {
        "_target_": f"{PACKAGE}.wm.lewm.LeWM",
        "encoder": {"_target_": "tiny_encoder.Encoder", "size": 8},
        "predictor": {"_target_": f"{at}.Predictor", "input_dim": 8, "hidden_dim": 8, **SHAPE},
        "action_encoder": {"_target_": f"{at}.Embedder", "input_dim": 2, "emb_dim": 8},
    }
    network = import_module("hydra.utils").instantiate(config)
    folder = tmp_path / "checkpoints" / "tiny"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config))
    torch.save(randomised(network).state_dict(), folder / "weights.pt")
    models = [Foreign(given, 8, [0, 0], [1, 1]) for given in (network, "tiny", folder)]
    seen, chunks = context(models[0]), torch.ones(1, 2, 3, 2)
    first, *others = (model.imagine(model.encode(seen), chunks, ["latent"])["latent"] for model in models)
    assert all(torch.equal(first, other) for other in others)
    with pytest.raises(ValueError, match="stable-worldmodel cannot load the checkpoint 'nothing'"):
        Foreign("nothing", 8, [0, 0], [1, 1])
