"""Which arithmetic the machine is quick at."""

import torch


def fast_bfloat16(device: str = "cpu") -> bool:
    """Say whether products in bfloat16 are quicker here; a processor that must emulate them takes many times longer."""
    return device != "cpu" or torch.ops.mkldnn._is_mkldnn_bf16_supported()


def training_precision(asked: str | int, device: str = "cpu") -> str | int:
    """Turn "auto" into Lightning's "bf16-mixed" or "32-true", whichever is quicker; other names stand as they are."""
    return ("bf16-mixed" if fast_bfloat16(device) else "32-true") if asked == "auto" else asked
