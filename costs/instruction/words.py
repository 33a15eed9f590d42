"""From a sentence to the words of the grammar: spelling, synonyms and numbers, as words.yaml says."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from .refusal import UnitError, UnknownError

LONGEST = 600
"""Characters of a sentence."""
ARTICLES = ("the", "a", "an")
CONTRACTIONS = {
    "can't": "can not",
    "cannot": "can not",
    "won't": "will not",
    "let's": "",
    "lets": "",
    "it's": "it is",
    "that's": "that is",
    "i'd": "i would",
    "you're": "you are",
    "dont": "do not",
    "doesnt": "does not",
    "mustnt": "must not",
    "shouldnt": "should not",
}
SPELLING = re.compile(
    r"(?P<number>(?<![\w.])-?\d+(\.\d+)?|(?<![\w.])\.\d+)|(?P<word>[^\W\d_]+('[a-z]+)?)|(?P<sign>[,;:.!?°&/()—–-])"
)
STOPS = ".;:!?"
"""Signs after which a sentence begins anew; the others are commas."""
PAUSES = (",", ".")

SIGNS = {"°": ["degrees"], "-": [], "&": ["and"], "/": ["per"]}


@dataclass(frozen=True)
class Word:
    """A word of the grammar, and what was said for it."""

    meaning: str
    said: str
    article: bool = False
    """Whether an article stood before it."""


@cache
def vocabulary() -> dict[str, Any]:
    """Read words.yaml."""
    return yaml.safe_load((Path(__file__).parent / "words.yaml").read_text())


@cache
def phrases() -> dict[tuple[str, ...], tuple[str, ...]]:
    """Way of saying -> words of the grammar; none for what is dropped."""
    told, found = vocabulary(), {}
    found |= {_spelt(way): () for way in told["dropped"]}
    found |= {_spelt(way): ("self",) for way in told["self"]}
    for meaning, ways in told["verbs"].items():
        for way in ways:
            found |= {_spelt(said): (*form, meaning) for said, form in _inflected(way, told["forms"])}
    for meaning, ways in told["words"].items():
        found |= {_spelt(way): tuple(meaning.split()) for way in ways}
    found |= {(colour,): (colour,) for colour in told["colours"]}
    for kind, ways in told["kinds"].items():
        found |= {(way,): (kind,) for way in ways} | {(f"{way}s",): (f"{kind}s",) for way in ways}
    found |= {(name,): (unit,) for unit, about in told["units"].items() for name in about["names"]}
    return found


@cache
def _without_article() -> set[str]:
    """Words of the grammar that no article precedes."""
    told = vocabulary()
    return {*told["verbs"], *told["no_article"], "ing"}


def _inflected(way: str, forms: dict[str, list[str | None]]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Say a verb, of which the first word changes, in all its forms."""
    verb, _, rest = way.partition(" ")
    stem = verb.removesuffix("e")
    past = f"{verb[:-1]}ied" if verb.endswith("y") and verb[-2] not in "aeiou" else f"{stem}ed"
    ing, ed = forms.get(verb, [f"{stem}ing", past])
    es = f"{verb}es" if verb.endswith(("s", "x", "ch", "sh", "o")) else f"{verb}s"
    es = f"{verb[:-1]}ies" if past.endswith("ied") else es
    for said, form in ((ed, ("ed",)), (ing, ("ing",)), (es, ()), (verb, ())):  # the last one wins: put is put
        if said:
            yield f"{said} {rest}".strip(), form


def _spelt(way: str) -> tuple[str, ...]:
    """Spell a way of saying as sentences are spelt."""
    return tuple(word.meaning for word in _plain(spell(way)))


def spell(sentence: str) -> list[str]:
    """Split a sentence into lower-case words, numbers and commas; signs that mean nothing are refused."""
    text = sentence.lower().replace("\u2019", "'").replace("\u2018", "'").replace("`", "'")
    found, end = [], 0
    for match in SPELLING.finditer(text):
        _check_gap(text[end : match.start()])
        end = match.end()
        if match["sign"]:
            sign = match["sign"]
            found += SIGNS[sign] if sign in SIGNS else _pause(sign, found)
        elif match["number"]:
            found.append(f"{float(match['number']):g}" if len(match["number"]) < 12 else match["number"])
        else:
            found += _written_out(match["word"])
    _check_gap(text[end:])
    return found


def _pause(sign: str, found: list[str]) -> list[str]:
    """A comma or a full stop; of several in a row one is left."""
    pause = "." if sign in STOPS else ","
    if found[-1:] in ([","], ["."]):
        pause = "." if "." in (pause, found.pop()) else ","
    return [pause]


def _check_gap(gap: str) -> None:
    left = gap.strip(" \t\r\n\"'“”")
    if left:
        raise UnknownError(f"'{left[:20]}' means nothing to it; it knows words, numbers, commas and full stops.")


def _written_out(word: str) -> list[str]:
    if word in CONTRACTIONS:
        return CONTRACTIONS[word].split()
    if word.endswith("n't"):
        return [word[:-3], "not"]
    return [word.removesuffix("'s")]


def _plain(words: Sequence[str]) -> list[Word]:
    """Turn number words into digits and leave articles out."""
    found: list[Word] = []
    i = 0
    while i < len(words):
        value, size = _number(words[i:])
        said = " ".join(words[i : i + size])
        if words[i] in ("a", "each", "every") and _is_unit(words[i - 1 : i]) and _is_unit(words[i + 1 :]):
            found.append(Word("per", said))  # ten centimetres a second
        elif value is not None:
            found.append(Word(f"{value:.10g}", said))
        elif _is_unit(words[i : i + 1]) and found and _is_number(found[-1].meaning):
            found.append(Word(words[i], words[i]))
            if words[i + 1 : i + 4] == ["and", "a", "half"]:
                found[-2], size = Word(f"{float(found[-2].meaning) + 0.5:.10g}", found[-2].said), 4
        elif words[i] not in ARTICLES:
            found.append(Word(words[i], said, words[max(0, i - 1)] in ARTICLES and i > 0))
        elif words[i + 1 : i + 2] in ([], [","], ["."], *([each] for each in ARTICLES)):
            raise UnknownError(f"'{said}' has nothing to stand before{_near(words, i)}.")
        i += size
    return found


def _near(words: Sequence[str], i: int) -> str:
    """Say after which words something stands."""
    before = " ".join(words[max(0, i - 3) : i])
    return f" after '{before}'" if before else ""


def _number(words: Sequence[str]) -> tuple[float | None, int]:
    """Read a number at the beginning: its value, None if there is none, and how many words it takes."""
    told = vocabulary()
    counted = {name: float(value) for value, name in enumerate(told["numbers"])}
    tens = {name: 20.0 + 10 * place for place, name in enumerate(told["tens"])}
    word, after = words[0], [*words[1:4], "", "", ""]
    if word in ("half", "quarter"):
        size = 1 + (after[0] == "of")
        size += words[size : size + 1] in (["a"], ["an"])
        return ({"half": 0.5, "quarter": 0.25}[word], size) if _is_unit(words[size:]) else (None, 1)
    if word in ("a", "an") and _is_unit(after):
        return 1.0, 1
    if _is_number(word):
        value, size = float(word), 1
    elif (word in ("a", "one") and after[0] == "hundred") or word == "hundred":
        value, size = 100.0, 1 if word == "hundred" else 2
    elif word in tens:
        units = counted.get(after[0], 0.0)
        value, size = (tens[word] + units, 2) if 1 <= units <= 9 else (tens[word], 1)
    elif word in counted and (word not in ("one", "two") or _is_unit(after) or after[:3] == ["and", "a", "half"]):
        value, size = counted[word], 1  # the red one, the two cups: no numbers
    else:
        return None, 1
    return (value + 0.5, size + 3) if list(words[size : size + 3]) == ["and", "a", "half"] else (value, size)


def _is_unit(words: Sequence[str]) -> bool:
    """Whether these begin with a unit."""
    return bool(words) and any(words[0] in about["names"] for about in vocabulary()["units"].values())


def _is_number(word: str) -> bool:
    return word.lstrip("-")[:1].isdigit()


def read(sentence: str, known: str) -> list[Word]:
    """Turn a sentence into words of the grammar.

    Args:
        sentence: in English.
        known: what the scene has, for the error of a word that means nothing.
    """
    if len(sentence) > LONGEST:
        raise UnknownError(f"an instruction has at most {LONGEST} characters; this one has {len(sentence)}.")
    table, plain = phrases(), _plain(spell(sentence))
    longest = max(map(len, table))
    found, i = [], 0
    while i < len(plain):
        word = plain[i]
        if _is_number(word.meaning):
            found.append(word)
            i += 1
            continue
        for size in range(min(longest, len(plain) - i), 0, -1):
            meanings = table.get(tuple(each.meaning for each in plain[i : i + size]))
            if meanings is not None:
                if size == 1 and word.article and {*meanings[:1]} & _without_article():
                    raise UnknownError(f"'{word.said}' does not stand after 'the' or 'a'; {known}.")
                said = " ".join(each.said for each in plain[i : i + size])
                found += [Word(meaning, said * (place == 0)) for place, meaning in enumerate(meanings)]
                i += size
                break
        else:
            raise _unknown([each.said for each in plain], i, known)
    return _paused(found)


def _paused(words: list[Word]) -> list[Word]:
    """Leave one comma or full stop where several meet, as around words that were dropped; none at either end."""
    found: list[Word] = []
    for word in words:
        last = found[-1].meaning if found else ""
        if word.meaning not in PAUSES:
            found.append(word)
        elif last in PAUSES:
            found[-1] = word if word.meaning == "." else found[-1]
        elif last:
            found.append(word)
    return found[:-1] if found and found[-1].meaning in PAUSES else found


def _unknown(words: list[str], i: int, known: str) -> UnknownError | UnitError:
    """Say which word means nothing, and what it might be."""
    word, told = words[i], vocabulary()
    before = words[i - 1] if i else ""
    if _is_number(before) or before in told["numbers"]:
        names = ", ".join(told["units"])
        return UnitError(f"'{word}' is not a unit it knows; the units are {names}.")
    if before in told["colours"]:
        return UnknownError(f"'{word}' is not an object it knows; {known}.")
    singles = sorted({way[0] for way in phrases() if len(way) == 1 and len(way[0]) > 3})
    near = get_close_matches(word, singles, n=1, cutoff=0.8) if len(word) > 3 else []
    hint = f"; did you mean '{near[0]}'" if near else ""
    after = words[i + 1] if i + 1 < len(words) else ""
    if i and after in told["kinds"]:
        colours = ", ".join(told["colours"])
        return UnknownError(f"'{word}' is not a word it knows{hint}; the colours are {colours}, and {known}.")
    return UnknownError(f"'{word}' is not a word it knows{hint}; {known}.")
