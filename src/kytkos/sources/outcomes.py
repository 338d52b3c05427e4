"""What a verification found, as tables, lines and JSON."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping

from kytkos.sources.documents import VERDICTS, SourceDocument
from kytkos.sources.normal import Text
from kytkos.sources.passages import one_line, passage_of
from kytkos.sources.verification import Check, Coverage, Standing, Verification
from kytkos.tables import Table
from kytkos.terms import XSD, Term


def verification_table(checks: Iterable[Check], known: Iterable[SourceDocument]) -> Table:
    """Draw up checks as a table, with a row for each place."""
    files = {document.iri: document.file_name for document in known}
    names = ("place", "document", "section", "verdict", "start", "end", "where", "claims")
    return Table(
        names,
        tuple(
            (
                Term("uri", check.place.iri),
                _literal(files.get(check.place.document, "")),
                _literal(check.place.section),
                _literal(check.verdict),
                _integer(check.place.start),
                _integer(check.place.end),
                _literal(_where(check)),
                _integer(len(check.place.claims)),
            )
            for check in checks
        ),
    )


def summary(verification: Verification, quiet: bool = False) -> list[str]:
    """Tell of each document how its places fare, and why it can't be read; and of all.

    Args:
        verification: what became of the places.
        quiet: leave out the documents that all is well with, and the sum.
    """
    lines: list[str] = []
    for document in verification.documents:
        checks = verification.of(document)
        open_claims = {c for check in checks if check.at is None for c in check.place.claims}
        places, claims = len(document.places), len(document.claims)
        if document.iri in verification.errors:
            lines.append(str(verification.errors[document.iri]))
            lines.append(f"{document.label}: {places} places, {claims} claims not re-checked")
        elif not quiet or open_claims:
            needing = f"; claims that need a person: {len(open_claims)}" if open_claims else ""
            lines.append(f"{document.file_name}: {_counted(checks)}{needing}")
    if not quiet:
        lines.append(f"{len(verification.documents)} documents: {_counted(verification.checks)}")
    return lines


def coverage_lines(coverage: Coverage, text: Text) -> list[str]:
    """Tell how much of a document is covered, and give each passage that is not, shortened."""
    name, length = coverage.document.file_name, coverage.length or 1
    claimed, furniture = (100 * part / length for part in (coverage.claimed, coverage.furniture))
    # Not rounded up: 100.0 % is all of it.
    share = int(1000 * coverage.share) / 10
    head = f"{share:5.1f} %  {name}  (claims {claimed:.1f} %, furniture {furniture:.1f} %)"
    return [head] + [
        f"         {name}:{text.line(start)}: {one_line(text.passage(start, end), 100)}"
        for start, end in coverage.gaps
    ]


def verification_json(verification: Verification) -> str:
    """Write a verification as JSON: its documents, its places, and how many of each verdict."""
    counts = Counter(check.verdict for check in verification.checks)
    whole = {
        "ok": verification.ok and not verification.errors,
        "documents": [
            {
                "document": document.iri,
                "file": document.file_name,
                "places": len(document.places),
                "claims": len(document.claims),
                "error": str(verification.errors[document.iri].message)
                if document.iri in verification.errors
                else None,
            }
            for document in verification.documents
        ],
        "counts": {verdict: counts[verdict] for verdict in VERDICTS},
        "places": [
            {
                "place": check.place.iri,
                "document": check.place.document,
                "section": check.place.section or None,
                "verdict": check.verdict,
                "start": check.place.start,
                "end": check.place.end,
                "at": list(check.at) if check.at else None,
                "elsewhere": [list(span) for span in check.elsewhere],
                "claims": list(check.place.claims),
            }
            for check in verification.checks
        ],
    }
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def coverage_json(coverages: Iterable[Coverage], texts: Mapping[str, Text]) -> str:
    """Write coverages as JSON: shares from 0 to 1, and each gap with its line and passage."""
    listed = [
        {
            "document": one.document.iri,
            "file": one.document.file_name,
            "characters": one.length,
            "claimed": one.claimed,
            "furniture": one.furniture,
            "share": round(one.share, 6),
            "gaps": [
                {
                    "start": start,
                    "end": end,
                    "line": texts[one.document.iri].line(start),
                    "passage": one_line(texts[one.document.iri].passage(start, end)),
                }
                for start, end in one.gaps
            ],
        }
        for one in coverages
    ]
    return json.dumps({"documents": listed}, ensure_ascii=False, indent=1) + "\n"


def standing_table(
    standings: Iterable[Standing], old_texts: Mapping[str, Text], new: Text
) -> Table:
    """Draw up how claims stand as a table: a row for each claim, `was` and `now` where known."""
    names = ("claim", "verdict", "section", "was", "now")
    rows = []
    for standing in standings:
        unsettled = [check for check in standing.checks if check.at is None]
        place = (unsettled or standing.checks)[0].place
        was = passage_of(place, old_texts) if unsettled else ""
        now = one_line(new.passage(*standing.nearest)) if standing.nearest else ""
        rows.append(
            (
                Term("uri", standing.claim),
                _literal(standing.verdict),
                _literal(place.section),
                _literal(was),
                _literal(now),
            )
        )
    return Table(names, tuple(rows))


def _where(check: Check) -> str:
    if check.verdict == "moved" and check.at:
        return f"{check.at[0]}–{check.at[1]}"
    return ", ".join(f"{start}–{end}?" for start, end in check.elsewhere)


def _counted(checks: Iterable[Check]) -> str:
    counts = Counter(check.verdict for check in checks)
    others = [f"{counts[v]} {v}" for v in VERDICTS if counts[v]]
    return f"{counts.total()} places: {', '.join(others) or 'none'}"


def _literal(value: str) -> Term | None:
    return Term("literal", value) if value else None


def _integer(value: int) -> Term:
    return Term("literal", str(value), datatype=XSD + "integer")
