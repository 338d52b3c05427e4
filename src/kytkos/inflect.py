"""Know a Finnish name again in an inflected form: «Lopen» is Loppi, «KH Turvan» KH Turva.

No dictionary: the case endings are cut off, the two grades of a consonant are written
alike, and what is left is compared. That takes some words for one another that are not,
so a name is accepted only where it is clearly nearer than any other.
"""

import difflib
import re
from collections.abc import Iterable
from functools import lru_cache

# A possessive or clitic ending is rare in a name and not cut.
_ENDINGS = (
    "n en in an än hin hun hyn hon hön han hän seen siin iin ien jen ten den iden itten "
    "a ä ta tä tta ttä ja jä ia iä ita itä na nä ina inä ssa ssä issa issä sta stä ista istä "
    "lla llä illa illä lta ltä ilta iltä lle ille ksi iksi itta ittä t et s"
)
_OBLIQUE = ("ssa", "ssä", "sta", "stä", "lla", "llä", "lta", "ltä", "lle", "ksi")
_VOWELS = "aeiouyäöå"
_LEAST_STEM = 2

# The stem of the genitive to that of the nominative: «-nen» is «-sen», «-us» «-uksen» or «-uden».
_STEMS = (
    (re.compile(r"n(e|en)?$"), "s"),
    (re.compile(r"(?<=[uy])(ud|ut|yd|yt|d|t|ks|ts)$"), "s"),
    (re.compile(r"ks$"), "s"),
)
# Both grades of a consonant as one: strong first, then weak.
_GRADES = (
    (re.compile(r"([pt])\1"), r"\1"),
    (re.compile(r"kk"), "K"),
    (re.compile(r"n[kg]"), "ŋ"),
    (re.compile(r"mp|mm"), "m"),
    (re.compile(r"nt|nn"), "n"),
    (re.compile(r"lt|ll"), "l"),
    (re.compile(r"rt|rr"), "r"),
    (re.compile(r"p"), "v"),
    (re.compile(r"t"), "d"),
    (re.compile(r"(?<=[aeiouyäölrh])k(?=[aeiouyäö]|$)"), ""),
)

# How sure a name has to be, and by how much surer than the next.
SURE = 0.75
MARGIN = 0.04


def ranked(words: str, names: Iterable[tuple[str, str]]) -> list[tuple[float, str, str]]:
    """Rank things by how well a name of theirs fits some words.

    Args:
        words: what a person wrote.
        names: pairs of a thing and a name of it; a thing may have many.

    Returns:
        For each thing that fits at all its best fit (from 0 to 1), itself and that name,
        best first.
    """
    best: dict[str, tuple[float, str]] = {}
    wanted = _words(words)
    for thing, name in names:
        fit = likeness(wanted, _words(name))
        if fit > best.get(thing, (0.0, ""))[0]:
            best[thing] = (fit, name)
    return sorted(
        ((fit, thing, name) for thing, (fit, name) in best.items()),
        key=lambda found: (-found[0], found[1]),
    )


def clear(ranking: list[tuple[float, str, str]]) -> bool:
    """Tell whether the first of a ranking is sure, and clearly before the second."""
    if not ranking or ranking[0][0] < SURE:
        return False
    return len(ranking) == 1 or ranking[0][0] - ranking[1][0] >= MARGIN


def likeness(wanted: tuple[str, ...], name: tuple[str, ...]) -> float:
    """Tell how well the words of a name fit those wanted, from 0 to 1.

    What is wanted must be there; what the name has besides counts little. The last word
    of a Finnish name carries it: «hyvinvointialueen» is Kanta-Hämeen hyvinvointialue
    rather than hyvinvointialueen ohjausryhmä.
    """
    if not wanted or not name:
        return 0.0
    fits = [max(word_likeness(word, other) for other in name) for word in wanted]
    if min(fits) == 0.0:
        return 0.0
    recall = sum(fits) / len(wanted)
    precision = min(1.0, sum(fits) / len(name))
    carried = word_likeness(wanted[-1], name[-1])
    # «Laki hyvinvointialueesta» is carried by its first word.
    if carried < 1.0 and len(name) > 1 and name[-1].endswith(_OBLIQUE):
        carried = 0.0
    return (1.0 if carried else 0.7) * (0.8 * recall + 0.2 * precision)


@lru_cache(maxsize=100_000)
def word_likeness(word: str, other: str) -> float:
    """Tell how well two words fit: 1 if equal, 0 if they are not forms of one word."""
    if word == other:
        return 1.0
    if word[0] != other[0]:
        return 0.0
    shared = len(_common_start(word, other)) / max(len(word), len(other))
    if stems(word) & stems(other):
        return 0.8 + 0.2 * shared
    near = difflib.SequenceMatcher(None, word, other).ratio()
    return 0.7 * near if near >= 0.8 and min(len(word), len(other)) > 4 else 0.0


@lru_cache(maxsize=100_000)
def stems(word: str) -> frozenset[str]:
    """Give the stems that a word may have, with the grades of consonants written alike.

    >>> bool(stems("lopen") & stems("loppi"))
    True
    """
    cut = {word} | {
        word.removesuffix(ending)
        for ending in _ENDINGS.split()
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST_STEM
    }
    bare = {_bare(stem) for stem in cut}
    more = {pattern.sub(into, stem) for pattern, into in _STEMS for stem in cut | bare}
    return frozenset(_one_grade(stem) for stem in bare | more if len(stem) >= _LEAST_STEM)


def _bare(stem: str) -> str:
    bare = stem.rstrip(_VOWELS)
    return bare if len(bare) >= _LEAST_STEM else stem


def _one_grade(stem: str) -> str:
    for pattern, into in _GRADES:
        stem = pattern.sub(into, stem)
    return _bare(stem)


def _words(text: str) -> tuple[str, ...]:
    # A hyphen joins: «K-H» is «KH».
    plain = re.sub(r"[-‐‑–'’]", "", text.casefold())
    return tuple(re.findall(r"[^\W_]+", plain))


def _common_start(word: str, other: str) -> str:
    length = next(
        (i for i, (a, b) in enumerate(zip(word, other, strict=False)) if a != b),
        min(len(word), len(other)),
    )
    return word[:length]
