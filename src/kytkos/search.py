"""The index of the search: what each page is called, in all languages, as a classic script.

A page opened from a folder may not fetch anything, so the index is a script that sets
`window.KYTKOS_INDEX`; `search.js` does the rest.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from html import unescape

from kytkos.terms import LANGUAGES, Term

Record = Mapping[str, Term | None]

_HEADING = re.compile(r"<h1[^>]*>(.*?)</h1>", re.DOTALL)
_KIND = re.compile(r'<p class="kind[^"]*">(.*?)</p>', re.DOTALL)
_LINK = re.compile(r'<a [^>]*?href="([^"#]*)"[^>]*>(.*?)</a>', re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_UNSEEN = re.compile("[\u00ad\u200b\u2068\u2069]")


def index(
    pages: Iterable[tuple[str, Mapping[str, str]]],
    front: Mapping[str, str],
    things: Mapping[str, str],
    records: Iterable[Record],
    parts: Mapping[str, tuple[Sequence[str], Sequence[str]]],
) -> bytes:
    """Write the index.

    Args:
        pages: each path below the folder of a language, and the HTML in each language; they are
            many, and gone through once.
        front: the HTML of the front page in each language.
        things: the path of the page of each thing, by IRI, or the path and the anchor.
        records: what a thing may be sought by: `this`, `field` (`name` or `told`) and `name`.
        parts: what has an anchor on a page: the titles and the kinds by language, by path.

    Returns:
        A script. An entry has the path, the titles by language, the number of its kinds, other
        names, and the numbers of what is told of the thing.
    """
    sought: dict[str, dict[str, dict[str, None]]] = {}
    for record in records:
        this, field, name = record["this"], record["field"], record["name"]
        if this and field and name and this.value in things:
            fields = sought.setdefault(things[this.value], {"name": {}, "told": {}})
            fields[field.value][name.value] = None
    # What the front page calls another page is a name of it, too.
    for lang in LANGUAGES:
        for path, words in _LINK.findall(front.get(lang, "")):
            fields = sought.setdefault(path, {"name": {}, "told": {}})
            fields["name"][_plain(words)] = None
    entries: list[tuple[str, Sequence[str], Sequence[str]]] = []
    for path, in_languages in pages:
        titles = [_first(_HEADING, in_languages[lang]) for lang in LANGUAGES]
        kinds = [_first(_KIND, in_languages[lang]).lstrip("■●§▶▤❝ ") for lang in LANGUAGES]
        entries.append((path, titles, kinds))
    entries += [(path, *named) for path, named in parts.items()]
    kinds_once: dict[Sequence[str], int] = {}
    told_once: dict[str, int] = {}
    listed = []
    for path, called, of_kinds in entries:
        fields = sought.get(path, {"name": {}, "told": {}})
        names = [name for name in fields["name"] if name not in called]
        kind = kinds_once.setdefault(tuple(of_kinds), len(kinds_once))
        told = [told_once.setdefault(one, len(told_once)) for one in fields["told"]]
        listed.append([path, called, kind, names, told])
    whole = {"kinds": list(kinds_once), "told": list(told_once), "entries": listed}
    written = json.dumps(whole, ensure_ascii=False, separators=(",", ":"))
    # No text may end the script that it stands in, should it be put into a page.
    return b"window.KYTKOS_INDEX = " + written.replace("</", "<\\/").encode() + b";\n"


def _first(pattern: re.Pattern[str], html: str) -> str:
    found = pattern.search(html)
    return _plain(found[1]) if found else ""


def _plain(html: str) -> str:
    return " ".join(_UNSEEN.sub("", unescape(_TAG.sub("", html))).split())
