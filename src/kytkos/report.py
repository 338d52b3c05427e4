"""Findings as plain data, and their text and JSON forms."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from kytkos.terms import Place, Prefixes, Term

ACCEPTED_FILE = "accepted-findings.toml"
BROKEN = "syntax"  # stands for a shape where a file can't be read
SEVERITIES = ("violation", "warning", "info")

_WORDS = {
    "fi": {"violation": "virhe", "warning": "varoitus", "info": "tieto", "hint": "vihje"},
    "sv": {"violation": "fel", "warning": "varning", "info": "information", "hint": "tips"},
    "en": {"violation": "violation", "warning": "warning", "info": "info", "hint": "hint"},
}


class Acceptance(NamedTuple):
    """Why a finding may stay, who said so and when, and where that is written."""

    reason: str
    author: str
    date: str
    place: Place


class Rule(NamedTuple):
    """A shape or a check that can speak: its IRI or name, severity and messages."""

    name: str
    severity: str
    messages: Mapping[str, str]


class Finding(NamedTuple):
    """One thing that a check found.

    `shape` is the IRI of the shape, or the name of the check, that speaks; `component` that
    of SHACL's constraint component, or empty; `path` the property path it speaks of, or empty.
    `messages` and `hints` have a text for each language. A cause is what other findings may
    follow from: a term that nothing declares, a thing that nothing describes.
    """

    severity: str
    shape: str
    focus_node: str
    messages: Mapping[str, str]
    path: str = ""
    value: Term | None = None
    place: Place | None = None
    component: str = ""
    focus: Term | None = None  # the focus node as a term, where it may be no IRI
    source: Term | None = None  # the shape likewise
    hints: Mapping[str, str] = {}
    is_cause: bool = False
    acceptance: Acceptance | None = None

    def message(self, lang: str) -> str:
        """Give the message in a language, else in English, else in any."""
        return in_language(self.messages, lang)

    def hint(self, lang: str) -> str:
        """Give the hint in a language, else in English, else in any, else nothing."""
        return in_language(self.hints, lang)

    @property
    def sort_key(self) -> tuple[int, bool, str, int, int, str, str, str, str, str]:
        """Order by severity, causes first, then place, then subject and shape."""
        place = self.place or Place("")
        value = str(self.value.to_json()) if self.value else ""
        rank = SEVERITIES.index(self.severity)
        where = (rank, not self.is_cause, place.path, place.line, place.column)
        return (*where, self.focus_node, self.shape, self.path, value, self.component)


class Report(NamedTuple):
    """What a check found, in a stable order, and how much it looked at.

    What someone has accepted stands apart, and does not count.
    """

    findings: tuple[Finding, ...]
    checked: Mapping[str, int] = {}
    accepted: tuple[Finding, ...] = ()

    def at_least(self, threshold: str) -> tuple[Finding, ...]:
        """Give the findings that are as severe as the threshold, or more."""
        limit = SEVERITIES.index(threshold)
        return tuple(f for f in self.findings if SEVERITIES.index(f.severity) <= limit)

    @property
    def broken(self) -> tuple[Finding, ...]:
        """The faults of files that can't be read, or not all of them."""
        return tuple(f for f in self.findings if f.shape == BROKEN)

    @property
    def conforms(self) -> bool:
        """Tell whether there is no violation."""
        return not self.at_least("violation")

    def count(self, severity: str) -> int:
        """Count the findings of one severity."""
        return sum(f.severity == severity for f in self.findings)

    def to_text(self, lang: str, prefixes: Prefixes) -> str:
        """Write a line a finding: `path:line:col: severity: subject: message [shape]`."""
        words = _WORDS[lang]
        lines: list[str] = []
        for finding in self.findings:
            where = f"{finding.place}: " if finding.place else ""
            message = " ".join(finding.message(lang).split())
            what = f"{prefixes.curie(finding.focus_node)}: {message}"
            shape = prefixes.curie(finding.shape)
            lines.append(f"{where}{words[finding.severity]}: {what} [{shape}]")
            if hint := finding.hint(lang):
                lines.append(f"    {words['hint']}: {hint}")
        return "".join(f"{line}\n" for line in lines)

    def to_json(self) -> str:
        """Write the report as JSON; places have `line` and `column` from 1, or null.

        Messages and hints are in all languages, a hint that there is not is null.
        """
        import json

        whole = {
            "conforms": self.conforms,
            "findings": [_to_json(finding) for finding in self.findings],
            "accepted": [_to_json(finding) for finding in self.accepted],
            "checked": dict(self.checked),
        }
        return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def in_language(texts: Mapping[str, str], lang: str) -> str:
    """Choose a text in a language, else in English, else in any, else nothing."""
    for choice in (lang, "en", ""):
        if choice in texts:
            return texts[choice]
    return next(iter(texts.values()), "")


def words(lang: str) -> Mapping[str, str]:
    """Give the words for the severities and for a hint."""
    return _WORDS[lang]


def _to_json(finding: Finding) -> dict[str, Any]:
    place, value, acceptance = finding.place, finding.value, finding.acceptance
    record: dict[str, Any] = {
        "severity": finding.severity,
        "shape": finding.shape,
        "focus_node": finding.focus_node,
        "path": finding.path or None,
        "value": value.to_json() if value else None,
        "message": dict(finding.messages),
        "file": place.path if place else None,
        "line": (place.line or None) if place else None,
        "column": (place.column or None) if place else None,
        "hint": dict(finding.hints) or None,
    }
    if acceptance:
        reason = {"reason": acceptance.reason, "author": acceptance.author}
        record["accepted"] = {**reason, "date": acceptance.date}
    return record
