"""What an experiment asks for, clause by clause, and how well its world model knows what the clauses read."""

from ..costs.cost import unit_of
from ..costs.margin import Margin, margin_of
from ..costs.names import known_as
from ..costs.objective import Limit, Objective, Weighted
from ..worldmodel.interface import WorldModel
from ..worldmodel.known import Judged

HEAD = ("clause", "in", "unit", "weight or limit", "reads", "how far off the world model is")
LASTING = {"mean": "on average", "end": "at the end", "max": "at worst", "min": "at best"}


def rows(aim: Objective, model: WorldModel) -> list[tuple[str, ...]]:
    """Say what each clause measures, what it is worth, and what it reads: a row for each quantity, see `HEAD`."""
    found = []
    for name, term in aim.terms.items():
        section = "minimize" if name in aim.minimize else "subject_to"
        about = (name, section, unit_of(term.cost) or "-", worth(term))
        for quantity in term.cost.needs or ("",):
            knows = known(model, quantity) if quantity else "given"
            found.append((*about, quantity or "the actions", knows))
            about = ("",) * len(about)  # said once
    return found


def worth(term: Weighted | Limit) -> str:
    """Say a weight or a limit with its unit."""
    unit = unit_of(term.cost)
    behind = f" {unit}" if unit else ""
    if isinstance(term, Weighted):
        one = unit[:-1] if unit.endswith("es") else unit  # of degrees, of stages
        return f"weight {term.weight:g}" + (f" per {one}" if unit else "") + _lasting(term.over, "mean")
    margin = margin_of(term.margin)
    if isinstance(margin, Margin):
        ends = (margin.first, margin.most if margin.growth else margin.first)
    else:
        ends = (min(margin.values), max(margin.values))
    first, last = (f"{end or 0:g}" for end in ends)
    kept = "" if ends == (0, 0) else f", margin {first if first == last else f'{first} to {last}'}{behind}"
    return f"at most {term.at_most:g}{behind}{kept}" + _lasting(term.over, "max")


def _lasting(over: str, usual: str) -> str:
    return "" if over == usual else f", {LASTING[over]}"


def known(model: WorldModel, name: str) -> str:
    """Say how well a model knows a quantity, in the words of a cost, which may turn a pair or anchor it."""
    found = known_as(name, model.quantities)
    if found is None:
        return "does not know it"
    if not isinstance(model, Judged):
        return "knows it"
    return model.error_of(found + "".join(name.partition("@")[1:])) or "not measured"


def unknowable(model: WorldModel) -> str:
    """Say in one sentence what a model cannot know; "" if it does not say."""
    if not isinstance(model, Judged) or not model.unknowable:
        return ""
    return f"The world model cannot know: {'; '.join(model.unknowable)}."
