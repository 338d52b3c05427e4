"""Findings as plain data, and their text and JSON forms."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from kytkos.terms import Place, Prefixes, Term

SEVERITIES = ("violation", "warning", "info")

_WORDS = {
    "fi": {"violation": "virhe", "warning": "varoitus", "info": "tieto", "hint": "vihje"},
    "sv": {"violation": "fel", "warning": "varning", "info": "information", "hint": "tips"},
    "en": {"violation": "violation", "warning": "warning", "info": "info", "hint": "hint"},
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a check found.

    `shape` is the IRI of the shape, or the name of the check, that speaks; `path` is the
    property path it speaks of, or empty. `messages` has a text for each language.
    """

    severity: str
    shape: str
    focus_node: str
    messages: Mapping[str, str]
    path: str = ""
    value: Term | None = None
    place: Place | None = None
    hint: str = ""

    def message(self, lang: str) -> str:
        """Give the message in a language, else in English, else in any."""
        for choice in (lang, "en", ""):
            if choice in self.messages:
                return self.messages[choice]
        return next(iter(self.messages.values()), "")

    @property
    def sort_key(self) -> tuple[int, str, int, str, str, str]:
        """Order by severity, then place, then subject and shape."""
        place = self.place or Place("")
        value = self.value.value if self.value else ""
        rank = SEVERITIES.index(self.severity)
        return (rank, place.path, place.line, self.focus_node, self.shape, value)


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found, in a stable order, and how much it looked at."""

    findings: tuple[Finding, ...]
    checked: Mapping[str, int] = field(default_factory=dict)

    def at_least(self, threshold: str) -> tuple[Finding, ...]:
        """Give the findings that are as severe as the threshold, or more."""
        limit = SEVERITIES.index(threshold)
        return tuple(f for f in self.findings if SEVERITIES.index(f.severity) <= limit)

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
            what = f"{prefixes.curie(finding.focus_node)}: {finding.message(lang)}"
            shape = prefixes.curie(finding.shape)
            lines.append(f"{where}{words[finding.severity]}: {what} [{shape}]")
            if finding.hint:
                lines.append(f"    {words['hint']}: {finding.hint}")
        return "".join(f"{line}\n" for line in lines)

    def to_json(self) -> str:
        """Write the report as JSON; places have `line` and `column` from 1, or null."""
        findings = [
            {
                "severity": f.severity,
                "shape": f.shape,
                "focus_node": f.focus_node,
                "path": f.path or None,
                "value": f.value.to_json() if f.value else None,
                "message": dict(f.messages),
                "file": f.place.path if f.place else None,
                "line": (f.place.line or None) if f.place else None,
                "column": (f.place.column or None) if f.place else None,
                "hint": f.hint or None,
            }
            for f in self.findings
        ]
        whole = {
            "conforms": self.conforms,
            "findings": findings,
            "checked": dict(self.checked),
        }
        return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"
