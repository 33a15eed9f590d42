"""Costs measure one wish each, one number per step; the objective weighs and limits them."""

from .acceleration import Acceleration
from .aligned import Aligned
from .all_of import AllOf
from .any_of import AnyOf
from .begin import broken_at_start, sentences_at_start
from .beside import Beside
from .between import Between
from .check import check_cost
from .clearance import Clearance
from .contact import Contact
from .cost import Cost, Scene
from .disagreement import Disagreement
from .displacement import Displacement
from .distance import Distance
from .effort import Effort
from .expression import Expression
from .force import Force
from .goal_image import GoalImage
from .height import Height
from .held import Held
from .inside import Inside
from .jerk import Jerk
from .margin import Margin
from .objective import Limit, Objective, UnknownQuantityError, Weighted
from .on_top import OnTop
from .path_length import PathLength
from .region import Region
from .released import Released
from .risk import CVaR, Mean, Quantile, Risk, Worst
from .score import Score
from .smoothness import Smoothness
from .speed import Speed
from .stages import Stage, Stages
from .tilt import Tilt
from .tolerance import Tolerance
from .touching import Touching
from .unexplained import Unexplained
from .width import Width
from .workspace import Workspace

__all__ = [
    "Acceleration",
    "Aligned",
    "AllOf",
    "AnyOf",
    "Beside",
    "Between",
    "CVaR",
    "Clearance",
    "Contact",
    "Cost",
    "Disagreement",
    "Displacement",
    "Distance",
    "Effort",
    "Expression",
    "Force",
    "GoalImage",
    "Height",
    "Held",
    "Inside",
    "Jerk",
    "Limit",
    "Margin",
    "Mean",
    "Objective",
    "OnTop",
    "PathLength",
    "Quantile",
    "Region",
    "Released",
    "Risk",
    "Scene",
    "Score",
    "Smoothness",
    "Speed",
    "Stage",
    "Stages",
    "Tilt",
    "Tolerance",
    "Touching",
    "Unexplained",
    "UnknownQuantityError",
    "Weighted",
    "Width",
    "Workspace",
    "Worst",
    "broken_at_start",
    "check_cost",
    "sentences_at_start",
]
