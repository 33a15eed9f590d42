"""What the machine can do, and which arithmetic it is quick at."""

import pytorch_lightning as pl
import torch


def fast_bfloat16(device: str = "cpu") -> bool:
    """Say whether products in bfloat16 are quicker here; a processor that must emulate them takes many times longer."""
    return device != "cpu" or torch.ops.mkldnn._is_mkldnn_bf16_supported()


def training_precision(asked: str, device: str = "cpu") -> str:
    """Turn "auto" into Lightning's "bf16-mixed" or "32-true", whichever is quicker; other names stand as they are."""
    return ("bf16-mixed" if fast_bfloat16(device) else "32-true") if asked == "auto" else asked


def check_accelerator(name: str) -> None:
    """Raise a ValueError unless Lightning can train on this accelerator here."""
    try:
        pl.Trainer(accelerator=name, devices=1, logger=False, enable_checkpointing=False, enable_model_summary=False)
    except Exception as error:  # Lightning has many words for it, and tells of packages that nobody asked for
        raise ValueError(f"accelerator is '{name}', which this machine does not have; choose cpu, or auto.") from error
