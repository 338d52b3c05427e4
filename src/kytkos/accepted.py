"""Findings that someone has accepted, with a reason: `accepted-findings.toml` of a project.

[[finding]]
shape = "kyts:Furniture-claim"          # or the name of a check
focus_node = "place:kh2023-f-liite-2"   # a CURIE or an IRI
value = "X/11"                          # where only this value is accepted
reason = "The heading is all that the document says."
author = "A. Analyst"
date = 2026-11-22
"""

import datetime
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from kytkos.errors import DataError, did_you_mean, why_unread
from kytkos.report import ACCEPTED_FILE, Acceptance, Finding, Report
from kytkos.terms import SHAPES, Place, Prefixes, Term

_KEYS = ("shape", "focus_node", "value", "reason", "author", "date")
_ENTRY = re.compile(r"^[ \t]*\[\[[ \t]*[\"']?finding[\"']?[ \t]*\]\]", re.MULTILINE)
_AT_LINE = re.compile(r"\s*\(at line (\d+), column (\d+)\)$")
_NO_LONGER = {
    "fi": "Hyväksyttyä havaintoa {shape} ei enää ole. Poista merkintä.",
    "sv": "Den godkända anmärkningen {shape} finns inte längre. Ta bort posten.",
    "en": "The accepted finding {shape} no longer occurs. Remove the entry.",
}


class Entry(NamedTuple):
    """One accepted finding: which, and on whose word."""

    shape: str
    focus_node: str
    value: str | None
    acceptance: Acceptance

    def covers(self, finding: Finding) -> bool:
        """Tell whether a finding is the one that was accepted."""
        if (self.shape, self.focus_node) != (finding.shape, finding.focus_node):
            return False
        return self.value is None or (finding.value or Term("literal", "")).value == self.value


def read(root: Path, prefixes: Prefixes) -> tuple[Entry, ...]:
    """Read the accepted findings of a project; without a file there are none.

    Raises:
        DataError: the file can't be read, or an entry is not complete.
    """
    path = root / ACCEPTED_FILE
    if not path.exists():
        return ()
    import tomllib

    try:
        text = path.read_text(encoding="utf-8-sig")
        whole = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        message = f"can't read the file: {why_unread(error)}"
        raise DataError(message, place=Place(ACCEPTED_FILE)) from error
    except tomllib.TOMLDecodeError as error:
        at = _AT_LINE.search(str(error))
        place = Place(ACCEPTED_FILE, int(at[1]), int(at[2])) if at else Place(ACCEPTED_FILE)
        raise DataError(_AT_LINE.sub("", str(error)), place=place) from error
    entries = whole.get("finding", [])
    if whole.keys() - {"finding"} or not isinstance(entries, list):
        hint = "The file has nothing but [[finding]] entries."
        raise DataError("not a list of accepted findings", hint=hint, place=Place(ACCEPTED_FILE, 1))
    lines = [text.count("\n", 0, entry.start()) + 1 for entry in _ENTRY.finditer(text)]
    if len(lines) != len(entries):  # a list in brackets, say
        lines = [1] * len(entries)
    named = Prefixes({"kyts": SHAPES} | dict(prefixes))
    return tuple(
        _entry(entry, Place(ACCEPTED_FILE, line, 1), named)
        for entry, line in zip(entries, lines, strict=True)
    )


def apply(report: Report, entries: Sequence[Entry], prefixes: Prefixes) -> Report:
    """Set the accepted findings apart; report the acceptances that are of no use any more."""
    apart = set_apart(report, entries)
    idle = [e for e in entries if not any(e.covers(finding) for finding in report.findings)]
    findings = [*apart.findings, *(_idle(entry, prefixes) for entry in idle)]
    return apart._replace(findings=tuple(sorted(findings, key=lambda f: f.sort_key)))


def set_apart(report: Report, entries: Sequence[Entry]) -> Report:
    """Set the accepted findings apart, in a report that need not hold all."""
    by_node: dict[str, list[Entry]] = {}
    for entry in entries:
        by_node.setdefault(entry.focus_node, []).append(entry)
    open_, accepted = [], []
    for finding in report.findings:
        covering = [e for e in by_node.get(finding.focus_node, ()) if e.covers(finding)]
        if covering:
            accepted.append(finding._replace(acceptance=covering[0].acceptance))
        else:
            open_.append(finding)
    return report._replace(findings=tuple(open_), accepted=tuple(accepted))


def _idle(entry: Entry, prefixes: Prefixes) -> Finding:
    shape = Prefixes({"kyts": SHAPES} | dict(prefixes)).curie(entry.shape)
    return Finding(
        severity="warning",
        shape="accepted-finding",
        focus_node=entry.focus_node,
        messages={lang: text.format(shape=shape) for lang, text in _NO_LONGER.items()},
        value=Term("literal", entry.value) if entry.value is not None else None,
        place=entry.acceptance.place,
    )


def _entry(entry: Any, place: Place, prefixes: Prefixes) -> Entry:
    if not isinstance(entry, dict):
        raise DataError("an entry is not a table", hint="Write [[finding]].", place=place)
    for key in entry:
        if key not in _KEYS:
            hint = did_you_mean(key, _KEYS)
            raise DataError(f"an accepted finding has no `{key}`", hint=hint, place=place)
    for key in _KEYS:
        if key not in entry and key != "value":
            hint = "An accepted finding has shape, focus_node, reason, author and date."
            raise DataError(f"the accepted finding lacks `{key}`", hint=hint, place=place)
    texts = {key: entry[key] for key in _KEYS if key in entry and key != "date"}
    for key, text in texts.items():
        if not isinstance(text, str) or not (text.strip() or key == "value"):
            raise DataError(f"`{key}` must be a text, and not empty", place=place)
    return Entry(
        shape=_expanded(texts["shape"], place, prefixes)
        if ":" in texts["shape"]
        else texts["shape"],
        focus_node=_expanded(texts["focus_node"], place, prefixes),
        value=_value(texts.get("value"), prefixes),
        acceptance=Acceptance(
            texts["reason"].strip(), texts["author"].strip(), _date(entry["date"], place), place
        ),
    )


def _expanded(written: str, place: Place, prefixes: Prefixes) -> str:
    prefix, colon, rest = written.partition(":")
    iri = prefixes.expand(written)
    if iri is not None:
        return iri
    if not colon or not (rest.startswith("//") or prefix in ("urn", "file")):
        hint = did_you_mean(prefix, dict(prefixes)) if colon else "Write a CURIE or an IRI."
        raise DataError(f"`{written}` is no CURIE with a known prefix", hint=hint, place=place)
    return written


def _value(written: str | None, prefixes: Prefixes) -> str | None:
    return written if written is None else prefixes.expand(written) or written


def _date(written: object, place: Place) -> str:
    if isinstance(written, datetime.date) and not isinstance(written, datetime.datetime):
        return written.isoformat()
    try:
        return datetime.date.fromisoformat(str(written)).isoformat()
    except ValueError as error:
        hint = "Write date = 2026-11-22."
        raise DataError(f"`{written}` is not a date", hint=hint, place=place) from error
