"""A model of the protocol in a few lines, as a user may write one: what it sees is a colour, which actions change."""

import pytest
import torch
from torch import nn

from foresee.worldmodel.foreign.model import Foreign
from foresee.worldmodel.interface import Context


class Colour(nn.Module):
    """Its embedding is the mean colour of a picture; every block of actions adds to it, the past ones once more."""

    def __init__(self, width: int):
        super().__init__()
        self.push = nn.Linear(width, 3, bias=False)
        nn.init.constant_(self.push.weight, 0.1)

    def encode(self, info):
        info["emb"] = info["pixels"].mean((-2, -1))
        return info

    def rollout(self, info, actions):
        seen = self.encode({"pixels": info["pixels"]})["emb"]  # (B, N, H, 3)
        past = info.get("action_history", actions[:, :, :0])
        assert past.shape[2] == seen.shape[2] - 1
        begin = seen[:, :, -1:] + self.push(past).sum(2, keepdim=True)
        info["predicted_emb"] = torch.cat([seen, begin + self.push(actions).cumsum(2)], 2)
        return info


class Older(Colour):
    """Release 0.1.1 has the past actions before the future ones."""

    def rollout(self, info, actions):
        past = info["pixels"].shape[2] - 1
        assert "action_history" not in info or actions.shape[2] == past + 1  # else it would not be asked so
        return super().rollout({**info, "action_history": actions[:, :, :past]}, actions[:, :, past:])


class Glued(nn.Module):
    """Its embedding glues patches of a picture, what it feels and what it does."""

    def __init__(self, width: int, felt: int):
        super().__init__()
        self.extra_encoders = nn.ModuleDict({"proprio": nn.Linear(felt, 2), "action": nn.Linear(width, 4)})

    def encode(self, info, emb_keys=None):
        keys = list(self.extra_encoders) if emb_keys is None else emb_keys
        info["pixels_emb"] = info["pixels"].mean(-1).transpose(-1, -2)  # (B, H, rows, 3)
        return info | {f"{key}_emb": self.extra_encoders[key](info[key]) for key in keys}

    def rollout(self, info, actions):
        first = {key: value[:, 0] for key, value in info.items()} | {"action": actions[:, 0, :1]}
        told = self.encode(first)
        moves = self.extra_encoders["action"](actions).cumsum(2)  # (B, N, T, 4)
        seen, felt = (told[key][:, None].expand(*moves.shape[:2], *told[key].shape[1:]) for key in KEYS)
        pixels = torch.cat([seen, seen[:, :, -1:] + moves[..., None, :3]], 2)
        proprio = torch.cat([felt, felt[:, :, -1:] + moves[..., 2:]], 2)
        return info | {"predicted_pixels_emb": pixels, "predicted_proprio_emb": proprio}


KEYS = ("pixels_emb", "proprio_emb")
PLAIN = {"pixel_mean": [0, 0, 0], "pixel_std": [1, 1, 1]}


@pytest.fixture
def colour():
    """Make a model of colours that takes two actions, by its options."""

    def make(kind=Colour, block=1, frames=1, **options):
        told = {"action_mean": [0, 0], "action_std": [1, 1], **PLAIN, **options}
        return Foreign(kind(2 * block), 4, action_block=block, frames=frames, **told)

    return make


@pytest.fixture
def context():
    """Make what is seen: B scenes, K random pictures."""

    def make(scenes=2, pictures=1, size=4):
        noise = torch.Generator().manual_seed(0)
        images = torch.randint(0, 256, (scenes, pictures, 3, size, size), generator=noise, dtype=torch.uint8)
        felt = torch.rand((scenes, pictures, 2), generator=noise)
        return Context(images, felt, torch.rand((scenes, pictures - 1, 2), generator=noise) * 2 - 1)

    return make


@pytest.fixture
def kinds():
    """The models."""
    return {"colour": Colour, "older": Older, "glued": Glued}
