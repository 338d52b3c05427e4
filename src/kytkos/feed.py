"""What the site says to other programs in the pages themselves: JSON-LD, and a feed of events."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from kytkos.terms import RDF_TYPE, Term

Record = Mapping[str, Term | None]

# A text without a language is in that of the page; a name without a prefix is of schema.org.
_CONTEXT = {
    "@vocab": "https://schema.org/",
    "eli": "http://data.europa.eu/eli/ontology#",
    "id": "https://w3id.org/kytkos/id/",
    "kyt": "https://w3id.org/kytkos/def#",
}

_DATE = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?$")


def linked_data(records: Iterable[Record], lang: str) -> dict[str, str]:
    """Write each thing as JSON-LD, to stand in a script of its page.

    Args:
        records: `this`, `property` and `value`.
        lang: the language of the page; texts in others are left out.

    Returns:
        The JSON by the IRI of the thing; it can stand in HTML as it is, and its context is
        in it, so that nothing has to be fetched.
    """
    things: defaultdict[str, dict[str, list[Any]]] = defaultdict(dict)
    for record in records:
        this, name, value = record["this"], record["property"], record["value"]
        if not (this and name and value) or value.lang not in ("", lang):
            continue
        key = "@type" if name.value == RDF_TYPE else _short(name.value)
        short = _short(value.value) if value.is_iri else ""
        written = value.value if not short else short if key == "@type" else {"@id": short}
        things[this.value].setdefault(key, []).append(
            # A code is a code, and not a text in a language.
            {"@value": written} if not (short or value.lang) else written
        )
    written_by_iri = {}
    for iri, said in things.items():
        about = {"@id": _short(iri)} | {k: v if v[1:] else v[0] for k, v in said.items()}
        text = _json(about)
        used = {p: n for p, n in _CONTEXT.items() if p[0] == "@" or f'"{p}:' in text}
        whole = _json({"@context": {"@language": lang} | used} | about)
        written_by_iri[iri] = whole.replace("<", "\\u003c")
    return written_by_iri


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def atom(
    records: Iterable[Record],
    iri: str,
    title: str,
    lang: str,
    names: Mapping[str, str],
    pages: Mapping[str, str],
) -> bytes:
    """Write an Atom feed: an entry a thing that happened, latest first.

    Args:
        records: `thing`, `kind`, `date` and, where there is a page, what it is `about`.
        iri: of the feed; it stays the same.
        title: of the feed.
        lang: the language.
        names: what things and kinds are called, by IRI.
        pages: the way from the feed to the page of a thing, by IRI.

    Source: RFC 4287, sections 4.1.1 and 4.1.2.
    """
    entries: dict[str, tuple[str, str]] = {}
    for record in records:
        thing, kind, date, about = (record[v] for v in ("thing", "kind", "date", "about"))
        day = _day(date.value) if date else ""
        if not (thing and kind and day):
            continue
        way = pages.get(about.value, "") if about else ""
        if thing.value in entries and not (way and "<link" not in entries[thing.value][1]):
            continue
        # An entry that leads nowhere has to have a content; what it is, its title tells.
        name = escape(names[thing.value])
        more = f"<link href={quoteattr(way)}/>" if way else f"<content>{name}</content>"
        entries[thing.value] = (
            day,
            (
                f"<entry>\n<id>{escape(thing.value)}</id>\n<title>{name}</title>\n"
                f"<updated>{day}</updated>\n{more}\n"
                f"<category term={quoteattr(kind.value)} label={quoteattr(names[kind.value])}/>\n"
                "</entry>\n"
            ),
        )
    latest = max((day for day, _ in entries.values()), default="1970-01-01T00:00:00Z")
    head = (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{lang}">\n'
        f"<id>{escape(iri)}</id>\n<title>{escape(title)}</title>\n"
        f"<updated>{latest}</updated>\n<author><name>{escape(title)}</name></author>\n"
        "<generator>Kytkös</generator>\n"
    )
    return (head + "".join(entry for _, entry in entries.values()) + "</feed>\n").encode()


def _short(iri: str) -> str:
    for prefix, namespace in _CONTEXT.items():
        local = iri.removeprefix(namespace)
        if local and local != iri:
            return local if prefix == "@vocab" else f"{prefix}:{local}"
    return iri


def _day(text: str) -> str:
    """Give the first moment of a day, a month or a year; empty where it is none of them."""
    found = _DATE.match(text)
    return f"{found[1]}-{found[2] or '01'}-{found[3] or '01'}T00:00:00Z" if found else ""
