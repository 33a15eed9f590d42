"""Costs measure one wish each, one number per step; the objective weighs and limits them."""

from .check import check_cost
from .clearance import Clearance
from .contact import Contact
from .cost import Cost, Scene
from .displacement import Displacement
from .distance import Distance
from .effort import Effort
from .height import Height
from .held import Held
from .margin import Margin
from .objective import Limit, Objective, UnknownQuantityError, Weighted
from .risk import CVaR, Mean, Quantile, Risk, Worst
from .score import Score
from .smoothness import Smoothness
from .tilt import Tilt

__all__ = [
    "CVaR",
    "Clearance",
    "Contact",
    "Cost",
    "Displacement",
    "Distance",
    "Effort",
    "Height",
    "Held",
    "Limit",
    "Margin",
    "Mean",
    "Objective",
    "Quantile",
    "Risk",
    "Scene",
    "Score",
    "Smoothness",
    "Tilt",
    "UnknownQuantityError",
    "Weighted",
    "Worst",
    "check_cost",
]
