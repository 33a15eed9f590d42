"""Why an instruction is refused: one sentence, which says what would be right."""


class Refusal(ValueError):
    """The instruction is not carried out, because not all of it is understood or because it cannot be meant."""


class Empty(Refusal):
    """Nothing is asked for."""


class Unknown(Refusal):
    """A word, or an order of words, that the grammar does not know."""


class Absent(Refusal):
    """A thing that is not in the scene."""


class Ambiguous(Refusal):
    """Words that may mean several things."""


class Contradiction(Refusal):
    """What is asked for is also forbidden."""


class WrongUnit(Refusal):
    """A number without a unit, or with one that does not fit."""
