"""Why an instruction is refused: one sentence, which says what would be right."""


class RefusalError(ValueError):
    """The instruction is not carried out, because not all of it is understood or because it cannot be meant."""


class EmptyError(RefusalError):
    """Nothing is asked for."""


class UnknownError(RefusalError):
    """A word, or an order of words, that the grammar does not know."""


class AbsentError(RefusalError):
    """A thing that is not in the scene."""


class AmbiguousError(RefusalError):
    """Words that may mean several things."""


class ContradictionError(RefusalError):
    """What is asked for is also forbidden."""


class UnitError(RefusalError):
    """A number without a unit, with one that does not fit, or out of all sense."""
